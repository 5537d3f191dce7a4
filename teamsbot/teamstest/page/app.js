// A small Teams: who is looking, their chats, and what they write.

import { openDialog } from "./dialog.js";
import { avatar, fill, find, h, menu, toast } from "./dom.js";
import { showMessages } from "./messages.js";
import { refreshPanel, startPanel } from "./panel.js";

const compose = find("#compose");
let state = null;
let [as, chatKey] = location.hash.slice(1).split("/");
chatKey ||= "apono";
let want = { as, chatKey }; // where a look was asked for; as and chatKey are what is shown
let replyTo = null;
const seen = JSON.parse(localStorage.getItem("seen") ?? "{}");

const me = () => state.people.find((person) => person.key === as) ?? state.people[0];
const chat = () => state.chats.find(({ key }) => key === chatKey) ?? state.chats[0];

/** Does something in the name of the person who is looking. */
async function act(what) {
  try {
    const response = await fetch("api/act", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ as: me().key, ...what }) });
    if (!response.ok) return { notice: await response.text() };
    return await response.json();
  } catch {
    return { notice: "The playground does not answer. Is it still running?" };
  }
}

/** The same for what has no dialog: what went wrong is shown. */
async function actAndTell(what) {
  const result = await act(what);
  toast(result.notice);
  toast(result.toast, "info");
}

async function press(message, action) {
  const what = { op: "press", action, from: { message: message.id } };
  if (action.type === "Action.Submit" && action.data?.msteams?.type === "task/fetch") {
    await openDialog(act(what), act);
    return;
  }
  await actAndTell(what);
}

// Reading the state: one at a time, and once more if something changed meanwhile.
let reading = false;
let again = false;
async function refresh() {
  again = true;
  if (reading) return;
  reading = true;
  while (again) {
    again = false;
    const wanted = want;
    try {
      const response = await fetch(`api/state?as=${encodeURIComponent(wanted.as ?? "")}`);
      const answer = await response.json();
      if (wanted !== want) again = true;
      else {
        state = answer;
        ({ as, chatKey } = wanted);
        as = me().key;
        show();
      }
    } catch {
      break; // the event stream connects again and asks anew
    }
  }
  reading = false;
}

function show() {
  const { key } = chat();
  const last = latest(chat());
  if (last && !document.hidden) {
    seen[`${as}/${key}`] = last;
    localStorage.setItem("seen", JSON.stringify(seen));
  }
  document.title = `${me().name} · Teams (simulated)`;
  fill(find("#people ul"), state.people.map(personLine));
  fill(find("#chats ul"), state.chats.map(chatLine));
  showHeader();
  showMessages(chat(), me(), state.bot, {
    press, reply: (message) => setReply(message),
    ask: (message) => openDialog(act({ op: "extension", text: "request", from: { message: message.id } }), act),
  });
  showComposer();
  if (state.control) {
    startPanel(me().timeZone);
    refreshPanel();
  }
}

const latest = ({ messages }) => messages.filter(({ from, deleted }) => from === "bot" && !deleted).at(-1)?.id ?? "";

function personLine(person) {
  const unread = person.key !== as && person.latest > (seen[`${person.key}/apono`] ?? "");
  return h("li", {}, h("button", {
    type: "button", class: "line", "data-person": person.key, "aria-current": person.key === as ? "true" : null, title: person.email,
    click: () => look(person.key, chatKey),
  }, avatar(person.name), h("span", { class: "who" }, person.name, person.guest ? h("small", {}, "Guest") : null), unread ? h("span", { class: "dot", role: "img", "aria-label": "unread" }) : null));
}

function chatLine(entry) {
  const unread = entry.key !== chatKey && latest(entry) > (seen[`${as}/${entry.key}`] ?? "");
  const last = entry.messages.at(-1);
  const preview = !last ? "" : last.deleted ? "Deleted" : last.text || (last.card ? "Sent a card" : "");
  return h("li", {}, h("button", {
    type: "button", class: `line${unread ? " unread" : ""}`, "data-chat": entry.key, "aria-current": entry.key === chatKey ? "true" : null,
    click: () => look(as, entry.key),
  }, avatar(entry.title, { app: entry.key === "apono", channel: !!entry.channel }), h("span", { class: "who" }, entry.title, h("small", {}, preview)), unread ? h("span", { class: "dot", role: "img", "aria-label": "unread" }) : null));
}

