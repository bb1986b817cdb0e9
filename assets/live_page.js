// The page: sets leaf props that changed, once the page is there. Never rebuilds anything.
(function () {
  "use strict";

  const cockpit = (window.cockpit = window.cockpit || {});
  const PAGE_ID = "page";
  // Pages for a desk are read once and say when: nothing is streamed to them.
  const DESK = /^\/quality(\/|$)/;

  // What every leaf should show and what it does show, as JSON; both by id and prop.
  let target = new Map();
  let shown = new Map();
  let map = {};
  let builtFor = null;
  // The number of the snapshot that the target is of.
  let number = null;
  // The page was built for a place that needed fewer parts, and has no leaf for what is to be shown.
  let isOutgrown = false;
  const ahead = new Set();

  function here() {
    return window.location.pathname + window.location.search;
  }

  function isStreamed() {
    return !DESK.test(window.location.pathname);
  }

  function node() {
    const page = document.getElementById(PAGE_ID);
    return page && page.childElementCount && page.dataset.address === here() ? page : null;
  }

  // Forget everything: another address.
  function leave() {
    target = new Map();
    shown = new Map();
    map = {};
    builtFor = null;
    number = null;
    isOutgrown = false;
  }

  // While the page is being built, what its map will ask for is already on the way.
  function fetchAhead({ geometry, inset }) {
    const { counties, towns, grids = [] } = geometry || {};
    // Where the address asks for heat, no grids are drawn.
    const drawn = new URLSearchParams(window.location.search).has("heat") ? [] : grids;
    for (const url of [counties, towns, ...drawn, inset && inset.grids]) {
      if (!url || ahead.has(url)) continue;
      ahead.add(url);
      fetch(url, { credentials: "same-origin" }).then((answer) => answer.blob()).catch(() => {});
    }
  }

  // Takes an event in; returns whether something was set on the screen.
  function take(event) {
    if (event.type === "snapshot") {
      target = new Map();
      map = {};
    }
    for (const [id, props] of Object.entries(event.props || {})) {
      if (!target.has(id)) target.set(id, new Map());
      for (const [name, value] of Object.entries(props)) target.get(id).set(name, value);
    }
    Object.assign(map, event.map || {});
    if (event.type !== "ping") number = event.meta.number;
    if (!node()) fetchAhead(map);
    return flush();
  }

  function flush() {
    const page = node();
    if (!page || !window.dash_clientside || !window.dash_clientside.set_props) return false;
    if (builtFor !== page.dataset.address) {
      builtFor = page.dataset.address;
      shown = new Map();
      // Built with this very snapshot it shows all of it; else what differs is set: eight hundred
      // leaves at once would keep the page busy for seconds.
      remember(Number(page.dataset.number) === number ? () => true : isShown);
    }
    for (const [id, props] of target) setChanged(id, props);
    if (Object.keys(map).length && cockpit.map) {
      const parts = map;
      map = {};
      cockpit.map.update(parts);
    }
    // For who compares walls: which snapshot this one shows.
    if (number !== null) page.dataset.shown = number;
    return true;
  }

  function setChanged(id, props) {
    if (!document.getElementById(id)) {
      isOutgrown = isOutgrown || isUsed(props.get("className"));
      target.delete(id);
      return;
    }
    const changed = {};
    const known = shown.get(id) || new Map();
    for (const [name, value] of props) {
      const text = JSON.stringify(value);
      if (known.get(name) !== text) changed[name] = value;
    }
    target.delete(id);
    if (!Object.keys(changed).length) return;
    try {
      window.dash_clientside.set_props(id, changed);
    } catch (error) {
      // One leaf must not keep the others from being set.
      console.warn(`cockpit: ${id} can't be set`, error);
      return;
    }
    for (const [name, value] of Object.entries(changed)) known.set(name, JSON.stringify(value));
    shown.set(id, known);
  }

  function isUsed(className) {
    return className !== undefined && !className.split(" ").includes("is-unused");
  }

  // Takes for set what the page already shows.
  function remember(isThere) {
    for (const [id, props] of target) {
      const known = new Map();
      for (const [name, value] of props) {
        if (!isThere(id, name, value)) continue;
        known.set(name, JSON.stringify(value));
        props.delete(name);
      }
      shown.set(id, known);
      if (!props.size) target.delete(id);
    }
  }

  function isShown(id, name, value) {
    const node = document.getElementById(id);
    if (!node) return false;
    if (name === "className") return node.className === value;
    if (name.startsWith("data-")) return node.getAttribute(name) === String(value);
    if (name === "style") return node.style.cssText === styleText(value);
    if (name !== "children" || typeof value === "object") return false;
    return !node.childElementCount && node.textContent === String(value);
  }

  function styleText(style) {
    const probe = document.createElement("i");
    for (const [name, value] of Object.entries(style || {})) probe.style[name] = value;
    return probe.style.cssText;
  }

  function isWaiting() {
    return target.size > 0 || Object.keys(map).length > 0;
  }

  cockpit.page = { here, isStreamed, node, leave, take, flush, isWaiting, isOutgrown: () => isOutgrown };
})();
