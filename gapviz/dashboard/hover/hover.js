// Hover cards for Plotly charts on the same page.
//
// Streamlit replaces and redraws charts as it likes, so nothing is attached to them: one
// listener on the document asks, at each move of the pointer, which chart it is over and
// which point is nearest. A chart that was made again a moment ago needs no second visit.

const PICK_RADIUS = 14;
const DWELL_MS = 125;
const MOST_PARTNERS = 12;
const RING = 10;
const PARTNER_RING = 7;
const CARD_GAP = 18;
const SVG = "http://www.w3.org/2000/svg";

// Shapes as Plotly names them, in a box from -1 to 1.
const SHAPES = {
  circle: "M-1,0A1,1,0,1,0,1,0A1,1,0,1,0,-1,0Z",
  diamond: "M0,-1L1,0L0,1L-1,0Z",
  square: "M-.85,-.85H.85V.85H-.85Z",
  "triangle-up": "M0,-1L1,.8H-1Z",
  cross: "M-.35,-1H.35V-.35H1V.35H.35V1H-.35V.35H-1V-.35H-.35Z",
  x: "M-1,-.55L-.55,-1L0,-.45L.55,-1L1,-.55L.45,0L1,.55L.55,1L0,.45L-.55,1L-1,.55L-.45,0Z",
};

const instances = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  let hover = instances.get(parentElement);
  if (!hover) {
    hover = new HoverCards(parentElement, component);
    instances.set(parentElement, hover);
  }
  hover.update(component);
  return () => {
    hover.remove();
    instances.delete(parentElement);
  };
}

class HoverCards {
  constructor(root, component) {
    this.layer = root.querySelector(".layer");
    this.marks = root.querySelector(".marks");
    this.card = root.querySelector(".card");
    this.items = new Map();
    this.indexes = new WeakMap();
    this.candidate = null;
    this.shown = null;
    this.pointer = null;
    this.timer = 0;
    this.pickFrame = 0;
    this.drawFrame = 0;
    this.left = () => this.hide();
    this.listeners = [
      ["pointermove", (event) => this.moved(event)],
      ["pointerdown", () => this.hide()],
      ["wheel", () => this.hide()],
      ["keydown", (event) => event.key === "Escape" && this.hide()],
    ];
    for (const [name, listener] of this.listeners) {
      document.addEventListener(name, listener, { capture: true, passive: true });
    }
    document.documentElement.addEventListener("pointerleave", this.left);
    if (!hasWebGL()) component.setStateValue("webgl", false);
  }

  update({ data }) {
    if (this.data?.version !== data.version) {
      this.items.clear();
      this.hide();
    }
    this.data = data;
  }

  remove() {
    this.hide();
    cancelAnimationFrame(this.pickFrame);
    for (const [name, listener] of this.listeners) {
      document.removeEventListener(name, listener, { capture: true });
    }
    document.documentElement.removeEventListener("pointerleave", this.left);
  }

  moved(event) {
    // A pressed button means a lasso, a box or a pan is being drawn.
    this.pointer = event.buttons ? null : { x: event.clientX, y: event.clientY, at: event.target };
    if (!this.pickFrame) {
      this.pickFrame = requestAnimationFrame(() => {
        this.pickFrame = 0;
        this.consider(this.pointer && this.pick(this.pointer));
      });
    }
  }

  consider(found) {
    if (!found) return this.hide();
    if (same(found, this.candidate)) return;
    clearTimeout(this.timer);
    this.candidate = found;
    this.timer = setTimeout(() => this.show(found), DWELL_MS);
  }

  // The nearest drawn point within the pick radius, or null.
  pick({ x, y, at }) {
    const { key, chart } = this.charts().find(({ chart }) => chart.contains(at)) ?? {};
    if (!chart || at.closest?.(".legend, .modebar")) return null;
    const box = chart.getBoundingClientRect();
    let best = null;
    let nearest = PICK_RADIUS * PICK_RADIUS;
    for (const trace of pointTraces(chart)) {
      const plane = planeOf(chart, trace);
      const px = x - box.left - plane.left;
      const py = y - box.top - plane.top;
      if (px < 0 || py < 0 || px > plane.width || py > plane.height) continue;
      for (let point = 0; point < trace.x.length; point++) {
        const dx = plane.x(trace.x[point]) - px;
        const dy = plane.y(trace.y[point]) - py;
        const distance = dx * dx + dy * dy;
        if (distance <= nearest) {
          nearest = distance;
          const [row, item, code] = trace.customdata[point];
          best = { key, chart, row, item, code, look: trace.meta };
        }
      }
    }
    return best;
  }

