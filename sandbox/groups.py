"""Groups: the bot is added, promoted, removed; a group becomes a supergroup."""

from collections.abc import Sequence
from typing import Any

from sandbox.botapi.call import Desk
from sandbox.botapi.profile import member
from sandbox.world import BotStatus, Chat

SUPERGROUP_BASE = -1_000_000_000_000
OUTSIDE = frozenset({"left", "kicked"})


def shown(chat: Chat) -> dict[str, Any]:
    """Return a group as the page shows it; its messages apart."""
    return {
        "id": chat.id,
        "title": chat.about["title"],
        "forum": bool(chat.about.get("is_forum")),
        "members": chat.members,
        "moved": chat.migrated_to is not None,
        "bot_status": chat.bot_status,
        "topics": list(chat.topics.values()),
    }


class Groups:
    """Makes groups and changes the bot's place in them, with the updates that go with it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def create(
        self,
        title: str,
        members: Sequence[int],
        *,
        forum: bool = False,
        status: BotStatus = "member",
    ) -> Chat:
        """Make a group (a supergroup with topics if ``forum``) and add the bot to it.

        The first of ``members`` is who adds the bot, as a member or as an administrator.
        """
        world = self._desk.world
        number = 500_000 + len(world.chats)
        about: dict[str, Any] = {"title": title}
        if forum:
            about |= {"id": SUPERGROUP_BASE - number, "type": "supergroup", "is_forum": True}
        else:
            about |= {"id": -number, "type": "group"}
        chat = Chat(about["id"], about["type"], about, members=list(members), bot_status="left")
        world.add_chat(chat)
        self.set_bot(chat, status, by=members[0])
        return chat

    def set_bot(
        self,
        chat: Chat,
        status: BotStatus,
        *,
        by: int,
        manages_topics: bool = True,
        deletes_messages: bool = True,
    ) -> None:
        """Give the bot another place in a group: member, administrator, left or kicked.

        ``manages_topics`` and ``deletes_messages`` are rights that an administrator may have or
        not; whoever may delete messages may delete topics.
        """
        world = self._desk.world
        before, chat.bot_status = chat.bot_status, status
        chat.bot_manages_topics = manages_topics
        chat.bot_deletes_messages = deletes_messages
        world.keep_chat(chat)
        change = {
            "chat": chat.about,
            "from": world.people[by].user(),
            "date": world.seconds(),
            "old_chat_member": member(chat, self._desk.bot, before),
            "new_chat_member": member(chat, self._desk.bot, status),
        }
        self._desk.updates.push("my_chat_member", change)
        was_in, is_in = before not in OUTSIDE, status not in OUTSIDE
        if is_in and not was_in:
            joined = {"new_chat_members": [self._desk.bot], "new_chat_member": self._desk.bot}
            message = world.post(chat, world.people[by].user(), joined)
            self._desk.updates.push("message", message)
        elif was_in and not is_in:
            world.post(chat, world.people[by].user(), {"left_chat_member": self._desk.bot})

    def delete_topic(self, chat: Chat, thread: int) -> None:
        """Delete a topic and all that was written in it; the bot is not told."""
        self._desk.world.delete_topic(chat, thread)

    def turn_topics_off(self, chat: Chat) -> None:
        """Make a group of topics one without them; the bot is not told."""
        chat.about.pop("is_forum", None)
        self._desk.world.keep_chat(chat)

    def migrate(self, chat: Chat) -> Chat:
        """Turn a group into a supergroup, which has another id, and tell the bot."""
        world = self._desk.world
        new_id = SUPERGROUP_BASE + chat.id
        about = chat.about | {"id": new_id, "type": "supergroup"}
        moved = world.add_chat(
            Chat(new_id, "supergroup", about, list(chat.members), chat.bot_status)
        )
        chat.migrated_to = new_id
        world.keep_chat(chat)
        sender = world.people[chat.members[0]].user()
        gone = world.post(chat, sender, {"migrate_to_chat_id": new_id})
        come = world.post(moved, sender, {"migrate_from_chat_id": chat.id})
        self._desk.updates.push("message", gone)
        self._desk.updates.push("message", come)
        return moved
