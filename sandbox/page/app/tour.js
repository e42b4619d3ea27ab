/**
 * The tour: what a newcomer has tried so far, read from what really happened, and
 * what to try next. Pure over a `Journey`; coach.js draws it.
 */

import { now } from "./clock.js";
import { groupsOf, hasBot } from "./groups.js";
import { latestStartLink } from "./links.js";
import { hasStarted, isOwn, messages, model, withRole } from "./model.js";
import { shortName } from "./people.js";
import { GENERAL } from "./place.js";

const DAY = 86_400_000;
const QUESTION = "Can I have a glass of wine tonight?";
const WORRY = "The redness is spreading and it feels hot";

/** What the events told that the chats alone do not keep. */
export class Journey {
  constructor() {
    this.forget();
  }

  forget() {
    this.taps = new Map();
    this.crashedAt = null;
    this.crashed = false;
    this.recovered = false;
    this.shown = false;
  }

  tapped(id) {
    this.taps.set(id, (this.taps.get(id) ?? 0) + 1);
  }

  /** @param {boolean} running the bot's process, now */
  botIs(running) {
    if (!running && this.crashedAt === null) {
      this.crashedAt = now();
      this.crashed = true;
    }
    if (running && this.crashedAt !== null) {
      if (now() - this.crashedAt >= DAY / 2) this.recovered = true;
      this.crashedAt = null;
    }
  }
}

const own = (id) => messages(id).filter((m) => isOwn(m, id));
const wrote = (id, command) => own(id).some((m) => m.text?.startsWith(command));
const reminders = () => model.outbox.rows.filter((row) => row.kind === "reminder");

/** The patient whom the story is about: the first who opened a link, else the first. */
function patient() {
  const all = withRole("patient");
  return all.find((one) => wrote(one.id, "/start ")) ?? all.find((one) => own(one.id).length > 0) ?? all[0];
}

/** The moment (Unix seconds) of the first message that the bot sent by the plan, or null. */
function firstReminder() {
  const sent = reminders().filter((row) => row.state === "sent" && row.sent_at);
  return sent.length ? Math.floor(Math.min(...sent.map((row) => row.sent_at)) / 1000) : null;
}

/** Whether the patient answered a planned message, by a key or in words. */
function answered(who) {
  const since = firstReminder();
  if (since === null) return null;
  const words = own(who.id).find((m) => m.date >= since && !m.text?.startsWith("/"));
  if (words) return words.date;
  const tapped = messages(who.id).find((m) => !isOwn(m, who.id) && m.edit_date && m.date >= since);
  return tapped ? tapped.edit_date : null;
}

/** The bot's message that told the practitioner of the answer, or undefined. */
function toldOf(doctor, since) {
  return messages(doctor.id).findLast((m) => !isOwn(m, doctor.id) && m.date >= since);
}

/**
 * The tour's steps in order. `done` says whether it happened; `words` and `helps`
 * (one-tap shortcuts) are asked for only while it is the next one.
 * @param {Journey} journey
 * @param {object} act fill(id, text), open(id, link), step(kind), bot(action), show(id, messageId?),
 *   team(id), topic(id, groupId, thread)
 */
export function steps(journey, act) {
  const doctor = withRole("practitioner")[0];
  const manager = withRole("manager")[0];
  const who = patient();
  if (!doctor || !manager || !who) return [];
  const name = shortName(who);
  const link = latestStartLink(doctor.id);
  const answeredAt = answered(who);
  const told = answeredAt === null ? undefined : toldOf(doctor, answeredAt);
  const open = () => who.id;
  return [
    hasStarted(doctor.id) ? {
      phone: doctor.id, done: wrote(doctor.id, "/enroll"),
      words: () => `On ${shortName(doctor)}'s phone, send /enroll: a patient is enrolled after a session.`,
      helps: () => [{ label: "Type /enroll for me", run: () => act.fill(doctor.id, "/enroll") }],
    } : opening(doctor, manager, act),
    {
      phone: doctor.id, keys: true, done: Boolean(link),
      words: () => "Choose by the buttons, give a label such as A.P., and press Confirm.",
      helps: () => (asksForWords(doctor) ? [{ label: "Type A.P. for me", run: () => act.fill(doctor.id, "A.P.") }] : []),
    },
    {
      phone: doctor.id, done: wrote(who.id, "/start "),
      words: () => `Tap the link or the QR code, as if ${name} scanned it with the phone.`,
      helps: () => [{ label: `Open it on ${name}'s phone`, run: () => act.open(open(), link) }],
    },
    {
      phone: who.id, keys: true, done: journey.taps.has(who.id) || firstReminder() !== null,
      words: () => `${name} reads what the bot does and allows the messages.`,
      helps: () => [{ label: `Show ${name}'s phone`, run: () => act.show(who.id) }],
    },
    {
      phone: who.id, spot: "next", done: firstReminder() !== null,
      words: () => "Step the clock to the next message and see it arrive at its moment.",
      helps: () => [{ label: "To the next message", run: () => act.step("next") }],
    },
    {
      phone: who.id, keys: true, done: answeredAt !== null,
      words: () => `Tap an answer on ${name}'s phone, or write something worrying.`,
      helps: () => [{ label: "Write something worrying", run: () => act.fill(who.id, WORRY) }],
    },
    {
      phone: doctor.id, done: journey.shown,
      words: () => (told ? `It has reached ${shortName(doctor)}, with the patient's label.` : `See it reach ${shortName(doctor)}, with the patient's label.`),
      helps: () => [{ label: "Show me", run: () => { journey.shown = true; act.show(doctor.id, told?.message_id); } }],
    },
    crash(journey, act),
    {
      phone: doctor.id, done: wrote(doctor.id, "/patient ") || own(doctor.id).some((m) => m.text === "/patient"),
      words: () => "Look at the patient's card and the chart of pain over the days.",
      helps: () => [{ label: "Type /patient for me", run: () => act.fill(doctor.id, "/patient") }],
    },
    team(doctor, manager, who, act),
    {
      phone: manager.id, done: wrote(manager.id, "/broadcast"),
      words: () => `On ${shortName(manager)}'s phone, send a maintenance tip to every patient who agreed.`,
      helps: () => [{ label: "Type /broadcast for me", run: () => act.fill(manager.id, "/broadcast") }],
    },
  ];
}

