/** The page of phones: joins its parts and feeds them the sandbox's events. */

import { Bar } from "./app/bar.js";
import { freeze } from "./app/clock.js";
import { Coach } from "./app/coach.js";
import { h, small } from "./app/dom.js";
import { messages, model, take } from "./app/model.js";
import { OutboxPanel } from "./app/outbox.js";
import { attempt } from "./app/overlay.js";
import { Phone } from "./app/phone.js";
import { bot, clock, listen, phone as phoneApi } from "./app/server.js";
import { Tabs } from "./app/tabs.js";
import { Journey } from "./app/tour.js";

const PANEL = "aftercare-sandbox-panel";
const ROOM_FOR_PANEL = "(min-width: 1360px)";

const find = (id) => document.getElementById(id);
const phones = new Map();
const journey = new Journey();
let active = null;
let wasRunning = null;

const bar = new Bar(find("bar"), {
  onControls: () => openSheet(find("controls").classList.contains("open") ? null : "controls"),
  onTour: () => coach.setHidden(!coach.hidden),
});
const panel = new OutboxPanel(find("outbox"), { onToggle: togglePanel });
const tabs = new Tabs(find("tabs"), { goTo, onToggle: togglePanel });
const coach = new Coach(find("coach"), journey, {
  fill: (id, text) => { goTo(id); phones.get(id).fill(text); },
  open: (id, link) => { toBot(id); attempt(phoneApi(id).open(link)); },
  show: (id, messageId) => { goTo(id); phones.get(id).showMessage(messageId ?? messages(id).at(-1)?.message_id); },
  team: (id) => { goTo(id); phones.get(id).addTeam(); },
  topic: (id, groupId, thread) => { goTo(id); phones.get(id).openRoom({ me: id, chat: groupId, thread }); },
  step: (kind) => bar.step(kind),
  speed: (value) => attempt(clock({ speed: value })),
  bot: (action) => attempt(bot(action)),
}, point);

/** Make the phones once per cast; a reconnection keeps them and what was being written. */
function cast() {
  const ids = model.people.map((person) => person.id).join();
  if (ids === [...phones.keys()].join()) return;
  phones.clear();
  for (const person of model.people) {
    phones.set(person.id, new Phone(person, {
      toBot,
      onUnread: (id, count) => tabs.unread(id, count),
      tapped: (id) => { journey.tapped(id); coach.changed(); },
    }));
  }
  find("phones").replaceChildren(...[...phones.values()].map((one) => one.element));
  tabs.build();
  for (const one of phones.values()) {
    one.element.addEventListener("focusin", () => setActive(one.person.id));
    one.element.addEventListener("pointerdown", () => setActive(one.person.id));
  }
  if (!phones.has(active)) active = model.people[0]?.id ?? null;
}

/** The active phone is the one that speaks to screen readers, and the one that a small window shows. */
function setActive(id) {
  active = id;
  tabs.active(id);
  for (const [personId, one] of phones) {
    one.element.classList.toggle("active", personId === id);
    one.setVisible(!small() || personId === id, personId === id);
  }
}

function goTo(id) {
  openSheet(null);
  setActive(id);
  phones.get(id)?.element.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function toBot(id) {
  goTo(id);
  phones.get(id)?.openBot();
}

/** Mark what the tour speaks of. */
function point(step) {
  for (const [id, one] of phones) {
    one.element.classList.toggle("pointed", step?.phone === id);
    one.element.classList.toggle("point-keys", step?.phone === id && Boolean(step.keys));
  }
  for (const spot of ["next", "kill", "start"]) find(spot).classList.toggle("pointed", step?.spot === spot);
}

/** On a small window the controls and the outbox are sheets; one at a time. */
function openSheet(name) {
  find("controls").classList.toggle("open", name === "controls");
  bar.clockButton.setAttribute("aria-expanded", String(name === "controls"));
  if (small()) panel.setOpen(name === "outbox");
  find("backdrop").hidden = name === null;
}

function togglePanel() {
  const open = !find("outbox").classList.contains("open");
  if (small()) openSheet(open ? "outbox" : null);
  else {
    panel.setOpen(open);
    localStorage.setItem(PANEL, open ? "open" : "folded");
  }
}

function fit() {
  const kept = localStorage.getItem(PANEL);
  openSheet(null);
  panel.setOpen(!small() && (kept ? kept === "open" : matchMedia(ROOM_FOR_PANEL).matches));
  if (active !== null) setActive(active);
}

const parts = {
  state() {
    cast();
    if (![...model.chats.values()].some((chat) => chat.size)) journey.forget();
    for (const one of phones.values()) one.reset();
    fit();
    panel.changed();
    botChanged();
  },
  outbox: () => panel.changed(),
  bot: botChanged,
  people: refreshAll,
};

function botChanged() {
  if (wasRunning !== model.bot.running) journey.botIs(model.bot.running);
  bar.botChanged(wasRunning);
  wasRunning = model.bot.running;
  tellEnd();
  refreshAll();
}

/** A bot that ended by itself says why in its last lines. */
function tellEnd() {
  find("ended")?.remove();
  const { running, exit_code: code, last_lines: lines } = model.bot;
  if (running || !lines) return;
  find("bar").after(h("details", { id: "ended" },
    h("summary", {}, `The bot ended by itself (exit code ${code}). Its last lines`), h("pre", {}, lines.join("\n"))));
}

function refreshAll() {
  for (const one of phones.values()) one.refresh();
}

listen(
  (name, data) => {
    take(name, data);
    parts[name]?.(data);
    if (name !== "state" && data.chat_id !== undefined) {
      for (const one of phones.values()) if (one.concerns(data.chat_id)) one.take(name, data);
    }
    coach.changed();
  },
  (connected) => {
    document.body.classList.toggle("offline", !connected);
    find("offline")?.remove();
    if (!connected) freeze();
    if (!connected) document.body.prepend(h("p", { id: "offline", role: "alert" }, "The sandbox does not answer. This page reconnects by itself."));
  },
);
find("backdrop").addEventListener("click", () => openSheet(null));
addEventListener("keydown", (event) => { if (event.key === "Escape" && !find("backdrop").hidden) openSheet(null); });
matchMedia("(max-width: 759.98px)").addEventListener("change", fit);
matchMedia(ROOM_FOR_PANEL).addEventListener("change", fit);
