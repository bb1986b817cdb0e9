// Keeps a wall that is never touched in order: loads it anew for a new build, at the quiet hour,
// when its memory climbs, when it was never built, or when it lacks a part for what came; only when
// the server answers. Against burn-in the header swaps its ends every day at the quiet hour.
(function () {
  "use strict";

  const cockpit = (window.cockpit = window.cockpit || {});

  const HEAP_SHARE = 0.6;
  const UNBUILT_MS = 8000;
  const OUTGROWN_MS = 60000;
  const QUIET_AGE_MS = 2 * 3600 * 1000;
  const JITTER_MS = { build: 4000, quiet: 5 * 60000, heap: 4000, unbuilt: 1000, outgrown: 1000 };
  const LAST_GOOD = "/last-good";
  const KEEP_GOOD_EVERY_MS = 20000;

  let build = null;
  let isReloading = false;
  let goodKeptAt = -Infinity;

  function look(meta, now) {
    if (meta) swapEnds(meta, now);
    if (isReloading) return;
    const reason = cause(meta, now);
    if (!reason) return;
    isReloading = true;
    setTimeout(() => reload(), Math.random() * JITTER_MS[reason]);
  }

  function swapEnds(meta, now) {
    const ends = cockpit.clock.dayNumber(now, meta.quiet_hour) % 2 ? "swapped" : "usual";
    if (document.body.dataset.ends !== ends) document.body.dataset.ends = ends;
  }

  function cause(meta, now) {
    if (!cockpit.page.node() && performance.now() - cockpit.leftAt > UNBUILT_MS) return "unbuilt";
    if (!meta) return null;
    // Once in a while only: should a new page lack the part too, loading it again won't help.
    if (cockpit.page.isOutgrown() && performance.now() > OUTGROWN_MS) return "outgrown";
    build = build || meta.build;
    if (meta.build !== build) return "build";
    const isQuiet = cockpit.clock.hour(now) === meta.quiet_hour;
    if (isQuiet && performance.now() > QUIET_AGE_MS) return "quiet";
    const memory = performance.memory;
    const isFull = memory && memory.usedJSHeapSize > HEAP_SHARE * memory.jsHeapSizeLimit;
    return isFull ? "heap" : null;
  }

  // A page that loads itself while the server is away is lost: ask first.
  async function reload() {
    try {
      const response = await fetch("/alive", { cache: "no-store", signal: AbortSignal.timeout(4000) });
      if (response.ok && (await response.json()).build) return window.location.reload();
    } catch {
      // not now; the next look tries again
    }
    isReloading = false;
  }

  // The shell for a wall opened while the server is away; browsers allow it on https and localhost.
  function keepShell() {
    if ("serviceWorker" in navigator) {
      navigator.serviceWorker.register("/service_worker.js").catch(() => {});
    }
  }

  // What the shell will say: until when the data were good.
  async function keepGood(meta) {
    if (!("caches" in window) || !meta.as_of) return;
    if (performance.now() - goodKeptAt < KEEP_GOOD_EVERY_MS) return;
    goodKeptAt = performance.now();
    try {
      const kept = await caches.open("cockpit");
      await kept.put(LAST_GOOD, new Response(JSON.stringify({ text: cockpit.clock.date(meta.as_of) + " " + cockpit.clock.minutes(meta.as_of) })));
    } catch {
      // no room: the shell then names no time
    }
  }

  cockpit.upkeep = { look, swapEnds, keepShell, keepGood };
})();
