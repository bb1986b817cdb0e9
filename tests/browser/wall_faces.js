// What is wrong with the words on a page: cut off, out of their panel, too small, over each other.
// An expression: a function of { smallest } (px) that returns sentences, none when all is well.
({ smallest }) => {
  // Its other half, the end of the name, never does.
  const MAY_GIVE_WAY = ".name-head";
  // On an offline wall this stands over all that is under it.
  const LAID_OVER = "[data-state='offline'] :is(.header-alert, .header-duty)";
  const LEADING = { top: 0.2, bottom: 0.18 };
  const wrong = [];
  const shown = [];

  const isShown = (element) => {
    if (!element.checkVisibility) return element.offsetParent !== null;
    return element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  };
  const name = (element) => {
    const owner = element.closest("[id]");
    return `${owner ? owner.id : ""} .${element.getAttribute("class") || element.tagName}`;
  };
  const isInside = (box, frame) =>
    box.left >= frame.left - 1 && box.right <= frame.right + 1 &&
    box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1;
  // The line box has room above and below the letters; that may overlap.
  const lettersOf = (box) => ({
    left: box.left + 0.5,
    right: box.right - 0.5,
    top: box.top + box.height * LEADING.top,
    bottom: box.bottom - box.height * LEADING.bottom,
  });

  // Charts are drawn at design px and scaled as a whole.
  const sizeOf = (element, drawing) => {
    const size = parseFloat(getComputedStyle(element).fontSize);
    if (!drawing) return size;
    return (size * drawing.getBoundingClientRect().width) / parseFloat(getComputedStyle(drawing).width);
  };
  const drawingOf = (element) => {
    let drawing = element.closest("svg");
    while (drawing && drawing.parentElement.closest("svg")) {
      drawing = drawing.parentElement.closest("svg");
    }
    return drawing;
  };

  function checkDrawing(element, drawing, text, box) {
    if (!isInside(lettersOf(box), drawing.getBoundingClientRect())) {
      wrong.push(`${name(element)} 「${text}」 is cut off by its drawing`);
    }
  }

  function checkFrames(element, text, box) {
    // What says that a panel is not updated stands on its edge.
    const panel = element.matches(".is-not-updated > *") ? null : element.closest(".panel, .map-inset");
    if (panel && !isInside(lettersOf(box), panel.getBoundingClientRect())) {
      wrong.push(`${name(element)} 「${text}」 leaves its panel`);
    }
    for (let frame = element; frame && frame !== document.body; frame = frame.parentElement) {
      const style = getComputedStyle(frame);
      if (style.overflowX === "visible" && style.overflowY === "visible") continue;
      if (frame.matches(MAY_GIVE_WAY)) continue;
      if (!isInside(lettersOf(box), frame.getBoundingClientRect())) {
        wrong.push(`${name(element)} 「${text}」 is cut off by ${name(frame)}`);
        return;
      }
    }
  }

  const covers = [...document.querySelectorAll(LAID_OVER)].map((one) => one.getBoundingClientRect());
  const isCovered = (element, box) =>
    !element.closest(LAID_OVER) &&
    covers.some(
      (cover) =>
        box.left < cover.right && box.right > cover.left &&
        box.top < cover.bottom && box.bottom > cover.top,
    );

  const walker = document.createTreeWalker(document.getElementById("wall"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.parentElement;
    const text = node.textContent.trim();
    if (!text || !isShown(element) || element.closest(".map-summary, .summary, style, script")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const drawing = drawingOf(element);
    const size = sizeOf(element, drawing);
    if (size < smallest - 0.05) {
      wrong.push(`${name(element)} 「${text}」 is ${size.toFixed(1)} px`);
    }
    for (const box of range.getClientRects()) {
      if (!box.width || isCovered(element, box)) continue;
      if (drawing) checkDrawing(element, drawing, text, box);
      checkFrames(element, text, box);
      const letters = lettersOf(box);
      if (element.matches(MAY_GIVE_WAY)) {
        letters.right = Math.min(letters.right, element.getBoundingClientRect().right);
      }
      shown.push({ text, element, letters });
    }
  }

  for (let one = 0; one < shown.length; one += 1) {
    for (let other = one + 1; other < shown.length; other += 1) {
      const a = shown[one].letters;
      const b = shown[other].letters;
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 1 && high > 1 && shown[one].element !== shown[other].element) {
        wrong.push(
          `${name(shown[one].element)} 「${shown[one].text}」 and ` +
            `${name(shown[other].element)} 「${shown[other].text}」 overlap`,
        );
      }
    }
  }
  return wrong;
}
