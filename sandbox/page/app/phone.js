/** One person's phone: the screen that it shows, and what lies over it. */

import { BotChat } from "./botchat.js";
import { h } from "./dom.js";
import { groupsOf, isIn, overview } from "./groups.js";
import { ChatList, TopicList } from "./lists.js";
import { likelyPhone } from "./links.js";
import { isOwn, model, take } from "./model.js";
import { attempt, choosePhone } from "./overlay.js";
import { avatar, choiceNote, fullName, languageWord, roleWord } from "./people.js";
import { Reads, ownChat } from "./place.js";
import { Room } from "./room.js";
import { addTeam, phone as phoneApi } from "./server.js";

const ANSWER_MS = 8000; // how long a pressed key waits for the bot
const TOAST_MS = 3200;
const LOOK_MS = 40; // many messages in a moment cost one count

export class Phone {
  /**
   * @param {object} person one of the sandbox's people
   * @param {{onUnread: Function, toBot: (id: number) => void, tapped: (id: number) => void}} page
   */
  constructor(person, page) {
    this.person = person;
    this.page = page;
    this.reads = new Reads(person.id);
    this.waiting = null;
    this.visible = true;
    this.live = false;
    this.layer = h("div.phone-layer", { "aria-live": "assertive" });
    this.bot = new BotChat(person, this);
    /** What was opened in groups, by chat and thread: it keeps what was being written there. */
    this.rooms = new Map();
    this.chats = new ChatList(person, this);
    this.device = h("div.device", {});
    const language = languageWord(person);
    this.element = h("section.phone", { id: `phone-${person.id}`, "data-role": person.role, "aria-label": `${fullName(person)}'s phone, ${roleWord(person)}` },
      h("header.nameplate", {}, avatar(person),
        h("span.nameplate-words", {}, h("b", { dir: "auto" }, fullName(person)), h("span", {}, [roleWord(person), language].filter(Boolean).join(" · ")))),
      this.device);
    this.show(this.bot);
  }

  /** Whether there is a list of chats to go back to: staff make a group there. */
  hasChats() {
    return this.person.role !== "patient" || groupsOf(this.person.id).length > 0;
  }

  /** @param {"deeper"|"back"} [way] how the screen comes in; left out, it is just there */
  show(screen, way) {
    if (screen === this.screen) return;
    this.screen?.setVisible(false, false);
    this.screen = screen;
    screen.element.classList.toggle("deeper", way === "deeper");
    screen.element.classList.toggle("shallower", way === "back");
    const inside = this.device.contains(document.activeElement);
    this.device.replaceChildren(screen.element);
    screen.overlay.append(this.layer);
    screen.refresh();
    screen.setVisible(this.visible, this.live);
    if (inside) screen.focus();
    this.recount();
  }

  openBot() {
    this.show(this.bot, "deeper");
  }

  openChats() {
    this.show(this.chats, "back");
  }

  /** A group's topics, or the group itself where it has none. */
  openGroup(groupId) {
    const group = model.groups.get(groupId);
    if (!group.forum) return this.openRoom({ me: this.person.id, chat: groupId, thread: null });
    const inRoom = this.screen.place?.chat === groupId;
    if (this.topics?.groupId !== groupId) this.topics = new TopicList(this.person, this, groupId);
    this.show(this.topics, inRoom ? "back" : "deeper");
  }

  openRoom(place) {
    const key = `${place.chat}:${place.thread}`;
    if (!this.rooms.has(key)) this.rooms.set(key, new Room(this.person, place, this));
    this.show(this.rooms.get(key), "deeper");
  }

  async addTeam() {
    let made = null;
    if (!await attempt(addTeam().then(({ result }) => { made = result; }))) return;
    // The answer may be here before the event that tells of it.
    if (!model.groups.has(made.id)) take("group", made);
    this.openGroup(made.id);
  }

  reset() {
    this.reads.begin(model.chats);
    for (const room of this.rooms.values()) if (room.exists()) room.reset();
    this.bot.reset();
    this.groupsChanged();
  }

  /** What is gone is left, and with it what was being written there. */
  groupsChanged() {
    const me = this.person.id;
    for (const [key, room] of this.rooms) if (!room.exists()) this.rooms.delete(key);
    const { screen } = this;
    const groupId = screen.groupId ?? (screen.place?.chat === me ? undefined : screen.place?.chat);
    const gone = screen.groupId ? !model.groups.get(groupId)?.forum : groupId && !screen.exists();
    if (groupId && !isIn(me, groupId)) this.openChats();
    else if (gone) this.openGroup(groupId);
    this.refresh();
  }

  /** Put words into the chat with the bot. */
  fill(text) {
    this.openBot();
    return this.bot.fill(text);
  }

  showMessage(messageId) {
    this.openBot();
    this.bot.transcript.showMessage(messageId);
  }

  refresh() {
    this.screen.refresh();
    if (this.screen !== this.bot) this.bot.refresh();
    this.recount();
  }

