// One cloud of points: drawn by regl-scatterplot, with axes, centroids and a keyboard's cursor.

import createScatterplot from "./regl-scatterplot.js";
import { Lasso } from "./lasso.js";
import { MANY_RINGS, Marks } from "./marks.js";
import { Thumbnails } from "./thumbnails.js";

const PICK_RADIUS = 14;
const MOVE_MS = 900;
// Above this many points an animation waits longer for its start than it lasts.
const MOST_MOVED = 400_000;
const PADDING = 1.06;

const NOTHING = { points: [], items: 0 };

const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class Plot {
  constructor(figure, renderer, handlers, tool) {
    this.figure = figure;
    this.stage = figure.querySelector(".stage");
    this.plane = figure.querySelector(".plane");
    this.canvas = figure.querySelector(".points");
    this.linesCanvas = figure.querySelector(".lines");
    this.marks = new Marks(figure.querySelector(".marks"), this);
    this.thumbnails = new Thumbnails(figure.querySelector(".thumbnails"), this);
    this.handlers = handlers;
    this.queue = Promise.resolve();
    this.add = false;
    this.tool = tool;
    this.selected = NOTHING;
    this.settings = {};
    this.lasso = new Lasso(this.plane, (corners) =>
      handlers.outlined(corners.map((corner) => this.toData(corner)), this.add),
    );
    this.scatter = createScatterplot({
      canvas: this.canvas,
      renderer,
      width: "auto",
      height: "auto",
      // What is told is told at once, in the order in which it happens.
      syncEvents: true,
      colorBy: "valueA",
      opacityBy: "density",
      pointScaleMode: "constant",
      pointSizeMouseDetection: PICK_RADIUS - 4 / devicePixelRatio,
      actionKeyMap: {},
      deselectOnDblClick: false,
      deselectOnEscape: false,
      spatialIndexUseWorker: false,
    });
    this.canvas.plot = this;
    this.listen();
  }

  listen() {
    const { scatter, handlers, stage } = this;
    scatter.subscribe("pointover", (point) => this.lasso.active || handlers.over(point));
    scatter.subscribe("pointout", () => handlers.out());
    scatter.subscribe("select", ({ points }) => handlers.picked(points[0], this.add));
    scatter.subscribe("view", ({ view }) => handlers.viewed(view));
    scatter.subscribe("transitionStart", () => (this.moving = true));
    scatter.subscribe("transitionEnd", () => {
      this.moving = false;
      scatter.redraw();
    });
    scatter.subscribe("drawing", () => {
      this.marks.draw();
      this.thumbnails.moved();
      handlers.drawn();
    });
    stage.addEventListener("keydown", handlers.key);
    const pressed = (event) => {
      this.add = event.ctrlKey || event.metaKey;
      stage.focus({ preventScroll: true });
      const outlines = this.tool !== "panZoom" || event.shiftKey;
      if (event.button === 0 && outlines) this.lasso.begin(event, this.tool === "box");
    };
    stage.addEventListener("pointerdown", pressed, { capture: true });
    // What a lasso does, the camera is not to follow.
    const kept = (event) => this.lasso.active && event.stopPropagation();
    stage.addEventListener("mousedown", kept, { capture: true });
    stage.addEventListener("pointermove", (event) => {
      if (!event.buttons || this.lasso.active) return;
      handlers.steered();
      // A finger moves the picture too; the camera knows the mouse alone.
      const [width, height] = this.size();
      if (event.pointerType === "touch") {
        this.handlers.panned(-event.movementX / width, event.movementY / height);
      }
    });
    stage.addEventListener("blur", () => (this.cursor = null));
    const wheel = (event) => {
      // Whoever scrolls past is let past; a click into the picture, or Ctrl, turns the wheel to it.
      if (stage.matches(":focus") || event.ctrlKey) handlers.steered();
      else event.stopPropagation();
    };
    stage.addEventListener("wheel", wheel, { capture: true, passive: true });
  }

  // What of a view is known before its points are there; `ghosts` are centroids of another state.
  describe(view, data, ghosts = []) {
    const { looks, frame, home } = data;
    Object.assign(this, { view, looks, frame, homeArea: home, ghosts });
    this.thumbnails.describe(view, data);
    this.figure.querySelector(".title").textContent = view.title;
    this.stage.setAttribute("aria-label", view.alt);
    this.figure.classList.toggle("linear", view.linear);
    const style = getComputedStyle(this.figure);
    const ground = style.getPropertyValue("--st-background-color").trim();
    // Colours by shape, which stand for each other.
    const colors = Array(6).fill("#7F7F7F");
    for (const look of looks) colors[look.shape] = look.color;
    this.set({
      pointColor: colors,
      pointColorActive: colors,
      ...(ground && { backgroundColor: ground }),
      pointSize: pointSize(view.n),
      // Of few points none may be faint, or blue is lost on a dark ground; many tell by it where
      // they are dense.
      opacityByDensityFill: view.n > 20_000 ? 1 : 2.5,
    });
    this.marks.draw();
  }

  // Only what is new: each time all points are drawn again.
  set(settings) {
    const changed = Object.entries(settings).filter(
      ([name, value]) => String(this.settings[name]) !== String(value),
    );
    if (!changed.length) return;
    Object.assign(this.settings, settings);
    this.scatter.set(Object.fromEntries(changed));
  }

  // Draw a cloud, moving there from another one, or from where its points were drawn.
  draw(cloud, from = null) {
    this.latest = cloud;
    this.queue = this.queue.catch(() => {}).then(() => this.drawNow(cloud, from));
    return this.queue;
  }

  async drawNow(cloud, from) {
    if (this.removed || this.latest !== cloud) return;
    const alike = (one) => one && one.n === cloud.n && cloud.n <= MOST_MOVED && !calm.matches;
    const options = { zDataType: "categorical", preventFilterReset: this.cloud?.n === cloud.n };
    if (this.cloud && this.cloud.n !== cloud.n) this.scatter.deselect({ preventEvent: true });
    if (alike(from)) {
      await this.scatter.draw(this.normalised(from), options);
      this.cloud = from;
      if (this.removed) return;
    }
    const transition = Boolean(this.cloud) && this.cloud !== cloud && alike(this.cloud);
    this.cloud = cloud;
    const points = this.normalised(cloud);
    await this.scatter.draw(points, { ...options, transition, transitionDuration: MOVE_MS });
    this.canvas.dataset.drawn = this.view.url;
  }

  // Draw points that are on their way at once, unless others are being drawn.
  sketch(cloud) {
    if (this.busy) return;
    this.busy = true;
    const drawn = async () => {
      if (this.removed) return;
      this.cloud = this.latest = cloud;
      await this.scatter.draw(this.normalised(cloud), {
        zDataType: "categorical",
        preventFilterReset: true,
      });
    };
    this.queue = this.queue.catch(() => {}).then(drawn).finally(() => (this.busy = false));
  }

  normalised({ n, x, y, code }) {
    const { frame, looks } = this;
    const shapes = looks.map((look) => look.shape);
    const points = new Array(n);
    for (let i = 0; i < n; i++) {
      points[i] = [(x[i] - frame.x) / frame.scale, (y[i] - frame.y) / frame.scale, shapes[code[i]]];
    }
    return points;
  }

  // What place of the data is at pixels of the plane.
  toData([left, top]) {
    const [width, height] = this.size();
    const { x, y } = this.span();
    return [x[0] + ((x[1] - x[0]) * left) / width, y[1] - ((y[1] - y[0]) * top) / height];
  }

  // Where a place of the data is, in pixels of the plane.
  toPlane(x, y) {
    const [width, height] = this.size();
    const { view } = this.scatter.get("camera");
    const across = (view[0] * (x - this.frame.x)) / this.frame.scale + view[12];
    const up = (view[5] * (y - this.frame.y)) / this.frame.scale + view[13];
    return [((across * height) / width + 1) * (width / 2), (1 - up) * (height / 2)];
  }

  // What the plane shows: `{ x: [low, high], y: [low, high] }`, in data.
  span() {
    const [width, height] = this.size();
    const { view } = this.scatter.get("camera");
    const aspect = width / height;
    const ends = (axis, half, scale, shift) =>
      [-half, half].map((end) => ((end - shift) / scale) * this.frame.scale + this.frame[axis]);
    return { x: ends("x", aspect, view[0], view[12]), y: ends("y", 1, view[5], view[13]) };
  }

  // Where a point is in the window; null where it cannot be seen.
  spot(point) {
    if (!this.cloud || point >= this.cloud.n || this.hidden?.has(this.cloud.code[point])) return null;
    const [x, y] = this.toPlane(this.cloud.x[point], this.cloud.y[point]);
    const [width, height] = this.size();
    if (x < 0 || y < 0 || x > width || y > height) return null;
    const box = this.plane.getBoundingClientRect();
    return { x: box.left + x, y: box.top + y };
  }

  size() {
    return [Math.max(1, this.plane.clientWidth), Math.max(1, this.plane.clientHeight)];
  }

  select(selected) {
    const { points } = selected;
    if (!points.length && !this.selected.points.length) return;
    const many = points.length > MANY_RINGS;
    this.set({
      // Drawn as large as the others: a few get rings, and beside many all others fade.
      pointSizeSelected: 0.1,
      pointOutlineWidth: 0.1,
      opacityInactiveMax: many ? 0.1 : 1,
      opacityInactiveScale: many ? 0.4 : 1,
    });
    // Given as a list that is theirs: regl-scatterplot takes out of it what is not shown.
    this.scatter.select([...points], { preventEvent: true });
    this.selected = selected;
    this.scatter.redraw();
  }

  filter(hidden) {
    this.hidden = hidden;
    if (!this.cloud) return;
    if (!hidden.size) {
      if (this.filtered) this.scatter.unfilter({ preventEvent: true });
      this.filtered = false;
      return;
    }
    this.filtered = true;
    const { n, code } = this.cloud;
    const shown = [];
    for (let i = 0; i < n; i++) if (!hidden.has(code[i])) shown.push(i);
    this.scatter.filter(shown, { preventEvent: true });
  }

  take(tool) {
    this.tool = tool;
  }

  // At a camera's view; without one, where every point of every view is seen.
  fit(view = null) {
    if (view) return this.look(view);
    const { frame, homeArea } = this;
    const [[left, right], [low, high]] = [homeArea.x, homeArea.y];
    const target = [
      ((left + right) / 2 - frame.x) / frame.scale,
      ((low + high) / 2 - frame.y) / frame.scale,
    ];
    this.scatter.zoomToLocation(target, this.homeDistance());
  }

  homeDistance() {
    const { x, y } = this.homeArea;
    const [width, height] = this.size();
    const half = Math.max((y[1] - y[0]) / 2, ((x[1] - x[0]) / 2) * (height / width));
    return (half / this.frame.scale) * PADDING;
  }

  // How many times nearer the camera is than where every point is seen.
  closeness() {
    return this.homeDistance() / this.aim()[1];
  }

  look(view) {
    this.scatter.view(view.slice(), { preventEvent: true });
  }

  zoom(factor) {
    const [target, distance] = this.aim();
    this.scatter.zoomToLocation(target, distance * factor);
  }

  // By shares of what is seen.
  pan(across, up) {
    const [[x, y], distance] = this.aim();
    const [width, height] = this.size();
    const target = [x + (2 * across * distance * width) / height, y + 2 * up * distance];
    this.scatter.zoomToLocation(target, distance);
  }

  aim() {
    const { view } = this.scatter.get("camera");
    return [[-view[12] / view[0], -view[13] / view[5]], 1 / view[0]];
  }

  remove() {
    this.removed = true;
    this.thumbnails.clear();
    this.scatter.destroy();
    this.figure.remove();
  }
}

// Smaller the more there are, so that clusters stay apart.
function pointSize(n) {
  if (n <= 2_500) return 7;
  if (n <= 20_000) return 5;
  return n <= 200_000 ? 4 : 2.5;
}
