/** Pictures, files, voice notes and stickers inside a bubble. */

import { length } from "./dates.js";
import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { lightbox } from "./overlay.js";
import { fileUrl } from "./server.js";

const PHOTO_WIDTH = 480; // twice a bubble's width: sharp on a phone's screen

/**
 * @param {object[]} sizes Bot API PhotoSize list
 * @param {{label: string, onTap: ?Function}} options onTap replaces enlarging
 */
export function photo(sizes, { label, onTap }) {
  const large = sizes.at(-1);
  const shown = sizes.find((size) => size.width >= PHOTO_WIDTH) ?? large;
  const image = h("img", {
    src: fileUrl(shown.file_id), width: large.width, height: large.height, alt: "", decoding: "async",
  });
  const button = h("button.photo", {
    "aria-label": label, onclick: () => (onTap ? onTap() : lightbox(fileUrl(large.file_id), label)),
  }, image);
  button.style.setProperty("--ratio", `${large.width} / ${large.height}`);
  return button;
}

function size(bytes) {
  if (!bytes) return "";
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** A file with its icon; a calendar file says what a phone does with it. */
export function file(document) {
  const name = document.file_name ?? "file";
  const calendar = name.endsWith(".ics") || document.mime_type === "text/calendar";
  return h("a.file", { href: fileUrl(document.file_id), download: name },
    h("span.file-icon", {}, icon(calendar ? "calendar" : "file")),
    h("span.file-words", {},
      h("span.file-name", { dir: "auto" }, name),
      h("span.file-note", {}, calendar ? "Add to calendar" : ["Download", size(document.file_size)].filter(Boolean).join(" · ")),
    ),
  );
}

/** A video in the browser's own player. */
export function video(one) {
  return h("video.video", { src: fileUrl(one.file_id), controls: true, preload: "metadata", "aria-label": one.file_name ?? "Video" });
}

const BARS = 28;

/** A waveform that is always the same for the same file: its id decides the bars. */
function waveform(id) {
  const bars = h("span.wave", { "aria-hidden": "true" });
  let seed = [...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65_521, 7);
  for (let i = 0; i < BARS; i += 1) {
    seed = (seed * 75 + 74) % 65_537;
    const bar = h("i");
    bar.style.height = `${20 + Math.round((seed / 65_537) * 80)}%`;
    bars.append(bar);
  }
  return bars;
}

let playing = null;

export function voice(note) {
  const audio = new Audio();
  audio.preload = "none";
  const bars = waveform(note.file_unique_id ?? note.file_id);
  const clock = h("span.voice-time", {}, length(note.duration ?? 0));
  const button = h("button.voice-play", { "aria-label": "Play voice note" }, icon("playing"));
  const show = (on) => {
    button.replaceChildren(icon(on ? "paused" : "playing"));
    button.setAttribute("aria-label", on ? "Pause voice note" : "Play voice note");
  };
  button.addEventListener("click", async () => {
    if (!audio.paused) return audio.pause();
    if (playing && playing !== audio) playing.pause();
    playing = audio;
    if (!audio.src) audio.src = fileUrl(note.file_id);
    try {
      await audio.play();
    } catch {
      setText(clock, "cannot play here");
    }
  });
  audio.addEventListener("play", () => show(true));
  audio.addEventListener("pause", () => show(false));
  audio.addEventListener("timeupdate", () => {
    const total = Number.isFinite(audio.duration) ? audio.duration : note.duration || 1;
    setText(clock, length(audio.currentTime));
    [...bars.children].forEach((bar, i) => bar.classList.toggle("heard", i / BARS < audio.currentTime / total));
  });
  return h("span.voice", {}, button, h("span.voice-body", {}, bars, clock));
}

/** A sticker's picture, or its emoji where the picture cannot be shown. */
export function sticker(one) {
  const still = !one.is_animated && !one.is_video;
  const emoji = h("span.sticker-emoji", { role: "img", "aria-label": `Sticker ${one.emoji ?? ""}` }, one.emoji ?? "🙂");
  if (!still) return emoji;
  const image = h("img.sticker", { src: fileUrl(one.file_id), width: one.width, height: one.height, alt: `Sticker ${one.emoji ?? ""}` });
  image.addEventListener("error", () => image.replaceWith(emoji), { once: true });
  return image;
}
