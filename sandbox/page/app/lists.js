/** The lists on a phone that belongs to a group: of its chats, and of a group's topics. */

import { gist } from "./bubble.js";
import { backButton } from "./chat.js";
import { now } from "./clock.js";
import { stamp } from "./dates.js";
import { h, setText } from "./dom.js";
import { groupsOf, hasBot, overview, senderName, serviceWords } from "./groups.js";
import { botMark, groupMark, icon, topicMark } from "./icons.js";
import { isOwn, messages, model } from "./model.js";
import { attempt, menu } from "./overlay.js";
import { shortName } from "./people.js";
import { ownChat } from "./place.js";
import { inGroup } from "./server.js";

/** What stands under a name: who said what last. */
function lastLine(message, me, inAGroup) {
  if (!message) return h("span.line-last", {}, "Nothing yet");
  const words = gist(message).replace(/\s+/g, " ");
  const who = !inAGroup || serviceWords(message) ? null : isOwn(message, me) ? "You" : senderName(message);
  return h("span.line-last", { dir: "auto" }, who && h("b", {}, `${who}: `), words);
}

/** One line of a list: a chat or a topic, with what is unread in it. */
function row({ key, mark, title, last, me, inAGroup, unread, run }) {
  return h("li", {}, h("button.chat-row", { "data-key": key, onclick: run },
    mark,
    h("span.line-words", {},
      h("span.line-top", {}, h("b.line-title", { dir: "auto" }, title), last && h("time.line-time", {}, stamp(last.date * 1000, now()))),
      h("span.line-bottom", {}, lastLine(last, me, inAGroup),
        unread > 0 && h("span.badge", {}, unread > 99 ? "99+" : String(unread), h("span.unseen", {}, " unread"))))));
}

/** A screen that is a list; drawn anew when something in it changed, with the focus left where it is. */
class List {
  constructor(person, phone, label) {
    this.person = person;
    this.phone = phone;
    this.rows = h("ul.chat-rows", { "aria-label": label });
    this.body = h("div.list-body", {}, this.rows);
    this.element = h("div.screen.list", {});
    this.overlay = this.element;
  }

  refresh() {
    const key = this.rows.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const lines = this.lines();
    this.rows.replaceChildren(...lines);
    if (key !== null) this.rows.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  }

  setVisible() {}

  focus() {
    this.rows.querySelector("button")?.focus({ preventScroll: true });
  }
}

export class ChatList extends List {
  constructor(person, phone) {
    super(person, phone, `${shortName(person)}'s chats`);
    this.add = h("button.add-team", { onclick: () => phone.addTeam() },
      h("span.add-mark", {}, icon("people")),
      h("span.add-words", {}, h("b", {}, "Add a team group"), h("span", {}, "With topics: one for each patient. The staff's phones are in it, the bot as administrator.")));
    this.body.append(this.add);
    this.element.append(h("header.chat-head.list-head", {}, h("h2.chat-title", {}, "Chats")), this.body);
  }

  lines() {
    const me = this.person.id;
    const own = ownChat(me);
    this.add.hidden = groupsOf(me).some(hasBot);
    return [
      row({ key: me, mark: botMark(), title: `${model.bot.name || "Aftercare"} bot`, last: messages(me).at(-1), me, unread: this.phone.reads.count(own), run: () => this.phone.openBot() }),
      ...groupsOf(me).map((group) => {
        const topics = overview(group, me, this.phone.reads);
        const unread = topics.reduce((sum, one) => sum + one.unread, 0);
        return row({ key: group.id, mark: groupMark(group), title: group.title, last: topics[0]?.last, me, inAGroup: true, unread, run: () => this.phone.openGroup(group.id) });
      }),
    ];
  }
}

export class TopicList extends List {
  constructor(person, phone, groupId) {
    super(person, phone, "Topics");
    this.groupId = groupId;
    this.face = h("span.chat-face", {});
    this.title = h("span.chat-title", { dir: "auto" });
    this.status = h("span.chat-status", {});
    this.back = backButton("All chats", () => phone.openChats());
    this.element.append(
      h("header.chat-head", {}, this.back, this.face, h("span.chat-words", {}, this.title, this.status),
        h("button.round.head-menu", { "aria-label": `More for ${shortName(person)}'s group`, onclick: (event) => this.headMenu(event) }, icon("more"))),
      this.body);
    this.element.addEventListener("keydown", (event) => { if (event.key === "Escape") phone.openChats(); });
  }

  get group() {
    return model.groups.get(this.groupId);
  }

  lines() {
    const { group } = this;
    const me = this.person.id;
    const members = group.members.length + Number(hasBot(group));
    setText(this.title, group.title);
    setText(this.status, `${members} members${hasBot(group) ? "" : ", the bot is out"}`);
    this.face.replaceChildren(groupMark(group));
    return overview(group, me, this.phone.reads).map(({ place, topic, last, unread }) => row({
      key: place.thread, mark: topicMark(place.thread ? topic : null), title: topic.name, last, me, inAGroup: true, unread,
      run: () => this.phone.openRoom(place),
    }));
  }

  /** What a group's owner can change about the bot's place in it. */
  headMenu(event) {
    const { group } = this;
    const box = event.currentTarget.getBoundingClientRect();
    const bot = (status) => () => attempt(inGroup(group.id, "bot", { status }));
    menu(box.right - 240, box.bottom + 4, [
      group.bot_status !== "administrator" && { label: hasBot(group) ? "Make the bot an administrator" : "Add the bot as an administrator", mark: "check", run: bot("administrator") },
      group.bot_status === "administrator" && { label: "Take the bot's rights away", mark: "stop", run: bot("member") },
      hasBot(group) && { label: "Take the bot out", mark: "close", run: bot("kicked") },
    ].filter(Boolean));
  }
}
