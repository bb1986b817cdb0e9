// The map of the wall: binds the layers to the Leaflet map that dash-leaflet makes, and gives the
// live client one door: window.cockpit.map.update(payload). The payload is described in
// layouts/map.py. Layers from the ground up: fill, grids, heat, lines with names, marks.
(function () {
  "use strict";

  const cockpit = (window.cockpit = window.cockpit || {});
  const parts = (cockpit.mapParts = cockpit.mapParts || {});

  const MAP_CLASS = "cockpit-map";
  const FIT_PADDING = 12; // design px
  const OBSTACLE_GAP = 6;
  const OBSTACLES =
    ".map-legend, .map-heat-only, .map-night-only, .map-key-rings, .map-inset, .map-attribution,"
    + " .volume-note, .panel-cities";
  const CANVASES = ["fill", "grids", "heat", "lines", "names"];

  // What was last said of each part of the payload; survives the map's own coming and going.
  const said = {};
  let face = null;

  // The window that the address asks for (?heat=7d), else the one the screen shows; null: no heat.
  function heatLayer() {
    const asked = new URLSearchParams(window.location.search).get("heat");
    return said[`heat_${asked}`] || said[`heat_${said.heat_shown}`] || null;
  }

  class Face {
    constructor(map) {
      this.map = map;
      this.holder = map.getContainer().closest(".map-stage") || map.getContainer();
      this.slices = new parts.Slices();
      this.stage = new parts.Stage(map, CANVASES);
      this.library = new parts.Library(this.slices);
      this.counties = new parts.Counties(this.stage);
      this.grids = new parts.Grids(this.stage, this.slices);
      this.heat = new parts.Heat(this.stage, this.slices);
      this.labels = new parts.Labels(this.stage);
      this.marks = new parts.Marks(this.stage, () => this.drawNames());
      this.stage.onView(() => this.draw());
      this.watch();
      this.update(said);
    }

    watch() {
      this.resizing = new ResizeObserver(() => this.resize());
      this.resizing.observe(this.map.getContainer());
      this.map.on("click", (event) => this.pick(event.latlng));
      this.map.on("unload", () => this.remove());
      document.fonts.ready.then(() => this.stage.resetSoon());
    }

    // Applies the parts that are there; what is absent stays as it is.
    update(payload) {
      if ("theme" in payload || "stale" in payload) this.setMood();
      if ("geometry" in payload) this.loadGeometry();
      if ("fill" in payload) this.counties.setFill(said.fill);
      if (Object.keys(payload).some((part) => part.startsWith("heat_") || part === "theme")) {
        this.setHeat();
      }
      if ("grid_values" in payload) this.grids.setValues(said.grid_values);
      if ("labels" in payload && this.stage.view) this.drawNames();
      if ("points" in payload) this.marks.setPoints(said.points, payload.now);
      if ("inset" in payload || "stale" in payload) this.drawInset();
    }

    setMood() {
      const stale = Boolean(said.stale);
      const theme = said.theme || this.holder.dataset.theme;
      this.holder.classList.toggle("is-stale", stale);
      this.marks.setStale(stale);
      this.heat.setStale(stale);
      if (theme && (this.holder.dataset.theme !== theme || !this.themed)) {
        this.themed = true;
        this.holder.dataset.theme = theme;
        this.refresh();
      }
    }

    setHeat() {
      const layer = heatLayer();
      const shown = said.theme !== "night" && Boolean(layer);
      this.stage.show("heat", shown);
      this.holder.classList.toggle("no-heat", !layer);
      if (!shown) return;
      this.say(".map-heat-window", layer.label);
      this.say(".map-heat-withheld", layer.withheld);
      this.heat.setData(layer);
    }

    say(place, words = "") {
      const node = this.holder.querySelector(place);
      if (node && node.textContent !== words) node.textContent = words;
    }

    async loadGeometry() {
      const wanted = said.geometry;
      const gridUrls = heatLayer() ? [] : wanted.grids || [];
      const urls = [wanted.counties, wanted.towns, ...gridUrls].filter(Boolean);
      this.library.keepOnly([...urls, ...insetUrls()]);
      const load = (url) => (url ? this.library.get(url) : null);
      const [counties, towns] = await Promise.all([load(wanted.counties), load(wanted.towns)]);
      if (said.geometry !== wanted || !counties) return;
      const groupOf = (region) => (isProvince() ? region.parent : region.id);
      await this.slices.run("borders", this.counties.setShapes(counties, towns, groupOf));
      if (said.geometry !== wanted) return;
      this.base = counties;
      this.holder.dataset.level = said.scope ? said.scope.level : "province";
      this.holder.classList.toggle("has-grids", Boolean(gridUrls.length));
      this.resize();
      const grids = await Promise.all(gridUrls.map(load));
      if (said.geometry === wanted) this.grids.setShapes(grids.filter(Boolean));
    }

    resize() {
      this.stage.refreshTheme();
      this.map.invalidateSize({ pan: false, animate: false });
      this.fit();
      this.stage.resetSoon();
      this.drawInset();
    }

    // The view is the scope's outline and nothing else; only a change of size or scope moves it.
    fit() {
      const size = this.map.getSize();
      if (!this.base || !size.x || !size.y) return;
      const edge = FIT_PADDING * this.stage.unit;
      const room = { left: edge, top: edge, right: size.x - edge, bottom: size.y - edge };
      const { scale, x, y } = parts.fitAround(this.base, room, this.obstacles());
      const [west, north] = this.base.box;
      const middle = [west + (size.x / 2 - x) / scale, north + (size.y / 2 - y) / scale];
      const zoom = Math.log2(scale / parts.TILE);
      this.map.setView([latitude(middle[1]), longitude(middle[0])], zoom, { animate: false });
      this.fittedZoom = this.map.getZoom();
    }

    // What stands on the map's room and must not have the scope behind it, in px of the map.
    obstacles() {
      const frame = this.map.getContainer().getBoundingClientRect();
      const gap = OBSTACLE_GAP * this.stage.unit;
      const around = this.holder.closest(".region") || this.holder;
      return [...around.querySelectorAll(OBSTACLES)]
        .map((element) => element.getBoundingClientRect())
        .filter((box) => box.width > 1 && box.height > 1)
        .map((box) => ({
          left: box.left - frame.left - gap,
          top: box.top - frame.top - gap,
          right: box.right - frame.left + gap,
          bottom: box.bottom - frame.top + gap,
        }));
    }

    refresh() {
      this.stage.refreshTheme();
      this.stage.resetSoon();
      this.drawInset();
    }

    draw() {
      if (!this.base) return;
      // Then the map runs below its legends, which need a ground of their own.
      this.holder.classList.toggle("is-zoomed", this.map.getZoom() > this.fittedZoom + 0.01);
      this.marks.draw();
      this.slices.run("draw", this.drawLayers());
    }

    // One layer a frame: each is worth up to 30 ms of painting on a wall of 4K.
    *drawLayers() {
      this.counties.paintFill(true);
      yield parts.FRAME;
      this.counties.paintLines();
      this.drawNames();
      yield parts.FRAME;
      this.heat.draw();
      yield parts.FRAME;
      this.grids.draw();
    }

    // Names give way to rings: they alone can stand elsewhere.
    drawNames() {
      if (!this.base || !this.stage.view) return;
      this.labels.setLabels(said.labels || defaultLabels(this.base));
      this.labels.draw(this.marks.places());
    }

    async drawInset() {
      const canvas = this.holder.querySelector("canvas.map-inset-canvas");
      const inset = said.inset;
      this.holder.classList.toggle("no-inset", !inset);
      if (!canvas || !inset) return;
      const grids = await this.library.get(inset.grids);
      if (said.inset !== inset || !grids) return;
      const index = this.base ? this.base.indexOf.get(inset.region_id) : undefined;
      const county = index === undefined ? null : { shapes: this.base, index };
      this.slices.run(
        "inset",
        parts.paintInset(canvas, grids, inset.patches, inset.limits, county, said.stale),
      );
    }

    pick(place) {
      const x = parts.mercatorX(place.lng);
      const y = parts.mercatorY(place.lat);
      const region = this.base && this.counties.regionAt(x, y);
      if (!region) return;
      const target = isProvince() ? parentOf(region, this.base) : region;
      if (target) cockpit.map.onPick(target.id, target.code);
    }

    remove() {
      this.resizing.disconnect();
      this.slices.stop();
      this.library.keepOnly([]);
      this.marks.remove();
      this.stage.remove();
      if (face === this) face = null;
    }
  }

  function isProvince() {
    return !said.scope || said.scope.level === "province";
  }

  function insetUrls() {
    return said.inset ? [said.inset.grids] : [];
  }

  const longitude = (x) => x * 360 - 180;
  const latitude = (y) => (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;

  // The city of a county: a region of the same layer, or what the county's code says of it.
  function parentOf(region, shapes) {
    const index = shapes.indexOf.get(region.parent);
    if (index !== undefined) return shapes.regions[index];
    if (region.parent === undefined) return null;
    return { id: region.parent, code: `${region.code.slice(0, 4)}00` };
  }

  // Without labels from the payload: cities of a province (杭州), counties of a city (余姚市).
  function defaultLabels(shapes) {
    const level = isProvince() ? "city" : "county";
    const short = (name) => (isProvince() ? name.replace(/市$/, "") : name);
    return shapes.regions
      .filter((region) => region.level === level && region.centre)
      .map(({ name, centre: [lon, lat] }) => ({ text: short(name), lon, lat }));
  }

  function update(payload) {
    if (!payload) return;
    Object.assign(said, payload);
    if (face) face.update(payload);
  }

  // For a Dash clientside callback: data of the store in, nothing out.
  function apply(data) {
    update(data);
    return window.dash_clientside.no_update;
  }

  // Goes to a region's wall; replace it to do otherwise.
  function onPick(_regionId, code) {
    const pathname = `/wall/${code}`;
    try {
      window.dash_clientside.set_props("wall-location", { pathname });
    } catch {
      window.location.assign(pathname);
    }
  }

  cockpit.map = {
    update,
    apply,
    onPick,
    refresh: () => face && face.refresh(),
    face: () => face,
  };
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.cockpit_map = { apply };

  // dash-leaflet's bundle brings Leaflet along and makes it window.L, before any asset is read (a
  // page without maps has none); every map made from now on passes here.
  window.L?.Map.addInitHook(function () {
    if (this.getContainer().classList.contains(MAP_CLASS)) face = new Face(this);
  });
})();