function look(person, key) {
  want = { as: person, chatKey: key };
  location.hash = `${person}/${key}`;
  document.body.dataset.view = "chat";
  setReply(null);
  refresh();
}

function showHeader() {
  const { key, title, channel } = chat();
  const isApp = key === "apono";
  find("#chat-avatar").replaceChildren(avatar(title, { app: isApp, channel: !isApp }));
  find("#chat-title").textContent = title;
  find("#chat-about").textContent = isApp ? `Chat · as ${me().name}` : `${channel} · as ${me().name}`;
}

function showComposer() {
  const { key, installed, open, blocked } = chat();
  const closed = key === "apono" && !installed && !open;
  compose.disabled = closed;
  compose.placeholder = key === "apono" ? "Type a message" : `Start a post; @${state.bot} reaches the app`;
  const banner = find("#banner");
  banner.hidden = installed && !blocked;
  const say = (text, id, label, op) => banner.replaceChildren(h("span", {}, text),
    h("button", { type: "button", id, class: "primary", click: () => actAndTell({ op, chat: chat().id }) }, label));
  if (blocked) say(`${state.bot} is blocked: it cannot write to ${me().name}.`, "unblock", "Unblock", "unblock");
  else if (!installed) say(key === "apono" ? `${state.bot} is not installed for ${me().name}.` : `${state.bot} is not installed in this team.`, "install", "Add", "install");
}

function setReply(message) {
  replyTo = message;
  find("#replying").hidden = !message;
  find("#replying span").textContent = message ? `Replying to ${message.name}` : "";
  if (message) compose.focus();
}

function send() {
  const said = compose.value.trim();
  if (!said) return;
  const mention = new RegExp(`^@${state.bot}\\b\\s*`, "i");
  const inChannel = !!chat().channel;
  const op = inChannel && !mention.test(said) ? "post" : "say";
  const what = { op, chat: replyTo?.chat ?? chat().id, text: inChannel ? said.replace(mention, "") : said };
  compose.value = "";
  setReply(null);
  actAndTell(what);
}

find("#composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
const sends = (event) => event.key === "Enter" && !event.shiftKey && !event.isComposing;
compose.addEventListener("keydown", (event) => {
  if (!sends(event)) return;
  event.preventDefault();
  send();
});
// Driven browsers write the line even so.
compose.addEventListener("keypress", (event) => { if (sends(event)) event.preventDefault(); });
find("#replying button").addEventListener("click", () => setReply(null));
find("#back").addEventListener("click", () => { document.body.dataset.view = "lists"; });

menu(find("#plus"), find("#plus-menu"), () => [{
  id: "extension-request", label: "Request access",
  run: () => openDialog(act({ op: "extension", chat: chat().id, text: "request" }), act),
}]);
menu(find("#more"), find("#more-menu"), () => {
  const { key, installed, blocked, id } = chat();
  const entry = (name, label) => ({ id: `menu-${name}`, label, run: () => actAndTell({ op: name, chat: id }) });
  const entries = [installed ? entry("uninstall", `Remove ${state.bot}`) : entry("install", `Add ${state.bot}`)];
  if (key === "apono" && installed) entries.push(entry("upgrade", "Update the app"));
  if (key === "apono") entries.push(blocked ? entry("unblock", `Unblock ${state.bot}`) : entry("block", `Block ${state.bot}`));
  return entries;
});

// Light or dark: the person's choice, else the system's.
const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => new URLSearchParams(location.search).get("theme") ?? localStorage.getItem("theme") ?? (dark.matches ? "dark" : "light");
const showTheme = () => { document.documentElement.dataset.theme = theme(); };
dark.addEventListener("change", showTheme);
find("#theme").addEventListener("click", () => {
  localStorage.setItem("theme", theme() === "dark" ? "light" : "dark");
  showTheme();
});
showTheme();

addEventListener("hashchange", () => {
  const [person, key] = location.hash.slice(1).split("/");
  if (person && (person !== want.as || key !== want.chatKey)) look(person, key || "apono");
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });

new EventSource("api/events").onmessage = refresh;
