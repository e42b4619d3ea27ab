/** On a small window: one phone at a time, and a tab for each, with what is unread. */

import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { model } from "./model.js";
import { avatar, fullName, roleWord, shortName } from "./people.js";

export class Tabs {
  /** @param {HTMLElement} root  @param {{goTo: (id: number) => void, onToggle: Function}} page */
  constructor(root, page) {
    this.root = root;
    this.page = page;
    this.tabs = new Map();
  }

  build() {
    this.tabs.clear();
    const tabs = model.people.map((person) => {
      const badge = h("span.badge", { hidden: true });
      const tab = h("button.tab", { "aria-label": `${fullName(person)}, ${roleWord(person)}`, onclick: () => this.page.goTo(person.id) },
        h("span.tab-face", {}, avatar(person), badge), h("span.tab-name", { dir: "auto" }, shortName(person)));
      this.tabs.set(person.id, { tab, badge, person });
      return tab;
    });
    const outbox = h("button.tab", { "aria-controls": "outbox", onclick: () => this.page.onToggle() },
      h("span.tab-face", {}, h("span.avatar.muted", {}, icon("outbox"))), h("span.tab-name", {}, "Outbox"));
    this.root.replaceChildren(...tabs, outbox);
  }

  unread(id, count) {
    const found = this.tabs.get(id);
    if (!found) return;
    found.badge.hidden = count === 0;
    setText(found.badge, count > 99 ? "99+" : String(count));
    found.tab.setAttribute("aria-label", `${fullName(found.person)}, ${roleWord(found.person)}${count ? `, ${count} unread` : ""}`);
  }

  active(id) {
    for (const [personId, { tab }] of this.tabs) {
      if (personId === id) tab.setAttribute("aria-current", "true");
      else tab.removeAttribute("aria-current");
    }
  }
}
