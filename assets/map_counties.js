// Ground of the map: county (and town) fill by class, hatch where there are no data, and border
// lines. Only regions whose class has changed are painted again.
(function () {
  "use strict";

  const parts = ((window.cockpit = window.cockpit || {}).mapParts = window.cockpit.mapParts || {});

  const NO_DATA = -1;
  const COUNTY_LINE = 1.3; // design px
  const TOWN_LINE = 0.7;
  const CITY_LINE = 1.6;
  const COAST_LINE = 1.5;

  class Counties {
    constructor(stage) {
      this.stage = stage;
      this.sets = [];
      this.fill = { classes: [], values: {} };
    }

    // `counties` and, where the scope shows them, `towns` (null otherwise).
    setShapes(counties, towns) {
      this.sets = [counties, towns].filter(Boolean).map((shapes, order) => ({
        shapes,
        borders: shapes.borders(order === 0 ? (region) => region.parent : () => 0),
        painted: [],
        lines: { scale: 0 },
      }));
      this.draw();
    }

    setFill(fill) {
      this.fill = fill;
      this.paintFill(false);
    }

    draw() {
      if (!this.stage.view || !this.sets.length) return;
      this.paintFill(true);
      this.paintLines();
    }

    classOf(region, base) {
      const value = this.fill.values[region.id];
      if (value === undefined && !base) return null;
      if (value === undefined || value === null) return NO_DATA;
      return parts.stepOf(value, this.fill.classes);
    }

    paintFill(afresh) {
      const { view } = this.stage;
      if (!view || !this.sets.length) return;
      const context = afresh ? this.stage.open("fill") : this.stage.reopen("fill");
      const pattern = parts.hatch(
        context, view.theme.county[0], view.theme.mute, view.unit, view.ratio,
      );
      this.sets.forEach((set, order) => {
        const paths = set.shapes.pathsAt(view.scale);
        parts.atCorner(context, view, set.shapes, () => {
          set.shapes.regions.forEach((region, index) => {
            const step = this.classOf(region, order === 0);
            if (step === null || (!afresh && set.painted[index] === step)) return;
            set.painted[index] = step;
            context.fillStyle = step === NO_DATA ? pattern : view.theme.county[step];
            context.fill(paths[index], "evenodd");
          });
        });
      });
    }

    paintLines() {
      const { view } = this.stage;
      const context = this.stage.open("lines");
      context.lineJoin = context.lineCap = "round";
      for (const [order, set] of [...this.sets.entries()].reverse()) {
        const lines = this.linesAt(set, view.scale);
        parts.atCorner(context, view, set.shapes, () => {
          const stroke = (path, width, colour) => {
            context.lineWidth = width * view.unit;
            context.strokeStyle = colour;
            context.stroke(path);
          };
          if (order > 0) {
            stroke(lines.within, TOWN_LINE, view.theme.ground);
            return;
          }
          stroke(lines.within, COUNTY_LINE, view.theme.ground);
          stroke(lines.outer, COAST_LINE, view.theme["border"] || view.theme.ink3);
          stroke(lines.between, CITY_LINE, view.theme["border"] || view.theme.ink3);
        });
      }
    }

    linesAt(set, scale) {
      if (set.lines.scale !== scale) {
        const [left, top] = set.shapes.box;
        const path = (runs) => parts.pathOfRuns(runs, scale, left, top);
        set.lines = {
          scale,
          within: path(set.borders.within),
          between: path(set.borders.between),
          outer: path(set.borders.outer),
        };
      }
      return set.lines;
    }

    // The region of the base layer at a point of the Mercator square, or null.
    regionAt(x, y) {
      for (const { shapes } of [...this.sets].reverse()) {
        const index = shapes.at(x, y);
        if (index >= 0) return shapes.regions[index];
      }
      return null;
    }
  }

  parts.Counties = Counties;
})();
