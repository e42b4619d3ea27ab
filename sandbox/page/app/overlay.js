/** What lies over the page for a moment: choices, enlarged pictures, notices. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

/** Show a modal dialog; the browser keeps the focus in it and Escape closes it. */
function modal(classes, label, ...children) {
  const dialog = h(`dialog.${classes}`, { "aria-label": label }, ...children);
  dialog.addEventListener("click", (event) => {
    if (event.target !== dialog) return;
    const box = dialog.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

export function lightbox(src, label) {
  const dialog = modal("lightbox", label,
    h("img", { src, alt: "" }),
    h("button.round.lightbox-close", { "aria-label": "Close", onclick: () => dialog.close() }, icon("close")));
  dialog.querySelector("img").addEventListener("click", () => dialog.close());
}

/**
 * Ask on which phone to open a link.
 * @param {{id: number, name: string, note: string, avatar: Element}[]} choices the first one is the likely one and has the focus
 * @returns {Promise<?number>} the person's id, or null
 */
export function choosePhone(link, choices) {
  return new Promise((resolve) => {
    const options = choices.map((one, i) => h(`button.choice${i ? "" : ".likely"}`, {
      autofocus: i === 0, onclick: () => { dialog.returnValue = String(one.id); dialog.close(String(one.id)); },
    }, one.avatar, h("span.choice-words", {}, h("b", {}, one.name), h("span", {}, one.note)), icon("chevron")));
    const dialog = modal("chooser", "Open the link on a phone",
      h("h2", {}, "Open on which phone?"),
      h("p.chooser-link", {}, icon("link"), h("span", {}, link.replace(/^https?:\/\//, ""))),
      h("div.choices", {}, options),
      h("button.plain", { onclick: () => dialog.close() }, "Not now"));
    dialog.addEventListener("close", () => resolve(dialog.returnValue ? Number(dialog.returnValue) : null));
  });
}

/** A pop-up menu at a point of the page. */
export function menu(x, y, options) {
  const dialog = modal("context-menu", "Message", options.map(({ label, mark, run }) =>
    h("button.option", { onclick: () => { dialog.close(); run(); } }, icon(mark), h("span", {}, label))));
  const box = dialog.getBoundingClientRect();
  dialog.style.left = `${Math.max(8, Math.min(x, innerWidth - box.width - 8))}px`;
  dialog.style.top = `${Math.max(8, Math.min(y, innerHeight - box.height - 8))}px`;
}

const NOTICE_MS = 6000;

/** A line at the foot of the page that goes by itself. */
export function notice(text) {
  const element = h("p.notice", {}, text);
  document.getElementById("notices").append(element);
  setTimeout(() => element.remove(), NOTICE_MS);
}

/** Wait for a request; a refusal becomes a notice. @returns {Promise<boolean>} whether it worked */
export async function attempt(work) {
  try {
    await work;
    return true;
  } catch (error) {
    notice(error instanceof TypeError ? "The sandbox does not answer. Is it still running?" : error.message);
    return false;
  }
}
