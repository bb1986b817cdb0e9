// The grid layer: tens of thousands of small polygons, painted into square tiles in short slices.
// Finished tiles are kept, so a moved map only paints what came into sight.
(function () {
  "use strict";

  const parts = ((window.cockpit = window.cockpit || {}).mapParts = window.cockpit.mapParts || {});

  const SIDE = 256; // CSS pixels of a tile
  const BATCH = 96; // polygons of one fill: about a millisecond
  const BATCHES_PER_FRAME = 12;
  const LINE = 0.8; // design px
  const LINED_FROM = 5; // CSS pixels a cell must measure to get a border

  class Grids {
    constructor(stage, slices) {
      this.stage = stage;
      this.slices = slices;
      this.layers = [];
      this.values = { limits: [], values: {} };
      this.tiles = new Map();
      this.spare = [];
    }

    // `layers`: Shapes, one a county; an empty list takes the layer away.
    setShapes(layers) {
      this.layers = layers;
      this.meanSide = meanSide(layers);
      this.forget();
      this.draw();
    }

    setValues(values) {
      this.values = values;
      for (const tile of this.tiles.values()) tile.done = false;
      this.draw();
    }

    forget() {
      for (const tile of this.tiles.values()) this.spare.push(tile.canvas);
      this.tiles.clear();
    }

    draw() {
      const { view } = this.stage;
      if (!view) return;
      if (this.scale !== view.scale || this.ratio !== view.ratio || this.theme !== view.theme) {
        this.forget();
        Object.assign(this, { scale: view.scale, ratio: view.ratio, theme: view.theme });
      }
      this.slices.cancel("grids");
      this.context = this.stage.open("grids");
      if (!this.layers.length) {
        this.forget();
        this.spare = [];
        return;
      }
      const wanted = this.wantedTiles(view);
      this.dropOthers(wanted);
      for (const tile of this.tiles.values()) if (tile.seen) this.place(tile, view);
      this.slices.run("grids", this.paintAll(wanted, view));
    }

    // Keys "column:row" of the tiles in the view, the middle ones first.
    wantedTiles(view) {
      const first = [view.left, view.top].map((side) => Math.floor((side * view.scale) / SIDE));
      const last = [
        Math.floor((view.left * view.scale + view.width) / SIDE),
        Math.floor((view.top * view.scale + view.height) / SIDE),
      ];
      const middle = [(first[0] + last[0]) / 2, (first[1] + last[1]) / 2];
      const tiles = [];
      for (let row = first[1]; row <= last[1]; row += 1) {
        for (let column = first[0]; column <= last[0]; column += 1) tiles.push([column, row]);
      }
      const distance = ([column, row]) => Math.hypot(column - middle[0], row - middle[1]);
      return tiles.sort((a, b) => distance(a) - distance(b));
    }

    dropOthers(wanted) {
      const keys = new Set(wanted.map(([column, row]) => `${column}:${row}`));
      for (const [key, tile] of this.tiles) {
        if (keys.has(key)) continue;
        this.tiles.delete(key);
        this.spare.push(tile.canvas);
      }
    }

    *paintAll(wanted, view) {
      const members = yield* this.sortIntoTiles(wanted, view);
      for (const [column, row] of wanted) {
        const key = `${column}:${row}`;
        if (this.tiles.get(key)?.done) continue;
        const cells = members.get(key) || [];
        const tile = this.tiles.get(key) || { canvas: this.newCanvas(view), column, row };
        this.tiles.set(key, tile);
        yield* this.paint(tile, cells, view);
        tile.done = tile.seen = true;
        this.place(tile, view);
        yield cells.length ? parts.FRAME : undefined;
      }
      this.spare.length = Math.min(this.spare.length, wanted.length);
    }

    *sortIntoTiles(wanted, view) {
      const members = new Map(wanted.map(([column, row]) => [`${column}:${row}`, []]));
      const perTile = view.scale / SIDE;
      for (const shapes of this.layers) {
        for (let index = 0; index < shapes.regions.length; index += 1) {
          const box = index * 4;
          const right = Math.floor(shapes.boxes[box + 2] * perTile);
          const bottom = Math.floor(shapes.boxes[box + 3] * perTile);
          for (let row = Math.floor(shapes.boxes[box + 1] * perTile); row <= bottom; row += 1) {
            for (let at = Math.floor(shapes.boxes[box] * perTile); at <= right; at += 1) {
              const list = members.get(`${at}:${row}`);
              if (list) list.push([shapes, index]);
            }
          }
          if (index % 2000 === 1999) yield;
        }
        yield;
      }
      return members;
    }

    newCanvas(view) {
      const canvas = this.spare.pop() || document.createElement("canvas");
      const side = Math.round(SIDE * view.ratio);
      if (canvas.width !== side || canvas.height !== side) canvas.width = canvas.height = side;
      return canvas;
    }

    *paint(tile, cells, view) {
      const context = tile.canvas.getContext("2d");
      const ratio = tile.canvas.width / SIDE;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, SIDE, SIDE);
      const left = (tile.column * SIDE) / view.scale;
      const top = (tile.row * SIDE) / view.scale;
      const pattern = parts.hatch(
        context, view.theme.cell[0], view.theme.mute, view.unit, view.ratio,
      );
      for (const [step, members] of this.byStep(cells)) {
        context.fillStyle = step < 0 ? pattern : view.theme.cell[step];
        yield* inBatches(context, members, view.scale, left, top, () => context.fill("evenodd"));
      }
      if (this.meanSide * view.scale < LINED_FROM) return;
      context.strokeStyle = view.theme.ground;
      context.lineWidth = LINE * view.unit;
      context.lineJoin = "round";
      yield* inBatches(context, cells, view.scale, left, top, () => context.stroke());
    }

    byStep(cells) {
      const steps = new Map();
      for (const cell of cells) {
        const value = this.values.values[cell[0].regions[cell[1]].id];
        const known = value !== undefined && value !== null;
        const step = known ? parts.stepOf(value, this.values.limits) : -1;
        if (!steps.has(step)) steps.set(step, []);
        steps.get(step).push(cell);
      }
      return steps;
    }

    place(tile, view) {
      const x = tile.column * SIDE - view.left * view.scale;
      const y = tile.row * SIDE - view.top * view.scale;
      this.context.clearRect(x, y, SIDE, SIDE);
      this.context.drawImage(tile.canvas, x, y, SIDE, SIDE);
    }
  }

  function* inBatches(context, cells, scale, left, top, finish) {
    let drawn = 0;
    for (let at = 0; at < cells.length; at += BATCH) {
      context.beginPath();
      for (const [shapes, index] of cells.slice(at, at + BATCH)) {
        shapes.trace(context, index, scale, left, top);
      }
      finish();
      drawn += 1;
      yield drawn % BATCHES_PER_FRAME ? undefined : parts.FRAME;
    }
  }

  // Mean width of the cells, on the Mercator square.
  function meanSide(layers) {
    let sum = 0;
    let cells = 0;
    for (const { boxes } of layers) {
      for (let box = 0; box < boxes.length; box += 4) sum += boxes[box + 2] - boxes[box];
      cells += boxes.length / 4;
    }
    return cells ? sum / cells : 0;
  }

  parts.Grids = Grids;
})();
