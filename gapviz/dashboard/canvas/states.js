// Which state of the clouds is shown, and how far the strategy goes: a switch and a slider, which
// work at once and are told to the server.

const BOTH = "both";
const STATES = ["raw", "moved"];
// Keys that are pressed one after the other turn the slider once.
const TURN_MS = 200;

export class States {
  constructor(canvas) {
    this.canvas = canvas;
    this.element = canvas.part("states");
    this.dial = canvas.part("dial");
    this.input = this.dial.querySelector("input");
    this.output = this.dial.querySelector("output");
    this.input.addEventListener("input", () => {
      this.say();
      if (this.shown === "raw") this.choose("moved", false);
      canvas.preview(Number(this.input.value));
    });
    this.input.addEventListener("change", () => {
      this.turned = Number(this.input.value);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => canvas.turn(this.shown, this.turned), TURN_MS);
    });
  }

  // Numbers of the views that are drawn.
  get showing() {
    if (this.names.length < 2) return [0];
    return this.shown === BOTH ? [0, 1] : [STATES.indexOf(this.shown)];
  }

  update({ views, shown, dial }) {
    this.names = views.map((view) => view.name);
    // What the visitor has chosen since is not undone by an answer to what was chosen before.
    if (this.asked === undefined || this.asked === shown) {
      this.shown = shown;
      this.asked = undefined;
    }
    this.draw();
    this.dial.hidden = !dial;
    if (!dial) return;
    this.dial.querySelector(".dial_name").textContent = dial.name;
    this.input.title = dial.help;
    Object.assign(this.input, { min: dial.low, max: dial.high, step: dial.step });
    if (this.turned !== undefined && Math.abs(this.turned - dial.value) > 1e-9) return;
    this.turned = undefined;
    this.input.value = dial.value;
    this.say();
  }

  draw() {
    const alone = this.names.length < 2;
    this.element.hidden = alone;
    const titles = alone ? [] : [...this.names, "Side by side"];
    const key = JSON.stringify(titles);
    if (this.key !== key) {
      this.key = key;
      this.element.replaceChildren(...titles.map((title, place) => this.button(title, place)));
    }
    for (const button of this.element.children) {
      button.setAttribute("aria-pressed", String(button.dataset.state === this.shown));
    }
  }

  button(title, place) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.state = STATES[place] ?? BOTH;
    button.textContent = title;
    button.addEventListener("click", () => this.choose(button.dataset.state));
    return button;
  }

  choose(shown, told = true) {
    if (this.shown === shown) return;
    this.shown = this.asked = shown;
    this.draw();
    this.canvas.arrange();
    if (told) this.canvas.tell({ shown });
  }

  say() {
    const value = Number(this.input.value).toFixed(2);
    this.output.textContent = value;
    this.input.setAttribute("aria-valuetext", value);
  }
}
