// One place of an axis, marked in several charts, and what every line is there.
// The charts are Streamlit's: their axes tell where a place is.

const cursors = new WeakMap();
const CHART = ".js-plotly-plot";

export default function ({ parentElement, data }) {
  let cursor = cursors.get(parentElement);
  if (!cursor) {
    cursor = new Cursor(parentElement.querySelector(".cursor"));
    cursors.set(parentElement, cursor);
  }
  cursor.update(data);
  return () => {
    cursor.remove();
    cursors.delete(parentElement);
  };
}

class Cursor {
  constructor(root) {
    this.root = root;
    this.range = root.querySelector("input");
    this.range.addEventListener("input", () => this.go(Number(this.range.value)));
    this.moved = (event) => this.follow(event);
    this.sizes = new ResizeObserver(() => this.mark());
    this.redrawn = new MutationObserver(() => this.wait());
  }

  update(data) {
    const before = this.data;
    if (JSON.stringify(before) === JSON.stringify(data)) return;
    this.data = data;
    this.root.querySelector(".title").textContent = `At ${data.title}`;
    this.range.max = data.x.length - 1;
    // The cursor stays where it is until another place is chosen.
    const kept = before && before.at === data.at && before.x.join() === data.x.join();
    const scope = document.querySelector(data.scope);
    if (scope !== this.scope) {
      this.leave();
      this.scope = scope;
      scope.addEventListener("pointermove", this.moved, { passive: true });
      this.sizes.observe(scope);
      this.redrawn.observe(scope, { childList: true, subtree: true });
    }
    this.go(kept ? this.at : data.at);
  }

  charts() {
    return [...this.scope.querySelectorAll(CHART)].filter((chart) => axisOf(chart)?._length > 0);
  }

  // Once a frame, however much of the page is drawn anew.
  wait() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      if (!this.removed) this.mark();
    });
  }

  // The place nearest to the pointer, on whichever chart it rests.
  follow(event) {
    const chart = event.target.closest?.(CHART);
    const axis = chart && axisOf(chart);
    if (!axis?._length) return;
    const across = event.clientX - chart.getBoundingClientRect().left - axis._offset;
    if (across < 0 || across > axis._length) return;
    let nearest = 0;
    const away = (place) => Math.abs(axis.d2p(this.data.x[place]) - across);
    for (let place = 1; place < this.data.x.length; place++) {
      if (away(place) < away(nearest)) nearest = place;
    }
    if (nearest !== this.at) this.go(nearest);
  }

  go(place) {
    this.at = place;
    const { places, figures, title } = this.data;
    this.range.value = place;
    this.range.setAttribute("aria-valuetext", `${title} ${places[place]}`);
    this.root.querySelector("output").textContent = places[place];
    this.root.querySelector("dl").replaceChildren(
      ...figures.map((figure) => {
        const group = element("div");
        group.append(element("dt", figure.name));
        for (const line of figure.lines) {
          const entry = element("dd");
          const dot = element("i");
          dot.style.background = line.color;
          entry.append(dot, element("span", line.name), element("b", line.values[place]));
          group.append(entry);
        }
        return group;
      }),
    );
    this.mark();
  }

  // A line in every chart; charts that are still drawn get theirs when they are there.
  mark() {
    if (!this.scope) return;
    for (const chart of this.charts()) {
      const { _size: size } = chart._fullLayout;
      const axis = axisOf(chart);
      let line = chart.querySelector(":scope > .gv-cursor");
      if (!line) {
        line = element("div");
        line.className = "gv-cursor";
        chart.style.position = "relative";
        chart.append(line);
      }
      const left = `${axis._offset + axis.d2p(this.data.x[this.at])}px`;
      if (line.style.left === left && line.dataset.place === this.data.places[this.at]) continue;
      line.dataset.place = this.data.places[this.at];
      line.style.cssText =
        `position:absolute;pointer-events:none;width:0;left:${left};top:${size.t}px;` +
        `height:${size.h}px;border-left:2px solid currentColor;opacity:.55`;
    }
  }

  leave() {
    this.scope?.removeEventListener("pointermove", this.moved);
    this.sizes.disconnect();
    this.redrawn.disconnect();
  }

  remove() {
    this.removed = true;
    this.leave();
  }
}

const axisOf = (chart) => chart._fullLayout?.xaxis;

function element(name, words = "") {
  const made = document.createElement(name);
  if (words) made.textContent = words;
  return made;
}
