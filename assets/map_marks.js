// Marks over the map: white rings of new events, amber rings of alerts with their notes. Elements,
// not pixels: the style sheet moves them (three times, then still) and no frame is spent on them.
(function () {
  "use strict";

  const parts = ((window.cockpit = window.cockpit || {}).mapParts = window.cockpit.mapParts || {});

  const MOST_MOVING = 5;
  const RING_MS = 60000;
  const FRESH_MS = 4000; // an event older than this on arrival doesn't call for attention again
  const MOST_ALERTS = 3;
  const NOTE_GAP = 8; // design px between two notes
  const SVG = "http://www.w3.org/2000/svg";

  class Marks {
    constructor(stage) {
      this.stage = stage;
      this.rings = new Map();
      this.alerts = [];
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
    }

    add(point, remaining) {
      const ring = { element: ringElement("map-ring"), at: [point.lat, point.lon] };
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
      if (this.stale) this.rings.get(id).expired = true;
      else this.drop(id);
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

    // `alerts`: [{ id, lon, lat, title, detail }], at most three are shown.
    setAlerts(alerts) {
      for (const alert of this.alerts) alert.parts.forEach((element) => element.remove());
      this.alerts = alerts.slice(0, MOST_ALERTS).map(({ lon, lat, title, detail }) => {
        const ring = ringElement("map-alert-ring");
        const line = document.createElement("div");
        line.className = "map-alert-line";
        const note = noteElement(title, detail);
        this.layer.append(line, ring, note);
        return { at: [lat, lon], ring, line, note, parts: [ring, line, note] };
      });
      this.draw();
    }

    draw() {
      const { map, view } = this.stage;
      if (!view) return;
      for (const { element, at } of this.rings.values()) {
        window.L.DomUtil.setPosition(element, map.latLngToLayerPoint(at));
      }
      this.drawAlerts();
    }

    // Notes stand at the right edge at the height of their ring, pushed down where they would meet.
    drawAlerts() {
      const { map, unit } = this.stage;
      const edge = map.containerPointToLayerPoint([map.getSize().x, 0]);
      let free = -Infinity;
      const placed = [];
      for (const alert of this.alerts) {
        const inSight = map.getBounds().contains(alert.at);
        for (const element of alert.parts) element.hidden = !inSight;
        if (inSight) placed.push([map.latLngToLayerPoint(alert.at), alert]);
      }
      placed.sort((a, b) => a[0].y - b[0].y);
      for (const [place, { ring, line, note }] of placed) {
        const height = note.offsetHeight;
        const top = Math.max(place.y - height * 0.35, free, edge.y);
        const corner = new window.L.Point(edge.x - note.offsetWidth, top);
        free = top + height + NOTE_GAP * unit;
        window.L.DomUtil.setPosition(ring, place);
        window.L.DomUtil.setPosition(note, corner);
        leadTo(line, place, corner.add([0, height / 2]), ring.offsetWidth);
      }
    }

    toNewView(centre, zoom) {
      const { map } = this.stage;
      const place = (at) => map._latLngToNewLayerPoint(window.L.latLng(at), zoom, centre).round();
      for (const { element, at } of this.rings.values()) {
        window.L.DomUtil.setPosition(element, place(at));
      }
      for (const { ring, at } of this.alerts) window.L.DomUtil.setPosition(ring, place(at));
    }

    remove() {
      for (const id of [...this.rings.keys()]) this.drop(id);
      this.stage.map.off("zoomanim", this.follow);
      this.layer.remove();
    }
  }

  function ringElement(className) {
    const element = document.createElement("div");
    element.className = `${className} leaflet-zoom-animated`;
    element.append(document.createElement("i"), document.createElement("i"));
    return element;
  }

  function noteElement(title, detail) {
    const note = document.createElement("div");
    note.className = "map-alert-note";
    for (const text of [title, detail]) {
      const line = document.createElement("div");
      line.textContent = text || "";
      note.appendChild(line);
    }
    note.firstChild.prepend(risingIcon());
    return note;
  }

  function risingIcon() {
    const icon = document.createElementNS(SVG, "svg");
    icon.setAttribute("viewBox", "0 0 18 18");
    icon.setAttribute("class", "map-icon-rising");
    icon.setAttribute("aria-hidden", "true");
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("d", "M1 15 L6 9 L10 12 L16 4 M11 3.5 H16.5 V9");
    icon.appendChild(line);
    return icon;
  }

  // Turns a flat element into a line between the rim of a ring and a note.
  function leadTo(line, from, to, ringWidth) {
    const angle = Math.atan2(to.y - from.y, to.x - from.x);
    const length = Math.max(0, from.distanceTo(to) - ringWidth / 2);
    const start = from.add([(Math.cos(angle) * ringWidth) / 2, (Math.sin(angle) * ringWidth) / 2]);
    line.style.width = `${length}px`;
    line.style.transform = `translate(${start.x}px, ${start.y}px) rotate(${angle}rad)`;
  }

  parts.Marks = Marks;
})();
