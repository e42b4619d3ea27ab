/** One person's phone: the chat with the bot as that person sees it. */

import { Composer } from "./composer.js";
import { h, setText } from "./dom.js";
import { botMark, icon } from "./icons.js";
import { attempt, choosePhone, menu } from "./overlay.js";
import { likelyPhone } from "./links.js";
import { hasBlocked, hasStarted, isOwn, model } from "./model.js";
import { avatar, choiceNote, fullName, languageWord, roleWord, shortName } from "./people.js";
import { phone as phoneApi } from "./server.js";
import { Transcript } from "./transcript.js";

const TYPING_MS = 5000; // how long a chat action lasts on Telegram
const ANSWER_MS = 8000; // how long a pressed key waits for the bot
const TOAST_MS = 3200;
const GREETING = "What can this bot do?";

export class Phone {
  /**
   * @param {object} person one of the sandbox's people
   * @param {{onUnread: Function, goTo: (id: number) => void, tapped: (id: number) => void}} page
   */
  constructor(person, page) {
    this.person = person;
    this.page = page;
    this.api = phoneApi(person.id);
    this.waiting = null;
    this.transcript = new Transcript(person.id, this.actions(), (count) => page.onUnread(person.id, count));
    this.composer = new Composer(person.id, attempt);
    this.status = h("span.chat-status", {});
    this.title = h("span.chat-title", { dir: "auto" });
    this.startButton = h("button.start", { onclick: () => attempt(this.api.start()) }, "Start");
    this.unblockButton = h("button.start", { onclick: () => attempt(this.api.unblock()) }, "Unblock");
    this.welcome = h("div.welcome", {}, botMark(), h("b", {}, GREETING), h("p", { dir: "auto" }));
    this.layer = h("div.phone-layer", { "aria-live": "assertive" });
    this.transcript.element.append(this.welcome, this.layer);
    this.foot = h("div.foot", {}, this.composer.element, this.startButton, this.unblockButton);
    const language = languageWord(person);
    this.element = h("section.phone", { id: `phone-${person.id}`, "data-role": person.role, "aria-label": `${fullName(person)}'s phone, ${roleWord(person)}` },
      h("header.nameplate", {}, avatar(person),
        h("span.nameplate-words", {}, h("b", { dir: "auto" }, fullName(person)), h("span", {}, [roleWord(person), language].filter(Boolean).join(" · ")))),
      h("div.device", {},
        h("header.chat-head", {}, botMark(), h("span.chat-words", {}, this.title, this.status),
          h("button.round.head-menu", { "aria-label": `More for ${shortName(person)}'s chat`, onclick: (event) => this.headMenu(event) }, icon("more"))),
        this.transcript.element, this.foot));
  }

  /** What taps inside the transcript do. */
  actions() {
    return {
      openLink: (link) => this.openLink(link),
      sendText: (text) => attempt(this.api.text(text)),
      tap: (message, data, key) => this.tap(message, data, key),
      vote: (message, options) => attempt(this.api.vote(message.message_id, options)),
      copy: async (text) => { await navigator.clipboard?.writeText(text); this.toast("Copied"); },
      showMessage: (id) => this.transcript.showMessage(id),
      reply: (message) => this.composer.reply(message),
      menu: (message, event) => this.messageMenu(message, event),
    };
  }

  reset() {
    this.transcript.reset();
    this.refresh();
  }

  /** Put words into the composer, on a phone that has not met the bot after pressing Start. */
  async fill(text) {
    if (!hasStarted(this.person.id) && !await attempt(this.api.start())) return;
    this.composer.element.hidden = false;
    this.composer.fill(text);
  }

  /** Everything around the messages, after anything changed. */
  refresh() {
    const started = hasStarted(this.person.id);
    const blocked = hasBlocked(this.person.id);
    setText(this.title, model.bot.name || "Aftercare");
    setText(this.welcome.querySelector("p"), model.bot.description || "Messages after a treatment session, at the right time, and a human who reads the answers.");
    this.welcome.hidden = started;
    this.composer.element.hidden = !started || blocked;
    this.startButton.hidden = started || blocked;
    this.unblockButton.hidden = !blocked;
    if (!this.typingTimer) this.setStatus();
  }

