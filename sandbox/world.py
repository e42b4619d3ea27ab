"""The world that the bot lives in: people, chats, messages.

Pure bookkeeping: who may write to whom and in which words a refusal comes is the Bot API's
business (``botapi/``), what a person's thumb does is the phones' (``phones.py``).
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from sandbox.clock import Clock
from sandbox.files import FileStore
from sandbox.storage import Storage

Message = dict[str, Any]
"""A message as the Bot API shows it."""

Role = Literal["manager", "practitioner", "patient"]
ChatType = Literal["private", "group", "supergroup"]
BotStatus = Literal["member", "administrator", "left", "kicked"]
Listener = Callable[[str, dict[str, Any]], None]


@dataclass
class Person:
    """Somebody with a phone. ``started`` is whether they ever pressed Start."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = "en"
    role: Role = "patient"
    started: bool = False
    blocked: bool = False
    deactivated: bool = False

    @property
    def name(self) -> str:
        """First and last name in one."""
        return f"{self.first_name} {self.last_name}".strip()

    def user(self) -> dict[str, Any]:
        """Return the person as a Bot API User."""
        user = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        if self.last_name:
            user["last_name"] = self.last_name
        if self.username:
            user["username"] = self.username
        return user | {"language_code": self.language_code}


@dataclass
class Chat:
    """A private chat with the bot, or a group. ``about`` is the Bot API's Chat.

    ``bot_manages_topics`` and ``bot_deletes_messages`` are rights of the bot's as an administrator.
    """

    id: int
    type: ChatType
    about: dict[str, Any]
    members: list[int] = field(default_factory=list)
    bot_status: BotStatus = "member"
    bot_manages_topics: bool = True
    bot_deletes_messages: bool = True
    migrated_to: int | None = None
    pinned: list[int] = field(default_factory=list)
    topics: dict[int, dict[str, Any]] = field(default_factory=dict)
    last_id: int = 0
    messages: dict[int, Message] = field(default_factory=dict)

    @property
    def is_group(self) -> bool:
        """Whether it is a group of either kind."""
        return self.type != "private"

    def remembered(self) -> dict[str, Any]:
        """Return what is kept of the chat itself, without its messages."""
        kept = {key: value for key, value in vars(self).items() if key != "messages"}
        return kept | {"topics": {str(key): value for key, value in self.topics.items()}}


class World:
    """People, chats, messages and files, remembered in ``storage``."""

    def __init__(self, clock: Clock, storage: Storage, files: FileStore) -> None:
        self.clock = clock
        self.storage = storage
        self.files = files
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.meta: dict[str, Any] = {}
        self._listeners: list[Listener] = []
        self._last_id = 0  # private chats and basic groups count their messages together
        self._load()

    def _load(self) -> None:
        self.meta.update(self.storage.load("meta"))
        for _, known in self.storage.load("person"):
            person = Person(**known)
            self.people[person.id] = person
        for _, known in self.storage.load("chat"):
            known["topics"] = {int(key): value for key, value in known["topics"].items()}
            self.chats[known["id"]] = Chat(**known)
        for _, message in self.storage.load("message"):
            chat = self.chats[message["chat"]["id"]]
            chat.messages[message["message_id"]] = message
            chat.last_id = max(chat.last_id, message["message_id"])
        for chat in self.chats.values():
            chat.messages = dict(sorted(chat.messages.items()))
            if chat.type != "supergroup":
                self._last_id = max(self._last_id, chat.last_id)

    def remember(self, key: str, value: Any) -> None:
        """Keep a single JSON value that is neither person, chat nor message."""
        self.meta[key] = value
        self.storage.put("meta", key, value)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener(event, data)`` for whatever happens; returns how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, event: str, data: dict[str, Any]) -> None:
        """Tell every listener what happened."""
        for listener in tuple(self._listeners):
            listener(event, data)

    def add_person(self, person: Person) -> Person:
        """Add somebody with a phone and the private chat that they may open with the bot."""
        self.people[person.id] = person
        self.keep_person(person)
        about = {key: value for key, value in person.user().items() if "name" in key}
        self.add_chat(Chat(person.id, "private", {"id": person.id, **about, "type": "private"}))
        self.tell("people", {"id": person.id})
        return person

    def keep_person(self, person: Person) -> None:
        """Remember a change of a person."""
        self.storage.put("person", person.id, asdict(person))

    def add_chat(self, chat: Chat) -> Chat:
        """Add a chat; one that is known stays as it is."""
        chat = self.chats.setdefault(chat.id, chat)
        self.keep_chat(chat)
        return chat

    def keep_chat(self, chat: Chat) -> None:
        """Remember a change of a chat; of a group, listeners hear of it."""
        self.storage.put("chat", chat.id, chat.remembered())
        if chat.is_group:
            self.tell("group", {"chat_id": chat.id})

    def seconds(self) -> int:
        """Return the present instant as the Bot API dates things: UTC epoch seconds."""
        return self.clock.now() // 1000

    def post(self, chat: Chat, sender: dict[str, Any], content: dict[str, Any]) -> Message:
        """Put a new message into a chat and return it."""
        if chat.type == "supergroup":
            number = chat.last_id + 1
        else:
            number = self._last_id = self._last_id + 1
        chat.last_id = number
        message: Message = {
            "message_id": number,
            "from": sender,
            "chat": chat.about,
            "date": self.clock.now() // 1000,
            **content,
        }
        if "forum_topic_created" in content:
            message |= {"message_thread_id": number, "is_topic_message": True}
        chat.messages[number] = message
        self.storage.put("message", f"{chat.id}:{number}", message)
        if self._listeners:
            self.tell("message", {"chat_id": chat.id, "message": message})
        return message

    def edit(self, chat: Chat, message: Message, *, dated: bool = True) -> None:
        """Record that ``message`` was changed in place; ``dated`` marks it as edited."""
        if dated:
            message["edit_date"] = self.seconds()
        self.storage.put("message", f"{chat.id}:{message['message_id']}", message)
        self.tell("edited", {"chat_id": chat.id, "message": message})

    def delete(self, chat: Chat, message_id: int) -> None:
        """Take a message out of a chat, for both sides."""
        del chat.messages[message_id]
        self.storage.remove("message", f"{chat.id}:{message_id}")
        # Its last_id outlives the message: numbers are never used twice.
        self.storage.put("chat", chat.id, chat.remembered())
        self.tell("deleted", {"chat_id": chat.id, "message_id": message_id})

    def delete_topic(self, chat: Chat, thread: int) -> list[Message]:
        """Take a topic out of a group with all that was written in it; returns that."""
        del chat.topics[thread]
        gone = [m for m in chat.messages.values() if m.get("message_thread_id") == thread]
        for message in gone:
            self.delete(chat, message["message_id"])
        self.keep_chat(chat)
        return gone

    def quoted(self, message: Message) -> Message:
        """Return a message as it stands inside a reply to it: without the message it answers."""
        return {key: value for key, value in message.items() if key != "reply_to_message"}
