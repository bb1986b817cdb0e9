// The stack of canvases over the Leaflet map and the one view they all draw with. Canvases move
// with the map while it is dragged or zoomed, and are drawn anew when it rests. No subject here.
//
// A view: { scale, left, top, width, height, ratio, unit, theme }. A point (x, y) of the Mercator
// square stands at ((x - left) * scale, (y - top) * scale) in CSS pixels of the canvas.
(function () {
  "use strict";

  const parts = ((window.cockpit = window.cockpit || {}).mapParts = window.cockpit.mapParts || {});

  // Drawn beyond the edge on each side, as a part of the size: room for a short drag.
  const MARGIN = 0.04;

  class Stage {
    constructor(map, names) {
      this.map = map;
      this.pane = map.createPane("cockpit");
      this.pane.style.zIndex = 300;
      this.listeners = [];
      this.layers = new Map(names.map((name) => [name, { canvas: this.makeCanvas(name) }]));
      this.handlers = {
        moveend: () => this.resetSoon(),
        viewreset: () => this.followNow(),
        resize: () => this.resetSoon(),
        zoomanim: (event) => this.follow(event.center, event.zoom),
        zoom: () => this.followNow(),
      };
      map.on(this.handlers);
      this.refreshTheme();
    }

    makeCanvas(name) {
      const canvas = document.createElement("canvas");
      canvas.className = `map-canvas map-canvas-${name} leaflet-zoom-animated`;
      this.pane.appendChild(canvas);
      return canvas;
    }

    // Calls `draw(view)` whenever the view has changed.
    onView(draw) {
      this.listeners.push(draw);
    }

    refreshTheme() {
      const container = this.map.getContainer();
      this.theme = parts.readTheme(container);
      this.unit = parts.readUnit(container);
    }

    // Several events of one change make one drawing, still before the next frame is painted.
    resetSoon() {
      this.pending = this.pending || requestAnimationFrame(() => this.reset());
    }

    reset() {
      cancelAnimationFrame(this.pending);
      this.pending = 0;
      const size = this.map.getSize();
      if (!size.x || !size.y || !this.map._loaded) return;
      const corner = this.map.containerPointToLayerPoint(size.multiplyBy(-MARGIN)).round();
      const origin = this.map.getPixelOrigin().add(corner);
      const zoom = this.map.getZoom();
      const scale = parts.TILE * 2 ** zoom;
      this.view = {
        scale,
        left: origin.x / scale,
        top: origin.y / scale,
        width: Math.ceil(size.x * (1 + 2 * MARGIN)),
        height: Math.ceil(size.y * (1 + 2 * MARGIN)),
        ratio: window.devicePixelRatio || 1,
        unit: this.unit,
        theme: this.theme,
        placed: { corner, zoom, origin },
      };
      for (const draw of this.listeners) draw(this.view);
    }

    // A cleared context of a canvas, moved to the present view, in CSS pixels. Until a canvas is
    // opened its old picture stays where it belongs on the map.
    open(name) {
      const layer = this.layers.get(name);
      const { width, height, ratio, placed } = this.view;
      this.fit(layer.canvas, width, height, ratio);
      window.L.DomUtil.setTransform(layer.canvas, placed.corner, 1);
      layer.placed = placed;
      const context = layer.canvas.getContext("2d");
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, layer.canvas.width, layer.canvas.height);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      return context;
    }

    // The context as it was left, in CSS pixels.
    reopen(name) {
      const context = this.canvas(name).getContext("2d");
      context.setTransform(this.view.ratio, 0, 0, this.view.ratio, 0, 0);
      return context;
    }

    fit(canvas, width, height, ratio) {
      const [columns, rows] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (canvas.width === columns && canvas.height === rows) return;
      canvas.width = columns;
      canvas.height = rows;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }

    canvas(name) {
      return this.layers.get(name).canvas;
    }

    // True when a canvas shows the present view.
    isCurrent(name) {
      return Boolean(this.view) && this.layers.get(name).placed === this.view.placed;
    }

    show(name, shown) {
      this.canvas(name).hidden = !shown;
    }

    followNow() {
      this.follow(this.map.getCenter(), this.map.getZoom());
      this.resetSoon();
    }

    // Stretches the pictures to where the map is going to be, as Leaflet does with its own.
    follow(centre, zoom) {
      for (const { canvas, placed } of this.layers.values()) {
        if (!placed) continue;
        const factor = this.map.getZoomScale(zoom, placed.zoom);
        const corner = placed.origin
          .multiplyBy(factor)
          .subtract(this.map._getNewPixelOrigin(centre, zoom));
        window.L.DomUtil.setTransform(canvas, corner, factor);
      }
    }

    remove() {
      cancelAnimationFrame(this.pending);
      this.map.off(this.handlers);
      this.pane.remove();
    }
  }

  // Moves the context's origin to the corner of a layer, for its paths of pathsAt and pathOfRuns.
  function atCorner(context, view, shapes, draw) {
    context.save();
    context.translate(
      (shapes.box[0] - view.left) * view.scale,
      (shapes.box[1] - view.top) * view.scale,
    );
    draw();
    context.restore();
  }

  Object.assign(parts, { Stage, atCorner });
})();
