"""What a person does on a phone, and the updates that Telegram makes of it."""

import asyncio
import secrets
from collections import deque
from typing import Any

from sandbox import samples, start_links, votes
from sandbox.botapi import media
from sandbox.botapi.call import Desk
from sandbox.botapi.entities import found
from sandbox.botapi.profile import member
from sandbox.world import Chat, Message, Person

HEARD = 1000
ANONYMOUS = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}
"""Who Telegram says has written where an administrator remains anonymous."""
MIMES = {
    "photo": ("photo.png", "image/png"),
    "voice": ("voice.oga", "audio/ogg"),
    "sticker": ("sticker.webp", "image/webp"),
    "document": ("document.pdf", "application/pdf"),
    "video": ("video.mp4", "video/mp4"),
    "audio": ("audio.mp3", "audio/mpeg"),
}


class PhoneError(Exception):
    """What was asked of a phone cannot be done on it, in words for whoever asked."""


class Phone:
    """One person's phone, showing the chat with the bot.

    Every action is immediate and queues the update that Telegram would send; none of them waits
    for the bot. :meth:`heard` does.
    """

    def __init__(self, desk: Desk, person: Person) -> None:
        self._desk = desk
        self.person = person
        self._unheard: deque[Message] = deque(maxlen=HEARD)
        self._arrived = asyncio.Event()

    @property
    def chat(self) -> Chat:
        """The private chat with the bot."""
        return self._desk.world.chats[self.person.id]

    def transcript(self) -> list[Message]:
        """Return the messages of the private chat in order, as they read now."""
        return list(self.chat.messages.values())

    def text(
        self,
        text: str,
        *,
        reply_to: int | None = None,
        chat_id: int | None = None,
        thread: int | None = None,
        anonymous: bool = False,
    ) -> Message:
        """Send a text, in a group if ``chat_id`` names one, and there in the topic ``thread``.

        An ``anonymous`` administrator writes under the group's name.

        Raises:
            PhoneError: If the text is empty, or the chat was never started or is blocked.
        """
        if not text.strip():
            raise PhoneError("an empty text cannot be sent")
        chat = self._chat(chat_id)
        start = chat is self.chat and text.split(maxsplit=1)[0] == "/start"
        if start:
            self._wake_chat()
        content: dict[str, Any] = {"text": text}
        if entities := found(text):
            content["entities"] = entities
        return self._say(chat, content, reply_to, thread, anonymous=anonymous)

    def open(self, link: str = "") -> Message:
        """Open the chat by a t.me link, or by a start payload alone, and press Start.

        Raises:
            PhoneError: If the link leads elsewhere or its payload is not one Telegram carries.
        """
        try:
            payload = start_links.payload(link, self._desk.bot["username"])
        except start_links.LinkRefused as refused:
            raise PhoneError(str(refused)) from None
        return self.text(f"/start {payload}".strip())

    def tap(
        self, message_id: int, data: str, *, chat_id: int | None = None, forged: bool = False
    ) -> str:
        """Press a button, named by its callback_data or its label; returns the query's id.

        Args:
            message_id: The message under which the button stands.
            data: The button's callback_data or label.
            chat_id: The group, if it is not the private chat.
            forged: Send the callback query although no such button is there, as a modified
                client or a very old copy of the message can.

        Raises:
            PhoneError: If there is no such button.
        """
        chat = self._chat(chat_id)
        message = chat.messages.get(message_id)
        if not forged:
            data = self._button(message, data)
        query_id = str(secrets.randbits(62))
        self._desk.tapped(query_id, self.person.id)
        shown = message or {"chat": chat.about, "message_id": message_id, "date": 0}
        query = {
            "id": query_id,
            "from": self.person.user(),
            "message": shown,
            "chat_instance": str(abs(chat.id) * 7919),
            "data": data,
        }
        self._desk.updates.push("callback_query", query)
        return query_id

    def _button(self, message: Message | None, name: str) -> str:
        if message is None:
            raise PhoneError("that message is gone")
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        buttons = [button for row in rows for button in row if "callback_data" in button]
        for field in ("callback_data", "text"):
            for button in buttons:
                if button[field] == name:
                    return str(button["callback_data"])
        labels = ", ".join(repr(button["text"]) for button in buttons) or "none"
        raise PhoneError(f"no button {name!r} under message {message['message_id']}, only {labels}")

    def send_file(
        self,
        kind: str,
        content: bytes | None = None,
        *,
        caption: str = "",
        name: str = "",
        mime: str = "",
        reply_to: int | None = None,
        chat_id: int | None = None,
        thread: int | None = None,
        album: str = "",
    ) -> Message:
        """Send a file; a sample made on the spot if ``content`` is left out.

        ``album`` ties it to the others that were sent with the same.

        Raises:
            PhoneError: If there is no sample of the kind, or a photo is no picture.
        """
        sample = getattr(samples, kind, None)
        if kind not in MIMES or (content is None and sample is None):
            raise PhoneError(f"no sample of {kind}")
        usual_name, usual_mime = MIMES[kind]
        stored = self._desk.world.files.add(
            kind,
            name or usual_name,
            mime or usual_mime,
            sample() if content is None and sample is not None else content or b"",
        )
        if kind == "photo":
            if not stored.width:
                raise PhoneError("this photo is no picture that a phone can read")
            made: dict[str, Any] = {"photo": [media.photo(stored)]}
        else:
            made = {kind: media.about(kind, stored)}
            if kind == "voice":
                made[kind]["duration"] = samples.VOICE_SECONDS
        if album:
            made["media_group_id"] = album
        if caption:
            made["caption"] = caption
            if entities := found(caption):
                made["caption_entities"] = entities
        return self._say(self._chat(chat_id), made, reply_to, thread)

    def photo(self, content: bytes | None = None, **how: Any) -> Message:
        """Send a photo; ``how`` as in :meth:`send_file`."""
        return self.send_file("photo", content, **how)

    def voice(self, content: bytes | None = None, **how: Any) -> Message:
        """Send a voice note; ``how`` as in :meth:`send_file`."""
        return self.send_file("voice", content, **how)

    def sticker(self, content: bytes | None = None, **how: Any) -> Message:
        """Send a sticker; ``how`` as in :meth:`send_file`."""
        return self.send_file("sticker", content, **how)

    def document(self, content: bytes | None = None, **how: Any) -> Message:
        """Send a document; ``how`` as in :meth:`send_file`."""
        return self.send_file("document", content, **how)

    def video(self, content: bytes | None = None, **how: Any) -> Message:
        """Send a video; ``how`` as in :meth:`send_file`."""
        return self.send_file("video", content, **how)

    def vote(self, message_id: int, *options: int) -> Message:
        """Vote for options of a poll, by their places from 0, or take the vote back with none.

        Raises:
            PhoneError: If the message is no open poll, or takes no such vote.
        """
        message = self.chat.messages.get(message_id)
        try:
            answer = votes.cast(message, self.person, options)
        except votes.VoteRefused as refused:
            raise PhoneError(str(refused)) from None
        poll = self.chat.messages[message_id]["poll"]
        self._desk.world.edit(self.chat, self.chat.messages[message_id], dated=False)
        self._desk.updates.push("poll", poll)
        if not poll["is_anonymous"]:
            self._desk.updates.push("poll_answer", answer)
        return self.chat.messages[message_id]

    def edit(self, message_id: int, text: str, *, chat_id: int | None = None) -> Message:
        """Change the text (or the caption) of a message of one's own, in a group if it is named.

        Raises:
            PhoneError: If it is not one's own message with words, or nothing would change.
        """
        chat = self._chat(chat_id)
        message = chat.messages.get(message_id)
        if message is None or message["from"]["id"] != self.person.id:
            raise PhoneError("only a message of one's own can be edited")
        field = "text" if "text" in message else "caption"
        if (
            not text.strip()
            or message.get(field) == text
            or not message.keys()
            & {
                "text",
                *media.CONTENT,
            }
        ):
            raise PhoneError("there is nothing to change in this message")
        message[field] = text
        entities_field = "entities" if field == "text" else "caption_entities"
        message.pop(entities_field, None)
        if entities := found(text):
            message[entities_field] = entities
        self._desk.world.edit(chat, message)
        self._desk.updates.push("edited_message", message)
        return message

    def block(self) -> None:
        """Block the bot."""
        if not self.person.blocked:
            self.person.blocked = True
            self._person_changed("member", "kicked")

    def unblock(self) -> None:
        """Let the bot write again."""
        if self.person.blocked:
            self.person.blocked = False
            self._person_changed("kicked", "member")

    def deactivate(self) -> None:
        """Delete the person's Telegram account; the bot is not told."""
        self.person.deactivated = True
        self._desk.world.keep_person(self.person)

    async def heard(self, words: str = "", *, within: float = 5.0) -> Message:
        """Wait for the next message of the bot, new or edited, that contains ``words``.

        What was heard by an earlier call, and everything before it, is not heard again.

        Args:
            words: A part of its text, caption or button labels.
            within: Real seconds to wait at most.

        Raises:
            TimeoutError: If it does not come, with the chat as it stands.
        """
        try:
            async with asyncio.timeout(within):
                while True:
                    while self._unheard:
                        message = self._unheard.popleft()
                        if words in _words(message):
                            return message
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            shown = "\n".join(_words(message) for message in self.transcript()[-8:])
            who = self.person.name
            raise TimeoutError(f"{who} did not hear {words!r}; the chat:\n{shown}") from None

    def notice(self, message: Message) -> None:
        """Take note of a message that came or changed, for :meth:`heard`."""
        if message["from"]["is_bot"]:
            self._unheard.append(message)
            self._arrived.set()

    def _chat(self, chat_id: int | None) -> Chat:
        if chat_id is None or chat_id == self.person.id:
            return self.chat
        chat = self._desk.world.chats.get(chat_id)
        if chat is None or self.person.id not in chat.members:
            raise PhoneError("this person is not in that group")
        return chat

    def _wake_chat(self) -> None:
        self.unblock()
        if not self.person.started:
            self.person.started = True
            self._desk.world.keep_person(self.person)
            self._desk.world.tell("people", {"id": self.person.id})

    def _say(
        self,
        chat: Chat,
        content: dict[str, Any],
        reply_to: int | None,
        thread: int | None = None,
        *,
        anonymous: bool = False,
    ) -> Message:
        if chat is self.chat:
            if self.person.deactivated:
                raise PhoneError("this account was deleted")
            if self.person.blocked:
                raise PhoneError("the bot is blocked on this phone; unblock it first")
            if not self.person.started:
                raise PhoneError("press Start first")
        world = self._desk.world
        content |= self._answering(chat, reply_to, thread)
        sender = self.person.user()
        if anonymous:
            sender = ANONYMOUS
            content["sender_chat"] = chat.about
        message = world.post(chat, sender, content)
        if self._bot_sees(chat, message):
            self._desk.updates.push("message", message)
        return message

    def _answering(self, chat: Chat, reply_to: int | None, thread: int | None) -> dict[str, Any]:
        """Return what a message says of the one that it answers, and of its topic."""
        if thread is not None and thread not in chat.topics:
            raise PhoneError("there is no such topic")
        # Whatever is written in a topic answers its first message.
        reply_to = thread if reply_to is None else reply_to
        if reply_to is None:
            return {}
        if reply_to not in chat.messages:
            raise PhoneError("the message to reply to is gone")
        replied = chat.messages[reply_to]
        answering: dict[str, Any] = {"reply_to_message": self._desk.world.quoted(replied)}
        if "message_thread_id" in replied:
            answering["message_thread_id"] = replied["message_thread_id"]
            answering["is_topic_message"] = True
        return answering

    def _bot_sees(self, chat: Chat, message: Message) -> bool:
        """Whether the bot gets a message: in a group only what is meant for it, by privacy mode."""
        if chat.type == "private" or chat.bot_status == "administrator":
            return True
        if chat.bot_status != "member":
            return False
        replied = message.get("reply_to_message", {}).get("from", {})
        name = f"@{self._desk.bot['username']}".lower()
        words = str(message.get("text") or message.get("caption") or "").lower()
        return words.startswith("/") or name in words or replied.get("id") == self._desk.bot["id"]

    def _person_changed(self, before: str, after: str) -> None:
        world = self._desk.world
        world.keep_person(self.person)
        world.tell("people", {"id": self.person.id})
        change = {
            "chat": self.chat.about,
            "from": self.person.user(),
            "date": world.seconds(),
            "old_chat_member": member(self.chat, self._desk.bot, before),
            "new_chat_member": member(self.chat, self._desk.bot, after),
        }
        self._desk.updates.push("my_chat_member", change)


def _words(message: Message) -> str:
    """Return everything that can be read in a message, buttons included."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    labels = [f"[{button['text']}]" for row in rows for button in row]
    said = [message.get("text", ""), message.get("caption", ""), *labels]
    return " ".join(part for part in said if part)
