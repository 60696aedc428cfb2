// Clouds of points beside each other, with one camera, one selection, one legend and one card.

import { createRenderer } from "./regl-scatterplot.js";
import { Card } from "./card.js";
import { cloudAt, pairsAt } from "./files.js";
import { Legend } from "./legend.js";
import { PairLines } from "./pair_lines.js";
import { Plot } from "./plot.js";
import { pressed } from "./keyboard.js";
import { States } from "./states.js";
import { StillPicture } from "./still.js";

const MOST_CORNERS = 400;
const STEP = 1.5;
// Points that follow a slider while it is dragged; more of them move when it is let go.
const MOST_FOLLOWING = 20_000;

// Of a canvas that Streamlit takes away and puts back, by its key.
const cameras = new Map();

export class PointCanvas {
  constructor(root) {
    this.root = root.querySelector(".canvas");
    this.part = (name) => this.root.querySelector(`.${name}`);
    this.renderer = hasWebGL() ? createRenderer({ canvas: document.createElement("canvas") }) : null;
    this.lines = this.renderer && new PairLines(this.renderer);
    this.plots = [];
    this.tool = "panZoom";
    this.card = new Card(this);
    this.states = new States(this);
    this.legend = new Legend(this.part("legend"), () => {
      this.filter();
      this.mark();
    });
    this.sizes = new ResizeObserver(() => this.resized());
    this.sizes.observe(this.part("views"));
    this.root.addEventListener("click", (event) => this.clicked(event));
    this.root.dataset.tool = this.tool;
    this.renderer?.canvas.addEventListener("webglcontextlost", () => this.lost());
  }

  update({ data, setTriggerValue, setStateValue }) {
    const before = this.data;
    this.data = data;
    this.send = (pick) => setTriggerValue("picked", pick);
    this.tell = (look) => setTriggerValue("looked", look);
    if (!this.renderer) {
      if (!before) setStateValue("webgl", false);
      this.sayStill();
    }
    this.part("note").textContent = data.note;
    this.legend.update(data.looks, Boolean(this.renderer));
    this.card.update(data);
    this.states.update(data);
    if (before && before.selected.items !== data.selected.items) this.sayCount();
    if (before?.scene !== data.scene) {
      this.moved = cameras.has(data.camera) && cameras.get(data.camera).scene === data.scene;
      this.view = this.moved ? cameras.get(data.camera).view : null;
    }
    const rearranged = this.match();
    const wanted = data.views.map((view) => view.url).join(" ");
    if (this.wanted === wanted) {
      if (!this.drawn) return;
      return rearranged ? this.draw(this.clouds) : this.mark();
    }
    this.wanted = wanted;
    this.root.setAttribute("aria-busy", "true");
    this.part("sentence").hidden = Boolean(this.renderer);
    Promise.all(data.views.map((view) => cloudAt(view.url, view.n))).then(
      (clouds) => !this.removed && this.wanted === wanted && this.draw(clouds),
      () => !this.removed && this.wanted === wanted && this.fail(),
    );
  }

  // As many plots as states are shown, one of each; returns whether that is new. One that is there
  // already stays, and its points move to where they are in the other state.
  match() {
    const views = this.part("views");
    const { showing } = this.states;
    const before = this.plots.map((plot) => plot.place).join();
    while (this.plots.length > showing.length) this.plots.pop().remove();
    while (this.plots.length < showing.length) {
      const place = this.plots.length;
      const figure = this.part("view_template").content.firstElementChild.cloneNode(true);
      views.append(figure);
      const made = this.renderer
        ? new Plot(figure, this.renderer, this.handlers(place), this.tool)
        : new StillPicture(figure);
      this.plots.push(made);
    }
    const alone = showing.length === 1 && showing[0] > 0;
    this.plots.forEach((plot, place) => {
      plot.place = showing[place];
      const ghosts = alone ? this.data.views[0].centroids : [];
      plot.describe(this.data.views[plot.place], this.data, ghosts);
    });
    this.root.dataset.showing = showing.join();
    return before !== showing.join();
  }

  // Another state is shown, of clouds that are here already.
  arrange() {
    if (!this.data) return;
    const count = this.plots.length;
    this.match();
    if (this.plots.length !== count) this.resized();
    if (this.drawn) this.draw(this.clouds);
  }

  turn(shown, value) {
    if (!this.removed) this.tell({ shown, value });
  }

  // Points on their way, while the strength of a strategy is chosen.
  preview(value) {
    const [raw, moved] = this.clouds ?? [];
    const now = this.data.dial?.value;
    const plot = this.plots.find((one) => one.place === 1);
    if (!this.renderer || !plot || !moved || !now || moved.n > MOST_FOLLOWING) return;
    // Close to straight ways on linear axes; the server has the true ones.
    if (!plot.view.linear || moved.n !== raw.n) return;
    if (value === now) return this.draw(this.clouds);
    const along = (axis) => axis.from.map((at, i) => at + (value / now) * (axis.to[i] - at));
    const x = along({ from: raw.x, to: moved.x });
    const y = along({ from: raw.y, to: moved.y });
    plot.sketch({ ...moved, x, y });
  }

  handlers(place) {
    return {
      over: (point) => this.card.rest(this.plots[place], point),
      out: () => this.card.hide(),
      picked: (point, add) => this.send({ view: this.plots[place].place, point, add }),
      outlined: (corners, add) => this.outlined(this.plots[place], corners, add),
      viewed: (view) => this.viewed(place, view),
      steered: () => (this.moved = true),
      panned: (across, up) => this.pan(across, up),
      drawn: () => this.plots[place] && this.lines?.draw(this.plots[place]),
      key: (event) => pressed(event, this, this.plots[place]),
    };
  }

