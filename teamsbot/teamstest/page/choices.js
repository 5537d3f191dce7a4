// Input.ChoiceSet with style "filtered", as a box to type in with a list below.
// The renderer's own shows a prefilled value instead of its title, and sends
// what was typed when it is none of the choices.

import { h } from "./dom.js";

const AC = window.AdaptiveCards;
let count = 0;

export class ChoiceSet extends AC.ChoiceSetInput {
  internalRender() {
    if (this.style !== "filtered" || this.isMultiSelect) return super.internalRender();
    const id = `choices-${++count}`;
    this.list = h("ul", { id, class: "choices", role: "listbox", hidden: true });
    this.box = h("input", {
      class: "ac-input ac-choiceSetInput-filtered", type: "text", role: "combobox", autocomplete: "off",
      "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list", placeholder: this.placeholder ?? "",
      input: () => { this.offer(this.box.value); this.valueChanged(); },
      click: () => this.offer(""),
      keydown: (event) => this.key(event),
      blur: () => { this.close(); this.settle(); },
    });
    this.box.value = this.choices.find((choice) => choice.value === this.defaultValue)?.title ?? "";
    this.box.id = `${id}-box`;
    return h("div", { class: "combobox" }, this.box, this.list);
  }

  // Shows the choices that contain what was typed.
  offer(typed) {
    const wanted = typed.trim().toLowerCase();
    const fitting = this.choices.filter((choice) => choice.title.toLowerCase().includes(wanted));
    this.list.replaceChildren(...fitting.slice(0, 200).map((choice, i) => h("li", {
      id: `${this.list.id}-${i}`, role: "option", "data-value": choice.value, "aria-selected": String(choice.title === this.box.value),
      mousedown: (event) => { event.preventDefault(); this.pick(choice.title); },
    }, choice.title)));
    if (!fitting.length) this.list.append(h("li", { class: "none" }, "No matches"));
    this.list.hidden = false;
    this.box.setAttribute("aria-expanded", "true");
    this.mark(this.list.querySelector('[aria-selected="true"]') ?? (wanted ? this.list.querySelector("[role=option]") : null));
  }

  mark(option) {
    this.list.querySelector(".at")?.classList.remove("at");
    option?.classList.add("at");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.box.setAttribute("aria-activedescendant", option.id);
    else this.box.removeAttribute("aria-activedescendant");
  }

  key(event) {
    const at = this.list.querySelector(".at");
    const options = [...this.list.querySelectorAll("[role=option]")];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) return this.offer("");
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.mark(options[Math.min(Math.max(options.indexOf(at) + step, 0), options.length - 1)]);
    } else if (event.key === "Enter" && !this.list.hidden) {
      event.preventDefault();
      if (at) this.pick(at.textContent);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault(); // the dialog stays
      event.stopPropagation();
      this.close();
    }
  }

  pick(title) {
    this.box.value = title;
    this.close();
    this.valueChanged();
  }

  close() {
    this.list.hidden = true;
    this.box.setAttribute("aria-expanded", "false");
  }

  // Leaves no text in the box that is not a choice, as Teams does.
  settle() {
    const typed = this.box.value.trim().toLowerCase();
    const choice = this.choices.find(({ title }) => title.toLowerCase() === typed);
    this.box.value = choice?.title ?? "";
  }

  focus() { if (this.box) this.box.focus(); else super.focus(); }
  isValid() { return this.box ? true : super.isValid(); }

  get value() {
    if (!this.box) return super.value;
    return this.choices.find(({ title }) => title === this.box.value)?.value;
  }
}
