// A number that has changed is underlined for a moment (DESIGN §7): it swaps at once, the line
// below it fades in 400 ms. Not numbers that are shown for the first time, nor where motion is
// not wanted.
(function () {
  "use strict";

  const FADE_MS = 400;
  const NUMBER = "figure-number";

  // The number a mutation is about, when it said something else before.
  function changed({ type, target, oldValue, removedNodes }) {
    const node = type === "characterData" ? target.parentElement : target;
    if (!node || !node.classList || !node.classList.contains(NUMBER)) return null;
    const before =
      type === "characterData" ? oldValue : [...removedNodes].map((old) => old.textContent).join("");
    return before && before !== node.textContent ? node : null;
  }

  function underline(node) {
    const line = (colour) => ({ boxShadow: `inset 0 -0.06em ${colour}` });
    node.animate([line("currentcolor"), line("transparent")], { duration: FADE_MS });
  }

  function notice(mutations) {
    if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const node of new Set(mutations.map(changed))) if (node) underline(node);
  }

  new MutationObserver(notice).observe(document.documentElement, {
    subtree: true,
    childList: true,
    characterData: true,
    characterDataOldValue: true,
  });
})();
