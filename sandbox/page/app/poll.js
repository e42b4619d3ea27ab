/** A poll: one tap votes, a second tap on the same option takes the vote back. */

import { h } from "./dom.js";

/**
 * @param {object} message Bot API Message with a poll
 * @param {{vote: (message: object, options: number[]) => void}} act
 */
export function poll(message, act) {
  const { question, options, is_anonymous: anonymous, is_closed: closed, total_voter_count: total } = message.poll;
  return h("div.poll", { role: "group", "aria-label": question },
    h("b.poll-question", { dir: "auto" }, question),
    h("span.poll-note", {}, closed ? "Final results" : anonymous ? "Anonymous poll" : "Public poll"),
    options.map((option, place) => h(`button.poll-option${option.voter_count ? ".voted" : ""}`, {
      dir: "auto", disabled: closed, "aria-pressed": String(option.voter_count > 0),
      onclick: () => act.vote(message, option.voter_count ? [] : [place]),
    }, h("span.poll-mark", { "aria-hidden": "true" }, option.voter_count ? "✓" : ""), h("span", {}, option.text))),
    h("span.poll-note", {}, total ? "1 vote" : "No votes yet"),
  );
}