  charts() {
    return this.data.chart_keys.flatMap((key) => {
      const found = document.querySelectorAll(`.st-key-${CSS.escape(key)} .js-plotly-plot`);
      return [...found].map((chart) => ({ key, chart }));
    });
  }

  // Item → its points in one chart, made once per set of traces.
  pointsOfItem(chart, item) {
    const traces = pointTraces(chart);
    const stamp = traces.map((trace) => trace.customdata);
    let index = this.indexes.get(chart);
    if (!index || !sameMembers(index.stamp, stamp)) {
      const points = new Map();
      for (const trace of traces) {
        trace.customdata.forEach(([row, owner, code], point) => {
          if (!points.has(owner)) points.set(owner, []);
          points.get(owner).push({ row, code, at: stamp.indexOf(trace.customdata), point });
        });
      }
      index = { stamp, points };
      this.indexes.set(chart, index);
    }
    return (index.points.get(item) ?? []).map((found) => ({ ...found, trace: traces[found.at] }));
  }

  show(found) {
    if (!found.chart.isConnected) return this.hide();
    this.shown = found;
    // The top layer is above fullscreen charts and outside every clipping container.
    if (!this.layer.matches(":popover-open")) this.layer.showPopover();
    this.fill(found);
    this.follow();
  }

  hide() {
    clearTimeout(this.timer);
    cancelAnimationFrame(this.drawFrame);
    this.candidate = null;
    if (!this.shown) return;
    this.shown = null;
    this.card.hidden = true;
    this.marks.replaceChildren();
    if (this.layer.matches(":popover-open")) this.layer.hidePopover();
  }

  // Redraw at every frame while shown: charts scroll, resize, zoom and are replaced.
  follow() {
    if (!this.shown) return;
    const { chart, row, code, item } = this.shown;
    const here = chart.isConnected && this.spotOf(chart, item, row, code);
    if (!here) return this.hide();
    const marks = [];
    const busy = [];
    for (const { chart: each } of this.charts()) {
      const own = each === chart ? here : this.spotOf(each, item, row, code);
      const partners = this.pointsOfItem(each, item)
        .filter((point) => point.code !== code)
        .slice(0, MOST_PARTNERS)
        .map((point) => spot(each, point))
        .filter(Boolean);
      for (const partner of partners) {
        if (own) marks.push(...link(own, RING, partner, PARTNER_RING));
        marks.push(...ring(partner, PARTNER_RING));
        busy.push(partner);
      }
      if (own) marks.push(...ring(own, RING));
      if (own) busy.push(own);
    }
    this.marks.replaceChildren(...marks);
    this.place(here, busy);
    this.drawFrame = requestAnimationFrame(() => this.follow());
  }

