/**
 * Building elements. Everything that people or the bot wrote goes in as a text
 * node, never as markup, so no name, label or message can become part of the page.
 */

/**
 * Make an element.
 * @param {string} tag element name, with optional classes: "button.chip.big"
 * @param {object} [attributes] attributes; a function is a listener ("onclick"),
 *   true gives an empty attribute, null, undefined and false leave it out
 * @param {...(Node|string|number|null|undefined|false)} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name || "div");
  if (classes.length) element.className = classes.join(" ");
  if (name === "button" && !("type" in attributes)) element.type = "button";
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/** Set an element's text only when it differs: a running clock must not dirty the page. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** True where the visitor asked their system for less motion. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** True where one phone fills the window (the same width as in styles/small.css). */
export const small = () => matchMedia("(max-width: 759.98px)").matches;
