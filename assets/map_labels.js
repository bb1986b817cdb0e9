// Names on the map: white with a dark edge, never one over another nor over the ring of an event.
(function () {
  "use strict";

  const parts = ((window.cockpit = window.cockpit || {}).mapParts = window.cockpit.mapParts || {});

  const HALO = 4.5;
  const GAP = 4;
  const NEARER = 1.6; // so much nearer to its own place than to another's
  const RING = 20; // half of what a ring needs
  // Where a name may stand, in its own heights and half widths: there, then up, down, aside.
  const SHIFTS = [
    [0, 0], [0, -1], [0, 1], [-1, 0], [1, 0], [-1, -1], [1, -1], [-1, 1], [1, 1],
    [0, -1.8], [0, 1.8], [-1.8, 0], [1.8, 0], [-1.5, -1.5], [1.5, -1.5], [-1.5, 1.5], [1.5, 1.5],
  ];

  class Labels {
    constructor(stage) {
      this.stage = stage;
      this.labels = [];
      this.placed = [];
    }

    // `labels`: [{ text, lon, lat }], the most important first.
    setLabels(labels) {
      this.labels = labels.map(({ text, lon, lat }) => ({
        text, x: parts.mercatorX(lon), y: parts.mercatorY(lat),
      }));
    }

    // `rings`: [{ x, y }] on the Mercator square. A name without free place stands on a ring.
    draw(rings) {
      const { view } = this.stage;
      const context = this.stage.open("names");
      const size = view.theme.label * view.unit;
      context.font = `700 ${size}px ${view.theme.font}`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.lineJoin = "round";
      const held = rings.map((ring) => ringBox(ring, view));
      this.placed = [];
      for (const label of this.labels) {
        const width = context.measureText(label.text).width;
        const places = placesOf(label, width, size, view)
          .filter((place) => this.isInside(place) && this.isOwn(label, place));
        const isFree = (box) => !this.placed.some((other) => overlap(box, other));
        const box = places.find((place) => isFree(place) && !held.some((ring) => overlap(place, ring)))
          || places.find(isFree);
        if (!box) continue;
        this.placed.push(box);
        context.lineWidth = HALO * view.unit;
        context.strokeStyle = view.theme.ground;
        context.strokeText(label.text, box.x, box.y);
        context.fillStyle = view.theme.ink;
        context.fillText(label.text, box.x, box.y);
      }
    }

    // The canvas reaches beyond the room of the map, where a name would be cut.
    isInside({ x, y, width, height }) {
      const { view, map } = this.stage;
      const size = map.getSize();
      const [left, top] = [(view.width - size.x) / 2, (view.height - size.y) / 2];
      return Math.abs(x - left - size.x / 2) < (size.x - width) / 2
        && Math.abs(y - top - size.y / 2) < (size.y - height) / 2;
    }

    // Far from its own place a name would name its neighbour's.
    isOwn(label, place) {
      const { view } = this.stage;
      const away = ({ x, y }) =>
        Math.hypot((x - view.left) * view.scale - place.x, (y - view.top) * view.scale - place.y);
      const own = away(label);
      return this.labels.every((other) => other === label || NEARER * own <= away(other));
    }
  }

  function placesOf(label, width, height, view) {
    const gap = GAP * view.unit;
    return SHIFTS.map(([right, down]) => ({
      text: label.text,
      x: (label.x - view.left) * view.scale + right * (width / 2 + gap),
      y: (label.y - view.top) * view.scale + down * height,
      width: width + gap,
      height: height + gap,
    }));
  }

  function ringBox({ x, y }, view) {
    const side = 2 * RING * view.unit;
    return {
      x: (x - view.left) * view.scale, y: (y - view.top) * view.scale, width: side, height: side,
    };
  }

  function overlap(a, b) {
    return (
      Math.abs(a.x - b.x) * 2 < a.width + b.width && Math.abs(a.y - b.y) * 2 < a.height + b.height
    );
  }

  parts.Labels = Labels;
})();
