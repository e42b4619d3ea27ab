/** The chat with the bot, as one person sees it. */

import { Chat, backButton } from "./chat.js";
import { h, setText } from "./dom.js";
import { botMark, icon } from "./icons.js";
import { hasBlocked, hasStarted, isOwn, model } from "./model.js";
import { attempt, menu } from "./overlay.js";
import { shortName } from "./people.js";
import { ownChat } from "./place.js";

const TYPING_MS = 5000; // how long a chat action lasts on Telegram
const GREETING = "What can this bot do?";

export class BotChat extends Chat {
  constructor(person, phone) {
    super(person, ownChat(person.id), phone);
    this.status = h("span.chat-status", {});
    this.title = h("span.chat-title", { dir: "auto" });
    this.back = backButton("All chats", () => phone.openChats());
    this.startButton = h("button.start", { onclick: () => attempt(this.api.start()) }, "Start");
    this.unblockButton = h("button.start", { onclick: () => attempt(this.api.unblock()) }, "Unblock");
    this.welcome = h("div.welcome", {}, botMark(), h("b", {}, GREETING), h("p", { dir: "auto" }));
    this.transcript.element.append(this.welcome);
    this.foot.append(this.startButton, this.unblockButton);
    this.element.append(
      h("header.chat-head", {}, this.back, botMark(), h("span.chat-words", {}, this.title, this.status),
        h("button.round.head-menu", { "aria-label": `More for ${shortName(person)}'s chat`, onclick: (event) => this.headMenu(event) }, icon("more"))),
      this.transcript.element, this.foot);
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
    this.back.hidden = !this.phone.hasChats();
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
    super.take(name, data);
    if (data.message && !isOwn(data.message, this.person.id)) this.stopTyping();
    this.refresh();
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

  headMenu(event) {
    const blocked = hasBlocked(this.person.id);
    const box = event.currentTarget.getBoundingClientRect();
    menu(box.right - 190, box.bottom + 4, [
      blocked
        ? { label: "Unblock the bot", mark: "check", run: () => attempt(this.api.unblock()) }
        : { label: "Block the bot", mark: "stop", run: () => attempt(this.api.block()) },
    ]);
  }
}
