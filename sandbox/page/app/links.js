/** Links: which ones open a chat with the bot, and on whose phone. */

import { hasStarted, isOwn, messages, model, withRole } from "./model.js";

const START = /^(?:https?:\/\/)?(?:t\.me|telegram\.me)\/([A-Za-z0-9_]+)\?(?:.*&)?start=([A-Za-z0-9_-]+)/;
const START_TG = /^tg:\/\/resolve\?domain=([A-Za-z0-9_]+)&start=([A-Za-z0-9_-]+)/;
const SAFE = /^(?:https?|tg|mailto|tel):/i;

/** Whether a link presses Start in the sandbox's own bot. */
export function isStartLink(url) {
  const found = START.exec(url) ?? START_TG.exec(url);
  return Boolean(found) && (!model.bot.username || found[1].toLowerCase() === model.bot.username.toLowerCase());
}

/** A link fit for an href, or null: a script's address must stay text. */
export function safeUrl(url) {
  if (SAFE.test(url)) return url;
  return /^[\w-]+(\.[\w-]+)+([/?#].*)?$/.test(url) ? `https://${url}` : null;
}

function urlsIn(text, entities) {
  const found = (entities ?? [])
    .filter((e) => e.type === "url" || e.type === "text_link")
    .map((e) => e.url ?? text.slice(e.offset, e.offset + e.length));
  return found.concat((text ?? "").match(/(?:https?:\/\/|t\.me\/|tg:\/\/)[^\s<>"]+/g) ?? []);
}

/** The link in a message that presses Start, or null. */
export function startLinkOf(message) {
  const buttons = (message.reply_markup?.inline_keyboard ?? []).flat().map((button) => button.url ?? "");
  const urls = [
    ...urlsIn(message.text, message.entities),
    ...urlsIn(message.caption, message.caption_entities),
    ...buttons,
  ];
  return urls.find(isStartLink) ?? null;
}

/**
 * The start link that a picture shows as a QR code: in its own caption, or in the
 * neighboring message when the picture is square and came without one.
 */
export function qrLinkOf(message, chatId) {
  const own = startLinkOf(message);
  if (own || !message.photo) return own;
  const { width, height } = message.photo.at(-1);
  if (Math.abs(width - height) > 2) return null;
  const all = messages(chatId);
  const at = all.findIndex((one) => one.message_id === message.message_id);
  const near = [all[at - 1], all[at + 1]].filter((one) => one?.from.is_bot && !one.photo);
  return near.map(startLinkOf).find(Boolean) ?? null;
}

/** The latest start link that the bot gave in a chat, or null. */
export function latestStartLink(chatId) {
  return messages(chatId).reverse().filter((m) => !isOwn(m, chatId)).map(startLinkOf).find(Boolean) ?? null;
}

/**
 * Where a link is most likely meant to be opened: a manager's link invites staff,
 * any other goes to the next patient whose phone has not met the bot yet.
 */
export function likelyPhone(fromRole) {
  const patients = withRole("patient");
  if (fromRole === "manager") {
    const staff = withRole("practitioner");
    return staff.find((one) => !hasStarted(one.id)) ?? staff[0] ?? patients[0];
  }
  return patients.find((one) => !hasStarted(one.id)) ?? patients[0] ?? model.people[0];
}
