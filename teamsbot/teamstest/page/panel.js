// The simulator's panel: Apono's clock, requests and faults. Only there when
// the page was given the simulator's controls.

import { find, h, toast } from "./dom.js";

const panel = find("#simulator");
const toggle = find("#simulator-toggle");
const second = 1e9; // durations are nanoseconds

// Faults of Apono, as people name them.
const faults = [
  { name: "Apono is slow (5 s)", body: { latency: 5 * second } },
  { name: "Apono is down (503)", body: { status: 503, message: "Simulated outage" } },
  { name: "Apono throttles (429)", body: { status: 429, retry_after: 5 * second } },
  { name: "Answers to actions get lost", body: { method: "POST", cut_after: true } },
];
// What can be done to a request as it stands.
const steps = [
  { label: "Approve", what: "approve", when: ["pending"] },
  { label: "Reject", what: "reject", when: ["pending"] },
  { label: "Pass MFA", what: "mfa", when: ["pending_mfa"] },
  { label: "Expire", what: "expire", when: ["granted"] },
  { label: "Fail", what: "fail", when: ["pending", "pending_mfa", "granting", "granted", "revoking"] },
];
const disturbances = [
  { name: "No webhooks arrive", key: "drop" },
  { name: "Webhooks arrive twice", key: "duplicate" },
  { name: "Webhooks arrive out of order", key: "reorder" },
];

export function startPanel(timeZone) {
  zone = timeZone;
  if (!toggle.hidden) return;
  toggle.hidden = false;
  toggle.addEventListener("click", () => show(panel.hidden));
  show(localStorage.getItem("simulator") === "open" && innerWidth > 1100);
  setInterval(() => { if (!panel.hidden && !document.hidden) refresh(); }, 2000);
}

/** Reads the simulator's state again, if anybody looks. */
export function refreshPanel() {
  if (!panel.hidden) refresh();
}

function show(open) {
  panel.hidden = !open;
  toggle.setAttribute("aria-expanded", String(open));
  localStorage.setItem("simulator", open ? "open" : "closed");
  if (open) refresh();
}

let zone; // of the person who is looking
async function refresh() {
  try {
    const response = await fetch("control/state");
    draw(await response.json());
  } catch {
    panel.replaceChildren(h("p", { class: "hint" }, "The simulated Apono does not answer."));
  }
}

async function tell(path, body, method = "POST") {
  try {
    const response = await fetch(`control/${path}`, { method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
    const state = await response.json();
    if (response.ok) draw(state);
    else toast(state.message ?? "The simulated Apono refused.");
  } catch {
    toast("The simulated Apono does not answer.");
  }
}

// The parts of the panel. Each is drawn anew only when what it shows changed:
// a button that is replaced under a finger does nothing.
const clock = {
  section: h("section", {}, h("h3", {}, "Clock"), h("p", { class: "clock" }, h("time"), h("small")),
    h("p", { class: "buttons" }, ...[["+15 min", 900], ["+1 h", 3600]].map(([label, seconds]) =>
      h("button", { type: "button", "data-advance": seconds, click: () => tell("advance", { seconds }) }, label)))),
  draw(state) {
    this.section.querySelector("time").textContent = time(state.now);
    this.section.querySelector("small").textContent = state.ahead_sec > 0 ? `${Math.round(state.ahead_sec / 60)} min ahead` : "";
  },
};
const parts = [
  { section: h("section"), shows: (state) => state.requests ?? [],
    draw: (all) => [h("h3", {}, "Requests"), ...requests(all)] },
  { section: h("section"), shows: (state) => [state.faults ?? [], state.disturbance],
    draw: ([active, disturbance]) => [h("h3", {}, "Faults"),
      ...faults.map((fault) => faultSwitch(fault, active)),
      ...disturbances.map(({ name, key }) => checkbox(name, Boolean(disturbance?.[key]),
        (on) => tell("disturbance", { ...disturbance, [key]: on })))] },
  { section: h("section"), shows: (state) => state.tokens ?? [], draw: tokens },
];

function draw(state) {
  if (!panel.contains(clock.section)) {
    panel.replaceChildren(h("h2", {}, "Simulated Apono"), clock.section, ...parts.map(({ section }) => section));
  }
  clock.draw(state);
  for (const part of parts) {
    const shown = part.shows(state);
    const shape = JSON.stringify(shown);
    if (shape === part.drawn) continue;
    part.drawn = shape;
    part.section.replaceChildren(...part.draw(shown));
  }
}

const time = (at) => new Date(at).toLocaleTimeString("en-US", { timeZone: zone });

function requests(all) {
  if (!all.length) return [h("p", { class: "hint" }, "Nobody has asked for anything yet.")];
  return all.slice(0, 25).map((request) => {
    const id = request.friendly_id || request.v3_id;
    const to = (what) => () => tell(`requests/${encodeURIComponent(id)}/${what}`, {});
    return h("article", { class: "request", "data-request": id },
      h("p", { class: "hint" }, `${id} · ${request.grantee ?? ""}`),
      h("p", { class: "status" }, request.words ?? request.status),
      h("p", { class: "hint" }, [request.integration, (request.permissions ?? []).join(", "), (request.resources ?? []).join(", ")].filter(Boolean).join(" · ")),
      h("p", { class: "buttons" }, ...steps.filter(({ when }) => when.includes(request.status)).map(({ label, what }) =>
        h("button", { type: "button", "data-control": what, click: to(what) }, label))));
  });
}

// People's own tokens, which they would make in Apono's portal.
function tokens(all) {
  if (!all.length) return [];
  return [h("details", {}, h("summary", {}, "Personal tokens"), ...all.map(({ name, email, token }) =>
    h("p", { class: "token", "data-token": email },
      h("span", {}, name), h("code", {}, token),
      h("button", { type: "button", click: () => copy(token) }, "Copy"))))];
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied.", "info");
  } catch {
    toast("The browser does not let the page copy: mark the token and copy it.");
  }
}

// The simulator knows "add" and "end all", so one is switched off by ending all
// and adding the others again.
function faultSwitch({ name, body }, active) {
  const same = (fault) => JSON.stringify(sorted(fault)) === JSON.stringify(sorted(body));
  return checkbox(name, active.some(same), async (on) => {
    if (on) return tell("faults", body);
    const others = active.filter((fault) => !same(fault));
    await tell("faults", undefined, "DELETE");
    for (const fault of others) await tell("faults", fault);
  });
}

const sorted = (object) => Object.fromEntries(Object.entries(object).sort(([a], [b]) => a.localeCompare(b)));

function checkbox(name, checked, change) {
  return h("label", { class: "switch" }, h("input", { type: "checkbox", checked, "data-fault": name, change: (event) => change(event.target.checked) }), h("span", {}, name));
}
