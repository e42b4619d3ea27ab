/** Groups: which ones a person is in, what stands in their topics, and who said it. */

import { messages, model, person } from "./model.js";
import { shortName } from "./people.js";
import { GENERAL, threadOf } from "./place.js";

const IN_IT = new Set(["member", "administrator"]);

export const groupsOf = (me) => [...model.groups.values()].filter((group) => group.members.includes(me) && !group.moved);
/** Whether a group is among a person's chats: one that got another id is left behind. */
export const isIn = (me, groupId) => groupsOf(me).some((group) => group.id === groupId);
export const hasBot = (group) => IN_IT.has(group.bot_status);
export const topicOf = (group, thread) => group.topics.find((topic) => topic.message_thread_id === thread);

/** Who wrote a message in a group: a person, the bot, or the group itself for one who stays anonymous. */
export function senderName(message) {
  if (message.sender_chat) return message.sender_chat.title;
  return nameOf(message.from);
}

function nameOf(user) {
  const known = person(user.id);
  return known ? shortName(known) : user.first_name;
}

/** What a group says by itself, in words; null for a message that somebody wrote. */
export function serviceWords(message) {
  const who = () => senderName(message);
  if (message.forum_topic_created) return `${who()} opened the topic “${message.forum_topic_created.name}”`;
  if (message.forum_topic_edited) return `${who()} named the topic “${message.forum_topic_edited.name}”`;
  if (message.new_chat_members) return `${who()} added ${message.new_chat_members.map(nameOf).join(", ")}`;
  if (message.left_chat_member) return `${who()} took ${nameOf(message.left_chat_member)} out`;
  if (message.migrate_to_chat_id || message.migrate_from_chat_id) return "The group got another id";
  return null;
}

/**
 * The topics of a group, the one with the newest message first, General among them.
 * @param {object} group
 * @param {number} me
 * @param {import("./place.js").Reads} reads
 * @returns {{place: object, topic: ?object, last: ?object, unread: number}[]}
 */
export function overview(group, me, reads) {
  const found = new Map();
  const known = group.forum ? [{ message_thread_id: GENERAL, name: "General" }, ...group.topics] : [{ message_thread_id: null, name: group.title }];
  for (const topic of known) {
    const place = { me, chat: group.id, thread: topic.message_thread_id };
    found.set(topic.message_thread_id, { place, topic, last: null, unread: 0 });
  }
  for (const message of messages(group.id)) {
    const one = found.get(group.forum ? threadOf(message) : null);
    if (!one) continue;
    one.last = message;
    if (!serviceWords(message) && reads.isUnread(one.place, message)) one.unread += 1;
  }
  return [...found.values()].sort((a, b) => (b.last?.message_id ?? 0) - (a.last?.message_id ?? 0));
}
