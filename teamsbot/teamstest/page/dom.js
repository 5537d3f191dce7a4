// Small tools to draw with. Text is always text: nothing here reads HTML.

/** Makes an element. Functions among the attributes listen to events. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/** Fills a list. What looks as before stays: a click on it must not be lost. */
export function fill(list, items) {
  const old = [...list.children];
  items.forEach((item, i) => {
    if (i >= old.length) list.append(item);
    else if (old[i].outerHTML !== item.outerHTML) old[i].replaceWith(item);
  });
  for (const surplus of old.slice(items.length)) surplus.remove();
}

export const find = (selector) => document.querySelector(selector);

/** Shows a line for some seconds, as Teams does above the chat. */
export function toast(text, kind = "error") {
  if (!text) return;
  const line = h("p", { class: `toast ${kind}` }, text);
  const box = find("#toasts");
  box.append(line);
  if (box.matches(":popover-open")) box.hidePopover();
  box.showPopover(); // again: above a dialog that was opened later
  setTimeout(() => line.remove(), kind === "error" ? 8000 : 3500);
}

const colors = ["#8764b8", "#038387", "#ca5010", "#498205", "#c239b3", "#0078d4", "#986f0b", "#a4262c", "#5c2e91", "#004e8c"];

/** A round picture with initials; the app's is square. */
export function avatar(name, { app = false, large = false, channel = false } = {}) {
  const initials = name.split(" ").map((word) => word[0]).join("").slice(0, 2).toUpperCase();
  let sum = 0x811c9dc5;
  for (const letter of name) sum = Math.imul(sum ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  const picture = h("span", { class: `avatar${app ? " app" : ""}${large ? " large" : ""}${channel ? " channel" : ""}`, "aria-hidden": "true" }, channel ? "#" : initials);
  if (!app && !channel) picture.style.background = colors[(sum >>> 5) % colors.length];
  return picture;
}

/** Makes a button open a list of things to do. items() is asked at each opening. */
export function menu(button, list, items) {
  const close = (focus) => {
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
    if (focus) button.focus();
  };
  button.addEventListener("click", () => {
    if (!list.hidden) return close();
    list.replaceChildren(...items().map(({ id, label, run }) =>
      h("li", { role: "none" }, h("button", { id, type: "button", role: "menuitem", click: () => { close(true); run(); } }, label))));
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
    list.querySelector("button")?.focus();
  });
  list.addEventListener("keydown", (event) => {
    const entries = [...list.querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") close(true);
    if (step) {
      event.preventDefault();
      entries[(entries.indexOf(document.activeElement) + step + entries.length) % entries.length]?.focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!list.hidden && !list.contains(event.target) && !button.contains(event.target)) close();
  });
}
