// Plays the records of a training run: both clouds move from one to the next.

const RECORDS_A_SECOND = 3;
const PADDING = 1.08;
const POINT = 3.4;

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const players = new WeakMap();

export default function ({ parentElement, data }) {
  let player = players.get(parentElement);
  if (!player) {
    player = new Player(parentElement.querySelector(".film"));
    players.set(parentElement, player);
  }
  player.show(data);
  return () => {
    player.remove();
    players.delete(parentElement);
  };
}

class Player {
  constructor(film) {
    this.film = film;
    this.part = (name) => film.querySelector(`.${name}`);
    this.range = film.querySelector("input");
    this.play = this.part("play");
    this.play.addEventListener("click", () => (this.playing ? this.pause() : this.start()));
    this.range.addEventListener("input", () => {
      this.pause();
      this.place = Number(this.range.value);
      this.draw();
    });
    this.sizes = new ResizeObserver(() => this.data && this.draw());
    this.sizes.observe(this.part("picture"));
  }

  async show(data) {
    if (this.key === data.key) return;
    this.key = data.key;
    this.pause();
    const { SHAPES } = await import(new URL(data.shapes, document.baseURI).href);
    if (this.removed || this.key !== data.key) return;
    this.data = data;
    const bytes = Uint8Array.from(atob(data.points), (letter) => letter.charCodeAt(0));
    this.points = new Int16Array(bytes.buffer);
    this.last = data.records.length - 1;
    this.looks = data.modalities.map((one) => ({ ...one, shape: SHAPES[one.shape] }));
    this.range.max = this.last;
    this.place = 0;
    this.name();
    this.draw();
    this.film.dataset.ready = "";
    // Who asked for less motion plays it himself.
    if (!calm.matches) this.start();
  }

  start() {
    if (this.place >= this.last) this.place = 0;
    this.playing = true;
    this.label();
    let before = performance.now();
    const next = (now) => {
      if (!this.playing || this.removed) return;
      // The first frame may be of a moment before the click.
      const seconds = Math.max(0, now - before) / 1000;
      this.place = Math.min(this.last, this.place + seconds * RECORDS_A_SECOND);
      before = now;
      this.draw();
      if (this.place >= this.last) this.pause();
      else requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  }

  pause() {
    this.playing = false;
    this.label();
  }

  label() {
    const again = this.data && this.place >= this.last;
    this.play.textContent = this.playing ? "❚❚ Pause" : again ? "↻ Replay" : "▶ Play";
    this.film.dataset.state = this.playing ? "playing" : "paused";
  }

  // The legend, and the course of each figure.
  name() {
    this.part("legend").replaceChildren(
      ...this.looks.map((look) => {
        const entry = document.createElement("span");
        const mark = svg("svg", { viewBox: "-1.1 -1.1 2.2 2.2", "aria-hidden": "true" });
        mark.append(svg("path", { d: look.shape, fill: look.color }));
        entry.append(mark, look.name);
        return entry;
      }),
    );
    for (const line of this.film.querySelectorAll(".line")) {
      const values = this.data.records.map((record) => record[line.dataset.of] ?? 0);
      const top = Math.max(...values, line.dataset.of === "gap" ? 0 : 1) || 1;
      const corners = values.map((value, at) => `${(100 * at) / (this.last || 1)},${100 - (96 * value) / top}`);
      line.setAttribute("viewBox", "0 0 100 100");
      line.setAttribute("preserveAspectRatio", "none");
      line.replaceChildren(svg("path", { d: `M${corners.join("L")}` }), svg("line", { y1: 0, y2: 100 }));
    }
  }

  // Between two records points are on their way; whoever asked for less motion sees records only.
  draw() {
    const canvas = this.part("picture");
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height || !this.data) return;
    const ratio = devicePixelRatio;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const place = calm.matches ? Math.floor(this.place) : this.place;
    const from = Math.floor(place);
    const share = place - from;
    const size = this.points.length / (this.last + 1);
    const [a, b] = [from * size, Math.min(this.last, from + 1) * size];
    const { scale, reach } = this.data;
    const zoom = Math.min(width / (2 * PADDING * reach[0]), height / (2 * PADDING * reach[1] || 1));
    const at = (i) => (this.points[a + i] * (1 - share) + this.points[b + i] * share) * scale * zoom;
    pen.globalAlpha = 0.75;
    let i = 0;
    for (const look of this.looks) {
      const shape = new Path2D();
      shape.addPath(new Path2D(look.shape), new DOMMatrix().scale(POINT));
      pen.fillStyle = look.color;
      for (const end = i + 2 * look.count; i < end; i += 2) {
        const [x, y] = [width / 2 + at(i), height / 2 - at(i + 1)];
        pen.translate(x, y);
        pen.fill(shape);
        pen.translate(-x, -y);
      }
    }
    this.tell(Math.round(place));
  }

  tell(record) {
    for (const mark of this.film.querySelectorAll(".line line")) {
      const across = (100 * this.place) / (this.last || 1);
      mark.setAttribute("x1", across);
      mark.setAttribute("x2", across);
    }
    this.range.value = record;
    if (this.told === `${this.key} ${record}`) return;
    this.told = `${this.key} ${record}`;
    const { step, gap, recall, bias } = this.data.records[record];
    const words = `step ${step} of ${this.data.records[this.last].step}`;
    const show = (value, digits) => (value === null ? "n/a" : value.toFixed(digits));
    const share = (value) => (value === null ? "n/a" : `${Math.round(100 * value)}%`);
    this.part("at").textContent = words;
    this.range.setAttribute("aria-valuetext", words);
    this.part("gap").textContent = show(gap, 2);
    this.part("recall").textContent = share(recall);
    this.part("bias").textContent = share(bias);
    const names = this.looks.map((look) => look.name).join(" and ");
    this.part("picture").setAttribute(
      "aria-label",
      `Clouds of ${names} at ${words}: gap ${show(gap, 2)}, R@10 ${share(recall)}.`,
    );
  }

  remove() {
    this.removed = true;
    this.playing = false;
    this.sizes.disconnect();
  }
}

function svg(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
