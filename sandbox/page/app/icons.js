/** Line icons, drawn here so that the page asks nobody else for anything. */

const SVG = "http://www.w3.org/2000/svg";

const STROKES = {
  back: "M15 5l-7 7 7 7",
  attach: "M20 11.500l-8.300 8.300a5 5 0 0 1-7.100-7.100l8.600-8.600a3.300 3.300 0 0 1 4.700 4.700l-8.500 8.500a1.700 1.700 0 0 1-2.400-2.400l7.800-7.800",
  bolt: "M13 2.500L5 13.500h6l-1 8 8-11h-6z",
  calendar: "M4 6.500h16v13.500H4zM4 10.500h16M8 3.500v4M16 3.500v4M8.500 14h3v3h-3z",
  camera: "M4 7.500h3.500l1.500-2.500h6l1.500 2.500H20v12H4zM12 9.800a3.600 3.600 0 1 0 0 7.200 3.600 3.600 0 0 0 0-7.200",
  check: "M5 12.500l4.500 4.500L19 7.500",
  chevron: "M9 5.500l6.500 6.500L9 18.500",
  close: "M6 6l12 12M18 6L6 18",
  compass: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M15.500 8.500l-2 5-5 2 2-5z",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  down: "M12 5v14M6 13l6 6 6-6",
  download: "M12 4v11M7 10.500l5 5 5-5M5 20h14",
  edit: "M4 20l1-4.500L16 4.500l3.500 3.500L8.500 19z",
  file: "M6 3.500h8l4 4v13H6zM14 3.500v4h4",
  hour: "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17M12 7.500V12l3 2",
  link: "M10 14a4 4 0 0 0 5.700 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3A4 4 0 0 0 11 18.700l1-1",
  mic: "M12 3.500a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0v-5a3 3 0 0 1 3-3M5.500 11.500a6.500 6.500 0 0 0 13 0M12 18v3",
  more: "M12 5.500v.01M12 12v.01M12 18.500v.01",
  outbox: "M4 13.500l2.500-9h11l2.500 9v6.500H4zM4 13.500h4.500l1.500 2.500h4l1.500-2.500H20",
  panel: "M4 5h16v14H4zM14.500 5v14",
  pause: "M9 6v12M15 6v12",
  people: "M9 5a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7M2.500 19.500c.3-3.300 2.900-5 6.500-5s6.200 1.700 6.500 5M16 5.500a3.200 3.200 0 0 1 0 6.300M17.800 14.900c2.200.6 3.500 2.200 3.700 4.600",
  photo: "M4 5h16v14H4zM4 16l4.500-4.500 4 4 3-3L20 17M15 9v.01",
  play: "M8 5.500l10.500 6.500L8 18.500z",
  reply: "M9.500 6L4 11.500 9.500 17M4.500 11.500H14a6 6 0 0 1 6 6v1",
  restart: "M19.500 12a7.500 7.500 0 1 1-2.300-5.400M19.500 4v4.500H15",
  sticker: "M12 3.500a8.500 8.500 0 1 0 8.500 8.500c-5 0-8.500-3.500-8.500-8.500zM8 13c.5 2 2 3 3.800 3M12 3.500l8.500 8.500",
  stop: "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17M6 6l12 12",
  trash: "M5 7h14M9.500 7V4.500h5V7M7 7l1 13h8l1-13M10.500 11v5.500M13.500 11v5.500",
  skip: "M5 6l8.500 6L5 18zM18 5.500v13",
};

const FILLS = {
  send: "M3.400 20.300l17.900-7.600a.8.8 0 0 0 0-1.400L3.400 3.700a.8.8 0 0 0-1.100.9L4.300 11l8.700 1-8.700 1-2 6.400a.8.8 0 0 0 1.100.9z",
  playing: "M8 5.200v13.600l11-6.800z",
  paused: "M7 5.500h3.800v13H7zM13.200 5.500H17v13h-3.800z",
};

/**
 * @param {string} name a key above
 * @returns {SVGElement} hidden from screen readers: its button carries the words
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon ${name in FILLS ? "solid" : "line"}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", FILLS[name] ?? STROKES[name]);
  svg.append(path);
  return svg;
}

/** The tick (written) or the two ticks (taken up by the bot) beside one's own message. */
export function ticks(double) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 12");
  svg.setAttribute("class", "ticks");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", double ? "read by the bot" : "sent");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", double ? "M1.500 6.500l3.600 3.600L12 2M8.700 9.600l.5.500L16.500 2" : "M4.500 6.500l3.600 3.600L15 2");
  svg.append(path);
  return svg;
}

const initial = (words) => [...words.trim()][0]?.toUpperCase() ?? "";

/** A group with topics has a square of round corners, where people have a circle. */
export function groupMark(group) {
  const mark = document.createElement("span");
  mark.className = "avatar group-mark";
  mark.setAttribute("aria-hidden", "true");
  mark.textContent = initial(group.title);
  return mark;
}

/**
 * A topic's mark: a speech bubble in its color with its first letter; a number sign for General.
 * @param {?{name: string, icon_color: number}} topic
 */
export function topicMark(topic) {
  const mark = document.createElement("span");
  mark.className = topic ? "topic-mark" : "topic-mark general";
  mark.setAttribute("aria-hidden", "true");
  mark.textContent = topic ? initial(topic.name) : "#";
  if (topic) mark.style.setProperty("--topic", `#${topic.icon_color.toString(16).padStart(6, "0")}`);
  return mark;
}

/** The clinic's bot, in every chat header. */
export function botMark() {
  const image = document.createElement("img");
  image.src = "/static/icon.svg";
  image.alt = "";
  image.className = "avatar bot-mark";
  return image;
}
