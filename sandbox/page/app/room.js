/** A topic of a group, or a group without topics, as one of its members sees it. */

import { Chat, backButton } from "./chat.js";
import { h, setText } from "./dom.js";
import { isIn, topicOf } from "./groups.js";
import { groupMark, icon, topicMark } from "./icons.js";
import { model } from "./model.js";
import { attempt, menu } from "./overlay.js";
import { shortName } from "./people.js";
import { holds } from "./place.js";
import { inGroup } from "./server.js";

export class Room extends Chat {
  constructor(person, place, phone) {
    super(person, place, phone);
    this.face = h("span.chat-face", {});
    this.title = h("span.chat-title", { dir: "auto" });
    this.status = h("span.chat-status", { dir: "auto" });
    this.back = backButton(place.thread === null ? "All chats" : "All topics", () => this.leave());
    this.more = h("button.round.head-menu", { "aria-label": `More for ${shortName(person)}'s topic`, onclick: (event) => this.headMenu(event) }, icon("more"));
    this.element.append(
      h("header.chat-head", {}, this.back, this.face, h("span.chat-words", {}, this.title, this.status), this.more),
      this.transcript.element, this.foot);
    this.element.addEventListener("keydown", (event) => { if (event.key === "Escape") this.leave(); });
    this.transcript.reset();
  }

  get group() {
    return model.groups.get(this.place.chat);
  }

  leave() {
    if (this.place.thread === null) this.phone.openChats();
    else this.phone.openGroup(this.place.chat);
  }

  /** Whether it is still there: a topic can be deleted, a group can lose its topics. */
  exists() {
    const { group, place } = this;
    if (!isIn(place.me, place.chat) || group.forum !== (place.thread !== null)) return false;
    return !place.thread || Boolean(topicOf(group, place.thread));
  }

  refresh() {
    const { group, place } = this;
    const topic = place.thread ? topicOf(group, place.thread) : null;
    const title = place.thread === null ? group.title : topic?.name ?? "General";
    setText(this.title, title);
    setText(this.status, place.thread === null ? `${group.members.length} members` : group.title);
    this.face.replaceChildren(place.thread === null ? groupMark(group) : topicMark(topic));
    this.more.hidden = !topic;
    this.transcript.list.setAttribute("aria-label", `Messages in ${title}`);
    this.composer.input.setAttribute("aria-label", `Message in ${title}`);
  }

  take(name, data) {
    const id = data.message?.message_id ?? data.message_id;
    if (this.transcript.elements.has(id) || (data.message && holds(this.place, data.message))) super.take(name, data);
  }

  headMenu(event) {
    const box = event.currentTarget.getBoundingClientRect();
    menu(box.right - 190, box.bottom + 4, [
      { label: "Delete the topic", mark: "trash", run: () => attempt(inGroup(this.place.chat, "delete_topic", { thread: this.place.thread })) },
    ]);
  }
}
