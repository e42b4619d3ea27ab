/** The card that points to the next thing to try. It can be hidden and never blocks. */

import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { nextStep, steps } from "./tour.js";

const HIDDEN = "aftercare-sandbox-tour-hidden";
const LOOK_MS = 300;

export class Coach {
  /**
   * @param {HTMLElement} root
   * @param {import("./tour.js").Journey} journey
   * @param {object} act see steps()
   * @param {(step: ?object) => void} point marks the phone and the control in question
   */
  constructor(root, journey, act, point) {
    this.root = root;
    this.journey = journey;
    this.act = act;
    this.point = point;
    this.hidden = localStorage.getItem(HIDDEN) === "yes";
    this.count = h("span.coach-count");
    this.words = h("p.coach-words", { "aria-live": "polite" });
    this.helps = h("span.coach-helps");
    this.progress = h("span.coach-progress", { "aria-hidden": "true" });
    root.append(
      h("span.coach-mark", {}, icon("compass")), this.count, this.words, this.helps, this.progress,
      h("button.round.coach-close", { "aria-label": "Hide the tour", onclick: () => this.setHidden(true) }, icon("close")));
  }

  /** Look again soon; many events in a moment cost one look. */
  changed() {
    this.timer ??= setTimeout(() => { this.timer = null; this.draw(); }, LOOK_MS);
  }

  setHidden(hidden) {
    this.hidden = hidden;
    localStorage.setItem(HIDDEN, hidden ? "yes" : "no");
    this.print = null;
    this.draw();
  }

  draw() {
    const all = steps(this.journey, this.act);
    this.root.hidden = this.hidden || !all.length;
    if (this.root.hidden) {
      this.point(null);
      return;
    }
    const at = nextStep(all);
    const step = all[at];
    const words = step ? step.words() : "That is the whole tour. Speed the clock up and watch a month of aftercare in a minute.";
    const helps = step ? step.helps() : [{ label: "A month in a minute", run: () => this.act.speed(43_200) }, { label: "Hide", run: () => this.setHidden(true) }];
    this.running = helps;
    const print = `${at} ${words} ${helps.map((one) => one.label).join()}`;
    if (print !== this.print) {
      this.print = print;
      setText(this.count, step ? `Try next · ${at + 1} of ${all.length}` : "Tour done");
      setText(this.words, words);
      this.helps.replaceChildren(...helps.map((one, i) => h("button.help", { onclick: () => { this.running[i].run(); this.changed(); } }, one.label)));
      this.progress.replaceChildren(...all.map((_, i) => h(`i${i < at ? ".done" : i === at ? ".at" : ""}`)));
    }
    this.point(step ?? null);
  }
}
