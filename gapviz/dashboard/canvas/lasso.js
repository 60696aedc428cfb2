// A line drawn by hand around points, or a box. It stands over the picture, of which nothing is drawn again
// meanwhile: a million points take a while where there is no graphics card.

import { svg } from "./shapes.js";

// Pixels between corners.
const APART = 3;

export class Lasso {
  constructor(plane, done) {
    this.plane = plane;
    this.done = done;
    this.corners = null;
    this.element = svg("svg", { class: "outline", "aria-hidden": "true" });
    this.line = svg("polygon", {});
    this.element.append(this.line);
    plane.append(this.element);
    plane.addEventListener("pointermove", (event) => this.corners && this.extend(event));
    plane.addEventListener("pointerup", (event) => this.corners && this.end(event));
    plane.addEventListener("pointercancel", () => this.clear());
  }

  get active() {
    return this.corners !== null;
  }

  begin(event, box = false) {
    this.plane.setPointerCapture(event.pointerId);
    this.corners = [this.place(event)];
    this.box = box;
  }

  extend(event) {
    const corner = this.place(event);
    if (this.box) return this.span(this.corners[0], corner);
    const last = this.corners.at(-1);
    if (Math.hypot(corner[0] - last[0], corner[1] - last[1]) < APART) return;
    this.corners.push(corner);
    this.line.setAttribute("points", this.corners.join(" "));
  }

  span([left, top], [right, bottom]) {
    this.corners = [[left, top]];
    if (Math.abs(right - left) >= APART && Math.abs(bottom - top) >= APART) {
      this.corners.push([right, top], [right, bottom], [left, bottom]);
    }
    this.line.setAttribute("points", this.corners.join(" "));
  }

  end(event) {
    this.extend(event);
    const corners = this.corners;
    this.clear();
    if (corners.length > 2) this.done(corners);
  }

  clear() {
    this.corners = null;
    this.line.setAttribute("points", "");
  }

  place(event) {
    const box = this.plane.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
}
