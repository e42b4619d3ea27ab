/**
 * The sandbox's clock as the page sees it. The server says what time it is and
 * how fast time runs; between its words the page counts on by the browser's own
 * monotonic clock, and never past the ceiling where the sandbox waits for the bot.
 */

let state = { now: 0, speed: 0, ceiling: null, next_due: null };
let heardAt = 0;

/** @param {{now: number, speed: number, ceiling: ?number, next_due: ?number}} told */
export function hear(told) {
  state = { ...state, ...told };
  heardAt = performance.now();
}

/** Stand still: nobody says what time it is. */
export function freeze() {
  hear({ now: now(), speed: 0 });
}

/** @returns {number} simulated UTC epoch milliseconds */
export function now() {
  const ms = state.now + (performance.now() - heardAt) * state.speed;
  return state.ceiling === null || state.ceiling === undefined ? ms : Math.max(state.now, Math.min(ms, state.ceiling));
}

/** Simulated seconds per real second; 0 is paused. */
export const speed = () => state.speed;

/** When the bot's next message is due, or null. */
export const nextDue = () => state.next_due ?? null;
