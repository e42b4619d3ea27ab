/** One message as a chat app shows it. */

import { time } from "./dates.js";
import { h } from "./dom.js";
import { rich } from "./entities.js";
import { icon, ticks } from "./icons.js";
import { isStartLink, qrLinkOf, safeUrl } from "./links.js";
import { file, photo, sticker, video, voice } from "./media.js";
import { isOwn, model } from "./model.js";
import { poll } from "./poll.js";

/** A message in a few words: for reply quotes, and for screen readers. */
export function gist(message) {
  const words = message.text ?? message.caption;
  if (words) return words.length > 90 ? `${words.slice(0, 90)}…` : words;
  if (message.photo) return "Photo";
  if (message.voice) return "Voice note";
  if (message.sticker) return `Sticker ${message.sticker.emoji ?? ""}`.trim();
  if (message.document) return message.document.file_name ?? "File";
  if (message.video) return "Video";
  if (message.poll) return `Poll: ${message.poll.question}`;
  return "Message";
}

function meta(message, own, read) {
  return h("span.meta", {},
    message.edit_date && !message.edit_hide ? h("span", {}, "edited") : null,
    h("time", {}, time(message.date * 1000)),
    own ? ticks(read) : null,
  );
}

function quote(message, act) {
  const replied = message.reply_to_message;
  if (!replied) return null;
  const own = replied.from && !replied.from.is_bot;
  return h("button.quote", { onclick: () => act.showMessage(replied.message_id) },
    h("b", {}, own ? "You" : replied.from?.first_name ?? model.bot.name),
    h("span", { dir: "auto" }, gist(replied)),
  );
}

function media(message, chatId, act) {
  if (message.photo) {
    const link = isOwn(message, chatId) ? null : qrLinkOf(message, chatId);
    const label = link ? "QR code: open its link on a phone" : "Enlarge the picture";
    return photo(message.photo, { label, onTap: link ? () => act.openLink(link) : null });
  }
  if (message.document) return file(message.document);
  if (message.voice) return voice(message.voice);
  if (message.video) return video(message.video);
  if (message.poll) return poll(message, act);
  return null;
}

function button(key, message, act) {
  const style = key.style ? `.${key.style}` : "";
  if (key.url !== undefined) {
    if (isStartLink(key.url)) return h(`button.key.url${style}`, { dir: "auto", onclick: () => act.openLink(key.url) }, key.text);
    return h(`a.key.url${style}`, { dir: "auto", href: safeUrl(key.url), target: "_blank", rel: "noopener noreferrer" }, key.text);
  }
  if (key.copy_text !== undefined) {
    return h(`button.key${style}`, { dir: "auto", onclick: () => act.copy(key.copy_text.text) }, key.text, icon("copy"));
  }
  const element = h(`button.key${style}`, { dir: "auto", "data-callback": key.callback_data }, key.text);
  element.addEventListener("click", () => act.tap(message, key.callback_data, element));
  return element;
}

/** An inline keyboard: its rows as the bot set them, each row's keys of one width. */
function keyboard(message, act) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length) return null;
  return h("div.keyboard", { role: "group", "aria-label": "Answers" },
    rows.map((row) => h(`div.key-row${row.length > 4 ? ".tight" : ""}`, {}, row.map((key) => button(key, message, act)))));
}

const UNKNOWN = ["animation", "audio", "location", "contact", "video_note", "dice", "venue"];

/**
 * @param {object} message Bot API Message
 * @param {number} chatId whose phone this is
 * @param {object} act what taps do: openLink, sendText, tap, vote, copy, showMessage, menu, reply
 * @param {boolean} read whether the bot has taken this (own) message up
 * @returns {HTMLElement}
 */
export function bubble(message, chatId, act, read) {
  const own = isOwn(message, chatId);
  const words = message.text ?? message.caption;
  const entities = message.text !== undefined ? message.entities : message.caption_entities;
  const unknown = UNKNOWN.find((kind) => message[kind]);
  const body = h("div.bubble", {},
    quote(message, act),
    message.sticker ? sticker(message.sticker) : media(message, chatId, act),
    words !== undefined || unknown
      ? h("div.words", { dir: "auto" }, words !== undefined ? rich(words, entities, act) : `[${unknown}]`, meta(message, own, read))
      : meta(message, own, read),
  );
  const classes = [
    "message", own ? "own" : "theirs",
    message.sticker ? "bare" : "", message.photo ? "pictured" : "", message.photo && words === undefined ? "wordless" : "",
    message.reply_markup?.inline_keyboard?.length ? "keyed" : "",
  ].filter(Boolean);
  return h(`article.${classes.join(".")}`, {
    "data-id": message.message_id,
    "aria-label": `${own ? "You" : message.from?.first_name ?? model.bot.name}, ${time(message.date * 1000)}`,
    oncontextmenu: (event) => act.menu(message, event),
    ondblclick: (event) => { if (!event.target.closest("button, a")) act.reply(message); },
  }, body, keyboard(message, act));
}
