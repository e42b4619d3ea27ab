/** How the sandbox's people look and are called on the page. */

import { h } from "./dom.js";
import { hasStarted, model } from "./model.js";

const ROLES = { practitioner: "Practitioner", patient: "Patient", manager: "Manager" };
const TITLES = new Set(["dr", "dra", "dr.", "dra.", "prof.", "mr", "mrs", "ms"]);

export const roleWord = (person) => ROLES[person.role] ?? person.role;

/** What stands over a person's phone: "Dr. Elena" of the label "Dr. Elena · practitioner". */
export const fullName = (person) => person.phone_label?.split(" · ")[0] || person.name;

/** "Dr. Elena Ruiz" goes by "Dr. Elena", "Anna Petrova" by "Anna". */
export function shortName(person) {
  const words = fullName(person).split(/\s+/);
  return TITLES.has(words[0].toLowerCase()) ? words.slice(0, 2).join(" ") : words[0];
}

function initials(name) {
  const words = name.split(/\s+/).filter((word) => !TITLES.has(word.toLowerCase()));
  return (words.length > 1 ? [words[0], words.at(-1)] : words).map((word) => [...word][0] ?? "").join("").toUpperCase();
}

/** A round picture with a person's initials; its color tells people apart. */
export function avatar(person) {
  const order = model.people.filter((one) => one.role === person.role).findIndex((one) => one.id === person.id);
  return h(`span.avatar.${person.role}`, { "aria-hidden": "true", "data-order": order % 3 }, initials(person.name));
}

/** What a chooser says under a person's name. */
export function choiceNote(person) {
  const met = hasStarted(person.id) ? "has met the bot" : "has not met the bot yet";
  return `${roleWord(person)}, ${met}`;
}

const LANGUAGES = new Intl.DisplayNames("en", { type: "language", fallback: "code" });

/** "Spanish" for "es"; "" where the phone's language is unknown. */
export function languageWord(person) {
  if (!person.language) return "";
  try {
    return LANGUAGES.of(person.language) ?? "";
  } catch {
    return "";
  }
}
