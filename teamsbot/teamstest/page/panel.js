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

let drawn = "";
let zone; // of the person who is looking
async function refresh() {
  try {
    const response = await fetch("control/state");
    draw(await response.json());
  } catch {
    panel.replaceChildren(h("p", { class: "hint" }, "The simulated Apono does not answer."));
    drawn = "";
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

function draw(state) {
  const shape = JSON.stringify([state.requests, state.faults, state.disturbance, state.ahead_sec]);
  if (shape === drawn) {
    panel.querySelector("time").textContent = time(state.now);
    return;
  }
  drawn = shape;
  panel.replaceChildren(
    h("h2", {}, "Simulated Apono"),
    h("section", {}, h("h3", {}, "Clock"),
      h("p", { class: "clock" }, h("time", { datetime: state.now }, time(state.now)),
        state.ahead_sec > 0 ? h("small", {}, `${Math.round(state.ahead_sec / 60)} min ahead`) : null),
      h("p", { class: "buttons" }, ...[["+15 min", 900], ["+1 h", 3600]].map(([label, seconds]) =>
        h("button", { type: "button", "data-advance": seconds, click: () => tell("advance", { seconds }) }, label)))),
    h("section", {}, h("h3", {}, "Requests"), ...requests(state.requests ?? [])),
    h("section", {}, h("h3", {}, "Faults"),
      ...faults.map((fault) => faultSwitch(fault, state.faults ?? [])),
      ...disturbances.map(({ name, key }) => checkbox(name, Boolean(state.disturbance?.[key]),
        (on) => tell("disturbance", { ...state.disturbance, [key]: on })))));
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
