// Turns the pages of lists every eight seconds, all walls together, and tells the style sheet the
// wall's scale as a plain number, which CSS can't compute and charts need. Against burn-in it moves
// the page by 2 px every ten minutes. Nothing else.
(function () {
  "use strict";

  const TURN_MS = 8000;
  const LOOK_MS = 500;
  const DRIFT_MS = 600000;
  const DRIFTS = ["0 0", "2px 0", "2px 2px", "0 2px"];

  function serverTime() {
    const clock = window.cockpit && window.cockpit.clock;
    return clock && clock.isSet() ? clock.now() : Date.now();
  }

  // Rows of a pool are classed is-unused; of the others, all but this page's are marked. Marks are
  // attributes of ours, which no leaf prop writes.
  function turn(list, turns) {
    const rows = [...list.children].filter((row) => !row.classList.contains("is-unused"));
    const most = Number(getComputedStyle(list).getPropertyValue("--per-page")) || rows.length;
    const pages = Math.max(1, Math.ceil(rows.length / most));
    const perPage = list.dataset.pages === "even" ? Math.ceil(rows.length / pages) : most;
    const page = turns % pages;
    rows.forEach((row, place) => {
      row.toggleAttribute("data-off-page", Math.floor(place / perPage) !== page);
    });
    sayPage(list.dataset.pager, page, pages);
    const tabs = document.querySelector(`[data-pager-tabs="${list.dataset.pager}"]`);
    if (!tabs) return;
    [...tabs.children].forEach((tab, place) => {
      tab.toggleAttribute("data-on-page", Math.floor(place / perPage) === page);
    });
  }

  // What isn't on this page is on another one: 第1页,共2页.
  function sayPage(pager, page, pages) {
    const words = pages > 1 ? `第${page + 1}页,共${pages}页` : "";
    const node = document.querySelector(`[data-pager-count="${pager}"]`);
    if (node && node.textContent !== words) node.textContent = words;
  }

  function turnAll() {
    const turns = Math.floor(serverTime() / TURN_MS);
    for (const list of document.querySelectorAll("[data-pager]")) turn(list, turns);
    const drift = DRIFTS[Math.floor(serverTime() / DRIFT_MS) % DRIFTS.length];
    const root = document.documentElement.style;
    if (root.getPropertyValue("--drift") !== drift) root.setProperty("--drift", drift);
  }

  function setScale() {
    const probe = document.createElement("i");
    probe.style.cssText = "position:absolute;visibility:hidden;width:calc(100 * var(--u))";
    document.body.appendChild(probe);
    const scale = probe.getBoundingClientRect().width / 100;
    probe.remove();
    if (scale) document.documentElement.style.setProperty("--scale", scale.toFixed(4));
  }

  setScale();
  window.addEventListener("resize", () => {
    setScale();
    turnAll();
  });
  setInterval(turnAll, LOOK_MS);
})();
