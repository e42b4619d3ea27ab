/**
 * A message's text with its entities, as elements. Offsets are in UTF-16 units in
 * the Bot API and in JavaScript alike. Text only ever becomes text nodes.
 */

import { h } from "./dom.js";
import { isStartLink, safeUrl } from "./links.js";

const WRAP = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", blockquote: "blockquote" };
function spoiler() {
  const reveal = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    element.classList.add("shown");
    element.removeAttribute("role");
    element.removeAttribute("tabindex");
    element.removeAttribute("aria-label");
  };
  const element = h("span.spoiler", { role: "button", tabindex: 0, "aria-label": "Hidden text, show it", onclick: reveal, onkeydown: reveal });
  return element;
}

function anchor(url, act) {
  if (isStartLink(url)) {
    return h("a", { href: url, class: "start-link", onclick: (event) => { event.preventDefault(); act.openLink(url); } });
  }
  const href = safeUrl(url);
  return href ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }) : h("span");
}

function shell(entity, inside, act) {
  switch (entity.type) {
    case "text_link": return anchor(entity.url, act);
    case "url": return anchor(inside, act);
    case "email": return anchor(`mailto:${inside}`, act);
    case "phone_number": return h("a", { href: `tel:${inside.replace(/[^+\d]/g, "")}` });
    case "bot_command": return h("button.command", { onclick: () => act.sendText(inside) });
    case "spoiler": return spoiler();
    case "pre": return h("pre", { "data-language": entity.language });
    case "expandable_blockquote": return h("blockquote");
    case "mention": case "hashtag": case "cashtag": case "text_mention": return h("span.mention");
    default: return h(WRAP[entity.type] ?? "span");
  }
}

/**
 * @param {string} text
 * @param {object[]|undefined} entities Bot API MessageEntity; links and commands are among them
 * @param {{openLink: (url: string) => void, sendText: (text: string) => void}} act what links and commands do
 * @returns {DocumentFragment}
 */
export function rich(text, entities, act) {
  const all = [...(entities ?? [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const fragment = document.createDocumentFragment();
  let next = 0;

  /** Fill `parent` with text[from:to], taking the entities that begin inside it. */
  const fill = (parent, from, to) => {
    let at = from;
    while (next < all.length && all[next].offset < to) {
      const entity = all[next];
      next += 1;
      const start = Math.max(entity.offset, at);
      const end = Math.min(entity.offset + entity.length, to);
      if (end <= start) continue;
      if (start > at) parent.append(text.slice(at, start));
      const element = shell(entity, text.slice(start, end), act);
      fill(element, start, end);
      parent.append(element);
      at = end;
    }
    if (at < to) parent.append(text.slice(at, to));
  };
  fill(fragment, 0, text.length);
  return fragment;
}
