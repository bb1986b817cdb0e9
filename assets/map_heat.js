// Heat: event rates on metric cells, smoothed by a kernel of fixed size on the ground, drawn as
// flat steps between contour lines. Lines, not pixels: crisp on any screen, and cheap to redraw.
// The twin of dashboard/heat_cells.py (cells, plane, kernel); colours come from the theme.
(function () {
  "use strict";

  const parts = ((window.cockpit = window.cockpit || {}).mapParts = window.cockpit.mapParts || {});

  const KM_PER_DEGREE_LONGITUDE = 111.32;
  const KM_PER_DEGREE_LATITUDE = 110.57;
  const KERNEL_REACH = 3;
  const POINTS_PER_KERNEL = 4;
  const ROWS_PER_SLICE = 24;
  // Low steps let the county fill through, the highest hides it.
  const OPACITY = [0.62, 0.78, 0.84, 0.92, 1];

  class Heat {
    constructor(stage, slices) {
      this.stage = stage;
      this.slices = slices;
      this.steps = [];
      this.stale = false;
    }

    // `heat` as in the payload; null takes the layer away.
    setData(heat) {
      return this.slices.run("heat", this.contour(heat));
    }

    setStale(stale) {
      this.stale = stale;
      this.slices.run("tint", this.redraw());
    }

    *redraw() {
      yield parts.FRAME;
      this.draw();
    }

    *contour(heat) {
      const field = heat && heat.cells.length ? yield* smooth(heat) : null;
      const steps = [];
      for (const limit of heat ? heat.limits : []) {
        const loops = field ? yield* contourLoops(field, limit) : [];
        steps.push(loops.map((loop) => onSquare(loop, field, heat.origin)));
        yield;
      }
      this.steps = steps;
      this.box = boxOf(steps[0] || []);
      this.paths = null;
      yield* this.redraw();
    }

    // Waits for the ground of the view: its picture cuts the heat off at the coast.
    draw() {
      const { view } = this.stage;
      if (!this.stage.isCurrent("fill")) return;
      const context = this.stage.open("heat");
      if (!this.box) return;
      const ramp = view.theme[this.stale ? "heat-stale" : "heat"];
      context.save();
      context.translate(
        (this.box[0] - view.left) * view.scale,
        (this.box[1] - view.top) * view.scale,
      );
      this.pathsAt(view.scale).forEach((path, step) => {
        context.globalAlpha = 1;
        context.globalCompositeOperation = "destination-out";
        if (step) context.fill(path, "evenodd");
        context.globalCompositeOperation = "source-over";
        context.globalAlpha = OPACITY[step];
        context.fillStyle = ramp[step];
        context.fill(path, "evenodd");
      });
      context.restore();
      this.clipToGround(context);
    }

    clipToGround(context) {
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.globalCompositeOperation = "destination-in";
      context.drawImage(this.stage.canvas("fill"), 0, 0);
      context.globalCompositeOperation = "source-over";
    }

    pathsAt(scale) {
      if (!this.paths || this.paths.scale !== scale) {
        const [left, top] = this.box;
        this.paths = { scale, list: this.steps.map((loops) => roundPath(loops, scale, left, top)) };
      }
      return this.paths.list;
    }
  }

  // The smoothed field: { west, south, step (km), columns, rows, rate }. Cells become sums of two
  // passes, along x and then along y, since a Gaussian of distance is a product of both.
  function* smooth({ cells, cell_km: cell, kernel_km: kernel }) {
    const [minX, maxX, minY, maxY] = extent(cells);
    const step = kernel / POINTS_PER_KERNEL;
    const across = axis(maxX - minX + 1, cell, kernel, step);
    const up = axis(maxY - minY + 1, cell, kernel, step);
    const bands = new Map();
    for (const [ix, iy, rate] of cells) {
      if (!bands.has(iy)) bands.set(iy, new Float32Array(across.points));
      spread(bands.get(iy), across.cells[ix - minX], rate);
    }
    yield;
    const rate = new Float32Array(across.points * up.points);
    let done = 0;
    for (const [iy, band] of bands) {
      const { first, weights } = up.cells[iy - minY];
      for (let j = 0; j < weights.length; j += 1) {
        addScaled(rate, (first + j) * across.points, band, weights[j]);
      }
      done += 1;
      if (done % ROWS_PER_SLICE === 0) yield;
    }
    const margin = KERNEL_REACH * kernel;
    const field = {
      west: minX * cell - margin, south: minY * cell - margin, step,
      columns: across.points, rows: up.points, rate,
    };
    closeEdge(field);
    return field;
  }

  function extent(cells) {
    const box = [Infinity, -Infinity, Infinity, -Infinity];
    for (const [ix, iy] of cells) {
      if (ix < box[0]) box[0] = ix;
      if (ix > box[1]) box[1] = ix;
      if (iy < box[2]) box[2] = iy;
      if (iy > box[3]) box[3] = iy;
    }
    return box;
  }

  // For each cell of one axis: the first point it reaches and its weights from there on.
  function axis(count, cell, kernel, step) {
    const margin = KERNEL_REACH * kernel;
    const points = Math.floor((count * cell + 2 * margin) / step) + 1;
    const totals = new Float64Array(points);
    for (let point = 0; point < points; point += 1) {
      totals[point] = total(point * step - margin, cell, kernel);
    }
    const cells = [];
    for (let index = 0; index < count; index += 1) {
      const middle = (index + 0.5) * cell;
      const first = Math.max(0, Math.ceil((middle - margin + margin) / step));
      const last = Math.min(points - 1, Math.floor((middle + margin + margin) / step));
      const weights = new Float64Array(last - first + 1);
      for (let point = first; point <= last; point += 1) {
        const distance = (point * step - margin - middle) / kernel;
        weights[point - first] = Math.exp(-0.5 * distance * distance) / totals[point];
      }
      cells.push({ first, weights });
    }
    return { points, cells };
  }

  // The sum of the kernel over an endless row of cells, seen from `place`.
  function total(place, cell, kernel) {
    const reach = KERNEL_REACH * kernel;
    let sum = 0;
    const last = Math.floor((place + reach) / cell - 0.5);
    for (let k = Math.ceil((place - reach) / cell - 0.5); k <= last; k += 1) {
      const distance = (place - (k + 0.5) * cell) / kernel;
      sum += Math.exp(-0.5 * distance * distance);
    }
    return sum;
  }

  function spread(row, { first, weights }, rate) {
    for (let point = 0; point < weights.length; point += 1) {
      row[first + point] += weights[point] * rate;
    }
  }

  function addScaled(target, offset, row, factor) {
    for (let point = 0; point < row.length; point += 1) {
      target[offset + point] += row[point] * factor;
    }
  }

  // Nothing at the rim, so that every contour line closes.
  function closeEdge({ columns, rows, rate }) {
    rate.fill(0, 0, columns);
    rate.fill(0, (rows - 1) * columns);
    for (let row = 0; row < rows; row += 1) {
      rate[row * columns] = 0;
      rate[(row + 1) * columns - 1] = 0;
    }
  }

  // Marching squares. A crossing of the limit lies on an edge of the lattice: 2 n on the edge going
  // east from point n, 2 n + 1 on the one going north. From each crossing the line runs on to
  // another one, with the higher side on its left.
  const BOTTOM = 0;
  const RIGHT = 1;
  const TOP = 2;
  const LEFT = 3;
  const RUNS = [
    [], [BOTTOM, LEFT], [RIGHT, BOTTOM], [RIGHT, LEFT], [TOP, RIGHT],
    [BOTTOM, LEFT, TOP, RIGHT], [TOP, BOTTOM], [TOP, LEFT], [LEFT, TOP], [BOTTOM, TOP],
    [RIGHT, BOTTOM, LEFT, TOP], [RIGHT, TOP], [LEFT, RIGHT], [BOTTOM, RIGHT], [LEFT, BOTTOM], [],
  ];
  const JOINED = { 5: [BOTTOM, RIGHT, TOP, LEFT], 10: [LEFT, BOTTOM, RIGHT, TOP] };

  function* contourLoops(field, limit) {
    const { columns, rows, rate } = field;
    const next = new Map();
    for (let row = 0; row < rows - 1; row += 1) {
      for (let column = 0; column < columns - 1; column += 1) {
        const n = row * columns + column;
        const a = rate[n];
        const b = rate[n + 1];
        const c = rate[n + columns + 1];
        const d = rate[n + columns];
        const kind =
          (a >= limit ? 1 : 0) | (b >= limit ? 2 : 0) | (c >= limit ? 4 : 0) | (d >= limit ? 8 : 0);
        if (kind === 0 || kind === 15) continue;
        const joined = (kind === 5 || kind === 10) && (a + b + c + d) / 4 >= limit;
        const runs = joined ? JOINED[kind] : RUNS[kind];
        const edges = [2 * n, 2 * (n + 1) + 1, 2 * (n + columns), 2 * n + 1];
        for (let at = 0; at < runs.length; at += 2) next.set(edges[runs[at]], edges[runs[at + 1]]);
      }
      if (row % ROWS_PER_SLICE === 0) yield;
    }
    return chain(next, field, limit);
  }

  function chain(next, field, limit) {
    const loops = [];
    for (const start of next.keys()) {
      const loop = [];
      let edge = start;
      while (next.has(edge)) {
        const following = next.get(edge);
        next.delete(edge);
        crossing(edge, field, limit, loop);
        edge = following;
      }
      if (loop.length >= 6) loops.push(loop);
    }
    return loops;
  }

  // Appends the place of a crossing, in steps of the lattice.
  function crossing(edge, { columns, rate }, limit, loop) {
    const n = edge >> 1;
    const north = edge & 1;
    const from = rate[n];
    const share = (limit - from) / (rate[n + (north ? columns : 1)] - from);
    const column = n % columns;
    const row = (n - column) / columns;
    loop.push(column + (north ? 0 : share), row + (north ? share : 0));
  }

  function onSquare(loop, { west, south, step }, [longitude, latitude]) {
    const kmPerDegree = KM_PER_DEGREE_LONGITUDE * Math.cos((latitude * Math.PI) / 180);
    const points = new Float64Array(loop.length);
    for (let at = 0; at < loop.length; at += 2) {
      points[at] = parts.mercatorX(longitude + (west + loop[at] * step) / kmPerDegree);
      points[at + 1] = parts.mercatorY(
        latitude + (south + loop[at + 1] * step) / KM_PER_DEGREE_LATITUDE,
      );
    }
    return points;
  }

  function boxOf(loops) {
    if (!loops.length) return null;
    const corner = [Infinity, Infinity];
    for (const loop of loops) {
      for (let at = 0; at < loop.length; at += 2) {
        if (loop[at] < corner[0]) corner[0] = loop[at];
        if (loop[at + 1] < corner[1]) corner[1] = loop[at + 1];
      }
    }
    return corner;
  }

  // Loops with rounded corners: curves from middle to middle of the sides.
  function roundPath(loops, scale, left, top) {
    const path = new Path2D();
    for (const loop of loops) {
      const x = (at) => (loop[at] - left) * scale;
      const y = (at) => (loop[at + 1] - top) * scale;
      const end = loop.length;
      path.moveTo((x(end - 2) + x(0)) / 2, (y(end - 2) + y(0)) / 2);
      for (let at = 0; at < end; at += 2) {
        const following = at + 2 < end ? at + 2 : 0;
        path.quadraticCurveTo(
          x(at), y(at), (x(at) + x(following)) / 2, (y(at) + y(following)) / 2,
        );
      }
      path.closePath();
    }
    return path;
  }

  Object.assign(parts, { Heat, smooth, contourLoops });
})();