  spotOf(chart, item, row, code) {
    const point = this.pointsOfItem(chart, item).find((p) => p.row === row && p.code === code);
    return point ? spot(chart, point) : null;
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
      const wanted = {
        left: x + across * (CARD_GAP + width / 2) - width / 2,
        top: y + up * (CARD_GAP + height / 2) - height / 2,
      };
      const left = clamp(wanted.left, width, innerWidth);
      const top = clamp(wanted.top, height, innerHeight);
      const covers = ([a, b]) => a > left && a < left + width && b > top && b < top + height;
      // Pushed back into the window it may lie on the point itself, the worst of all.
      const cost = inTheWay.filter(covers).length + (covers([x, y]) ? 1000 : 0);
      if (!best || cost < best.cost) best = { cost, left, top };
    }
    this.card.style.transform = `translate(${Math.round(best.left)}px, ${Math.round(best.top)}px)`;
  }

  fill(found) {
    const part = (name) => this.card.querySelector(`.${name}`);
    part("name").textContent = found.look.modality;
    part("shape").setAttribute("d", SHAPES[found.look.symbol] ?? SHAPES.circle);
    part("shape").setAttribute("fill", found.look.color);
    for (const name of ["caption", "label", "attribution"]) part(name).textContent = "";
    const thumbnail = part("thumbnail");
    thumbnail.hidden = true;
    thumbnail.onload = () => (thumbnail.hidden = false);
    thumbnail.onerror = () => (thumbnail.hidden = true);
    thumbnail.src = this.address(this.data.thumb_url, found);
    this.card.hidden = false;
    this.describe(found).then((item) => {
      // The pointer may have gone on to another point meanwhile.
      if (this.shown !== found) return;
      part("caption").textContent = item.caption ?? "";
      part("label").textContent = item.label ?? "";
      part("attribution").textContent = item.attribution ?? "";
    });
  }

  address(pattern, { item, row, look }) {
    const places = { id: item, row, modality: look.modality };
    return pattern.replace(/\{(id|row|modality)\}/g, (_, name) =>
      encodeURIComponent(places[name]),
    );
  }

  // A failed answer is not kept, so that the next visit asks again.
  describe(found) {
    const url = this.address(this.data.item_url, found);
    let item = this.items.get(url);
    if (!item) {
      item = fetch(url)
        .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
        .catch(() => {
          this.items.delete(url);
          return {};
        });
      this.items.set(url, item);
    }
    return item;
  }
}

const same = (a, b) =>
  a && b && a.chart === b.chart && a.row === b.row && a.code === b.code && a.item === b.item;

const sameMembers = (a, b) => a.length === b.length && a.every((member, i) => member === b[i]);

function pointTraces(chart) {
  return (chart._fullData ?? []).filter(
    (trace) => trace.visible === true && trace.meta?.role === "points" && trace.customdata,
  );
}

// How a trace's coordinates become pixels from the top left corner of the chart.
function planeOf(chart, trace) {
  const axis = (id) => chart._fullLayout[`${id[0]}axis${id.slice(1)}`];
  const across = axis(trace.xaxis ?? "x");
  const up = axis(trace.yaxis ?? "y");
  return {
    left: across._offset,
    top: up._offset,
    width: across._length,
    height: up._length,
    x: (value) => across.c2p(value),
    y: (value) => up.c2p(value),
  };
}

// Where a point is in the window, or null where it cannot be seen: zoomed or scrolled away, or
// under another chart that fills the screen.
function spot(chart, { trace, point }) {
  const plane = planeOf(chart, trace);
  const x = plane.x(trace.x[point]);
  const y = plane.y(trace.y[point]);
  if (x < 0 || y < 0 || x > plane.width || y > plane.height) return null;
  const box = chart.getBoundingClientRect();
  const seen = { x: box.left + plane.left + x, y: box.top + plane.top + y };
  return chart.contains(document.elementFromPoint(seen.x, seen.y)) ? seen : null;
}

function ring({ x, y }, radius) {
  return twice("circle", { cx: x, cy: y, r: radius });
}

// From rim to rim, so that the points inside the rings stay in sight.
function link(a, radiusA, b, radiusB) {
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  if (length <= radiusA + radiusB) return [];
  const along = (t) => [a.x + (t / length) * (b.x - a.x), a.y + (t / length) * (b.y - a.y)];
  const [x1, y1] = along(radiusA);
  const [x2, y2] = along(length - radiusB);
  return twice("line", { x1, y1, x2, y2 });
}

function twice(shape, attributes) {
  return ["halo", "stroke"].map((kind) => {
    const mark = document.createElementNS(SVG, shape);
    mark.setAttribute("class", kind);
    for (const [name, value] of Object.entries(attributes)) mark.setAttribute(name, value);
    return mark;
  });
}

function hasWebGL() {
  try {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("webgl");
    // Browsers allow a handful of contexts; give this one back to the charts.
    context?.getExtension("WEBGL_lose_context")?.loseContext();
    return Boolean(context);
  } catch {
    return false;
  }
}
