// A line drawn by hand around points. It stands over the picture, of which nothing is drawn again
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

  begin(event) {
    this.plane.setPointerCapture(event.pointerId);
    this.corners = [this.place(event)];
  }

  extend(event) {
    const corner = this.place(event);
    const last = this.corners.at(-1);
    if (Math.hypot(corner[0] - last[0], corner[1] - last[1]) < APART) return;
    this.corners.push(corner);
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