  async draw(clouds) {
    this.clouds = clouds;
    const first = !this.drawn;
    if (this.renderer) this.fit();
    const moves = this.plots.map((plot) =>
      // What the strategy moves starts where it was.
      plot.draw(clouds[plot.place], plot.place && (first || !plot.cloud) ? clouds[0] : null),
    );
    await Promise.all(moves);
    if (this.removed || this.clouds !== clouds) return;
    this.drawn = true;
    this.root.removeAttribute("aria-busy");
    this.filter();
    this.mark();
  }

  // What stands on the points: the selection and the lines of pairs.
  mark() {
    const selected = { points: selectedPoints(this.data.selected), items: this.data.selected.items };
    for (const plot of this.plots) plot.select(selected);
    const { pairs } = this.data;
    this.part("pair_note").textContent = pairs ? pairs.words : "";
    if (!this.renderer) return;
    const waited = pairs ? pairsAt(pairs.url) : Promise.resolve(null);
    waited.then(
      (ends) => {
        if (this.removed || !this.lines) return;
        this.lines.show(ends, this.clouds, this.data.frame);
        for (const plot of this.plots) this.lines.draw(plot);
      },
      () => {},
    );
  }

  fit() {
    for (const plot of this.plots) plot.fit(this.moved ? this.view : null);
  }

  // Every point of every view, unless the visitor has looked elsewhere.
  home() {
    this.moved = false;
    cameras.delete(this.data.camera);
    this.fit();
  }

  zoom(factor) {
    this.moved = true;
    for (const plot of this.plots) plot.zoom(factor);
  }

  pan(across, up) {
    this.moved = true;
    for (const plot of this.plots) plot.pan(across, up);
  }

  viewed(place, view) {
    this.view = view.slice();
    if (this.moved) cameras.set(this.data.camera, { scene: this.data.scene, view: this.view });
    this.plots.forEach((plot, other) => other !== place && plot.look(this.view));
  }

  filter() {
    const hidden = this.legend.hidden;
    this.lines?.hide(hidden.size > 0);
    for (const plot of this.plots) plot.filter(hidden);
  }

  outlined(plot, corners, add) {
    const every = Math.ceil(corners.length / MOST_CORNERS);
    const outline = corners.filter((_, corner) => corner % every === 0);
    this.send({ view: plot.place, outline, add, shown: this.legend.shown });
  }

  selectInView(plot, add = false) {
    const { x, y } = plot.span();
    const corners = [[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]]];
    this.outlined(plot, corners, add);
  }

  sayCount() {
    const { items } = this.data.selected;
    this.part("spoken").textContent = `${items.toLocaleString("en")} selected`;
  }

  clicked(event) {
    const act = event.target.closest?.("[data-act]")?.dataset.act;
    if (!act || !this.renderer || !this.drawn) return;
    if (act === "in") this.zoom(1 / STEP);
    else if (act === "out") this.zoom(STEP);
    else if (act === "home") this.home();
    else if (act === "all") this.selectInView(this.plots.at(-1));
    else this.take(act);
  }

  take(tool) {
    this.tool = tool;
    this.root.dataset.tool = tool;
    for (const button of this.part("tools").querySelectorAll("[aria-pressed]")) {
      button.setAttribute("aria-pressed", String(button.dataset.act === tool));
    }
    for (const plot of this.plots) plot.take(tool);
  }

  resized() {
    if (!this.plots.length) return;
    if (!this.renderer) return this.plots.forEach((plot) => plot.paint());
    // One canvas behind all: as large as the largest of them.
    const sizes = this.plots.map((plot) => plot.size());
    const [width, height] = [0, 1].map((side) => Math.ceil(Math.max(...sizes.map((s) => s[side]))));
    if (!width || !height) return;
    this.renderer.resize(width, height);
    this.renderer.refresh();
    // After the plots have measured themselves.
    requestAnimationFrame(() => this.removed || this.fit());
  }

  fail() {
    const sentence = this.part("sentence");
    sentence.textContent = "The server does not send the points. Reload the page.";
    sentence.hidden = false;
    this.root.removeAttribute("aria-busy");
  }

  // The browser took its drawing back: the same points without it.
  lost() {
    if (this.removed) return;
    this.plots.forEach((plot) => plot.remove());
    this.plots = [];
    this.renderer = this.lines = null;
    this.match();
    this.legend.update(this.data.looks, false);
    this.sayStill();
    if (this.clouds) this.draw(this.clouds);
  }

  sayStill() {
    const sentence = this.part("sentence");
    sentence.textContent =
      "This browser draws no WebGL, so the picture stands still: points cannot be zoomed, " +
      "hovered or selected in it. Search shows every item.";
    sentence.hidden = false;
    this.part("tools").hidden = true;
    this.root.classList.add("still");
  }

  remove() {
    this.removed = true;
    this.sizes.disconnect();
    this.card.remove();
    for (const plot of this.plots) plot.remove();
    this.renderer?.destroy();
  }
}

// Numbers of points, as they are or as bits, whichever is less.
function selectedPoints({ points, bits }) {
  if (points) return points;
  const found = [];
  const bytes = Uint8Array.from(atob(bits), (letter) => letter.charCodeAt(0));
  bytes.forEach((byte, place) => {
    for (let bit = 0; byte; bit++, byte >>= 1) if (byte & 1) found.push(8 * place + bit);
  });
  return found;
}

function hasWebGL() {
  const gl = document.createElement("canvas").getContext("webgl");
  if (!gl) return false;
  const wanted = ["OES_texture_float", "WEBGL_color_buffer_float", "EXT_float_blend"];
  const found = wanted.every((name) => gl.getExtension(name));
  // Browsers allow a handful of contexts; give this one back.
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return found;
}
