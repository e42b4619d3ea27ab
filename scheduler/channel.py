"""The way out: what a channel is given to deliver and the outcomes it may answer with.

The dispatcher knows only this file; Telegram stands behind it in ``bot/telegram.py``. An outcome
is a value, never an exception, because what to do next depends on one question above all: is it
*certain* that the person did not get the message? Only then may it simply be tried again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

AttachmentKind = Literal["photo", "document", "voice", "video", "sticker", "audio"]


@dataclass(frozen=True, slots=True)
class Button:
    """One button under a message: it carries ids (``data``, at most 64 bytes) or opens a link."""

    label: str
    data: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message.

    Exactly one of ``file_id`` (a file that Telegram already has) and ``made`` is given. ``made``
    names a maker ("qr", "calendar", "chart"), which draws the file from ``args`` at the moment
    of sending, so that no file waits in the database.

    A patient's picture is ``redrawn``: staff get its pixels without what else the file holds; a
    document is looked into, and goes under a plain form of its ``name``. HTML in ``otherwise``
    takes its place if that cannot be done.
    """

    kind: AttachmentKind
    file_id: str | None = None
    made: str | None = None
    args: Mapping[str, object] = field(default_factory=dict)
    redrawn: bool = False
    otherwise: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message ready to leave.

    ``html`` uses Telegram's HTML subset and is the caption where there is an attachment.
    ``edit_message_id`` makes it an edit of a message sent before; ``buttons`` are rows.
    ``delete_message_id`` makes it no message at all: that one disappears from the chat. With
    ``delete_topic`` the topic ``thread_id`` disappears, and all that was written in it.
    ``reply_to`` is a message of the same chat; it is dropped silently if it is gone. With
    ``poll`` it is a poll with these options, and its words are the question. ``thread_id`` is a
    topic of a group. ``topic`` is no message but the name of a topic: one that is opened, or the
    new name of ``thread_id``.
    """

    chat_id: int
    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    attachment: Attachment | None = None
    poll: tuple[str, ...] = ()
    edit_message_id: int | None = None
    reply_to: int | None = None
    silent: bool = False
    thread_id: int | None = None
    topic: str | None = None
    delete_message_id: int | None = None
    delete_topic: bool = False

    @property
    def changes(self) -> bool:
        """Whether it changes what is there, so that doing it twice is doing it once."""
        return (
            self.edit_message_id is not None
            or self.delete_message_id is not None
            or self.delete_topic
        )


@dataclass(frozen=True, slots=True)
class Delivered:
    """Telegram accepted it. ``file_id`` is set where a file was uploaded, to send it again.

    ``poll_id`` is set where it is a poll: its answers name no message. Of a
    topic, ``message_id`` is its thread. ``withheld`` says why the file of a patient did not go
    along, where it did not.
    """

    message_id: int
    file_id: str | None = None
    poll_id: str | None = None
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The person cannot be reached at all: certain, and not to be tried again."""

    reason: Literal["blocked", "deactivated", "chat_not_found", "never_started", "kicked"]


@dataclass(frozen=True, slots=True)
class Rejected:
    """Telegram refuses this message, whoever it is for; trying again would not help."""

    reason: str


@dataclass(frozen=True, slots=True)
class Retry:
    """Certainly not sent; may be tried again.

    ``after_ms`` is what Telegram asked for (None: our own backoff). ``scope`` tells whether the
    wait is the chat's or the whole bot's.
    """

    reason: str
    after_ms: int | None = None
    scope: Literal["chat", "bot"] = "chat"


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Nobody can tell whether it was sent: the answer was lost after the request had left.

    ``ours`` says that we did not wait for it (a crash, a stop): that says nothing against Telegram.
    """

    reason: str
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Migrated:
    """The group became a supergroup with another id: certain; send it there."""

    chat_id: int


@dataclass(frozen=True, slots=True)
class NoTopic:
    """The topic that it was for is not there any more: certain."""


Outcome = Delivered | Unreachable | Rejected | Retry | Ambiguous | Migrated | NoTopic


class Channel(Protocol):
    """Delivers one message at a time per call; calls may run side by side."""

    async def deliver(self, message: Message) -> Outcome:
        """Deliver ``message`` once. Never raises for a fault of the network or of Telegram."""
        ...
