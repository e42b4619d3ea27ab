"""One call of a method: what it was given, what it works on, and what it may reach."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.botapi.refusal import Refusal, bad_request, too_many
from sandbox.ledger import Entry, Ledger
from sandbox.limits import RateLimits
from sandbox.updates import UpdateQueue
from sandbox.world import Chat, Message, World

CALLBACK_SECONDS = 60.0
"""Real seconds in which a callback query can be answered, however fast the sandbox's clock runs."""


@dataclass(slots=True)
class Upload:
    """A file that came in the parts of a multipart request."""

    name: str
    mime: str
    content: bytes


@dataclass
class Desk:
    """Everything the methods of one bot work on."""

    world: World
    updates: UpdateQueue
    ledger: Ledger
    bot: dict[str, Any]
    limits: RateLimits | None = None
    callbacks: dict[str, tuple[float, int]] = field(default_factory=dict)
    """Callback queries that wait for their answer: real moment of the tap, and the chat."""

    def tapped(self, query_id: str, chat_id: int) -> None:
        """Note a callback query that waits for its answer; forget those it is too late for."""
        now = time.monotonic()
        for old, (moment, _) in tuple(self.callbacks.items()):
            if now - moment < CALLBACK_SECONDS:
                break  # they stand in the order of their taps
            del self.callbacks[old]
        self.callbacks[query_id] = (now, chat_id)

    def answerable(self, query_id: str) -> int | None:
        """Take a callback query that can still be answered; returns its chat, once."""
        tapped, chat_id = self.callbacks.pop(query_id, (0.0, 0))
        return chat_id if chat_id and time.monotonic() - tapped < CALLBACK_SECONDS else None


@dataclass(slots=True)
class Call:
    """One call with its checked parameters."""

    desk: Desk
    method: str
    values: Mapping[str, Any]
    uploads: Mapping[str, Upload]
    entries: list[Entry] = field(default_factory=list)

    def chat(self, name: str = "chat_id") -> Chat:
        """Return the chat that a parameter names, if the bot may act there.

        Raises:
            Refusal: In Telegram's words where the bot cannot reach it.
        """
        return reachable(self.desk.world, self.values[name])

    def limit(self, chat: Chat, count: int = 1) -> None:
        """Count messages against Telegram's limits, where they are enforced.

        Raises:
            Refusal: 429 with ``retry_after``.
        """
        limits = self.desk.limits
        if limits is None:
            return
        paid = bool(self.values.get("allow_paid_broadcast"))
        for _ in range(count):
            wait = limits.take(chat.id, group=chat.is_group, paid=paid)
            if wait is not None:
                raise too_many(wait)

    def record(self, chat: Chat, message: Message) -> None:
        """Enter into the ledger that a message was sent, changed or deleted."""
        desk = self.desk
        entry = desk.ledger.add(
            at=desk.world.clock.now(),
            mono=time.monotonic(),
            method=self.method,
            chat_id=chat.id,
            message_id=message["message_id"],
            text=message.get("text") or message.get("caption") or "",
            silent=bool(self.values.get("disable_notification")),
            paid=bool(self.values.get("allow_paid_broadcast")),
        )
        self.entries.append(entry)


def find_chat(world: World, chat_id: int | str) -> Chat:
    """Return a chat by its id or the @name of a group.

    Raises:
        Refusal: 400 "chat not found".
    """
    if isinstance(chat_id, int):
        chat = world.chats.get(chat_id)
    else:
        name = chat_id.removeprefix("@").lower()
        chat = next(
            (
                known
                for known in world.chats.values()
                if known.is_group and known.about.get("username", "").lower() == name
            ),
            None,
        )
    if chat is None:
        raise bad_request("chat not found")
    return chat


def reachable(world: World, chat_id: int | str) -> Chat:
    """Return a chat that the bot may write to now.

    Raises:
        Refusal: In Telegram's words: 400 for a chat that is unknown or has moved, 403 where the
            bot is blocked, kicked, or was never started.
    """
    chat = find_chat(world, chat_id)
    if chat.type == "private":
        person = world.people[chat.id]
        if person.deactivated:
            raise Refusal(403, "Forbidden: user is deactivated")
        if person.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if not person.started:
            raise Refusal(403, "Forbidden: bot can't initiate conversation with a user")
        return chat
    if chat.migrated_to is not None:
        raise Refusal(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            migrate_to_chat_id=chat.migrated_to,
        )
    if chat.bot_status == "kicked":
        raise Refusal(403, f"Forbidden: bot was kicked from the {chat.type} chat")
    if chat.bot_status == "left":
        raise Refusal(403, f"Forbidden: bot is not a member of the {chat.type} chat")
    return chat
