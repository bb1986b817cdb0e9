// What the address says of this one wall, for the style sheet: ?profile=far for larger type,
// ?seam=middle for a wall of two panels. The data and the screen are the same for all.
(function () {
  "use strict";

  const KNOWN = { profile: ["far"], seam: ["middle"] };
  const LOOK_MS = 1000;

  function read() {
    const asked = new URLSearchParams(window.location.search);
    const root = document.documentElement;
    let changed = false;
    for (const [name, values] of Object.entries(KNOWN)) {
      const value = values.includes(asked.get(name)) ? asked.get(name) : null;
      if ((root.dataset[name] || null) === value) continue;
      changed = true;
      if (value) root.dataset[name] = value;
      else delete root.dataset[name];
    }
    // Charts and the map measure the scale anew.
    if (changed) window.dispatchEvent(new Event("resize"));
  }

  read();
  window.addEventListener("popstate", read);
  setInterval(read, LOOK_MS);
})();
