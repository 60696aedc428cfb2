// Texts of a page that lie over each other, or that a box cuts off: at most ten, in words.
() => {
  const main = document.querySelector('[data-testid="stMain"]');
  const apart = ".js-plotly-plot, canvas, svg, [data-testid='stDataFrame'], [role='tooltip'], .katex,"
    + " [data-testid='stTooltipContent'], .gv-canvas";
  const clips = (style) => style.overflowX !== "visible" || style.overflowY !== "visible";
  const floats = (element) => {
    for (let one = element; one && one !== main; one = above(one))
      if (["sticky", "fixed"].includes(getComputedStyle(one).position)) return true;
    return false;
  };
  // Components of ours draw in shadow roots.
  const above = (element) => element.parentElement ?? element.getRootNode().host;
  const shown = (element, box) => {
    let { left, top, right, bottom } = box;
    for (let one = element; one && one !== main; one = above(one)) {
      if (!clips(getComputedStyle(one))) continue;
      const edge = one.getBoundingClientRect();
      left = Math.max(left, edge.left); right = Math.min(right, edge.right);
      top = Math.max(top, edge.top); bottom = Math.min(bottom, edge.bottom);
    }
    return right - left > 2 && bottom - top > 3 ? { left, top, right, bottom } : null;
  };
  const boxes = [], told = [];
  const textsOf = function* (root) {
    const all = NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT;
    const nodes = document.createTreeWalker(root, all);
    for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) yield node;
      else if (node.shadowRoot) yield* textsOf(node.shadowRoot);
    }
  };
  for (const text of textsOf(main)) {
    const owner = text.parentElement, said = text.data.trim();
    if (!said || owner.closest(apart) || floats(owner)) continue;
    if (!owner.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (getComputedStyle(owner).fontFamily.includes("Material")) continue;
    const look = getComputedStyle(owner);
    const cut = look.overflowX === "hidden" && look.textOverflow !== "ellipsis"
      && owner.clientWidth > 1 && owner.scrollWidth > owner.clientWidth + 1;
    if (cut) told.push(`cut off: ${said.slice(0, 60)}`);
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const line of range.getClientRects()) {
      const box = shown(owner, line);
      if (box) boxes.push({ ...box, said, text });
    }
  }
  boxes.sort((a, b) => a.top - b.top);
  boxes.forEach((one, place) => {
    for (const other of boxes.slice(place + 1)) {
      if (other.top >= one.bottom - 3) break;
      // Lines of one text may touch.
      if (other.text === one.text) continue;
      const over = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const deep = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      if (over > 2 && deep > 4)
        told.push(`over each other: ${one.said.slice(0, 40)} / ${other.said.slice(0, 40)}`);
    }
  });
  return told.slice(0, 10);
}
