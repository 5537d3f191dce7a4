// Adaptive Cards, drawn by Microsoft's renderer in Teams' look. The colors are
// the page's own, so light and dark need one configuration.

import { ChoiceSet } from "./choices.js";
import { h, toast } from "./dom.js";
import { markdown } from "./markdown.js";

const AC = window.AdaptiveCards;

AC.AdaptiveCard.onProcessMarkdown = (text, result) => {
  result.outputHtml = markdown(text);
  result.didProcess = true;
};
AC.GlobalRegistry.elements.register("Input.ChoiceSet", ChoiceSet, AC.Versions.v1_0);

const tone = (name) => ({ default: `var(--${name})`, subtle: `var(--${name}-soft)` });
const tones = { default: tone("text"), accent: tone("accent-text"), attention: tone("bad"), good: tone("good"), warning: tone("warn"), light: tone("light"), dark: tone("text") };
const style = (background) => ({ backgroundColor: `var(--${background})`, foregroundColors: tones });

const host = new AC.HostConfig({
  fontFamily: "inherit",
  spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
  separator: { lineThickness: 1, lineColor: "var(--line)" },
  supportsInteractivity: true,
  fontTypes: {
    default: { fontFamily: "inherit", fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 }, fontWeights: { lighter: 300, default: 400, bolder: 600 } },
    monospace: { fontFamily: "ui-monospace, Consolas, Menlo, monospace", fontSizes: { small: 12, default: 13, medium: 14, large: 18, extraLarge: 24 }, fontWeights: { lighter: 300, default: 400, bolder: 600 } },
  },
  containerStyles: {
    default: style("surface"), emphasis: style("emphasis"), accent: style("accent-back"),
    good: style("good-back"), attention: style("bad-back"), warning: style("warn-back"),
  },
  imageSizes: { small: 32, medium: 52, large: 100 },
  actions: {
    maxActions: 6, spacing: "default", buttonSpacing: 8, actionsOrientation: "horizontal", actionAlignment: "left",
    showCard: { actionMode: "inline", inlineTopMargin: 12, style: "emphasis" }, preExpandSingleShowCardAction: false,
  },
  adaptiveCard: { allowCustomStyle: false },
  factSet: { title: { weight: "Bolder", wrap: true, maxWidth: 150 }, value: { wrap: true }, spacing: 16 },
  inputs: { label: { inputSpacing: "small", requiredInputs: { weight: "Bolder", suffix: " *" }, optionalInputs: { weight: "Bolder" } }, errorMessage: { color: "Attention", size: "Small" } },
  textBlock: { headingLevel: 3 },
});

/**
 * Draws a card. press gets what a button sends, and the buttons wait until the
 * promise that it returns is settled.
 */
export function draw(json, press) {
  const card = new AC.AdaptiveCard();
  card.hostConfig = host;
  card.onExecuteAction = async (action) => {
    const type = action.getJsonTypeName();
    if (type === "Action.OpenUrl") {
      open(action.url);
      return;
    }
    if (root.classList.contains("busy")) return;
    const button = action.renderedElement;
    wait(root, button, true);
    try {
      await press({ type, id: action.id, title: action.title, verb: action.verb, data: action.data });
    } finally {
      wait(root, button, false);
    }
  };
  const context = new AC.SerializationContext();
  card.parse(json, context);
  let root;
  try {
    root = card.render();
  } catch (problem) {
    root = null;
    console.error(problem);
  }
  if (!root) return h("p", { class: "notice" }, "This card can't be shown.");
  for (const button of root.querySelectorAll("button")) button.dataset.action = button.textContent;
  card.getAllInputs().forEach((input) => { if (input.id && input.renderedElement) input.renderedElement.dataset.input = input.id; });
  return root;
}

function open(address) {
  let url;
  try {
    url = new URL(address);
  } catch {
    url = null;
  }
  if (!url || !["https:", "http:", "mailto:"].includes(url.protocol)) {
    toast("This link can't be opened.");
    return;
  }
  window.open(url.href, "_blank", "noopener,noreferrer");
}

function wait(root, button, busy) {
  root.classList.toggle("busy", busy);
  root.setAttribute("aria-busy", String(busy));
  for (const other of root.querySelectorAll("button.ac-pushButton")) other.disabled = busy;
  button?.classList.toggle("running", busy);
  if (!busy && button?.isConnected && document.activeElement === document.body) button.focus();
}
