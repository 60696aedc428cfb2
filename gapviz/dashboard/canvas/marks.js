// What stands over the points: axes with their numbers, and a large mark at each centroid.

import { SHAPES, svg } from "./shapes.js";

const CENTROID = 9;

export class Marks {
  constructor(element, plot) {
    this.element = element;
    this.plot = plot;
  }

  draw() {
    const { view, looks } = this.plot;
    if (!view) return;
    const marks = view.linear ? [...this.axis("x"), ...this.axis("y")] : [];
    view.centroids.forEach((place, code) => {
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
