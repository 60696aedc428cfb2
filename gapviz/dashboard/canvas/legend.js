// One button a modality: its shape, colour and number of points; pressed, its points are shown.

import { SHAPES, svg } from "./shapes.js";

export class Legend {
  constructor(element, changed) {
    this.element = element;
    this.changed = changed;
    this.hidden = new Set();
  }

  get shown() {
    return this.looks.map((_, code) => code).filter((code) => !this.hidden.has(code));
  }

  update(looks, works) {
    const key = JSON.stringify([looks, works]);
    if (this.key === key) return;
    if (JSON.stringify(this.looks?.map((look) => look.modality)) !==
        JSON.stringify(looks.map((look) => look.modality))) this.hidden.clear();
    this.key = key;
    this.looks = looks;
    this.element.replaceChildren(
      ...looks.map((look, code) => {
        const button = document.createElement("button");
        button.type = "button";
        button.disabled = !works || looks.length < 2;
        const sign = svg("svg", { viewBox: "-1.1 -1.1 2.2 2.2", "aria-hidden": "true" });
        sign.append(svg("path", { d: SHAPES[look.shape], fill: look.color }));
        button.append(sign, `${look.modality} (${look.count.toLocaleString("en")})`);
        button.title = button.disabled ? "" : `Show or hide ${look.modality}`;
        button.addEventListener("click", () => this.toggle(code));
        return button;
      }),
    );
    this.press();
  }

  toggle(code) {
    if (this.hidden.has(code)) this.hidden.delete(code);
    else this.hidden.add(code);
    // A picture of nothing helps nobody.
    if (!this.shown.length) this.hidden.clear();
    this.press();
    this.changed();
  }

  press() {
    [...this.element.children].forEach((button, code) =>
      button.setAttribute("aria-pressed", String(!this.hidden.has(code))),
    );
  }
}
