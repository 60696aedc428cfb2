// The same points where there is no WebGL: drawn once, with the same colours and shapes.

import { Marks } from "./marks.js";
import { SHAPES } from "./shapes.js";

const PADDING = 1.06;
// Above this many, shapes are too small to be told apart.
const MANY = 20_000;

export class StillPicture {
  constructor(figure) {
    this.figure = figure;
    this.stage = figure.querySelector(".stage");
    this.plane = figure.querySelector(".plane");
    this.canvas = figure.querySelector(".points");
    this.marks = new Marks(figure.querySelector(".marks"), this);
    this.stage.setAttribute("role", "img");
    this.stage.removeAttribute("tabindex");
    this.stage.removeAttribute("aria-describedby");
  }

  describe(view, { looks, frame, home }, ghosts = []) {
    Object.assign(this, { view, looks, frame, homeArea: home, ghosts });
    this.figure.querySelector(".title").textContent = view.title;
    this.stage.setAttribute("aria-label", view.alt);
    this.figure.classList.toggle("linear", view.linear);
  }

  async draw(cloud) {
    this.cloud = cloud;
    this.paint();
    this.canvas.dataset.drawn = this.view.url;
  }

  paint() {
    if (!this.cloud) return;
    const { cloud, looks, canvas } = this;
    const [width, height] = this.size();
    canvas.width = width * devicePixelRatio;
    canvas.height = height * devicePixelRatio;
    const pen = canvas.getContext("2d");
    pen.scale(devicePixelRatio, devicePixelRatio);
    const many = cloud.n > MANY;
    const size = many ? 1.5 : 3;
    const paths = SHAPES.map((shape) => {
      const path = new Path2D();
      path.addPath(new Path2D(shape), new DOMMatrix().scale(size));
      return path;
    });
    pen.globalAlpha = many ? 0.4 : 0.8;
    for (let i = 0; i < cloud.n; i++) {
      const look = looks[cloud.code[i]];
      const [x, y] = this.toPlane(cloud.x[i], cloud.y[i]);
      pen.fillStyle = look.color;
      if (many) {
        pen.fillRect(x, y, size, size);
      } else {
        pen.translate(x, y);
        pen.fill(paths[look.shape]);
        pen.translate(-x, -y);
      }
    }
    this.marks.draw();
  }

  size() {
    return [Math.max(1, this.plane.clientWidth), Math.max(1, this.plane.clientHeight)];
  }

  span() {
    const { x, y } = this.homeArea;
    const [width, height] = this.size();
    const half = PADDING * Math.max((y[1] - y[0]) / 2, ((x[1] - x[0]) / 2) * (height / width));
    const around = ([low, high], reach) => [(low + high) / 2 - reach, (low + high) / 2 + reach];
    return { x: around(x, (half * width) / height), y: around(y, half) };
  }

  toPlane(x, y) {
    const span = this.span();
    const [width, height] = this.size();
    return [
      ((x - span.x[0]) / (span.x[1] - span.x[0])) * width,
      (1 - (y - span.y[0]) / (span.y[1] - span.y[0])) * height,
    ];
  }

  select(selected) {
    this.selected = selected;
    this.marks.draw();
  }

  filter() {}

  remove() {
    this.figure.remove();
  }
}
