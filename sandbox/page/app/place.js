/**
 * A place where messages stand, as one person sees it: the chat with the bot, a group, a topic of one.
 * Of a group with topics `thread` says which (GENERAL: outside of them); else it is null.
 */

import { isOwn, messages } from "./model.js";

export const GENERAL = 0;

export const ownChat = (me) => ({ me, chat: me, thread: null });
export const isGroup = (place) => place.chat < 0;
export const threadOf = (message) => message.message_thread_id ?? GENERAL;
export const holds = (place, message) => place.thread === null || threadOf(message) === place.thread;

/** The messages that stand there, in order. */
export function standing(place) {
  const all = messages(place.chat);
  return place.thread === null ? all : all.filter((message) => holds(place, message));
}

/** What a request says of it. */
export const where = (place) => (isGroup(place) ? { chat_id: place.chat, thread: place.thread || undefined } : {});

/** Up to which message a person has read, place by place; what was there when the page opened is read. */
export class Reads {
  constructor(me) {
    this.me = me;
    this.upTo = new Map();
    this.begun = new Map();
  }

  /** @param {Map<number, Map<number, object>>} chats everything as it stands */
  begin(chats) {
    const newest = new Map([...chats].map(([id, all]) => [id, Math.max(0, ...all.keys())]));
    if (!this.begun.size) this.begun = newest;
    // A sandbox that began anew counts from the beginning.
    for (const [id, last] of this.begun) if (last > (newest.get(id) ?? 0)) this.begun.set(id, newest.get(id) ?? 0);
    for (const [key, last] of this.upTo) if (last > (newest.get(Number(key.split(":")[0])) ?? 0)) this.upTo.delete(key);
  }

  seen(place) {
    this.upTo.set(`${place.chat}:${place.thread}`, standing(place).at(-1)?.message_id ?? 0);
  }

  isUnread(place, message) {
    const upTo = this.upTo.get(`${place.chat}:${place.thread}`) ?? this.begun.get(place.chat) ?? 0;
    return message.message_id > upTo && !isOwn(message, this.me);
  }

  count(place) {
    return standing(place).filter((message) => this.isUnread(place, message)).length;
  }
}
