// How long ago a page for a desk was read: it stands still, and must not look alive for ever.
(function () {
  "use strict";

  const LOOK_MS = 5000;
  const MINUTE_MS = 60000;
  const OLD_MINUTES = 5;
  // The same node may show another page later: what it was read at tells.
  const seen = new WeakMap();

  function look() {
    for (const node of document.querySelectorAll("[data-read-at]")) {
      const known = seen.get(node);
      if (!known || known.at !== node.dataset.readAt) {
        seen.set(node, { at: node.dataset.readAt, since: performance.now() });
      }
      const minutes = Math.floor((performance.now() - seen.get(node).since) / MINUTE_MS);
      const text = minutes ? `${minutes}分钟前` : "";
      if (node.textContent !== text) node.textContent = text;
      node.classList.toggle("is-old", minutes >= OLD_MINUTES);
    }
  }

  setInterval(look, LOOK_MS);
})();
