// Marks over the map: white rings of new events. Elements, not pixels: the style sheet moves them
// (three times, then still) and no frame is spent on them.
(function () {
  "use strict";

  const parts = ((window.cockpit = window.cockpit || {}).mapParts = window.cockpit.mapParts || {});

  const MOST_MOVING = 5;
  const RING_MS = 60000;
  const FRESH_MS = 4000; // an event older than this on arrival doesn't call for attention again

  class Marks {
    // `onChange` is told when rings have come or gone.
    constructor(stage, onChange) {
      this.stage = stage;
      this.onChange = onChange;
      this.rings = new Map();
      this.stale = false;
      this.layer = document.createElement("div");
      this.layer.className = "map-marks";
      stage.pane.appendChild(this.layer);
      this.follow = (event) => this.toNewView(event.center, event.zoom);
      stage.map.on("zoomanim", this.follow);
    }

    // `points`: [{ id, lon, lat, at }] in one minute's rings, newest last; `now`: the server's
    // time, ISO, so that age needs no clock here.
    setPoints(points, now) {
      const ids = new Set(points.map((point) => String(point.id)));
      for (const id of [...this.rings.keys()]) if (!ids.has(id)) this.drop(id);
      const fresh = [];
      for (const point of points) {
        const age = Math.max(0, Date.parse(now) - Date.parse(point.at)) || 0;
        if (this.rings.has(String(point.id)) || age >= RING_MS) continue;
        const ring = this.add(point, RING_MS - age);
        if (age < FRESH_MS) fresh.push(ring);
      }
      for (const ring of fresh.slice(-MOST_MOVING)) ring.element.classList.add("is-new");
      this.restOldest();
      this.draw();
      this.onChange();
    }

    add(point, remaining) {
      const ring = { element: ringElement(), at: [point.lat, point.lon] };
      const id = String(point.id);
      ring.element.addEventListener("animationend", (event) => {
        if (event.target === ring.element.lastChild) ring.element.classList.remove("is-new");
      });
      ring.timer = setTimeout(() => this.expire(id), remaining);
      this.rings.set(id, ring);
      this.layer.appendChild(ring.element);
      return ring;
    }

    // Rings stay while the source is silent: they are what was last known.
    expire(id) {
      if (this.stale) {
        this.rings.get(id).expired = true;
        return;
      }
      this.drop(id);
      this.onChange();
    }

    // Where rings stand on the Mercator square.
    places() {
      return [...this.rings.values()].map(({ at: [lat, lon] }) => ({
        x: parts.mercatorX(lon), y: parts.mercatorY(lat),
      }));
    }

    drop(id) {
      const ring = this.rings.get(id);
      clearTimeout(ring.timer);
      ring.element.remove();
      this.rings.delete(id);
    }

    restOldest() {
      const moving = [...this.rings.values()].filter(({ element }) =>
        element.classList.contains("is-new"),
      );
      for (const ring of moving.slice(0, -MOST_MOVING)) ring.element.classList.remove("is-new");
    }

    setStale(stale) {
      this.stale = stale;
      if (stale) return;
      for (const [id, ring] of [...this.rings]) if (ring.expired) this.drop(id);
    }

    draw() {
      const { map, view } = this.stage;
      if (!view) return;
      for (const { element, at } of this.rings.values()) {
        window.L.DomUtil.setPosition(element, map.latLngToLayerPoint(at));
      }
    }

    toNewView(centre, zoom) {
      const { map } = this.stage;
      const place = (at) => map._latLngToNewLayerPoint(window.L.latLng(at), zoom, centre).round();
      for (const { element, at } of this.rings.values()) {
        window.L.DomUtil.setPosition(element, place(at));
      }
    }

    remove() {
      for (const id of [...this.rings.keys()]) this.drop(id);
      this.stage.map.off("zoomanim", this.follow);
      this.layer.remove();
    }
  }

  function ringElement() {
    const element = document.createElement("div");
    element.className = "map-ring leaflet-zoom-animated";
    element.append(document.createElement("i"), document.createElement("i"));
    return element;
  }

  parts.Marks = Marks;
})();
