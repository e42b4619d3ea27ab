/**
 * The scrolling list of one chat. Changes are gathered and drawn once a frame, at
 * most KEPT messages stay in the page, and a reader who scrolled up is left in place.
 */

import { bubble } from "./bubble.js";
import { now } from "./clock.js";
import { day } from "./dates.js";
import { calm, h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { isOwn } from "./model.js";
import { isGroup, standing } from "./place.js";
import { swipe } from "./swipe.js";

const KEPT = 300;
const NEAR_END = 48; // pixels from the end that still count as reading the newest
const LIVELY = 6; // more new messages than this in a frame come in without animation

export class Transcript {
  /**
   * @param {object} place see place.js
   * @param {object} act see bubble()
   * @param {() => void} onSeen the newest message is in view
   */
  constructor(place, act, onSeen) {
    this.place = place;
    this.act = act;
    this.onSeen = onSeen;
    this.elements = new Map();
    this.pending = [];
    this.frame = 0;
    this.unread = 0;
    this.readUpTo = 0;
    this.visible = true;
    this.pinned = true;
    this.top = 0;
    this.list = h(`div.messages${isGroup(place) ? ".grouped" : ""}`, { role: "log", "aria-live": "off", tabindex: 0, "aria-label": "Messages" });
    this.badge = h("span.badge", { hidden: true });
    this.toEnd = h("button.to-end", { hidden: true, "aria-label": "To the newest message", onclick: () => this.end(true) }, icon("down"), this.badge);
    this.element = h("div.transcript", {}, this.list, this.toEnd);
    this.list.addEventListener("scroll", () => this.scrolled(), { passive: true });
    swipe(this.list, (element) => this.answer(Number(element.dataset.id)));
    new ResizeObserver(() => { if (this.pinned) this.end(); }).observe(this.list);
  }

  /** Draw a chat from its beginning (its last KEPT messages). */
  reset() {
    this.pending = [];
    this.elements.clear();
    this.list.replaceChildren();
    this.markRead();
    for (const message of standing(this.place).slice(-KEPT)) this.append(message, false);
    this.markRuns();
    this.end();
    this.unread = 0;
    if (this.visible) this.seen();
    else this.show();
  }

  /** @param {"message"|"edited"|"deleted"} name */
  take(name, messageId) {
    this.pending.push([name, messageId]);
    if (this.frame) return;
    // A hidden tab draws no frames: a timer keeps its transcript from piling up.
    this.frame = document.hidden ? setTimeout(() => this.flush(), 250) : requestAnimationFrame(() => this.flush());
  }

  flush() {
    this.frame = 0;
    const changes = this.pending;
    this.pending = [];
    const byId = new Map(standing(this.place).map((m) => [m.message_id, m]));
    const fresh = changes.filter(([name]) => name === "message").length;
    const edited = changes.some(([name, id]) => name === "edited" && byId.has(id) && !this.isMine(byId.get(id)));
    this.markRead(edited);
    for (const [name, id] of changes) {
      const message = byId.get(id);
      const shown = this.elements.get(id);
      if (name === "deleted" || !message) this.drop(id);
      else if (shown) this.replace(shown, message);
      else if (name === "message") this.arrive(message, fresh <= LIVELY);
    }
    this.prune();
    this.markRuns();
    if (this.pinned) this.end();
    if (this.pinned && this.visible) this.seen();
    else this.show();
  }

  arrive(message, lively) {
    this.append(message, lively && !calm());
    if (this.isMine(message)) this.pinned = true;
    else this.unread += 1;
  }

  append(message, lively) {
    const label = day(message.date * 1000, now());
    let section = this.list.lastElementChild;
    if (section?.dataset.day !== label) {
      section = h("section.day", { "data-day": label }, h("div.day-label", {}, h("span", {}, label)));
      this.list.append(section);
    }
    const element = this.make(message);
    if (lively) element.classList.add("fresh");
    section.append(element);
    this.elements.set(message.message_id, element);
  }

  make(message) {
    return bubble(message, this.place, this.act, message.message_id <= this.readUpTo);
  }

  isMine(message) {
    return isOwn(message, this.place.me);
  }

  /** In a group, the first message of a run carries its sender's name, the last one their picture. */
  markRuns() {
    if (!isGroup(this.place)) return;
    for (const section of this.list.children) {
      let before = null;
      for (const element of section.querySelectorAll(":scope > [data-from]")) {
        const same = before?.dataset.from === element.dataset.from && before.nextElementSibling === element;
        element.classList.toggle("head", !same);
        before?.classList.toggle("tail", !same);
        before = element;
      }
      before?.classList.add("tail");
    }
  }

  answer(id) {
    const message = standing(this.place).find((one) => one.message_id === id);
    if (message) this.act.reply(message);
  }

  replace(shown, message) {
    const element = this.make(message);
    const focused = shown.contains(document.activeElement);
    shown.replaceWith(element);
    this.elements.set(message.message_id, element);
    // The keyboard that held the focus may be gone; the reader must not fall to the page's top.
    if (focused) (element.querySelector(".key") ?? this.list).focus({ preventScroll: true });
  }

  drop(id) {
    const element = this.elements.get(id);
    const section = element?.parentElement;
    element?.remove();
    if (section && !section.querySelector("[data-id]")) section.remove();
    this.elements.delete(id);
  }

  /** Own messages get their second tick once the bot has said or changed anything after them. */
  markRead(edited = false) {
    const all = standing(this.place);
    const last = edited ? all.at(-1) : all.findLast((m) => m.from?.is_bot);
    const upTo = Math.max(last?.message_id ?? 0, this.readUpTo);
    if (upTo === this.readUpTo) return;
    const newly = all.filter((m) => this.isMine(m) && m.message_id > this.readUpTo && m.message_id <= upTo);
    this.readUpTo = upTo;
    for (const message of newly) {
      const element = this.elements.get(message.message_id);
      if (element) this.replace(element, message);
    }
  }

  prune() {
    if (this.elements.size <= KEPT) return;
    const before = this.list.scrollHeight;
    for (const id of [...this.elements.keys()].slice(0, this.elements.size - KEPT)) this.drop(id);
    if (!this.pinned) this.list.scrollTop -= before - this.list.scrollHeight;
  }

  end(smooth = false) {
    this.pinned = true;
    this.list.scrollTo({ top: this.list.scrollHeight, behavior: smooth && !calm() ? "smooth" : "instant" });
    this.top = this.list.scrollTop;
    if (smooth) this.seen();
  }

  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.list;
    if (scrollHeight - scrollTop - clientHeight < NEAR_END) this.pinned = true;
    // Only a reader moves up: when the list itself shrinks, its end must stay in view.
    else if (scrollTop < this.top) this.pinned = false;
    this.top = scrollTop;
    if (this.pinned && this.visible) this.seen();
    else this.show();
  }

  /** Bring a message into view and let it glow for a moment. */
  showMessage(id) {
    const element = this.elements.get(id);
    if (!element) return;
    element.scrollIntoView({ block: "center", behavior: calm() ? "instant" : "smooth" });
    element.classList.remove("glow");
    void element.offsetWidth; // restarts the animation
    element.classList.add("glow");
  }

  setVisible(visible, live) {
    this.visible = visible;
    this.list.setAttribute("aria-live", live ? "polite" : "off");
    if (!visible) return;
    if (this.pinned) {
      this.end();
      this.seen();
    } else this.list.scrollTop = this.top; // a list that was not on the page begins at its top
  }

  seen() {
    this.unread = 0;
    this.onSeen();
    this.show();
  }

  show() {
    this.toEnd.hidden = this.pinned;
    this.badge.hidden = !this.unread;
    setText(this.badge, String(this.unread));
  }
}
