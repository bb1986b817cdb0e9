// Colours and the design unit of the map, read from the page's CSS custom properties. The values
// after the names are what is drawn when the style sheet of tokens is missing, nothing else.
(function () {
  "use strict";

  const parts = ((window.cockpit = window.cockpit || {}).mapParts = window.cockpit.mapParts || {});

  const SINGLE = {
    ground: "#0b1626", panel: "#101e32", line: "#263a55", mute: "#3b5170", ink: "#f3f7fb",
    ink2: "#becbdb", ink3: "#93a6bd", accent: "#63c7ba", amber: "#ffcb52", red: "#ff7a8e",
  };
  const RAMPS = {
    county: ["#17263b", "#1e3049", "#273c58", "#314968", "#3d5879"],
    heat: ["#2b7f80", "#46a9a1", "#7ccdc0", "#bbe9dc", "#fafffb"],
    "heat-stale": ["#5b626c", "#858b94", "#adb2b9", "#d3d6da", "#f7f8f9"],
    cell: ["#1b2c44", "#29506a", "#3a8088", "#63c7ba", "#d8f5ea"],
  };

  // Returns { ground, …, county: [5], heat: [5], "heat-stale": [5], cell: [5], font, label }.
  function readTheme(element) {
    const style = getComputedStyle(element);
    const token = (name, fallback) => style.getPropertyValue(`--${name}`).trim() || fallback;
    const theme = { font: style.fontFamily || "sans-serif" };
    theme.label = parseFloat(token("map-label", "20")); // design px
    for (const [name, fallback] of Object.entries(SINGLE)) theme[name] = token(name, fallback);
    for (const [name, steps] of Object.entries(RAMPS)) {
      theme[name] = steps.map((fallback, step) => token(`${name}-${step + 1}`, fallback));
    }
    return theme;
  }

  // The length of var(--u) in CSS pixels, measured: the property itself may hold a formula.
  function readUnit(element) {
    const probe = document.createElement("i");
    probe.className = "map-unit";
    element.appendChild(probe);
    const unit = probe.getBoundingClientRect().width / 100;
    probe.remove();
    return unit || 1;
  }

  // A diagonal hatch for places without data: `colour` lines on `ground`.
  function hatch(context, ground, colour, unit, ratio) {
    const side = Math.max(4, Math.round(9 * unit * ratio));
    const tile = document.createElement("canvas");
    tile.width = tile.height = side;
    const pen = tile.getContext("2d");
    pen.fillStyle = ground;
    pen.fillRect(0, 0, side, side);
    pen.strokeStyle = colour;
    pen.lineWidth = side / 5;
    pen.beginPath();
    for (const shift of [-side, 0, side]) {
      pen.moveTo(shift - 1, side + 1);
      pen.lineTo(shift + side + 1, -1);
    }
    pen.stroke();
    const pattern = context.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix().scale(1 / ratio));
    return pattern;
  }

  // The step of a value on rising limits: 0 below the first, limits.length from the last on.
  function stepOf(value, limits) {
    let step = 0;
    while (step < limits.length && value >= limits[step]) step += 1;
    return step;
  }

  Object.assign(parts, { readTheme, readUnit, hatch, stepOf });
})();
