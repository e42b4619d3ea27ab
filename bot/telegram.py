"""The channel: a message of the house becomes one request to Telegram.

The methods are called by name with plain JSON, through the bot's own request: the library's
``send_message`` and its like build an object for every parameter, button and field of the answer,
which costs as much as the request itself (docs/FIGURES.md). Errors are the library's all the same.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Final

import telegram
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError

# What a request is made of, which the library keeps in private modules.
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

from bot import documents, pictures
from bot.outcomes import judge
from bot.pictures import NotAPicture
from messages.render import plain
from scheduler.channel import (
    Ambiguous,
    Attachment,
    AttachmentKind,
    Delivered,
    Message,
    NoTopic,
    Outcome,
    Rejected,
    Retry,
)

Maker = Callable[[str, Mapping[str, object]], tuple[str, bytes]]
"""Draws the file of that name from its arguments; returns its file name and its bytes."""

_NO_PREVIEW: Final = {"is_disabled": True}
_HTML: Final = ParseMode.HTML.value
_SEND: Final[Mapping[AttachmentKind, str]] = {
    "photo": "sendPhoto",
    "document": "sendDocument",
    "voice": "sendVoice",
    "video": "sendVideo",
    "audio": "sendAudio",
    "sticker": "sendSticker",
}
_log = logging.getLogger(__name__)


class TelegramChannel:
    """Delivers messages through a bot (a :class:`scheduler.channel.Channel`).

    The bot must use :class:`bot.request.AiohttpRequest`, whose errors tell what has left. ``make``
    draws attachments; it runs in a thread. ``paid`` lets Telegram take Stars for what goes beyond
    the free 30 messages a second.
    """

    def __init__(self, bot: telegram.Bot, make: Maker, *, paid: bool = False) -> None:
        self._bot = bot
        self._paid = paid or None
        self._make = make

    async def deliver(self, message: Message) -> Outcome:
        """Deliver ``message`` in one request; what came of it is a value, never an exception."""
        file: str | telegram.InputFile | None = None
        withheld = ""
        attachment = message.attachment
        if attachment is not None and message.edit_message_id is None:
            if attachment.kind == "sticker" and message.html:
                # Telegram would drop the words without a sound.
                return Rejected("a sticker cannot carry words")
            try:
                file = await self._file(attachment)
            except NotAPicture:
                message, withheld = _without_file(message, attachment), "unreadable"
            except documents.Withheld as fault:
                message, withheld = _without_file(message, attachment), fault.reason
            except TelegramError as error:
                return _not_fetched(error, message)
            except Exception as error:  # noqa: BLE001  whatever a maker stumbles over, nothing left
                _log.error("attachment %s: %s", attachment.made, type(error).__name__)
                return Rejected(f"the {attachment.made} could not be made")
        try:
            return await self._done(message, file, withheld)
        except Exception as error:  # noqa: BLE001  the policy knows them all, even those unheard of
            return judge(error, message)

    async def _done(
        self, message: Message, file: str | telegram.InputFile | None, withheld: str
    ) -> Delivered:
        if message.topic is not None:
            return Delivered(await self._topic(message, message.topic))
        if message.changes:
            return Delivered(await self._change(message))
        sent = await self._new(message, file)
        uploaded = isinstance(file, telegram.InputFile)
        return Delivered(
            sent["message_id"],
            _file_id(sent, message) if uploaded else None,
            sent["poll"]["id"] if "poll" in sent else None,
            withheld,
        )

    async def _topic(self, message: Message, name: str) -> int:
        """Open a topic, or give one another name; returns its thread."""
        if message.thread_id is not None:
            await self._bot.edit_forum_topic(message.chat_id, message.thread_id, name=name)
            return message.thread_id
        topic = await self._bot.create_forum_topic(message.chat_id, name)
        return topic.message_thread_id

    async def _change(self, message: Message) -> int:
        """Edit a message that is there, or take it or a topic away; return its id."""
        if message.delete_topic:
            return await self._delete_topic(message)
        if message.edit_message_id is not None:
            await self._edit(message, message.edit_message_id)
            return message.edit_message_id
        message_id = message.delete_message_id or 0
        try:
            await self._bot.delete_message(message.chat_id, message_id)
        except BadRequest as error:
            # Gone before: nothing is left to be done.
            if "message to delete not found" not in error.message.casefold():
                raise
        return message_id

    async def _delete_topic(self, message: Message) -> int:
        """Take a topic away with all that was written in it; return its thread."""
        thread_id = message.thread_id or 0
        try:
            await self._bot.delete_forum_topic(message.chat_id, thread_id)
        except BadRequest as error:
            # Gone before: nothing is left to be done.
            if not isinstance(judge(error, message), NoTopic):
                raise
        return thread_id

    async def _call(self, method: str, parameters: Mapping[str, Any]) -> Any:
        """Call a method of the Bot API; what is None is left out."""
        data = RequestData(
            [
                RequestParameter(name, None, [value])
                if isinstance(value, telegram.InputFile)
                else RequestParameter(name, value, None)
                for name, value in parameters.items()
                if value is not None
            ]
        )
        return await self._bot.request.post(f"{self._bot.base_url}/{method}", data)

    async def _file(self, attachment: Attachment) -> str | telegram.InputFile:
        if attachment.file_id is not None:
            if attachment.redrawn:
                return await self._looked_into(attachment.file_id, attachment)
            return attachment.file_id
        if attachment.made is None:
            raise ValueError("an attachment needs a file_id or a maker")
        name, content = await asyncio.to_thread(self._make, attachment.made, attachment.args)
        return telegram.InputFile(content, filename=name)

    async def _looked_into(self, file_id: str, attachment: Attachment) -> telegram.InputFile:
        """Fetch what a patient sent: a picture is drawn anew, another document looked into.

        Raises:
            NotAPicture: it is none, or cannot be fetched.
            Withheld: it could do harm where it is opened.
        """
        try:
            stored = await self._bot.get_file(file_id)
        except BadRequest as error:
            # Over 20 MB, or gone: it cannot be looked into, so it is not passed on.
            raise NotAPicture(type(error).__name__) from error
        ending = PurePosixPath(stored.file_path or "").suffix.lower()
        content = bytes(await stored.download_as_bytearray())
        called = ending in pictures.SUFFIXES or attachment.kind == "photo"
        if not called and not pictures.looks_like_one(content):
            name = attachment.name or f"file{ending}"
            await asyncio.to_thread(documents.check, content, name)
            return telegram.InputFile(content, filename=documents.plain_name(name))
        drawn = await asyncio.to_thread(pictures.without_metadata, content)
        return telegram.InputFile(drawn, filename="photo.jpg")

    async def _new(self, message: Message, file: str | telegram.InputFile | None) -> dict[str, Any]:
        parameters: dict[str, Any] = {
            "chat_id": message.chat_id,
            "disable_notification": message.silent or None,
            "message_thread_id": message.thread_id,
            "reply_markup": _keyboard(message),
            "reply_parameters": _reply(message),
            "allow_paid_broadcast": self._paid,
        }
        if message.poll:
            parameters |= {
                "question": plain(message.html),
                "options": [{"text": option} for option in message.poll],
                # An answer is a patient's reply like any other.
                "is_anonymous": False,
            }
            poll: dict[str, Any] = await self._call("sendPoll", parameters)
            return poll
        if message.html:
            parameters["parse_mode"] = _HTML
        if message.attachment is None:
            parameters |= {"text": message.html, "link_preview_options": _NO_PREVIEW}
            method = "sendMessage"
        else:
            parameters |= {message.attachment.kind: file, "caption": message.html or None}
            method = _SEND[message.attachment.kind]
        sent: dict[str, Any] = await self._call(method, parameters)
        return sent

    async def _edit(self, message: Message, message_id: int) -> None:
        parameters = {
            "chat_id": message.chat_id,
            "message_id": message_id,
            "parse_mode": _HTML,
            "reply_markup": _keyboard(message),
        }
        if message.attachment is None:
            words = {"text": message.html, "link_preview_options": _NO_PREVIEW}
            try:
                await self._call("editMessageText", parameters | words)
            except BadRequest as error:
                # The message carries a file, so its words are a caption. Telegram changed nothing.
                if "no text in the message" not in error.message.casefold():
                    raise
            else:
                return
        await self._call("editMessageCaption", parameters | {"caption": message.html})


def _without_file(message: Message, attachment: Attachment) -> Message:
    words = "\n".join(part for part in (message.html, attachment.otherwise) if part)
    return replace(message, html=words, attachment=None)


def _not_fetched(error: TelegramError, message: Message) -> Outcome:
    """Judge a picture that did not come: whatever happened, its message has not left."""
    outcome = judge(error, message)
    return Retry(outcome.reason) if isinstance(outcome, Ambiguous) else outcome


def _keyboard(message: Message) -> dict[str, Any] | None:
    if not message.buttons:
        return None
    rows = [
        [
            {"text": button.label, "callback_data": button.data}
            if button.url is None
            else {"text": button.label, "url": button.url}
            for button in row
        ]
        for row in message.buttons
    ]
    return {"inline_keyboard": rows}


def _reply(message: Message) -> dict[str, Any] | None:
    if message.reply_to is None:
        return None
    return {"message_id": message.reply_to, "allow_sending_without_reply": True}


def _file_id(sent: Mapping[str, Any], message: Message) -> str | None:
    """The id under which Telegram keeps the file; of a photo, the largest size."""
    file = None if message.attachment is None else sent.get(message.attachment.kind)
    if isinstance(file, list):
        file = file[-1] if file else None
    found = file.get("file_id") if isinstance(file, dict) else None
    return found if isinstance(found, str) else None
