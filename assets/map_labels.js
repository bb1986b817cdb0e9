// Names on the map: white with a dark edge, never one over another. Drawn on the canvas of lines.
(function () {
  "use strict";

  const parts = ((window.cockpit = window.cockpit || {}).mapParts = window.cockpit.mapParts || {});

  const SIZE = 20; // design px
  const HALO = 4.5;
  const GAP = 4;
  // Where a name may stand, in its own heights from its place: there, then up, down, aside.
  const SHIFTS = [[0, 0], [0, -1], [0, 1], [-1, 0], [1, 0], [-1, -1], [1, -1], [-1, 1], [1, 1]];

  class Labels {
    constructor(stage) {
      this.stage = stage;
      this.labels = [];
    }

    // `labels`: [{ text, lon, lat }], the most important first.
    setLabels(labels) {
      this.labels = labels.map(({ text, lon, lat }) => ({
        text, x: parts.mercatorX(lon), y: parts.mercatorY(lat),
      }));
    }

    draw() {
      const { view } = this.stage;
      if (!view) return;
      const context = this.stage.reopen("lines");
      context.font = `700 ${SIZE * view.unit}px ${view.theme.font}`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.lineJoin = "round";
      const taken = [];
      for (const label of this.labels) {
        const box = freePlace(label, context.measureText(label.text).width, view, taken);
        if (!box) continue;
        taken.push(box);
        context.lineWidth = HALO * view.unit;
        context.strokeStyle = view.theme.ground;
        context.strokeText(label.text, box.x, box.y);
        context.fillStyle = view.theme.ink;
        context.fillText(label.text, box.x, box.y);
      }
    }
  }

  function freePlace(label, width, view, taken) {
    const height = SIZE * view.unit;
    const gap = GAP * view.unit;
    for (const [right, down] of SHIFTS) {
      const box = {
        x: (label.x - view.left) * view.scale + right * (width / 2 + gap),
        y: (label.y - view.top) * view.scale + down * height,
        width: width + gap,
        height: height + gap,
      };
      if (!taken.some((other) => overlap(box, other))) return box;
    }
    return null;
  }

  function overlap(a, b) {
    return (
      Math.abs(a.x - b.x) * 2 < a.width + b.width && Math.abs(a.y - b.y) * 2 < a.height + b.height
    );
  }

  parts.Labels = Labels;
})();
