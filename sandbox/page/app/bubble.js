/** One message as a chat app shows it. */

import { time } from "./dates.js";
import { h } from "./dom.js";
import { rich } from "./entities.js";
import { senderName, serviceWords } from "./groups.js";
import { botMark, icon, ticks } from "./icons.js";
import { isStartLink, qrLinkOf, safeUrl } from "./links.js";
import { file, photo, sticker, video, voice } from "./media.js";
import { isOwn, person } from "./model.js";
import { avatar } from "./people.js";
import { isGroup } from "./place.js";
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
  return serviceWords(message) ?? "Message";
}

function meta(message, own, read) {
  return h("span.meta", {},
    message.edit_date && !message.edit_hide ? h("span", {}, "edited") : null,
    h("time", {}, time(message.date * 1000)),
    own ? ticks(read) : null,
  );
}

function quote(message, place, act) {
  const replied = message.reply_to_message;
  // Whatever stands in a topic answers the message that opened it: nothing that a reader wants to see.
  if (!replied || replied.forum_topic_created) return null;
  return h("button.quote", { onclick: () => act.showMessage(replied.message_id) },
    h("b", {}, isOwn(replied, place.me) ? "You" : senderName(replied)),
    h("span", { dir: "auto" }, gist(replied)),
  );
}

function media(message, place, act) {
  if (message.photo) {
    const link = isOwn(message, place.me) ? null : qrLinkOf(message, place.chat);
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

/** Who wrote it, over and beside a message in a group; which of a run shows it, the transcript says. */
function sender(message) {
  const known = message.sender_chat ? null : person(message.from.id);
  const picture = known ? avatar(known) : botMark();
  return [h(`b.sender${known ? `.${known.role}` : ""}`, { dir: "auto" }, senderName(message)), h("span.face", { "aria-hidden": "true" }, picture)];
}

/** What a group says by itself, in the middle. */
function service(message, words) {
  return h("p.service", { "data-id": message.message_id }, h("span", { dir: "auto" }, words));
}

const UNKNOWN = ["animation", "audio", "location", "contact", "video_note", "dice", "venue"];

/**
 * @param {object} message Bot API Message
 * @param {object} place where it stands and who looks, see place.js
 * @param {object} act what taps do: openLink, sendText, tap, vote, copy, showMessage, menu, reply
 * @param {boolean} read whether the bot has taken this (own) message up
 * @returns {HTMLElement}
 */
export function bubble(message, place, act, read) {
  const said = serviceWords(message);
  if (said) return service(message, said);
  const own = isOwn(message, place.me);
  const name = own ? "You" : senderName(message);
  const words = message.text ?? message.caption;
  const entities = message.text !== undefined ? message.entities : message.caption_entities;
  const unknown = UNKNOWN.find((kind) => message[kind]);
  const body = h("div.bubble", {},
    isGroup(place) && !own ? sender(message) : null,
    quote(message, place, act),
    message.sticker ? sticker(message.sticker) : media(message, place, act),
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
    "data-from": message.sender_chat?.id ?? message.from.id,
    "aria-label": `${name}, ${time(message.date * 1000)}`,
    oncontextmenu: (event) => act.menu(message, event),
    ondblclick: (event) => { if (!event.target.closest("button, a")) act.reply(message); },
  }, body, keyboard(message, act));
}
