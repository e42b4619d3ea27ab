/** Where a person writes: text, commands, replies, edits, and things to attach. */

import { gist } from "./bubble.js";
import { h } from "./dom.js";
import { senderName } from "./groups.js";
import { icon } from "./icons.js";
import { commandsFor, isOwn } from "./model.js";
import { isGroup, standing, where } from "./place.js";
import { phone } from "./server.js";

const TALLEST = 120; // pixels; a longer text scrolls inside

export class Composer {
  /**
   * @param {object} place see place.js
   * @param {(work: Promise) => Promise} attempt shows what the sandbox says when it refuses
   */
  constructor(place, attempt) {
    this.place = place;
    this.phone = phone(place.me, where(place));
    this.attempt = attempt;
    this.target = null;
    this.chosen = -1;
    this.input = h("textarea", {
      rows: 1, placeholder: "Message", "aria-label": "Message", dir: "auto", enterkeyhint: "send", autocomplete: "off",
      oninput: () => this.changed(), onkeydown: (event) => this.key(event),
      onblur: () => setTimeout(() => { if (!this.element.contains(document.activeElement)) this.close(); }, 120),
    });
    this.menuButton = h("button.round.menu", { hidden: isGroup(place), "aria-label": "Commands", "aria-expanded": "false", onclick: () => this.toggle("commands") }, h("span.slash", {}, "/"));
    this.attachButton = h("button.round", { "aria-label": "Attach", "aria-expanded": "false", onclick: () => this.toggle("attach") }, icon("attach"));
    this.sendButton = h("button.round.send", { "aria-label": "Send", onclick: () => this.send() }, icon("send"));
    this.picker = h("input", { type: "file", hidden: true, onchange: () => this.upload() });
    this.popup = h("div.popup", { hidden: true });
    this.strip = h("div.context", { hidden: true });
    this.element = h("form.composer", { onsubmit: (event) => { event.preventDefault(); this.send(); } },
      this.popup, this.strip,
      h("div.compose-row", {}, this.menuButton, h("div.field", {}, this.input, this.attachButton), this.sendButton, this.picker));
    this.element.addEventListener("keydown", (event) => { if (event.key === "Escape") this.escape(event); });
    this.changed();
  }

  /** Put words into the field for someone to look at and send. */
  fill(text) {
    this.input.value = text;
    this.changed();
    this.close();
    this.input.focus();
    this.sendButton.classList.remove("beckon");
    void this.sendButton.offsetWidth; // restarts the animation
    this.sendButton.classList.add("beckon");
  }

  reply(message) {
    this.setTarget({ kind: "reply", message });
  }

  edit(message) {
    this.input.value = message.text ?? "";
    this.setTarget({ kind: "edit", message });
    this.changed();
  }

  setTarget(target) {
    this.target = target;
    this.strip.hidden = !target;
    if (!target) return this.strip.replaceChildren();
    this.strip.replaceChildren(
      icon(target.kind),
      h("span.context-words", {}, h("b", {}, target.kind === "edit" ? "Edit message" : this.replyWords(target.message)), h("span", { dir: "auto" }, gist(target.message))),
      h("button.round", { "aria-label": "Cancel", onclick: () => this.cancel() }, icon("close")),
    );
    this.input.focus();
  }

  replyWords(message) {
    return isGroup(this.place) && !isOwn(message, this.place.me) ? `Reply to ${senderName(message)}` : "Reply";
  }

  cancel() {
    if (this.target?.kind === "edit") this.input.value = "";
    this.setTarget(null);
    this.changed();
    this.input.focus();
  }

  async send() {
    const text = this.input.value.trim();
    if (!text) return;
    const { target } = this;
    this.input.value = "";
    this.setTarget(null);
    this.changed();
    this.close();
    const work = target?.kind === "edit"
      ? this.phone.edit(target.message.message_id, text)
      : this.phone.text(text, target?.message.message_id);
    const done = await this.attempt(work);
    if (!done && !this.input.value) {
      this.input.value = text; // what could not be sent must not be lost
      this.changed();
    }
  }

