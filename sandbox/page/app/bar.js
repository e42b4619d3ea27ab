/** The bar: what time it is, how fast time runs, and the bot's own process. */

import { nextDue, now, speed } from "./clock.js";
import { ahead, moment, shortDate, time, zoneWord } from "./dates.js";
import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { model } from "./model.js";
import { attempt } from "./overlay.js";
import { bot, clock } from "./server.js";

/** Simulated seconds per real second, and how people say it. */
const SPEEDS = [
  { value: 0, label: icon("pause"), title: "Pause the clock", name: "Pause" },
  { value: 1, label: "1×", title: "As fast as life", name: "Real time" },
  { value: 60, label: "1 min/s", title: "A minute every second", name: "A minute a second" },
  { value: 3600, label: "1 h/s", title: "An hour every second: a day in 24 seconds", name: "An hour a second" },
  { value: 43_200, label: "½ day/s", title: "Half a day every second: a month in a minute", name: "Half a day a second, a month in a minute" },
];

/** What each state of the process proves. */
const PROOF = {
  up: "",
  down: "what is due waits",
  back: "it went on where it was",
};
const BACK_MS = 12_000;

export class Bar {
  /** @param {{onTour: Function, onPanel: Function}} page */
  constructor(root, page) {
    this.time = h("span.clock-time", {}, "--:--");
    this.date = h("span.clock-date", {}, h("span"), h("span"));
    this.clockButton = h("button.clock", { "aria-expanded": "false", "aria-label": "Clock controls", onclick: () => page.onControls() }, this.time, this.date);
    this.speeds = SPEEDS.map((one) => h("button.speed", {
      title: one.title, "aria-label": one.name, "aria-pressed": "false", onclick: () => attempt(clock({ speed: one.value })),
    }, one.label));
    this.nextNote = h("span.note", {});
    this.steps = [
      h("button.step", { title: "Run the clock an hour ahead", onclick: () => this.step("hour") }, "+1 hour"),
      h("button.step", { title: "Run the clock a day ahead", onclick: () => this.step("day") }, "+1 day"),
      h("button.step.next", { id: "next", onclick: () => this.step("next") }, h("span.two", {}, h("b", {}, "To the next message"), this.nextNote)),
    ];
    this.quickNext = h("button.quick-next", { "aria-label": "To the next message", onclick: () => this.step("next") }, icon("skip"), h("span", {}, "Next"));
    this.dot = h("span.dot");
    this.status = h("span.bot-words", {}, h("b", {}), h("span.note", {}));
    this.kill = h("button.kill", { id: "kill", title: "Ends the bot's process at once, in the middle of whatever it does", onclick: () => this.control("kill") }, icon("bolt"), h("span.two", {}, h("b", {}, "Crash the bot ", h("code", {}, "kill -9")), h("span.note", {}, "nothing owed is lost")));
    this.start = h("button.kill.up", { id: "start", hidden: true, onclick: () => this.control("start") }, icon("restart"), h("span.two", {}, h("b", {}, "Start again"), h("span.note", {}, "nothing owed is lost")));
    this.controls = h("div.controls", { id: "controls" },
      h("div.speeds", { role: "group", "aria-label": "Speed of the clock" }, this.speeds),
      h("div.steps", { role: "group", "aria-label": "Step the clock" }, this.steps),
      h("div.bot", { role: "group", "aria-label": "The bot's process" }, h("span.bot-state", { role: "status" }, this.dot, this.status), this.kill, this.start));
    this.tour = h("button.round.tour", { "aria-label": "Show the tour", title: "Show what to try next", onclick: () => page.onTour() }, icon("compass"));
    root.append(
      h("span.brand", {}, h("img", { src: "/static/icon.svg", alt: "", class: "logo" }), h("h1", {}, "Aftercare sandbox")),
      this.clockButton, this.quickNext, this.controls, this.tour);
    this.backUntil = 0;
    setInterval(() => this.tick(), 125);
  }

  async step(kind) {
    this.steps.forEach((one) => one.setAttribute("aria-busy", "true"));
    await attempt(clock({ step: kind }));
    this.steps.forEach((one) => one.removeAttribute("aria-busy"));
  }

  async control(action) {
    for (const one of [this.kill, this.start]) one.disabled = true;
    await attempt(bot(action));
    for (const one of [this.kill, this.start]) one.disabled = false;
  }

  /** The bot's process went up or down. */
  botChanged(wasRunning) {
    const { running } = model.bot;
    if (running && wasRunning === false) this.backUntil = performance.now() + BACK_MS;
    const focused = document.activeElement === this.kill || document.activeElement === this.start;
    this.kill.hidden = !running;
    this.start.hidden = running;
    if (focused) (running ? this.kill : this.start).focus();
    this.dot.className = running ? "dot up" : "dot";
    this.tick();
  }

  tick() {
    if (!model.people.length) return;
    const ms = now();
    const due = nextDue();
    setText(this.time, time(ms));
    setText(this.date.firstChild, shortDate(ms));
    setText(this.date.lastChild, `${zoneWord()} time`);
    this.speeds.forEach((button, i) => {
      const on = String(SPEEDS[i].value === speed());
      if (button.getAttribute("aria-pressed") !== on) button.setAttribute("aria-pressed", on);
    });
    setText(this.nextNote, due === null ? "none planned yet" : `${moment(due, ms)}${due > ms ? ` · ${ahead(due, ms)}` : ""}`);
    const idle = due === null;
    for (const button of [this.steps[2], this.quickNext]) if (button.disabled !== idle) button.disabled = idle;
    const { running } = model.bot;
    setText(this.status.firstChild, running ? "Bot running" : "Bot is down");
    setText(this.status.lastChild, running ? (performance.now() < this.backUntil ? PROOF.back : PROOF.up) : PROOF.down);
  }
}
