// Says what Microsoft's renderer, kept to Adaptive Cards 1.5, finds wrong with
// cards. Called with the path of the renderer; reads {name: card} and writes
// {name: [what is wrong]}.
"use strict";

const AC = require(process.argv[2]);
const target = AC.Versions.v1_5;
const registry = AC.GlobalRegistry;

// What the renderer reads by hand, so that its registry does not name it.
const element = (raw) => registry.elements.createInstance(raw.type, target);
const action = (raw) => registry.actions.createInstance(raw.type, target);
const textRun = (raw) => (raw.type === "TextRun" ? new AC.TextRun() : undefined);
const children = {
  AdaptiveCard: { body: element, actions: action },
  Container: { items: element },
  ActionSet: { actions: action },
  RichTextBlock: { inlines: textRun },
};

// What the registry does not know to be required, and Teams' own additions.
const required = {
  AdaptiveCard: ["version"], TextBlock: ["text"], TextRun: ["text"], RichTextBlock: ["inlines"], Container: ["items"],
  ActionSet: ["actions"], "Input.Text": ["id"], "Input.ChoiceSet": ["id", "choices"], Choice: ["title", "value"],
  "Action.OpenUrl": ["url"],
};
const ofTeams = { AdaptiveCard: ["msteams"] };

const kinds = [[AC.StringProperty, "string"], [AC.BoolProperty, "boolean"], [AC.NumProperty, "number"]];

function* properties(schema) {
  for (let i = 0; i < schema.getCount(); i++) yield schema.getItemAt(i);
}

// Holds one raw object to the properties of the renderer's object for it.
function* check(raw, object, type, path) {
  const known = new Map([...properties(object.getSchema())].map((p) => [p.name, p]));
  for (const name of required[type] ?? []) {
    if (raw[name] === undefined) yield `${path}: ${type} needs ${name}`;
  }
  for (const [name, value] of Object.entries(raw)) {
    const at = `${path}.${name}`;
    if (children[type]?.[name]) {
      yield* checkAll(value, children[type][name], at);
    } else if (name !== "fallback" && !ofTeams[type]?.includes(name)) {
      yield* checkProperty(known.get(name), value, type, at);
    }
  }
}

function* checkProperty(property, value, type, at) {
  if (!property || property.targetVersion.compareTo(target) > 0) {
    yield `${at}: ${type} has no such property in ${target}`;
    return;
  }
  for (const [kind, name] of kinds) {
    if (property instanceof kind && typeof value !== name) yield `${at}: is a ${typeof value}, not a ${name}`;
  }
  if (property instanceof AC.SerializableObjectCollectionProperty) {
    const make = () => new property.objectType();
    yield* checkAll(value, make, at, property.objectType.name);
  }
}

function* checkAll(list, make, path, type) {
  if (!Array.isArray(list)) {
    yield `${path}: is not a list`;
    return;
  }
  for (const [i, raw] of list.entries()) {
    const at = `${path}[${i}]`;
    const object = make(raw);
    if (object) {
      yield* check(raw, object, type ?? raw.type, at);
    } else if (raw.fallback === undefined) {
      yield `${at}: ${target} has no ${raw.type} here, and there is no fallback`;
    } else if (raw.fallback !== "drop") {
      yield* checkAll([raw.fallback], make, `${at}.fallback`, type);
    }
  }
}

// A client of 1.5 sees the fallback in place of what it does not know. The
// renderer does the same, but calls it a fault.
function asSeen(raw, make) {
  if (!raw || typeof raw !== "object" || Array.isArray(raw)) return raw;
  if (make && !make(raw) && raw.fallback) return raw.fallback === "drop" ? undefined : asSeen(raw.fallback, make);
  const seen = { ...raw };
  for (const [name, of] of Object.entries(children[raw.type] ?? {})) {
    if (Array.isArray(raw[name])) seen[name] = raw[name].map((r) => asSeen(r, of)).filter((r) => r !== undefined);
  }
  return seen;
}

function* parse(raw) {
  const context = new AC.SerializationContext(target);
  const card = new AC.AdaptiveCard();
  card.hostConfig = new AC.HostConfig({ actions: { maxActions: 6 } });
  try {
    card.parse(asSeen(raw), context);
  } catch (error) {
    yield `parse: ${error.message}`;
    return;
  }
  for (let i = 0; i < context.eventCount; i++) yield `parse: ${context.getEventAt(i).message}`;
  for (const event of card.validateProperties().validationEvents) yield `validate: ${event.message}`;
}

function faults(raw) {
  const object = raw.type === "AdaptiveCard" ? new AC.AdaptiveCard() : undefined;
  if (!object) return [`is a ${raw.type}, not an AdaptiveCard`];
  return [...check(raw, object, raw.type, "card"), ...parse(raw)];
}

const cards = JSON.parse(require("fs").readFileSync(0, "utf8"));
const found = Object.fromEntries(Object.entries(cards).map(([name, raw]) => [name, faults(raw)]));
process.stdout.write(JSON.stringify(found));
