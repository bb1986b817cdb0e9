// The small picture of one county's grids (网格层): merged cells in five steps inside the county's
// outline, on a canvas of the page. Needs no map.
(function () {
  "use strict";

  const parts = ((window.cockpit = window.cockpit || {}).mapParts = window.cockpit.mapParts || {});

  const PATCH_LINE = 1; // design px
  const OUTLINE = 2;
  const PATCHES_PER_SLICE = 24;

  // Paints `patches` [{ members: [grid ids], value }] of `grids` (Shapes) and, when known, the
  // outline of the county: `county` { shapes, index } or null. A patch without value is hatched.
  function* paintInset(canvas, grids, patches, limits, county, stale) {
    const frame = openInset(canvas, grids);
    const { context, scale, left, top, theme, unit } = frame;
    const ramp = stale ? theme["heat-stale"].map((_c, step) => greyStep(theme, step)) : theme.cell;
    const pattern = parts.hatch(context, ramp[0], theme.mute, unit * 0.6, frame.ratio);
    context.lineJoin = "round";
    let painted = 0;
    for (const { members, value } of patches) {
      const path = new Path2D();
      for (const id of members) {
        const index = grids.indexOf.get(id);
        if (index !== undefined) grids.trace(path, index, scale, left, top);
      }
      const known = value !== null && value !== undefined;
      const colour = known ? ramp[parts.stepOf(value, limits)] : pattern;
      // A wide dark edge below the next patch's fill leaves a line between patches only.
      strokeAndFill(context, path, colour, theme.ground, unit);
      painted += 1;
      if (painted % PATCHES_PER_SLICE === 0) yield parts.FRAME;
    }
    if (county) {
      context.beginPath();
      county.shapes.trace(context, county.index, scale, left, top);
      context.lineWidth = OUTLINE * unit;
      context.strokeStyle = theme.ink2;
      context.stroke();
    }
  }

  function strokeAndFill(context, path, colour, ground, unit) {
    context.lineWidth = 2 * PATCH_LINE * unit;
    context.strokeStyle = ground;
    context.stroke(path);
    context.fillStyle = colour;
    context.fill(path);
    context.lineWidth = 0.6;
    context.strokeStyle = colour;
    context.stroke(path);
  }

  function greyStep(theme, step) {
    return step === 0 ? theme.county[1] : theme["heat-stale"][step - 1];
  }

  // Sizes the canvas for the screen, clears it and fits the grids' box into it.
  function openInset(canvas, grids) {
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = canvas;
    const columns = Math.round(width * ratio);
    const rows = Math.round(height * ratio);
    if (canvas.width !== columns || canvas.height !== rows) {
      canvas.width = columns;
      canvas.height = rows;
    }
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const unit = parts.readUnit(canvas.parentElement);
    const inner = OUTLINE * unit;
    const [west, north, east, south] = grids.box;
    const scale = Math.min(
      (width - 2 * inner) / (east - west), (height - 2 * inner) / (south - north),
    );
    return {
      context, scale, ratio, unit,
      theme: parts.readTheme(canvas),
      left: (west + east) / 2 - width / 2 / scale,
      top: (north + south) / 2 - height / 2 / scale,
    };
  }

  Object.assign(parts, { paintInset });
})();
