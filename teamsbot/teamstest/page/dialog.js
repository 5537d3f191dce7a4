// The dialog (task module) that a button or the message extension opens. It is
// modal for Teams only: the simulator stays in reach, so that things can go
// wrong in the middle of a form.

import { draw } from "./cards.js";
import { find, h, toast } from "./dom.js";

const box = find("#dialog");
const body = find("#dialog-body");
let current = 0; // what is on its way for an older opening is thrown away

function close() {
  current++;
  box.close();
  body.replaceChildren();
  cover(false);
  opener?.focus();
}

find("#dialog-close").addEventListener("click", close);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && box.open && !event.defaultPrevented) close();
});

let opener = null; // gets the focus back
function cover(on) {
  find("#shade").hidden = !on;
  for (const part of document.querySelectorAll("#people, #chats, #chat")) part.inert = on;
}

/** Opens the dialog at once and fills it when the bot has answered. */
export async function openDialog(answer, act) {
  const opening = ++current;
  title("");
  body.replaceChildren(h("p", { class: "spinner", role: "progressbar", "aria-label": "Loading" }));
  size("medium");
  if (!box.open) {
    opener = document.activeElement;
    box.show();
    cover(true);
  }
  const result = await answer;
  if (opening !== current) return;
  if (result.dialog) {
    show(result.dialog, act);
    return;
  }
  close();
  toast(result.notice);
}

function show(dialog, act) {
  title(dialog.title);
  size(dialog.width);
  if (!dialog.card) {
    const ok = h("button", { type: "button", class: "primary", click: close }, "OK");
    body.replaceChildren(h("p", { class: "task-message" }, dialog.message ?? ""), h("p", { class: "buttons" }, ok));
    ok.focus();
    return;
  }
  const opening = current;
  const card = draw(dialog.card, async (action) => {
    const result = await act({ op: "submit", action, from: dialog.from });
    if (opening !== current) return;
    if (result.notice) {
      toast(result.notice); // the dialog stays, with what was typed
      return;
    }
    if (result.dialog) show(result.dialog, act);
    else close();
  });
  body.replaceChildren(card.querySelector("[type=password]") ? unremembered(card) : card);
  body.scrollTop = 0;
  (card.querySelector("input:not([type=hidden]), select, textarea") ?? card.querySelector("button"))?.focus();
}

// Browsers want a form around a password. This one is sent nowhere, and nothing
// offers to remember what stands in it.
function unremembered(card) {
  for (const input of card.querySelectorAll("[type=password]")) input.autocomplete = "off";
  return h("form", { autocomplete: "off", submit: (event) => event.preventDefault() }, card);
}

function title(text) {
  find("#dialog-title").textContent = text || "Apono";
}

function size(width) {
  const words = { small: 400, medium: 560, large: 760 };
  box.style.setProperty("--width", `${words[width] ?? (Number(width) || 560)}px`);
}
