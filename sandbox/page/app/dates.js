/** Moments in words, in the clinic's zone. Every moment is UTC epoch milliseconds. */

const LOCALE = "en-GB";
let formatters = new Map();
let zone = "UTC";

/** @param {string} name IANA name, such as "Europe/Madrid" */
export function useZone(name) {
  if (name === zone) return;
  zone = name;
  formatters = new Map();
}

/** The zone in a word: "Europe/Madrid" is "Madrid". */
export const zoneWord = () => zone.split("/").at(-1).replaceAll("_", " ");

function parts(ms, options) {
  const key = JSON.stringify(options);
  if (!formatters.has(key)) {
    formatters.set(key, new Intl.DateTimeFormat(LOCALE, { timeZone: zone, hourCycle: "h23", ...options }));
  }
  const found = {};
  for (const part of formatters.get(key).formatToParts(ms)) found[part.type] = part.value;
  return found;
}

const TIME = { hour: "2-digit", minute: "2-digit" };
const DAY = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
const SHORT = { weekday: "short", day: "numeric", month: "short", year: "numeric" };

/** "10:42" */
export function time(ms) {
  const p = parts(ms, TIME);
  return `${p.hour}:${p.minute}`;
}

/** "Tuesday 5 May", with the year where it is not the year of `now`. */
export function day(ms, now = ms) {
  const p = parts(ms, DAY);
  const year = p.year === parts(now, DAY).year ? "" : ` ${p.year}`;
  return `${p.weekday} ${p.day} ${p.month}${year}`;
}

/** "Tue 5 May" */
export function shortDay(ms) {
  const p = parts(ms, SHORT);
  return `${p.weekday} ${p.day} ${p.month}`;
}

/** "Tue 5 May 2026" */
export function shortDate(ms) {
  return `${shortDay(ms)} ${parts(ms, SHORT).year}`;
}

/** "10:42" today, "Wed 6 May, 10:42" on another day. */
export function moment(ms, now) {
  return shortDate(ms) === shortDate(now) ? time(ms) : `${shortDay(ms)}, ${time(ms)}`;
}

const WEEK_MS = 6 * 86_400_000;

/** As short as a list of chats has it: "10:42" today, "Wed" within the week, "6 May" before. */
export function stamp(ms, now) {
  if (shortDate(ms) === shortDate(now)) return time(ms);
  const p = parts(ms, SHORT);
  return Math.abs(now - ms) < WEEK_MS ? p.weekday : `${p.day} ${p.month}`;
}

/** How long from `now`: "now", "in 40 min", "in 3 h", "in 2 days"; "" when it is past. */
export function ahead(ms, now) {
  const minutes = Math.round((ms - now) / 60_000);
  if (ms < now) return "";
  if (minutes < 1) return "in under a minute";
  if (minutes < 90) return `in ${minutes} min`;
  const hours = Math.round(minutes / 60);
  if (hours < 48) return `in ${hours} h`;
  return `in ${Math.round(hours / 24)} days`;
}

/** "0:07" for a voice note's seconds. */
export function length(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
