/** One conversation on a phone's screen: its messages, and where one writes. */

import { Composer } from "./composer.js";
import { h, small } from "./dom.js";
import { icon } from "./icons.js";
import { attempt, menu } from "./overlay.js";
import { isOwn } from "./model.js";
import { where } from "./place.js";
import { phone as phoneApi } from "./server.js";
import { Transcript } from "./transcript.js";

/** The way back to the list that a screen was opened from. */
export function backButton(label, onclick) {
  return h("button.round.back", { "aria-label": label, onclick }, icon("back"), h("span.badge", { hidden: true }));
}

export class Chat {
  /**
   * @param {object} person one of the sandbox's people
   * @param {object} place see place.js
   * @param {import("./phone.js").Phone} phone the phone it is on
   */
  constructor(person, place, phone) {
    this.person = person;
    this.place = place;
    this.phone = phone;
    this.api = phoneApi(person.id, where(place));
    this.transcript = new Transcript(place, this.actions(), () => phone.seen(place));
    this.composer = new Composer(place, attempt);
    /** Where what lies over the messages for a moment goes. */
    this.overlay = this.transcript.element;
    this.foot = h("div.foot", {}, this.composer.element);
    this.element = h("div.screen", {});
  }

  /** What taps inside the transcript do. */
  actions() {
    return {
      openLink: (link) => this.phone.openLink(link),
      sendText: (text) => attempt(this.api.text(text)),
      tap: (message, data, key) => this.phone.tap(this, message, data, key),
      vote: (message, options) => attempt(this.api.vote(message.message_id, options)),
      copy: async (text) => { await navigator.clipboard?.writeText(text); this.phone.toast("Copied"); },
      showMessage: (id) => this.transcript.showMessage(id),
      reply: (message) => this.composer.reply(message),
      menu: (message, event) => this.messageMenu(message, event),
    };
  }

  reset() {
    this.transcript.reset();
    this.refresh();
  }

  take(name, data) {
    this.transcript.take(name, data.message?.message_id ?? data.message_id);
  }

  messageMenu(message, event) {
    if (event.target.closest("a")) return;
    event.preventDefault();
    const text = message.text ?? message.caption;
    menu(event.clientX, event.clientY, [
      { label: "Reply", mark: "reply", run: () => this.composer.reply(message) },
      text && { label: "Copy text", mark: "copy", run: () => navigator.clipboard?.writeText(text) },
      isOwn(message, this.person.id) && message.text && { label: "Edit", mark: "edit", run: () => this.composer.edit(message) },
    ].filter(Boolean));
  }

  setVisible(visible, live) {
    this.transcript.setVisible(visible, live);
  }

  /** On a small screen the field would bring up the keyboard over what was just opened. */
  focus() {
    const field = small() || this.composer.element.hidden ? this.transcript.list : this.composer.input;
    field.focus({ preventScroll: true });
  }
}