  /** Whether something that happened in a chat is of this phone. */
  concerns(chatId) {
    return chatId === this.person.id || Boolean(model.groups.get(chatId)?.members.includes(this.person.id));
  }

  take(name, data) {
    const inGroup = data.chat_id !== this.person.id;
    if (name === "message" || name === "edited" || name === "deleted") {
      const rooms = [...this.rooms.values()].filter((room) => room.place.chat === data.chat_id);
      for (const chat of inGroup ? rooms : [this.bot]) chat.take(name, data);
      const id = data.message?.message_id ?? data.message_id;
      if (name !== "message") this.answered(data.chat_id, id);
      else if (!isOwn(data.message, this.person.id)) this.answered(data.chat_id, null);
      this.recount();
    } else if (name === "group") {
      this.groupsChanged();
    } else if (name === "typing") {
      if (!inGroup) this.bot.typing();
    } else if (name === "toast") {
      this.answered(null, null);
      if (data.text) (data.alert ? this.alert(data.text) : this.toast(data.text));
    }
  }

  seen(place) {
    this.reads.seen(place);
    this.recount();
  }

  /** Count again, soon, what is unread: here, in the chats behind the way back, and on the tab. */
  recount() {
    this.counting ??= setTimeout(() => {
      this.counting = null;
      const me = this.person.id;
      const inBot = this.reads.count(ownChat(me));
      const inGroups = new Map(groupsOf(me).map((group) => [group.id, overview(group, me, this.reads).reduce((sum, one) => sum + one.unread, 0)]));
      const all = [...inGroups.values()].reduce((sum, one) => sum + one, inBot);
      const { screen } = this;
      const here = screen === this.bot ? inBot : screen.place ? this.reads.count(screen.place) : screen.groupId ? inGroups.get(screen.groupId) ?? 0 : 0;
      // From a topic the way leads to its group's other topics.
      const behind = (screen.place?.thread ?? null) === null ? all : inGroups.get(screen.place.chat) ?? 0;
      if (screen.back) this.badge(screen.back, behind - here);
      if (screen === this.chats || screen === this.topics) screen.refresh();
      this.page.onUnread(me, all);
    }, LOOK_MS);
  }

  badge(button, count) {
    const badge = button.querySelector(".badge");
    badge.hidden = count <= 0;
    badge.textContent = count > 99 ? "99+" : String(count);
    const [words] = button.getAttribute("aria-label").split(",");
    button.setAttribute("aria-label", count > 0 ? `${words}, ${count} unread` : words);
  }

  async tap(chat, message, data, key) {
    if (key.classList.contains("waiting")) return;
    key.classList.add("waiting");
    const { chat: chatId } = chat.place;
    const timer = setTimeout(() => this.answered(chatId, message.message_id), ANSWER_MS);
    this.waiting = { key, timer, chatId, id: message.message_id };
    this.page.tapped(this.person.id);
    if (!await attempt(chat.api.tap(message.message_id, data))) this.answered(chatId, message.message_id);
  }

  /** The bot answered a tap: by an edit of that message, by a new one, or by a toast. */
  answered(chatId, messageId) {
    const { waiting } = this;
    if (!waiting || (chatId !== null && chatId !== waiting.chatId) || (messageId !== null && messageId !== waiting.id)) return;
    waiting.key.classList.remove("waiting");
    clearTimeout(waiting.timer);
    this.waiting = null;
  }

  toast(text) {
    const element = h("p.toast", { dir: "auto" }, text);
    this.layer.querySelector(".toast")?.remove();
    this.layer.append(element);
    setTimeout(() => element.remove(), TOAST_MS);
  }

  alert(text) {
    const ok = h("button", { onclick: () => { box.remove(); this.screen.composer?.input.focus({ preventScroll: true }); } }, "OK");
    const box = h("div.alert", { role: "alertdialog", "aria-label": "Message of the bot", onkeydown: (event) => { if (event.key === "Escape") { event.stopPropagation(); ok.click(); } } },
      h("div.alert-card", {}, h("p", { dir: "auto" }, text), ok));
    this.layer.querySelector(".alert")?.remove();
    this.layer.append(box);
    ok.focus({ preventScroll: true });
  }

  async openLink(link) {
    const likely = likelyPhone(this.person.role);
    const rest = model.people.filter((one) => one !== likely);
    rest.sort((a, b) => (a.id === this.person.id) - (b.id === this.person.id));
    const choices = [likely, ...rest].map((one) => ({ id: one.id, name: fullName(one), note: choiceNote(one), avatar: avatar(one) }));
    const id = await choosePhone(link, choices);
    if (id === null) return;
    this.page.toBot(id);
    await attempt(phoneApi(id).open(link));
  }

  setVisible(visible, live) {
    this.visible = visible;
    this.live = live;
    this.screen.setVisible(visible, live);
  }
}
