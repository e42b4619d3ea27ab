/** What the page knows: the state the sandbox told, kept up by its events. */

import { hear } from "./clock.js";
import { useZone } from "./dates.js";

export const model = {
  people: [],
  bot: { username: "", name: "", running: false },
  /** @type {Map<number, Map<number, object>>} chat id to message id to Bot API Message */
  chats: new Map(),
  /** @type {Map<number, object>} chat id to group: title, forum, members, topics, the bot's place */
  groups: new Map(),
  outbox: { rows: [], counts: {}, next_due: null },
};

const ORDER = ["practitioner", "patient", "manager"];

/** People in the order of the story: who enrolls, who is enrolled, who manages. */
function setPeople(people) {
  model.people = [...people].sort((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role));
}

function chat(chatId) {
  if (!model.chats.has(chatId)) model.chats.set(chatId, new Map());
  return model.chats.get(chatId);
}

const changes = {
  state(data) {
    useZone(data.zone);
    setPeople(data.people);
    model.bot = { ...data.bot };
    model.chats = new Map(
      Object.entries(data.chats).map(([id, messages]) => [Number(id), new Map(messages.map((m) => [m.message_id, m]))]),
    );
    model.groups = new Map(data.groups.map((group) => [group.id, group]));
    model.outbox = data.outbox ?? model.outbox;
    hear({ next_due: model.outbox.next_due ?? null, ...data.clock });
  },
  group: (data) => model.groups.set(data.id, data),
  message: ({ chat_id: chatId, message }) => chat(chatId).set(message.message_id, message),
  edited: ({ chat_id: chatId, message }) => chat(chatId).set(message.message_id, message),
  deleted: ({ chat_id: chatId, message_id: messageId }) => chat(chatId).delete(messageId),
  clock: (data) => hear(data),
  outbox(data) {
    model.outbox = data;
    hear({ next_due: data.next_due ?? null });
  },
  bot(data) {
    model.bot = { ...model.bot, exit_code: undefined, last_lines: undefined, ...data };
  },
  commands({ chat_id: chatId, commands }) {
    const owner = person(chatId);
    if (owner) owner.commands = commands;
  },
  people: ({ people }) => setPeople(people),
};

/** Take one event of the sandbox into the model. */
export function take(name, data) {
  changes[name]?.(data);
}

export const person = (id) => model.people.find((one) => one.id === id);
export const withRole = (role) => model.people.filter((one) => one.role === role);
export const messages = (chatId) => [...(model.chats.get(chatId)?.values() ?? [])];
export const isOwn = (message, me) => message.from?.id === me;

/** Whether a person ever pressed Start. */
export const hasStarted = (id) => Boolean(person(id)?.started);

export const hasBlocked = (id) => Boolean(person(id)?.blocked);

/** The commands that a person's menu offers. */
export const commandsFor = (id) => person(id)?.commands ?? [];
