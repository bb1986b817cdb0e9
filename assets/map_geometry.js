// Boundaries in the browser: fetched once, decoded into flat arrays, searched and turned into
// paths. The twin of dashboard/geometry.py, which says how a `rings` text is written. No drawing.
//
// A Shapes holds one layer: `regions` (what the document says of each), `xy` (x and y of all
// points on the Mercator square, 0 to 1), `steps` (the same points as written, for finding common
// borders), `ringStart` (first point of each ring) and `regionStart` (first ring of each region).
(function () {
  "use strict";

  const parts = ((window.cockpit = window.cockpit || {}).mapParts = window.cockpit.mapParts || {});

  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const VALUE = new Uint8Array(128);
  [...ALPHABET].forEach((character, value) => (VALUE[character.charCodeAt(0)] = value));
  const RETRY_MS = [1000, 2000, 4000, 8000, 15000];
  const TILE = 256; // pixels of the Mercator square at zoom 0, as Leaflet counts

  const mercatorX = (longitude) => (longitude + 180) / 360;
  function mercatorY(latitude) {
    const sine = Math.sin((latitude * Math.PI) / 180);
    return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
  }

  const REGIONS_PER_SLICE = 250;
  const BORDERS_PER_SLICE = 10;

  class Shapes {
    // A generator, as all long work on a layer is; returns the Shapes of a fetched document.
    static *from(document_) {
      const shapes = new Shapes();
      shapes.regions = document_.regions.map((row) => ({ ...document_.shared, ...row }));
      yield* shapes.decode(document_.scale);
      yield* shapes.measure();
      shapes.indexOf = new Map(shapes.regions.map((region, index) => [region.id, index]));
      shapes.paths = { scale: 0, list: [] };
      return shapes;
    }

    *decode(scale) {
      const steps = [];
      const ringStart = [];
      const regionStart = [];
      const pen = { x: 0, y: 0 };
      for (const [index, region] of this.regions.entries()) {
        regionStart.push(ringStart.length);
        readRings(region.rings, pen, steps, ringStart);
        delete region.rings;
        if (index % REGIONS_PER_SLICE === 0) yield;
      }
      regionStart.push(ringStart.length);
      ringStart.push(steps.length / 2);
      this.steps = Int32Array.from(steps);
      this.ringStart = Int32Array.from(ringStart);
      this.regionStart = Int32Array.from(regionStart);
      this.xy = new Float64Array(steps.length);
      for (let at = 0; at < steps.length; at += 2) {
        this.xy[at] = mercatorX(steps[at] / scale);
        this.xy[at + 1] = mercatorY(steps[at + 1] / scale);
        if (at % 20000 === 0) yield;
      }
    }

    // Bounding boxes: of each region four numbers (west, north, east, south), and of all.
    *measure() {
      const boxes = new Float64Array(this.regions.length * 4);
      const whole = [Infinity, Infinity, -Infinity, -Infinity];
      for (let index = 0; index < this.regions.length; index += 1) {
        const box = [Infinity, Infinity, -Infinity, -Infinity];
        const [first, end] = this.pointsOf(index);
        for (let at = first * 2; at < end * 2; at += 2) grow(box, this.xy[at], this.xy[at + 1]);
        boxes.set(box, index * 4);
        if (end > first) {
          grow(whole, box[0], box[1]);
          grow(whole, box[2], box[3]);
        }
        if (index % REGIONS_PER_SLICE === 0) yield;
      }
      this.boxes = boxes;
      this.box = whole;
    }

    pointsOf(index) {
      return [
        this.ringStart[this.regionStart[index]],
        this.ringStart[this.regionStart[index + 1]],
      ];
    }

    // Adds the rings of a region to a path or context, from (left, top) of the square, in pixels.
    trace(path, index, scale, left, top) {
      for (let ring = this.regionStart[index]; ring < this.regionStart[index + 1]; ring += 1) {
        const end = this.ringStart[ring + 1] * 2;
        let at = this.ringStart[ring] * 2;
        path.moveTo((this.xy[at] - left) * scale, (this.xy[at + 1] - top) * scale);
        for (at += 2; at < end; at += 2) {
          path.lineTo((this.xy[at] - left) * scale, (this.xy[at + 1] - top) * scale);
        }
        path.closePath();
      }
    }

    // One Path2D a region, from the layer's own corner (small numbers: a path holds floats).
    pathsAt(scale) {
      if (this.paths.scale !== scale) {
        const [left, top] = this.box;
        const list = this.regions.map((_region, index) => {
          const path = new Path2D();
          this.trace(path, index, scale, left, top);
          return path;
        });
        this.paths = { scale, list };
      }
      return this.paths.list;
    }

    // The index of the region at a point of the square, or -1.
    at(x, y) {
      for (let index = 0; index < this.regions.length; index += 1) {
        const box = index * 4;
        const outside =
          x < this.boxes[box] || x > this.boxes[box + 2] ||
          y < this.boxes[box + 1] || y > this.boxes[box + 3];
        if (!outside && this.contains(index, x, y)) return index;
      }
      return -1;
    }

    contains(index, x, y) {
      let inside = false;
      for (let ring = this.regionStart[index]; ring < this.regionStart[index + 1]; ring += 1) {
        const first = this.ringStart[ring] * 2;
        const end = this.ringStart[ring + 1] * 2;
        for (let at = first, before = end - 2; at < end; before = at, at += 2) {
          const y1 = this.xy[at + 1];
          const y2 = this.xy[before + 1];
          if (y1 > y !== y2 > y) {
            const x1 = this.xy[at];
            if (x < x1 + ((y - y1) / (y2 - y1)) * (this.xy[before] - x1)) inside = !inside;
          }
        }
      }
      return inside;
    }

    // Borders as runs of points of the square, each drawn once, by what they part:
    // { outer: coast and edge, between: regions of two groups, within: regions of one group }.
    *borders(groupOf) {
      const owners = yield* this.edgeOwners();
      const borders = { outer: [], between: [], within: [] };
      const drawn = new Set();
      for (const [index, first, end] of this.rings()) {
        let run = null;
        let kindBefore = null;
        for (let at = first; at < end; at += 1) {
          const next = at + 1 < end ? at + 1 : first;
          const key = this.edgeKey(at, next);
          const kind = drawn.has(key) ? null : kindOf(owners.get(key), this.regions, groupOf);
          drawn.add(key);
          if (kind && kind !== kindBefore) {
            run = [this.xy[at * 2], this.xy[at * 2 + 1]];
            borders[kind].push(run);
          }
          if (kind) run.push(this.xy[next * 2], this.xy[next * 2 + 1]);
          kindBefore = kind;
        }
        if (index % BORDERS_PER_SLICE === 0) yield;
      }
      this.vertex = null;
      return borders;
    }

    *edgeOwners() {
      const vertices = new Map();
      this.vertex = new Int32Array(this.steps.length / 2);
      for (let at = 0; at < this.vertex.length; at += 1) {
        const place = this.steps[at * 2] * 2 ** 25 + this.steps[at * 2 + 1];
        if (!vertices.has(place)) vertices.set(place, vertices.size);
        this.vertex[at] = vertices.get(place);
        if (at % 4000 === 0) yield;
      }
      const owners = new Map();
      for (const [index, first, end] of this.rings()) {
        for (let at = first; at < end; at += 1) {
          const key = this.edgeKey(at, at + 1 < end ? at + 1 : first);
          const pair = owners.get(key);
          if (pair) pair[1] = index;
          else owners.set(key, [index, -1]);
        }
        if (index % BORDERS_PER_SLICE === 0) yield;
      }
      return owners;
    }

    edgeKey(at, next) {
      const a = this.vertex[at];
      const b = this.vertex[next];
      return Math.min(a, b) * this.vertex.length + Math.max(a, b);
    }

    // [region, first point, end] of every ring.
    *rings() {
      for (let index = 0; index < this.regions.length; index += 1) {
        for (let ring = this.regionStart[index]; ring < this.regionStart[index + 1]; ring += 1) {
          yield [index, this.ringStart[ring], this.ringStart[ring + 1]];
        }
      }
    }
  }

  function readRings(text, pen, steps, ringStart) {
    let at = 0;
    const next = () => {
      let number = 0;
      let factor = 1;
      for (;;) {
        const value = VALUE[text.charCodeAt(at)];
        at += 1;
        number += (value & 31) * factor;
        if (value < 32) return number;
        factor *= 32;
      }
    };
    const difference = () => {
      const number = next();
      return number % 2 ? -(number + 1) / 2 : number / 2;
    };
    for (let polygons = next(); polygons > 0; polygons -= 1) {
      for (let rings = next(); rings > 0; rings -= 1) {
        ringStart.push(steps.length / 2);
        for (let points = next(); points > 0; points -= 1) {
          pen.x += difference();
          pen.y += difference();
          steps.push(pen.x, pen.y);
        }
      }
    }
  }

  function kindOf([one, other], regions, groupOf) {
    if (other < 0) return "outer";
    return groupOf(regions[one]) === groupOf(regions[other]) ? "within" : "between";
  }

  function grow(box, x, y) {
    if (x < box[0]) box[0] = x;
    if (y < box[1]) box[1] = y;
    if (x > box[2]) box[2] = x;
    if (y > box[3]) box[3] = y;
  }

  // Runs of points as one Path2D, from (left, top) of the square.
  function pathOfRuns(runs, scale, left, top) {
    const path = new Path2D();
    for (const run of runs) {
      path.moveTo((run[0] - left) * scale, (run[1] - top) * scale);
      for (let at = 2; at < run.length; at += 2) {
        path.lineTo((run[at] - left) * scale, (run[at + 1] - top) * scale);
      }
    }
    return path;
  }

  // Fetches a layer and keeps asking until it has come: a gateway's error page must not leave the
  // map blank for good. Ends with null when `signal` says that nobody wants the layer any more.
  async function load(url, signal, slices) {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        const answer = await fetch(url, { signal, credentials: "same-origin" });
        if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
        return await slices.run(`read ${url}`, Shapes.from(await answer.json()));
      } catch (error) {
        if (signal.aborted) return null;
        console.warn(`map: ${url}: ${error.message}, asking again`);
        const pause = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] * (0.75 + Math.random() / 2);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
    return null;
  }

  // The layers in use, by address; those no longer asked for are let go.
  class Library {
    constructor(slices) {
      this.slices = slices;
      this.entries = new Map();
    }

    get(url) {
      let entry = this.entries.get(url);
      if (!entry) {
        const stop = new AbortController();
        entry = { stop, shapes: load(url, stop.signal, this.slices) };
        this.entries.set(url, entry);
      }
      return entry.shapes;
    }

    keepOnly(urls) {
      const wanted = new Set(urls);
      for (const [url, entry] of this.entries) {
        if (wanted.has(url)) continue;
        entry.stop.abort();
        this.entries.delete(url);
      }
    }
  }

  Object.assign(parts, { Shapes, Library, mercatorX, mercatorY, pathOfRuns, TILE });
})();
