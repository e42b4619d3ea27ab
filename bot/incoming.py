"""What came in, in plain values: a Telegram update without Telegram's types."""

import json
from dataclasses import replace
from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from telegram import Bot, ChatMemberUpdated, Message, Update

Kind = Literal[
    "text",
    "photo",
    "voice",
    "video",
    "document",
    "sticker",
    "other",
    "button",
    "vote",
    "membership",
    "nothing",
]


class Unreadable(Exception):
    """An update is not what the Bot API says it is; the text names the fault's kind alone."""


# The library takes a text that is a number as it comes; here every value has its type, or the
# update counts as unreadable.
@dataclass(frozen=True, slots=True, config=ConfigDict(strict=True))
class Incoming:
    """One update. ``chat_id`` is 0 where an update belongs to no chat.

    ``message_id`` is the message that came, or for a button the one it hangs under. ``text`` is
    the text or caption, ``data`` what a button carries, ``reply_to`` the message that is quoted.
    ``file_name`` is what its sender calls a file, ``withheld`` why it is not taken, if it is not.
    ``written_at`` is when it was written, or changed, in UTC epoch ms (0 for a button). Of a vote,
    ``data`` is Telegram's id of the poll and ``options`` are the places of what was chosen.
    ``album`` is what ties together the messages in which an album of pictures comes. Of a
    group, ``title`` is its name, ``forum`` whether it has topics, and ``thread_id`` the topic it
    was written in.
    """

    kind: Kind
    chat_id: int
    user_id: int
    private: bool
    name: str
    language_code: str
    message_id: int
    text: str = ""
    file_id: str | None = None
    data: str = ""
    query_id: str = ""
    reply_to: int | None = None
    edited: bool = False
    joined: bool = False
    written_at: int = 0
    file_size: int = 0
    file_name: str = ""
    withheld: str = ""
    mime: str = ""
    options: tuple[int, ...] = ()
    album: str = ""
    title: str = ""
    forum: bool = False
    thread_id: int | None = None

    @property
    def command(self) -> str | None:
        """The command's name without slash and bot name, lower-case; None for other texts."""
        if self.kind != "text" or not self.text.startswith("/") or self.edited:
            return None
        word = self.text.split(maxsplit=1)[0]
        return word[1:].partition("@")[0].lower()

    @property
    def argument(self) -> str:
        """What follows the command."""
        parts = self.text.split(maxsplit=1)
        return parts[1].strip() if len(parts) > 1 else ""


def read_payload(payload: str, bot: Bot) -> Incoming:
    """Return what an update says, from the JSON that Telegram gave.

    Raises:
        Unreadable: it is no update, or one that the library cannot read.
    """
    try:
        document = json.loads(payload)
        if isinstance(document, dict):
            return read_update(Update.de_json(document, bot))
    except Exception as error:  # noqa: BLE001  the library's own words would quote the update
        raise Unreadable(type(error).__name__) from None
    raise Unreadable(type(document).__name__)


def read_update(update: Update) -> Incoming:
    """Return what an update says; kind "nothing" where it is of no concern to the bot."""
    user = update.effective_user
    chat = update.effective_chat
    base = Incoming(
        kind="nothing",
        chat_id=chat.id if chat else 0,
        user_id=user.id if user else 0,
        private=bool(chat and chat.type == "private"),
        name=user.full_name if user else "",
        language_code=(user.language_code or "") if user else "",
        message_id=0,
        title=(chat.title or "") if chat else "",
        forum=bool(chat and chat.is_forum),
    )
    if user is not None and user.is_bot and not _is_anonymous(update.message):
        # Two bots that answer each other never end. What one of them sends stays in the inbox.
        return base
    if update.callback_query is not None:
        query = update.callback_query
        return replace(
            base,
            kind="button",
            message_id=query.message.message_id if query.message else 0,
            data=query.data or "",
            query_id=query.id,
        )
    if update.poll_answer is not None and user is not None:
        vote = update.poll_answer
        # It names a person and no chat: a person's private chat has the same id.
        return replace(
            base,
            kind="vote",
            chat_id=user.id,
            private=True,
            data=vote.poll_id,
            options=tuple(vote.option_ids),
        )
    if update.my_chat_member is not None:
        return _membership(base, update.my_chat_member)
    message = update.message or update.edited_message
    if message is None:
        return base
    kind, file_id = _content(message)
    media = message.effective_attachment
    if kind == "other" and not base.private and message.effective_attachment is None:
        kind = "nothing"  # what Telegram itself says in a group: a new name, a pinned message
    return replace(
        base,
        kind=kind,
        message_id=message.message_id,
        text=message.text or message.caption or "",
        file_id=file_id,
        reply_to=message.reply_to_message.message_id if message.reply_to_message else None,
        edited=update.edited_message is not None,
        file_size=getattr(media, "file_size", None) or 0,
        file_name=getattr(media, "file_name", None) or "",
        mime=getattr(media, "mime_type", None) or "",
        album=message.media_group_id or "",
        written_at=int((message.edit_date or message.date).timestamp() * 1000),
        thread_id=message.message_thread_id if message.is_topic_message else None,
    )


def _membership(base: Incoming, change: ChatMemberUpdated) -> Incoming:
    before, after = (
        member.status in ("member", "administrator", "restricted")
        for member in (change.old_chat_member, change.new_chat_member)
    )
    # Another place in the same group is no coming or going.
    return base if before == after else replace(base, kind="membership", joined=after)


def _is_anonymous(message: Message | None) -> bool:
    """Say whether a person wrote in a group under its name: Telegram shows a bot in their place."""
    return message is not None and message.sender_chat is not None


def _content(message: Message) -> tuple[Kind, str | None]:
    if message.text is not None:
        return "text", None
    if message.photo:
        return "photo", message.photo[-1].file_id
    for kind in ("voice", "video", "document", "sticker"):
        media = getattr(message, kind)
        if media is not None:
            return kind, media.file_id
    if message.migrate_to_chat_id or message.new_chat_members or message.left_chat_member:
        return "nothing", None
    return "other", None
