"""The channel: a message of the house becomes one request to Telegram."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import telegram
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.outcomes import judge
from scheduler.channel import (
    Attachment,
    AttachmentKind,
    Delivered,
    Message,
    Outcome,
    Rejected,
)

Maker = Callable[[str, Mapping[str, object]], tuple[str, bytes]]
"""Draws the file of that name from its arguments; returns its file name and its bytes."""

_NO_PREVIEW: Final = telegram.LinkPreviewOptions(is_disabled=True)
_log = logging.getLogger(__name__)


class TelegramChannel:
    """Delivers messages through a bot (a :class:`scheduler.channel.Channel`).

    The bot must use :class:`bot.request.AiohttpRequest`, whose errors tell what has left. ``make``
    draws attachments; it runs in a thread.
    """

    def __init__(self, bot: telegram.Bot, make: Maker) -> None:
        self._bot = bot
        self._make = make
        self._send: Mapping[AttachmentKind, Callable[..., Awaitable[telegram.Message]]] = {
            "photo": bot.send_photo,
            "document": bot.send_document,
            "voice": bot.send_voice,
            "video": bot.send_video,
            "audio": bot.send_audio,
            "sticker": bot.send_sticker,
        }

    async def deliver(self, message: Message) -> Outcome:
        """Deliver ``message`` in one request; what came of it is a value, never an exception."""
        file: str | telegram.InputFile | None = None
        if message.attachment is not None and message.edit_message_id is None:
            if message.attachment.kind == "sticker" and message.html:
                # Telegram would drop the words without a sound.
                return Rejected("a sticker cannot carry words")
            try:
                file = await self._file(message.attachment)
            except Exception as error:  # noqa: BLE001  whatever a maker stumbles over, nothing left
                _log.error("attachment %s: %s", message.attachment.made, type(error).__name__)
                return Rejected(f"the {message.attachment.made} could not be made")
        try:
            if message.edit_message_id is not None:
                await self._edit(message, message.edit_message_id)
                return Delivered(message.edit_message_id)
            sent = await self._new(message, file)
            uploaded = isinstance(file, telegram.InputFile)
            return Delivered(sent.message_id, _file_id(sent) if uploaded else None)
        except Exception as error:  # noqa: BLE001  the policy knows them all, even those unheard of
            return judge(error, message)

    async def _file(self, attachment: Attachment) -> str | telegram.InputFile:
        if attachment.file_id is not None:
            return attachment.file_id
        if attachment.made is None:
            raise ValueError("an attachment needs a file_id or a maker")
        name, content = await asyncio.to_thread(self._make, attachment.made, attachment.args)
        return telegram.InputFile(content, filename=name)

    async def _new(
        self, message: Message, file: str | telegram.InputFile | None
    ) -> telegram.Message:
        options: dict[str, Any] = {
            "disable_notification": message.silent or None,
            "reply_markup": _keyboard(message),
            "reply_parameters": _reply(message),
        }
        if message.attachment is None:
            return await self._bot.send_message(
                message.chat_id,
                message.html,
                parse_mode=ParseMode.HTML,
                link_preview_options=_NO_PREVIEW,
                **options,
            )
        send = self._send[message.attachment.kind]
        if message.attachment.kind == "sticker":
            return await send(message.chat_id, file, **options)
        if message.html:
            options |= {"caption": message.html, "parse_mode": ParseMode.HTML}
        return await send(message.chat_id, file, **options)

    async def _edit(self, message: Message, message_id: int) -> None:
        keyboard = _keyboard(message)
        if message.attachment is None:
            try:
                await self._bot.edit_message_text(
                    message.html,
                    chat_id=message.chat_id,
                    message_id=message_id,
                    parse_mode=ParseMode.HTML,
                    link_preview_options=_NO_PREVIEW,
                    reply_markup=keyboard,
                )
            except BadRequest as error:
                # The message carries a file, so its words are a caption. Telegram changed nothing.
                if "no text in the message" not in error.message.casefold():
                    raise
            else:
                return
        await self._bot.edit_message_caption(
            chat_id=message.chat_id,
            message_id=message_id,
            caption=message.html,
            parse_mode=ParseMode.HTML,
            reply_markup=keyboard,
        )


def _keyboard(message: Message) -> telegram.InlineKeyboardMarkup | None:
    if not message.buttons:
        return None
    return telegram.InlineKeyboardMarkup(
        [
            [
                telegram.InlineKeyboardButton(
                    button.label, callback_data=button.data, url=button.url
                )
                for button in row
            ]
            for row in message.buttons
        ]
    )


def _reply(message: Message) -> telegram.ReplyParameters | None:
    if message.reply_to is None:
        return None
    return telegram.ReplyParameters(message.reply_to, allow_sending_without_reply=True)


def _file_id(sent: telegram.Message) -> str | None:
    """The id under which Telegram keeps the file; of a photo, the largest size."""
    file = sent.effective_attachment
    if isinstance(file, tuple):
        file = file[-1] if file else None
    found = getattr(file, "file_id", None)
    return found if isinstance(found, str) else None
