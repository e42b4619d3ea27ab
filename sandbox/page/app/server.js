/** The page's only line to the sandbox: one stream of events in, small posts out. */

const EVENTS = ["state", "message", "edited", "deleted", "toast", "typing", "clock", "outbox", "bot", "commands", "people", "group"];

/**
 * Listen to the sandbox. The browser reconnects by itself, and the first event of
 * every connection is the whole state, so nothing missed stays missing.
 * @param {(name: string, data: object) => void} onEvent
 * @param {(connected: boolean) => void} onConnection
 */
export function listen(onEvent, onConnection) {
  const source = new EventSource("/events");
  for (const name of EVENTS) {
    source.addEventListener(name, (event) => onEvent(name, JSON.parse(event.data)));
  }
  source.addEventListener("open", () => onConnection(true));
  source.addEventListener("error", () => onConnection(false));
}

/**
 * @param {string} path
 * @param {object|FormData} body
 * @returns {Promise<object>} the sandbox's answer
 * @throws {Error} with the sandbox's own words when it refuses
 */
export async function post(path, body) {
  const form = body instanceof FormData;
  const response = await fetch(path, {
    method: "POST",
    headers: form ? {} : { "Content-Type": "application/json" },
    body: form ? body : JSON.stringify(body),
  });
  const text = await response.text();
  let answer = {};
  try {
    answer = text ? JSON.parse(text) : {};
  } catch {
    answer = { error: text };
  }
  if (!response.ok) throw new Error(answer.error ?? answer.description ?? `The sandbox answered ${response.status}.`);
  return answer;
}

/**
 * What a person does with their phone.
 * @param {number} userId
 * @param {{chat_id?: number, thread?: number}} where a group and its topic; left out, the chat with the bot
 */
export const phone = (userId, where = {}) => ({
  text: (text, replyTo) => post(`/phones/${userId}/text`, { text, reply_to: replyTo, ...where }),
  tap: (messageId, data) => post(`/phones/${userId}/tap`, { message_id: messageId, data, ...where }),
  vote: (messageId, options) => post(`/phones/${userId}/vote`, { message_id: messageId, options }),
  edit: (messageId, text) => post(`/phones/${userId}/edit`, { message_id: messageId, text, ...where }),
  open: (link) => post(`/phones/${userId}/open`, { link }),
  start: () => post(`/phones/${userId}/open`, { start: "" }),
  sample: (kind) => post(`/phones/${userId}/${kind}`, { sample: true, ...where }),
  upload: (kind, file, caption) => {
    const form = new FormData();
    form.append("file", file, file.name);
    if (caption) form.append("caption", caption);
    for (const [name, value] of Object.entries(where)) if (value !== undefined) form.append(name, value);
    return post(`/phones/${userId}/${kind}`, form);
  },
  block: () => post(`/phones/${userId}/block`, {}),
  unblock: () => post(`/phones/${userId}/unblock`, {}),
});

export const addTeam = () => post("/groups", {});
/** What the owner of a group does there. */
export const inGroup = (groupId, action, given) => post(`/groups/${groupId}/${action}`, given);
export const clock = (change) => post("/clock", change);
export const bot = (action) => post("/bot", { action });
export const fileUrl = (fileId) => `/files/${encodeURIComponent(fileId)}`;
