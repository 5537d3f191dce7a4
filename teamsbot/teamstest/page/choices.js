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
    this.list = h("ul", { id, class: "choices", role: "listbox", popover: "manual" });
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
    this.place();
    this.box.setAttribute("aria-expanded", "true");
    this.mark(this.list.querySelector('[aria-selected="true"]') ?? (wanted ? this.list.querySelector("[role=option]") : null));
  }

  get isOpen() { return this.list.matches(":popover-open"); }

  // Puts the list where there is room, over the edges of the dialog too.
  place() {
    if (!this.isOpen) this.list.showPopover();
    const { left, top, bottom, width } = this.box.getBoundingClientRect();
    const below = innerHeight - bottom - 8, above = top - 8;
    const up = below < Math.min(this.list.scrollHeight, 200) && above > below;
    Object.assign(this.list.style, {
      left: `${left}px`, width: `${width}px`, maxHeight: `${Math.min(264, up ? above : below)}px`,
      top: up ? "auto" : `${bottom + 2}px`, bottom: up ? `${innerHeight - top + 2}px` : "auto",
    });
    document.addEventListener("scroll", this.follow, true);
    addEventListener("resize", this.follow);
  }

  follow = (event) => {
    if (event.target === this.list) return;
    if (this.box.isConnected && this.isOpen) this.place();
    else this.forget();
  };

  forget() {
    document.removeEventListener("scroll", this.follow, true);
    removeEventListener("resize", this.follow);
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
      if (!this.isOpen) return this.offer("");
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.mark(options[Math.min(Math.max(options.indexOf(at) + step, 0), options.length - 1)]);
    } else if (event.key === "Enter" && this.isOpen) {
      event.preventDefault();
      if (at) this.pick(at.textContent);
    } else if (event.key === "Escape" && this.isOpen) {
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
    if (this.isOpen) this.list.hidePopover();
    this.forget();
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