  changed() {
    this.input.style.height = "auto";
    const tall = this.input.scrollHeight; // 0 while the composer is not shown
    this.input.style.height = tall ? `${Math.min(tall, TALLEST)}px` : "";
    this.sendButton.classList.toggle("ready", this.input.value.trim() !== "");
    if (/^\/[\w]*$/.test(this.input.value)) this.openCommands(this.input.value.slice(1).toLowerCase());
    else if (this.opened === "commands") this.close();
  }

  key(event) {
    const options = [...this.popup.querySelectorAll(".option")];
    const choosing = this.opened === "commands" && this.input.value.startsWith("/") && options.length > 0;
    if (choosing && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.choose((this.chosen + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length);
    } else if (choosing && event.key === "Tab" && !event.shiftKey) {
      event.preventDefault();
      this.fill(`${options[Math.max(this.chosen, 0)].dataset.command} `);
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      if (choosing && this.chosen >= 0) options[this.chosen].click();
      else this.send();
    } else if (event.key === "ArrowUp" && this.input.value === "") {
      const own = standing(this.place).findLast((m) => isOwn(m, this.place.me) && m.text);
      if (own) { event.preventDefault(); this.edit(own); }
    }
  }

  escape(event) {
    if (this.opened) { this.close(); this.input.focus(); }
    else if (this.target) this.cancel();
    else return;
    event.stopPropagation();
  }

  choose(at) {
    this.chosen = at;
    [...this.popup.querySelectorAll(".option")].forEach((option, i) => {
      option.classList.toggle("chosen", i === at);
      if (i === at) option.scrollIntoView({ block: "nearest" });
    });
  }

  toggle(kind) {
    if (this.opened === kind) return this.close();
    if (kind === "commands") this.openCommands("");
    else this.openAttach();
    this.popup.querySelector(".option")?.focus();
  }

  openCommands(start) {
    const commands = isGroup(this.place) ? [] : commandsFor(this.place.me).filter((one) => one.command.startsWith(start));
    if (!commands.length && (start || isGroup(this.place))) return this.close();
    this.open("commands", commands.length ? commands.map((one) => h("button.option", {
      "data-command": `/${one.command}`,
      onclick: () => { this.input.value = `/${one.command}`; this.send(); this.input.focus(); },
    }, h("b", {}, `/${one.command}`), h("span", { dir: "auto" }, one.description))) : [h("p", {}, "The bot has not set its commands yet.")]);
  }

  openAttach() {
    const sample = (kind, mark, words) => h("button.option", {
      onclick: () => { this.close(); this.attempt(this.phone.sample(kind)); },
    }, icon(mark), h("span", {}, words));
    const own = (kind, mark, words, accept) => h("button.option", {
      onclick: () => { this.close(); this.pick(kind, accept); },
    }, icon(mark), h("span", {}, words));
    this.open("attach", [
      sample("photo", "photo", "Sample photo"), sample("voice", "mic", "Sample voice note"), sample("sticker", "sticker", "Sample sticker"),
      own("photo", "camera", "Photo of yours…", "image/jpeg,image/png"), own("document", "file", "File of yours…", ""),
    ]);
  }

  open(kind, options) {
    this.opened = kind;
    this.chosen = -1;
    this.popup.replaceChildren(...options);
    this.popup.className = `popup ${kind}`;
    this.popup.hidden = false;
    this.menuButton.setAttribute("aria-expanded", String(kind === "commands"));
    this.attachButton.setAttribute("aria-expanded", String(kind === "attach"));
  }

  close() {
    this.opened = null;
    this.popup.hidden = true;
    this.menuButton.setAttribute("aria-expanded", "false");
    this.attachButton.setAttribute("aria-expanded", "false");
  }

  pick(kind, accept) {
    this.picking = kind;
    this.picker.accept = accept;
    this.picker.click();
  }

  async upload() {
    const [file] = this.picker.files;
    this.picker.value = "";
    if (!file) return;
    const caption = this.input.value.trim();
    const done = await this.attempt(this.phone.upload(this.picking, file, caption));
    if (done && caption) { this.input.value = ""; this.changed(); }
  }
}
