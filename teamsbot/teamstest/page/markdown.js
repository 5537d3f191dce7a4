// The Markdown that Teams shows in cards and messages: bold, italic, strike
// through, code, lists, links. Everything is escaped first, so what comes out
// holds no other HTML than these rules write.

const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

// What is already written as a character reference stays one, as in CommonMark.
const escape = (text) => text.replace(/&(?:lt|gt|amp|quot|nbsp|#\d{1,6}|#x[\da-f]{1,5});|[&<>"']/gi, (found) => entities[found] ?? found);

// Escaped characters and finished links wait in a private corner of Unicode, where no rule finds them.
const first = 0xe000;

function inline(text) {
  const kept = [];
  const keep = (html) => String.fromCharCode(first + kept.push(html) - 1);
  let line = text.replace(/[\ue000-\uf8ff]/g, "");
  line = line.replace(/\\([!-/:-@[-`{-~])/g, (_, character) => keep(escape(character)));
  line = escape(line);
  line = line.replace(/`([^`]+)`/g, (_, code) => keep(`<code>${code}</code>`));
  line = line.replace(/\[([^\]]*)\]\(((?:https?:\/\/|mailto:)[^\s)]+)\)/g, (_, label, address) =>
    keep(`<a href="${address}" target="_blank" rel="noopener noreferrer">`) + label + keep("</a>"));
  line = line.replace(/&lt;at&gt;(.*?)&lt;\/at&gt;/g, '<span class="mention">$1</span>');
  line = line.replace(/\*\*(?=\S)(.+?)(?<=\S)\*\*/g, "<strong>$1</strong>").replace(/(?<!\w)__(?=\S)(.+?)(?<=\S)__(?!\w)/g, "<strong>$1</strong>");
  line = line.replace(/\*(?=\S)(.+?)(?<=\S)\*/g, "<em>$1</em>").replace(/(?<!\w)_(?=\S)(.+?)(?<=\S)_(?!\w)/g, "<em>$1</em>");
  line = line.replace(/~~(?=\S)(.+?)(?<=\S)~~/g, "<del>$1</del>");
  return line.replace(/[\ue000-\uf8ff]/g, (mark) => kept[mark.charCodeAt(0) - first]);
}

/** Turns Markdown into safe HTML. */
export function markdown(text) {
  const blocks = [];
  let list = null;
  let paragraph = [];
  const flush = () => {
    if (paragraph.length) blocks.push(`<p>${paragraph.map(inline).join("<br>")}</p>`);
    if (list) blocks.push(`<${list.tag}${list.start}>${list.items.map((item) => `<li>${inline(item)}</li>`).join("")}</${list.tag}>`);
    paragraph = [];
    list = null;
  };
  for (const line of text.split(/\r\n|\r|\n/)) {
    const [, bullet, number, item] = /^\s{0,3}(?:([-*+])|(\d{1,9})[.)])\s+(.*)$/.exec(line) ?? [];
    if (item !== undefined) {
      const tag = bullet ? "ul" : "ol";
      if (list?.tag !== tag) {
        flush();
        list = { tag, start: number && number !== "1" ? ` start="${number}"` : "", items: [] };
      }
      list.items.push(item);
    } else if (line.trim() === "") {
      flush();
    } else {
      if (list) flush();
      paragraph.push(line);
    }
  }
  flush();
  return blocks.join("");
}
