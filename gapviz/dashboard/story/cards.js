// The query, its answers and the right answer; cards that stay move to their new places (FLIP).

const MOVE = { duration: 900, easing: "cubic-bezier(.2, .7, .2, 1)" };
const APPEAR = { duration: 450, delay: 250, easing: "ease-out", fill: "backwards" };
// The page's own switch, which the server hears as well.
const SWITCH = ".st-key-fixed input";
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function picture(card) {
  const image = element("img");
  image.src = card.image;
  image.alt = card.words;
  image.width = image.height = 128;
  return image;
}

// The style sheet sizes them by their longest word.
function wordsOf(card) {
  const made = element("span", "words", card.words);
  const lengths = card.words.split(/\s+/).map((word) => [...word].length);
  made.style.setProperty("--longest", Math.max(1, ...lengths));
  return made;
}

function kindOf(card) {
  const made = element("span", "kind", card.glyph);
  made.append(element("span", "word", ` ${card.kind}`));
  return made;
}

function cardOf(card, right) {
  const made = element("div", "card");
  made.style.setProperty("--color", card.color);
  made.title = card.words;
  const top = element("div", "top");
  top.append(element("span", "rank"), kindOf(card));
  const body = element("div", "body");
  body.append(card.image ? picture(card) : wordsOf(card));
  made.append(top, body);
  if (card.image) made.append(element("div", "under", card.words));
  if (right) {
    made.classList.add("right");
    made.append(element("div", "yes", "✓ right answer"));
  }
  return made;
}

class Story {
  constructor(parent) {
    this.root = parent.querySelector(".story");
    this.cards = new Map();
    this.told = "";
    this.heard = ({ target }) => {
      if (target.matches?.(SWITCH)) this.switched(target.checked);
    };
    document.addEventListener("change", this.heard);
  }

  update(data) {
    this.data = data;
    const anew = this.told !== data.example;
    if (anew) this.begin(data);
    if (!anew && this.root.dataset.state === data.state) return;
    const before = new Map();
    for (const [key, card] of this.cards) {
      if (card.isConnected) before.set(key, card.getBoundingClientRect());
    }
    this.arrange(data);
    if (anew || still()) return;
    for (const [key, card] of this.cards) {
      if (card.isConnected) this.move(card, before.get(key));
    }
  }

  // At once, though the server may still be at work on what stands below.
  switched(fixed) {
    if (this.data) this.update({ ...this.data, state: fixed ? "fixed" : "raw" });
  }

  begin(data) {
    this.told = data.example;
    this.cards = new Map(
      Object.entries(data.cards).map(([key, card]) => [key, cardOf(card, key === data.answer)]),
    );
    const asked = this.root.querySelector(".asked");
    asked.style.setProperty("--color", data.query.color);
    const by = data.query;
    asked.replaceChildren(by.image ? picture(by) : wordsOf(by));
    this.root.querySelector(".query .head").textContent = data.query.head;
    this.root.querySelector(".answers .head").textContent = data.heads.list;
    this.root.querySelector(".right_answer .head").textContent = data.heads.answer;
  }

  arrange(data) {
    const state = data.states[data.state];
    this.root.dataset.state = data.state;
    const said = this.root.querySelector(".said");
    said.replaceChildren(
      ...state.said.map(([text, look]) => element(look ? "strong" : "span", look, text)),
    );
    const items = state.list.map(({ key, rank }) => {
      const item = element("li");
      const card = this.cards.get(key);
      card.querySelector(".rank").textContent = `#${rank}`;
      item.append(card);
      return item;
    });
    const slot = this.root.querySelector(".slot");
    slot.replaceChildren();
    if (!state.list.some(({ key }) => key === data.answer)) {
      const card = this.cards.get(data.answer);
      card.querySelector(".rank").textContent = `#${state.place}`;
      slot.append(card);
    }
    const list = this.root.querySelector(".list");
    list.setAttribute("aria-label", data.heads.list);
    list.replaceChildren(...items);
    const place = this.root.querySelector(".place");
    place.className = `place ${state.look}`;
    place.replaceChildren(
      element("span", "", state.words),
      element("small", "", data.heads.entries),
    );
  }

  move(card, from) {
    const to = card.getBoundingClientRect();
    if (!from) {
      const hidden = { opacity: 0, transform: "scale(.85)" };
      card.animate([hidden, { opacity: 1, transform: "none" }], APPEAR);
      return;
    }
    const [x, y] = [from.left - to.left, from.top - to.top];
    if (!x && !y) return;
    const there = { transform: `translate(${x}px, ${y}px)`, zIndex: 1 };
    card.style.position = "relative";
    card.animate([there, { transform: "none", zIndex: 1 }], MOVE);
  }
}

const stories = new WeakMap();

export default function (component) {
  const { parentElement, data } = component;
  if (!stories.has(parentElement)) stories.set(parentElement, new Story(parentElement));
  stories.get(parentElement).update(data);
  return () => {
    document.removeEventListener("change", stories.get(parentElement)?.heard);
    stories.delete(parentElement);
  };
}
