// The messages of one chat. What has not changed is not drawn again, so a card
// keeps what a person did to it.

import { draw } from "./cards.js";
import { avatar, find, h, menu } from "./dom.js";
import { markdown } from "./markdown.js";

const list = find("#messages");
let shownChat = "";
let atEnd = true; // stay there when the room or the messages change their size

let room = "";

const size = () => `${list.clientWidth}x${list.clientHeight}`;
list.addEventListener("scroll", () => {
  if (size() === room) atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
});
new ResizeObserver(() => {
  room = size();
  if (atEnd) list.scrollTop = list.scrollHeight;
}).observe(list);

/** Shows the messages of a chat as me sees them. */
export function showMessages(chat, me, bot, { press, reply, ask }) {
  const place = `${me.key}/${chat.key}`;
  const stay = atEnd || place !== shownChat;
  if (place !== shownChat) list.replaceChildren();
  const old = new Map([...list.children].map((item) => [item.dataset.id, item]));
  let previous = null;
  const items = ordered(chat).map((message) => {
    const joined = joins(previous, message);
    previous = message;
    const state = [message.revision, message.deleted, joined, JSON.stringify(message.card ?? 0).length].join(" ");
    const kept = old.get(message.id);
    if (kept?.dataset.state === state && message.revision >= 0) return kept;
    return item(message, { me, bot, joined, state, chat, press, reply, ask });
  });
  if (items.length !== list.children.length || items.some((entry, i) => entry !== list.children[i])) list.replaceChildren(...items);
  if (!items.length) list.replaceChildren(h("li", { class: "empty" }, chat.channel ? "Nothing was posted yet." : `This is the beginning of your chat with ${bot}.`));
  if (stay) list.scrollTop = list.scrollHeight;
  atEnd = stay;
  shownChat = place;
}

// Replies stand below the message that began their thread.
function ordered(chat) {
  if (!chat.channel) return chat.messages;
  const threads = Map.groupBy(chat.messages, (message) => message.thread);
  return [...threads.values()].flat();
}

function joins(a, b) {
  return a && a.from === b.from && a.thread === b.thread && !a.deleted && new Date(b.at) - new Date(a.at) < 3 * 60000;
}

function item(message, { me, bot, joined, state, chat, press, reply, ask }) {
  const own = message.from === me.key;
  const isReply = chat.channel && message.thread !== message.id;
  const at = new Date(message.at);
  const time = new Intl.DateTimeFormat(me.locale, { hour: "numeric", minute: "2-digit", timeZone: me.timeZone }).format(at);
  const full = new Intl.DateTimeFormat(me.locale, { dateStyle: "full", timeStyle: "short", timeZone: me.timeZone }).format(at);
  const about = h("p", { class: "about" },
    h("span", { class: "author" }, own && !chat.channel ? "" : message.name),
    h("time", { datetime: message.at, title: full }, time),
    message.edited ? h("span", { class: "edited" }, "Edited") : null);
  const content = h("div", { class: "content" }, joined ? null : about, joined && message.edited ? h("p", { class: "about" }, h("span", { class: "edited" }, "Edited")) : null, ...parts(message, press, bot));
  if (chat.channel && !isReply) {
    content.append(h("button", { type: "button", class: "reply-link", click: () => reply(message) }, "Reply"));
  }
  if (!message.deleted) content.append(options(message, ask));
  const picture = joined ? h("span", { class: "avatar-space" }) : avatar(message.name, { app: message.from === "bot" });
  return h("li", {
    class: `message${own && !chat.channel ? " own" : ""}${isReply ? " reply" : ""}${joined ? " joined" : ""}`,
    "data-id": message.id, "data-from": message.from, "data-state": state,
  }, own && !chat.channel ? null : picture, content);
}

// The menu of a message: what the message extension does with it.
function options(message, ask) {
  const button = h("button", { type: "button", class: "icon", "aria-label": "More options for this message", "aria-haspopup": "menu", "aria-expanded": "false" }, "⋯");
  const entries = h("ul", { role: "menu", hidden: true });
  menu(button, entries, () => [{ label: "Request access", run: () => ask(message) }]);
  return h("div", { class: "menu message-options" }, button, entries);
}

function parts(message, press, bot) {
  if (message.deleted) return [h("p", { class: "bubble deleted" }, "This message has been deleted.")];
  const shown = [];
  if (message.text) shown.push(text(message, bot));
  if (message.card) {
    shown.push(h("div", { class: "card" }, draw(message.card, (action) => press(message, action))));
  }
  return shown;
}

function text(message, bot) {
  const bubble = h("div", { class: "bubble" });
  const mention = `@${bot}`;
  if (message.from === "bot") bubble.innerHTML = markdown(message.text); // markdown() escapes all but its own tags
  else if (message.text.startsWith(mention)) bubble.append(h("span", { class: "mention" }, bot), message.text.slice(mention.length));
  else bubble.textContent = message.text;
  return bubble;
}
