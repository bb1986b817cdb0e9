// Where a scope stands in the room of the map: as large as can be, with none of it behind a legend
// or beyond the edge. Pure arithmetic on boxes and points; who measures them is the face's affair.
(function () {
  "use strict";

  const parts = ((window.cockpit = window.cockpit || {}).mapParts = window.cockpit.mapParts || {});

  const RASTER = 160; // the outline is known to this part of its size
  const PLACES = 13; // tried in each direction
  const HALVINGS = 9;
  const SMALLEST = 0.25; // of the size without anything in the way

  // `shapes` in `room` ({ left, top, right, bottom }, px), clear of `obstacles` (boxes like it).
  // Returns { scale, x, y }: px a unit of the Mercator square, and where the scope's corner stands.
  function fitAround(shapes, room, obstacles) {
    const [west, north, east, south] = shapes.box;
    const wide = room.right - room.left;
    const high = room.bottom - room.top;
    const most = Math.min(wide / (east - west), high / (south - north));
    const outline = rasterOf(shapes);
    const at = (scale) => clearPlace(outline, room, obstacles, scale, (east - west) * scale, (south - north) * scale);
    let best = at(most);
    if (best) return best;
    let [low, top] = [most * SMALLEST, most];
    for (let step = 0; step < HALVINGS; step += 1) {
      const scale = (low + top) / 2;
      const place = at(scale);
      if (place) [best, low] = [place, scale];
      else top = scale;
    }
    return best || { scale: most, ...middle(room, (east - west) * most, (south - north) * most) };
  }

  // Points of the outline from the scope's corner, one for each field of a raster that has any.
  function rasterOf(shapes) {
    const [west, north, east, south] = shapes.box;
    const side = Math.max(east - west, south - north) / RASTER || 1;
    const seen = new Map();
    for (let at = 0; at < shapes.xy.length; at += 2) {
      const x = shapes.xy[at] - west;
      const y = shapes.xy[at + 1] - north;
      seen.set(Math.floor(x / side) * 4096 + Math.floor(y / side), [x, y]);
    }
    return Float64Array.from([...seen.values()].flat());
  }

  // The free place next to the middle, or null.
  function clearPlace(outline, room, obstacles, scale, width, height) {
    const centre = middle(room, width, height);
    const spare = [room.right - room.left - width, room.bottom - room.top - height];
    const places = [];
    for (let column = 0; column < PLACES; column += 1) {
      for (let row = 0; row < PLACES; row += 1) {
        places.push({
          scale,
          x: room.left + (spare[0] * column) / (PLACES - 1),
          y: room.top + (spare[1] * row) / (PLACES - 1),
        });
      }
    }
    const away = ({ x, y }) => (x - centre.x) ** 2 + (y - centre.y) ** 2;
    places.sort((a, b) => away(a) - away(b));
    return places.find((place) => isClear(outline, obstacles, place)) || null;
  }

  function isClear(outline, obstacles, { scale, x, y }) {
    for (let at = 0; at < outline.length; at += 2) {
      const left = x + outline[at] * scale;
      const top = y + outline[at + 1] * scale;
      for (const box of obstacles) {
        if (left > box.left && left < box.right && top > box.top && top < box.bottom) return false;
      }
    }
    return true;
  }

  function middle(room, width, height) {
    return { x: (room.left + room.right - width) / 2, y: (room.top + room.bottom - height) / 2 };
  }

  parts.fitAround = fitAround;
})();
