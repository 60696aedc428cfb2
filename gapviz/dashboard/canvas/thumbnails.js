// Pictures on the points, once the visitor has come near enough: of points in view alone, a few
// dozen at most, no two on each other.

import { itemsAt } from "./files.js";

const SIZE = 44;
const MOST = 40;
// How many times nearer than where all points are seen.
const NEAR = 1.9;
const SETTLE_MS = 160;
const NO_PICTURE = 0xffffffff;

export class Thumbnails {
  constructor(element, plot) {
    this.element = element;
    this.plot = plot;
    this.shown = new Map();
    this.broken = new Set();
  }

  describe(view, data) {
    if (this.url !== view.pictures_url) this.clear();
    this.url = view.pictures_url;
    this.picture = data.picture_url;
  }

  // The camera, the points or what is hidden has changed.
  moved() {
    for (const [point, image] of this.shown) this.place(point, image);
    clearTimeout(this.timer);
    if (this.url) this.timer = setTimeout(() => this.choose(), SETTLE_MS);
  }

  async choose() {
    const { plot, url } = this;
    const { cloud } = plot;
    if (!cloud || plot.moving || plot.closeness() < NEAR) return this.clear();
    const items = await itemsAt(url, cloud.n).catch(() => null);
    if (!items || this.url !== url || plot.cloud !== cloud || plot.removed) return;
    const chosen = this.apart(items);
    for (const [point, image] of this.shown) {
      if (chosen.has(point)) continue;
      image.remove();
      this.shown.delete(point);
    }
    for (const point of chosen) if (!this.shown.has(point)) this.add(point, items[point]);
  }

  // Points with a picture in view; those that show theirs already come first.
  apart(items) {
    const { cloud, hidden } = this.plot;
    const { x, y } = this.plot.span();
    const chosen = new Set();
    const taken = new Map();
    const take = (point) => {
      if (items[point] === NO_PICTURE || this.broken.has(items[point])) return;
      if (hidden?.has(cloud.code[point])) return;
      const [a, b] = [cloud.x[point], cloud.y[point]];
      if (a < x[0] || a > x[1] || b < y[0] || b > y[1]) return;
      const [left, top] = this.plot.toPlane(a, b);
      const [column, row] = [Math.floor(left / SIZE), Math.floor(top / SIZE)];
      for (let i = column - 1; i <= column + 1; i++) {
        for (let j = row - 1; j <= row + 1; j++) {
          const other = taken.get(`${i},${j}`);
          if (!other) continue;
          if (Math.abs(other[0] - left) < SIZE && Math.abs(other[1] - top) < SIZE) return;
        }
      }
      taken.set(`${column},${row}`, [left, top]);
      chosen.add(point);
    };
    for (const point of this.shown.keys()) take(point);
    for (let point = 0; point < cloud.n && chosen.size < MOST; point++) {
      if (!chosen.has(point)) take(point);
    }
    return chosen;
  }

  add(point, item) {
    const image = document.createElement("img");
    image.alt = "";
    image.decoding = "async";
    image.dataset.item = item;
    image.style.borderColor = this.plot.looks[this.plot.cloud.code[point]].color;
    image.onload = () => image.classList.add("there");
    image.onerror = () => {
      this.broken.add(item);
      this.shown.delete(point);
      image.remove();
    };
    image.src = this.picture.replace("{item}", item);
    this.shown.set(point, image);
    this.place(point, image);
    this.element.append(image);
  }

  place(point, image) {
    const { cloud, hidden, moving } = this.plot;
    const there = cloud && point < cloud.n && !moving && !hidden?.has(cloud.code[point]);
    image.hidden = !there;
    if (!there) return;
    const [x, y] = this.plot.toPlane(cloud.x[point], cloud.y[point]);
    image.style.transform = `translate(${x - SIZE / 2}px, ${y - SIZE / 2}px)`;
  }

  clear() {
    clearTimeout(this.timer);
    this.shown.clear();
    this.element.replaceChildren();
  }
}
