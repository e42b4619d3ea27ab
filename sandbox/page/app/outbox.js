/** The side panel: everything the bot owes or owed, and what came of it. */

import { now } from "./clock.js";
import { ahead, moment } from "./dates.js";
import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { model } from "./model.js";

const STATES = {
  pending: "waits for its moment",
  sending: "is leaving now",
  sent: "Telegram took it",
  expired: "was no longer useful",
  canceled: "was called off",
  refused: "Telegram refused it",
  uncertain: "a person decides",
};
const OPEN = new Set(["pending", "sending"]);
const OVERDUE_MS = 60_000; // simulated: what waits longer waits for the bot
const REDRAW_MS = 200; // a fast clock changes rows far more often than eyes can follow

/** A step's key is a word for people too: "soreness_day2" reads "Soreness day 2". */
function plain(what) {
  if (!/^[a-z][a-z0-9_.-]*$/.test(what)) return what;
  const words = what.replaceAll(/[_.-]+/g, " ").replaceAll(/([a-z])(\d)/g, "$1 $2");
  return words[0].toUpperCase() + words.slice(1);
}

export class OutboxPanel {
  /** @param {HTMLElement} root  @param {{onToggle: (open: boolean) => void}} page */
  constructor(root, page) {
    this.root = root;
    this.rows = new Map();
    this.filter = null;
    this.counts = new Map(Object.keys(STATES).map((state) => [state, this.count(state)]));
    this.toggle = h("button.round.panel-toggle", { "aria-controls": "outbox", onclick: () => page.onToggle() }, icon("panel"), icon("close"));
    this.coming = h("ol.rows", { "aria-label": "Coming up" });
    this.settled = h("ol.rows", { "aria-label": "Settled" });
    this.comingHead = h("h3", {}, "Coming up");
    this.settledHead = h("h3", {}, "Settled");
    this.empty = h("p.outbox-empty", {}, icon("outbox"), h("b", {}, "Nothing is owed yet"), h("span", {}, "Enroll a patient, and every message of the plan appears here with its moment."));
    this.body = h("div.outbox-body", { tabindex: 0, "aria-label": "Outbox rows" }, this.empty, this.comingHead, this.coming, this.settledHead, this.settled);
    root.append(
      h("header.outbox-head", {}, h("h2", {}, "Outbox"), h("span.outbox-sub", {}, "each row ends in one known state"), this.toggle),
      h("div.counts", { role: "group", "aria-label": "Rows by state, press to filter" }, [...this.counts.values()]),
      this.body);
    this.drawnAt = 0;
    this.draw();
    setInterval(() => this.relabel(), 1000);
  }

  count(state) {
    return h(`button.count.${state}`, {
      title: `${state}: ${STATES[state]}`, "aria-pressed": "false",
      onclick: () => { this.filter = this.filter === state ? null : state; this.draw(); },
    }, h("b", {}, "0"), h("span", {}, state));
  }

  /** Draw soon: several changes in a moment are drawn together. */
  changed() {
    if (this.timer) return;
    const wait = Math.max(0, this.drawnAt + REDRAW_MS - performance.now());
    this.timer = setTimeout(() => { this.timer = null; this.draw(); }, wait);
  }

  draw() {
    this.drawnAt = performance.now();
    const { rows, counts } = model.outbox;
    for (const [state, button] of this.counts) {
      const n = counts?.[state] ?? 0;
      setText(button.firstChild, String(n));
      button.classList.toggle("none", n === 0);
      button.setAttribute("aria-pressed", String(this.filter === state));
    }
    const shown = this.filter ? rows.filter((row) => row.state === this.filter) : rows;
    const open = shown.filter((row) => OPEN.has(row.state));
    const settled = shown.filter((row) => !OPEN.has(row.state));
    const keep = new Set(shown.map((row) => row.id));
    for (const [id, entry] of this.rows) if (!keep.has(id)) { entry.element.remove(); this.rows.delete(id); }
    this.place(this.coming, open);
    this.place(this.settled, settled);
    this.comingHead.hidden = !open.length;
    this.settledHead.hidden = !settled.length;
    this.empty.hidden = rows.length > 0;
    this.next = open[0]?.id ?? null;
    this.relabel();
  }

  place(list, rows) {
    rows.forEach((row, i) => {
      const element = this.element(row);
      if (list.children[i] !== element) list.insertBefore(element, list.children[i] ?? null);
    });
  }

  element(row) {
    const print = JSON.stringify(row);
    const known = this.rows.get(row.id);
    if (known?.print === print) return known.element;
    const element = known?.element ?? h("li.row");
    const moved = known && known.row.state !== row.state;
    const children = [
      h(`span.chip.${row.state}`, { title: row.reason || STATES[row.state] }, row.state),
      h("span.row-what", { dir: "auto" }, plain(row.what)),
      h("span.row-who", { dir: "auto" }, row.who),
      h("span.row-when"),
      this.reason(row),
    ];
    element.replaceChildren(...children.filter(Boolean));
    element.className = `row ${row.state}${row.kind === "answer" ? " minor" : ""}`;
    if (moved) {
      void element.offsetWidth; // restarts the animation
      element.classList.add("changed");
    }
    this.rows.set(row.id, { row, element, print });
    return element;
  }

  reason(row) {
    const words = [
      row.state === "sent" ? null : row.reason, // that Telegram took it is what "sent" says
      row.attempts > 1 ? `${row.attempts} attempts` : null,
      row.possible_duplicate ? "possibly sent twice" : null,
    ].filter(Boolean);
    return words.length ? h("span.row-reason", { dir: "auto" }, words.join(" · ")) : null;
  }

  /** Times are told from the present moment, which moves. */
  relabel() {
    const ms = now();
    for (const [id, { row, element }] of this.rows) {
      const next = id === this.next;
      element.classList.toggle("next", next);
      setText(element.querySelector(".row-when"), this.when(row, ms, next));
    }
  }

  when(row, ms, next) {
    if (row.sent_at) {
      const late = row.due_at && row.sent_at - row.due_at >= 60_000 ? `, was due ${moment(row.due_at, row.sent_at)}` : "";
      return `${moment(row.sent_at, ms)}${late}`;
    }
    const at = OPEN.has(row.state) ? row.ready_at ?? row.due_at : row.due_at;
    if (!at) return "";
    const far = OPEN.has(row.state) && at < ms - OVERDUE_MS ? " · overdue" : next && at > ms ? ` · ${ahead(at, ms)}` : "";
    return `${OPEN.has(row.state) ? "" : "due "}${moment(at, ms)}${far}`;
  }

  setOpen(open) {
    this.root.classList.toggle("open", open);
    this.toggle.setAttribute("aria-expanded", String(open));
    this.toggle.setAttribute("aria-label", open ? "Fold the outbox" : "Unfold the outbox");
    for (const part of [this.body]) part.inert = !open;
  }
}