/** The team's group: made, named by the manager, and a patient's topic in it answered. */
function team(doctor, manager, who, act) {
  const group = groupsOf(manager.id).find(hasBot);
  const name = shortName(who);
  if (!group) {
    return {
      phone: manager.id, done: false,
      words: () => `In ${shortName(manager)}'s list of chats, add a group for the team: there each patient has a topic.`,
      helps: () => [{ label: "Add a team group", run: () => act.team(manager.id) }],
    };
  }
  const show = (id, run) => [{ label: "Show me", run: () => run(id) }];
  if (!group.topics.length) {
    return {
      phone: manager.id, keys: true, done: false,
      words: () => `The bot asks whether to use the group. ${shortName(manager)} says yes by its button.`,
      helps: () => show(manager.id, (id) => act.topic(id, group.id, GENERAL)),
    };
  }
  const spoken = messages(group.id).filter((m) => m.message_thread_id && m.text);
  const relayed = spoken.findLast((m) => m.from.is_bot && m.message_thread_id !== group.topics[0].message_thread_id);
  const thread = relayed?.message_thread_id;
  if (!relayed) {
    return {
      phone: who.id, done: false,
      words: () => `Ask something as ${name}, and a topic opens in the team's group.`,
      helps: () => [{ label: `Ask as ${name}`, run: () => act.fill(who.id, QUESTION) }],
    };
  }
  return {
    phone: doctor.id, done: spoken.some((m) => !m.from.is_bot),
    words: () => `What ${shortName(doctor)} writes in the topic goes to ${name}. Write an answer there.`,
    helps: () => show(doctor.id, (id) => act.topic(id, group.id, thread)),
  };
}

/** A question with hardly a key under it (back, cancel) waits for words. */
function asksForWords(who) {
  const keys = messages(who.id).findLast((m) => !isOwn(m, who.id))?.reply_markup?.inline_keyboard ?? [];
  return keys.flat().length < 3;
}

/** At the very first start the sandbox itself plays how a practitioner becomes staff. */
function opening(doctor, manager, act) {
  const link = latestStartLink(manager.id);
  return {
    phone: manager.id, done: false,
    words: () => `The clinic opens: ${shortName(manager)}, its manager, invites ${shortName(doctor)}.`,
    helps: () => (link ? [{ label: `Open it on ${shortName(doctor)}'s phone`, run: () => act.open(doctor.id, link) }] : []),
  };
}

function crash(journey, act) {
  const down = !model.bot.running;
  const stepped = down && journey.crashedAt !== null && now() - journey.crashedAt >= DAY / 2;
  if (stepped) {
    return {
      spot: "start", done: journey.recovered, words: () => "A day has passed without the bot. Start it again and watch it catch up.",
      helps: () => [{ label: "Start again", run: () => act.bot("start") }],
    };
  }
  if (down) {
    return {
      done: journey.recovered, words: () => "The bot is dead. Let a day pass: what falls due stays in the database.",
      helps: () => [{ label: "Step a day", run: () => act.step("day") }],
    };
  }
  return {
    spot: "kill", done: journey.recovered, words: () => "Crash the bot, let a day pass, start it again: nothing owed is lost.",
    helps: () => [{ label: "Crash the bot", run: () => act.bot("kill") }],
  };
}

/**
 * Which step comes next. A later step that happened covers the ones before it,
 * except the two that tell about the product (seeing the alert, the crash).
 * @returns {number} index, or the length when all are done
 */
export function nextStep(all) {
  const covered = all.findLastIndex((step, i) => step.done && i < 6);
  return all.findIndex((step, i) => i > covered && !step.done) === -1
    ? all.length
    : all.findIndex((step, i) => i > covered && !step.done);
}
