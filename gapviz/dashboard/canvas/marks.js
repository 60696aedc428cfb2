// What stands over the points: axes with their numbers, a large mark at each centroid, and rings
// around what is selected.

import { SHAPES, svg, twice } from "./shapes.js";

const CENTROID = 9;
const RING = 7;
// Above this many selected points rings would cover one another: the others fade instead.
export const MANY_RINGS = 60;

export class Marks {
  constructor(element, plot) {
    this.element = element;
    this.plot = plot;
  }

  draw() {
    const { view, looks } = this.plot;
    if (!view) return;
    const marks = view.linear ? [...this.axis("x"), ...this.axis("y")] : [];
    // While points move, what stands on them would be ahead of them.
    const held = this.plot.moving ? [] : view.centroids;
    if (!this.plot.moving) marks.push(...this.ways());
    held.forEach((place, code) => {
      if (!place || this.plot.hidden?.has(code)) return;
      const [x, y] = this.plot.toPlane(...place);
      if (!this.holds(x, y)) return;
      marks.push(
        svg("path", {
          class: "centroid",
          d: SHAPES[looks[code].shape],
          fill: looks[code].color,
          transform: `translate(${x} ${y}) scale(${CENTROID})`,
        }),
      );
    });
    if (!this.plot.moving) marks.push(...this.selection());
    const [width, height] = this.plot.size();
    const [across, up] = view.axes;
    marks.push(
      svg("text", { class: "axis_title", x: width / 2, y: height + (view.linear ? 33 : 17) }, across),
      svg(
        "text",
        {
          class: "axis_title",
          transform: `translate(${view.linear ? -38 : -8} ${height / 2}) rotate(-90)`,
        },
        up,
      ),
    );
    this.element.replaceChildren(...marks);
  }

  // From where the centroids were to where they are, where that is some way.
  ways() {
    const { view, ghosts, looks, hidden } = this.plot;
    return ghosts.flatMap((from, code) => {
      const to = view.centroids[code];
      if (!from || !to || hidden?.has(code)) return [];
      const [[x1, y1], [x2, y2]] = [this.plot.toPlane(...from), this.plot.toPlane(...to)];
      if (Math.hypot(x2 - x1, y2 - y1) < 3 * CENTROID) return [];
      if (!this.holds(x1, y1) || !this.holds(x2, y2)) return [];
      const shape = { d: SHAPES[looks[code].shape], stroke: looks[code].color };
      const transform = `translate(${x1} ${y1}) scale(${CENTROID})`;
      return [
        ...twice("line", { x1, y1, x2, y2 }),
        svg("path", { class: "ghost", ...shape, transform }),
      ];
    });
  }

  // Where only a few points are selected; of a single item, joined.
  selection() {
    const { cloud, selected, hidden } = this.plot;
    if (!cloud || !selected || selected.points.length > MANY_RINGS) return [];
    const found = selected.points
      .filter((point) => point < cloud.n && !hidden?.has(cloud.code[point]))
      .map((point) => ({ at: this.plot.toPlane(cloud.x[point], cloud.y[point]), point }))
      .filter(({ at }) => this.holds(...at));
    const links = [];
    if (selected.items === 1) {
      found.forEach(({ at: [x1, y1], point }, place) => {
        for (const { at: [x2, y2], point: other } of found.slice(place + 1)) {
          if (cloud.code[point] === cloud.code[other]) continue;
          links.push(...twice("line", { x1, y1, x2, y2 }));
        }
      });
    }
    return [...links, ...found.flatMap(({ at: [cx, cy] }) => twice("circle", { cx, cy, r: RING }))];
  }

  axis(name) {
    const [width, height] = this.plot.size();
    const across = name === "x";
    const [low, high] = this.plot.span()[name];
    const step = niceStep((high - low) / (across ? width / 90 : height / 70));
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const marks = [];
    for (let tick = Math.ceil(low / step); tick <= Math.floor(high / step); tick++) {
      const value = tick * step;
      const [x, y] = this.plot.toPlane(across ? value : 0, across ? 0 : value);
      const ends = across ? { x1: x, x2: x, y1: 0, y2: height } : { x1: 0, x2: width, y1: y, y2: y };
      marks.push(svg("line", { class: tick ? "grid" : "grid zero", ...ends }));
      const at = across ? { x, y: height + 14, class: "tick" } : { x: -6, y: y + 4, class: "tick up" };
      marks.push(svg("text", at, value.toFixed(digits).replace("-", "−")));
    }
    return marks;
  }

  holds(x, y) {
    const [width, height] = this.plot.size();
    return x >= 0 && y >= 0 && x <= width && y <= height;
  }
}

function niceStep(about) {
  const power = 10 ** Math.floor(Math.log10(about));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= about);
}