  setStatus() {
    const words = hasBlocked(this.person.id) ? "blocked" : model.bot.running ? "bot" : "down, messages wait";
    setText(this.status, words);
    this.status.className = `chat-status${model.bot.running ? "" : " down"}`;
  }

  take(name, data) {
    if (name === "message" || name === "edited" || name === "deleted") {
      const id = data.message?.message_id ?? data.message_id;
      this.transcript.take(name, id);
      if (data.message && !isOwn(data.message, this.person.id)) this.stopTyping();
      if (name !== "message") this.answered(id);
      else if (!isOwn(data.message, this.person.id)) this.answered(null);
      this.refresh();
    } else if (name === "typing") this.typing();
    else if (name === "toast") {
      this.answered(null);
      if (data.text) (data.alert ? this.alert(data.text) : this.toast(data.text));
    }
  }

  typing() {
    clearTimeout(this.typingTimer);
    this.status.className = "chat-status typing";
    this.status.replaceChildren("typing", h("span.dots", { "aria-hidden": "true" }, h("i"), h("i"), h("i")));
    this.typingTimer = setTimeout(() => this.stopTyping(), TYPING_MS);
  }

  stopTyping() {
    clearTimeout(this.typingTimer);
    this.typingTimer = null;
    this.setStatus();
  }

  async tap(message, data, key) {
    if (key.classList.contains("waiting")) return;
    key.classList.add("waiting");
    const timer = setTimeout(() => this.answered(message.message_id), ANSWER_MS);
    this.waiting = { key, timer, id: message.message_id };
    this.page.tapped(this.person.id);
    if (!await attempt(this.api.tap(message.message_id, data))) this.answered(message.message_id);
  }

  /** The bot answered a tap: by an edit of that message, by a new one, or by a toast. */
  answered(messageId) {
    if (!this.waiting || (messageId !== null && messageId !== this.waiting.id)) return;
    this.waiting.key.classList.remove("waiting");
    clearTimeout(this.waiting.timer);
    this.waiting = null;
  }

  toast(text) {
    const element = h("p.toast", { dir: "auto" }, text);
    this.layer.querySelector(".toast")?.remove();
    this.layer.append(element);
    setTimeout(() => element.remove(), TOAST_MS);
  }

  alert(text) {
    const ok = h("button", { onclick: () => { box.remove(); this.composer.input.focus({ preventScroll: true }); } }, "OK");
    const box = h("div.alert", { role: "alertdialog", "aria-label": "Message of the bot", onkeydown: (event) => { if (event.key === "Escape") ok.click(); } },
      h("div.alert-card", {}, h("p", { dir: "auto" }, text), ok));
    this.layer.querySelector(".alert")?.remove();
    this.layer.append(box);
    ok.focus({ preventScroll: true });
  }

  async openLink(link) {
    const likely = likelyPhone(this.person.role);
    const rest = model.people.filter((one) => one !== likely);
    rest.sort((a, b) => (a.id === this.person.id) - (b.id === this.person.id));
    const choices = [likely, ...rest].map((one) => ({ id: one.id, name: fullName(one), note: choiceNote(one), avatar: avatar(one) }));
    const id = await choosePhone(link, choices);
    if (id === null) return;
    this.page.goTo(id);
    await attempt(phoneApi(id).open(link));
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

  headMenu(event) {
    const blocked = hasBlocked(this.person.id);
    const box = event.currentTarget.getBoundingClientRect();
    menu(box.right - 190, box.bottom + 4, [
      blocked
        ? { label: "Unblock the bot", mark: "check", run: () => attempt(this.api.unblock()) }
        : { label: "Block the bot", mark: "stop", run: () => attempt(this.api.block()) },
    ]);
  }

  setVisible(visible, live) {
    this.transcript.setVisible(visible, live);
  }
}
