// The picture and the words of the point under the pointer, ringed in every view.

import { ownerAt } from "./files.js";
import { SHAPES, twice } from "./shapes.js";

const DWELL_MS = 125;
const MOST_PARTNERS = 12;
const RING = 10;
const PARTNER_RING = 7;
const CARD_GAP = 18;

export class Card {
  constructor(canvas) {
    this.canvas = canvas;
    this.layer = canvas.part("layer");
    this.rings = canvas.part("rings");
    this.card = canvas.part("card");
    this.told = new Map();
    this.timer = this.frame = 0;
    this.away = () => this.hide();
    for (const name of ["pointerdown", "wheel"]) {
      document.addEventListener(name, this.away, { capture: true, passive: true });
    }
  }

  update(data) {
    if (this.data?.version !== data.version) {
      this.told.clear();
      this.hide();
    }
    this.data = data;
  }

  remove() {
    this.hide();
    for (const name of ["pointerdown", "wheel"]) {
      document.removeEventListener(name, this.away, { capture: true });
    }
  }

  // Shown once the pointer has stayed a while.
  rest(plot, point) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.show(plot, point), DWELL_MS);
  }

  show(plot, point) {
    clearTimeout(this.timer);
    if (!plot.cloud || !plot.figure.isConnected) return;
    const shown = { plot, point, partners: [] };
    this.shown = shown;
    // The top layer is above all that clips.
    if (!this.layer.matches(":popover-open")) this.layer.showPopover();
    this.fill(shown);
    this.follow();
  }

  // Whether there was one to hide.
  hide() {
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    if (!this.shown) return false;
    this.shown = null;
    this.card.hidden = true;
    this.rings.replaceChildren();
    if (this.layer.matches(":popover-open")) this.layer.hidePopover();
    return true;
  }

  // Again at every frame while shown: the page scrolls, and points move.
  follow() {
    if (!this.shown) return;
    cancelAnimationFrame(this.frame);
    const { plot, point, partners } = this.shown;
    const here = plot.spot(point);
    if (!here || !plot.figure.isConnected) return void this.hide();
    const marks = [];
    const busy = [];
    for (const each of this.canvas.plots) {
      const own = each === plot ? here : each.spot(point);
      for (const partner of partners.map((one) => each.spot(one)).filter(Boolean)) {
        if (own) marks.push(...link(own, partner));
        marks.push(...ring(partner, PARTNER_RING));
        busy.push(partner);
      }
      if (own) marks.push(...ring(own, RING));
      if (own) busy.push(own);
    }
    this.rings.replaceChildren(...marks);
    this.place(here, busy);
    this.frame = requestAnimationFrame(() => this.follow());
  }

  // On the side of the point that has room and hides least of what is ringed and joined.
  place({ x, y }, busy) {
    const { offsetWidth: width, offsetHeight: height } = this.card;
    const clamp = (value, size, room) => Math.min(Math.max(4, value), Math.max(4, room - size - 4));
    const inTheWay = busy.flatMap((end) =>
      [0.25, 0.5, 0.75, 1].map((t) => [x + t * (end.x - x), y + t * (end.y - y)]),
    );
    let best = null;
    for (const [across, up] of [[1, 0], [-1, 0], [0, -1], [0, 1]]) {
      const left = clamp(x + across * (CARD_GAP + width / 2) - width / 2, width, innerWidth);
      const top = clamp(y + up * (CARD_GAP + height / 2) - height / 2, height, innerHeight);
      const covers = ([a, b]) => a > left && a < left + width && b > top && b < top + height;
      // Pushed back into the window it may lie on the point itself, the worst of all.
      const cost = inTheWay.filter(covers).length + (covers([x, y]) ? 1000 : 0);
      if (!best || cost < best.cost) best = { cost, left, top };
    }
    this.card.style.transform = `translate(${Math.round(best.left)}px, ${Math.round(best.top)}px)`;
  }

  fill(shown) {
    const part = (name) => this.card.querySelector(`.${name}`);
    const look = this.data.looks[shown.plot.cloud.code[shown.point]];
    part("name").textContent = look.modality;
    part("shape").setAttribute("d", SHAPES[look.shape]);
    part("shape").setAttribute("fill", look.color);
    for (const name of ["caption", "label", "attribution"]) part(name).textContent = "";
    const thumbnail = part("thumbnail");
    thumbnail.hidden = true;
    thumbnail.onload = () => (thumbnail.hidden = false);
    thumbnail.onerror = () => (thumbnail.hidden = true);
    this.card.hidden = false;
    this.describe(shown).then((owner) => {
      // The pointer may have gone on to another point meanwhile.
      if (this.shown !== shown) return;
      shown.partners = owner.points.filter((one) => one !== shown.point).slice(0, MOST_PARTNERS);
      if (owner.picture) thumbnail.src = this.data.thumb_url.replace("{item}", owner.item);
      // What has words alone is a card of words.
      this.card.classList.toggle("said", !owner.picture);
      for (const name of ["caption", "label", "attribution"]) {
        part(name).textContent = owner[name] ?? "";
      }
      this.canvas.part("spoken").textContent = `${look.modality}: ${owner.caption || owner.id}`;
    }, () => {});
  }

  // A failed answer is not kept, so that the next visit asks again.
  describe({ plot, point }) {
    const url = plot.view.point_url.replace("{point}", point);
    let owner = this.told.get(url);
    if (!owner) {
      owner = ownerAt(url);
      owner.catch(() => this.told.delete(url));
      this.told.set(url, owner);
    }
    return owner;
  }
}

const ring = ({ x, y }, radius) => twice("circle", { cx: x, cy: y, r: radius });

// From rim to rim, so that the points inside the rings stay in sight.
function link(a, b) {
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  if (length <= RING + PARTNER_RING) return [];
  const along = (t) => [a.x + (t / length) * (b.x - a.x), a.y + (t / length) * (b.y - a.y)];
  const [x1, y1] = along(RING);
  const [x2, y2] = along(length - PARTNER_RING);
  return twice("line", { x1, y1, x2, y2 });
}
