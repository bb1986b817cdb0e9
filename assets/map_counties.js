// Ground of the map: county (and town) fill by class, hatch where there are no data, and border
// lines. Only regions whose class has changed are painted again.
(function () {
  "use strict";

  const parts = ((window.cockpit = window.cockpit || {}).mapParts = window.cockpit.mapParts || {});

  const NO_DATA = -1;
  const COUNTY_LINE = 1.2; // design px
  const COUNTY_OPACITY = 0.8; // dark lines must not cut the heat to pieces
  const TOWN_LINE = 0.7;
  const CITY_LINE = 1.6;
  const COAST_LINE = 1.5;
  const CITY_OPACITY = 0.85;

  class Counties {
    constructor(stage) {
      this.stage = stage;
      this.sets = [];
      this.fill = { classes: [], values: {} };
    }

    // `counties` and, where the scope shows them, `towns` (null otherwise). Between counties of two
    // groups runs a light line, within one a dark one.
    *setShapes(counties, towns, groupOfCounty) {
      const sets = [];
      for (const shapes of [counties, towns]) {
        if (!shapes) continue;
        const groupOf = sets.length ? () => 0 : groupOfCounty;
        const borders = yield* shapes.borders(groupOf);
        sets.push({ shapes, borders, painted: [], lines: { scale: 0 } });
      }
      this.sets = sets;
    }

    setFill(fill) {
      this.fill = fill;
      if (this.stage.isCurrent("fill")) this.paintFill(false);
    }

    classOf(region, base) {
      const value = this.fill.values[region.id];
      if (value === undefined && !base) return null;
      if (value === undefined || value === null) return NO_DATA;
      return parts.stepOf(value, this.fill.classes);
    }

    paintFill(afresh) {
      const { view } = this.stage;
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
          const stroke = (path, width, colour, opacity) => {
            context.globalAlpha = opacity;
            context.lineWidth = width * view.unit;
            context.strokeStyle = colour;
            context.stroke(path);
          };
          const { ground, ink3 } = view.theme;
          stroke(lines.within, order ? TOWN_LINE : COUNTY_LINE, ground, COUNTY_OPACITY);
          if (order) return;
          stroke(lines.outer, COAST_LINE, ink3, CITY_OPACITY);
          stroke(lines.between, CITY_LINE, ink3, CITY_OPACITY);
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
