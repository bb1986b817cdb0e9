// The live client: puts connection, page, header and upkeep together. Each stands in a file of its
// own (live_*.js); no state but the last thing the server said.
(function () {
  "use strict";

  const cockpit = (window.cockpit = window.cockpit || {});
  const SHOW_EVERY_MS = 250;

  let meta = null;
  let heardAt = 0;
  let paintedAt = null;
  let connection = null;
  let address = null;
  let shownAt = -Infinity;
  let mood = "";

  function hear(event) {
    heardAt = performance.now();
    meta = event.meta;
    cockpit.clock.hear(meta.server_time);
    cockpit.clock.setZone(meta.zone);
    if (cockpit.page.take(event) && event.type !== "ping") paintedAt = cockpit.clock.now();
    if (event.type !== "ping") cockpit.upkeep.keepGood(meta);
    show();
  }

  // Follows the address: a region picked on the map, or the browser's back.
  function follow() {
    if (address === cockpit.page.here()) return;
    address = cockpit.page.here();
    cockpit.leftAt = performance.now();
    cockpit.page.leave();
    if (connection) connection.close();
    connection = null;
    if (!cockpit.page.isStreamed()) return settle();
    const { pathname, search } = window.location;
    connection = new cockpit.Connection({ path: pathname, query: search }, hear);
  }

  // A page for a desk has no age of its own to show, and no night.
  function settle() {
    meta = null;
    Object.assign(document.body.dataset, { state: "desk", theme: "day" });
  }

  function show() {
    shownAt = performance.now();
    const isKnown = cockpit.clock.isSet();
    // Before the first word of the server there is no time to tell, only that none was heard.
    const now = isKnown ? cockpit.clock.now() : performance.now();
    const heard = isKnown ? cockpit.clock.at(heardAt) : 0;
    const rules = meta ? meta.rules : { silence_ms: 5000, offline_ms: Infinity };
    const known = { ...(meta || NOTHING), heard_at: heard };
    const finding = cockpit.freshness.assess(known, now, rules);
    if (isKnown || finding.state !== "live") {
      const words = { finding, meta: meta || NOTHING, now, paintedAt, connection };
      cockpit.header.show(words);
    }
    setMood(finding, now, isKnown);
    cockpit.upkeep.look(meta, now);
  }

  const NOTHING = {
    is_live: false, number: null, made_at: null, as_of: null,
    database: { since: null }, engine: { since: null }, sources: [], failures: {},
  };

  // Day or night by the server's clock; the map goes grey with the page.
  function setMood(finding, now, isKnown) {
    const stale = finding.state === "stale" || finding.state === "offline";
    const at = meta && !meta.is_live && meta.as_of ? meta.as_of : now;
    const theme = isKnown && isNight(cockpit.clock.hour(at)) ? "night" : "day";
    if (document.body.dataset.theme !== theme) document.body.dataset.theme = theme;
    const wanted = `${stale} ${theme}`;
    if (wanted === mood || !cockpit.map) return;
    mood = wanted;
    cockpit.map.update({ stale, theme });
  }

  // The page says from which hour to which, e.g. 22-6.
  function isNight(hour) {
    const page = cockpit.page.node();
    const [from, to] = ((page && page.dataset.night) || "0-0").split("-").map(Number);
    return from > to ? hour >= from || hour < to : hour >= from && hour < to;
  }

  function loop(pageTime) {
    cockpit.header.beat(pageTime);
    requestAnimationFrame(loop);
  }

  function tick() {
    follow();
    if (!connection) return;
    if (cockpit.page.isWaiting() && meta && cockpit.page.flush()) {
      paintedAt = cockpit.clock.now();
    }
    if (performance.now() - shownAt >= SHOW_EVERY_MS) show();
  }

  function start() {
    cockpit.isStarted = true;
    cockpit.upkeep.keepShell();
    follow();
    setInterval(tick, SHOW_EVERY_MS);
    requestAnimationFrame(loop);
  }

  // All scripts stand at the end of the body: the others are there when the document is complete.
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
