"""What a row that was worded beforehand says, and how the database holds it."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from scheduler.channel import Attachment, Button, Message


@dataclass(frozen=True, slots=True)
class Said:
    """What a row that was worded beforehand says: a message, but for the chat it goes to.

    ``edits_row`` makes it an edit of the message that an earlier row became; ``edit_message_id``
    of one whose Telegram id is known; ``delete_message_id`` takes one away, ``delete_topic`` the
    topic ``thread_id`` with all that is in it.
    ``secret`` words (an invitation's link) are wiped once they are sent. ``form`` is a notice that
    gets its words when it leaves (``scheduler.notices``). With ``poll`` it is a poll with these
    options. ``thread_id`` is a topic of a group; what is about a patient finds its own
    (``scheduler.topics``).
    """

    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    attachment: Attachment | None = None
    edit_message_id: int | None = None
    edits_row: int | None = None
    reply_to: int | None = None
    secret: bool = False
    form: str | None = None
    poll: tuple[str, ...] = ()
    thread_id: int | None = None
    delete_message_id: int | None = None
    delete_topic: bool = False

    def to_json(self) -> str:
        """Return the form that the ``content`` column holds."""
        return json.dumps(
            {name: value for name, value in asdict(self).items() if value}, ensure_ascii=False
        )

    @classmethod
    def from_json(cls, text: str) -> "Said":
        """Read the ``content`` column back."""
        data: dict[str, Any] = json.loads(text)
        attachment = data.pop("attachment", None)
        buttons = data.pop("buttons", ())
        return cls(
            html=data.pop("html", ""),
            poll=tuple(data.pop("poll", ())),
            **data,
            buttons=tuple(tuple(Button(**button) for button in row) for row in buttons),
            attachment=Attachment(**attachment) if attachment else None,
        )

    def message(self, chat_id: int, edit_message_id: int | None = None) -> Message:
        """Return the message for a chat; ``edit_message_id`` is what ``edits_row`` became."""
        return Message(
            chat_id=chat_id,
            html=self.html,
            buttons=self.buttons,
            attachment=self.attachment,
            poll=self.poll,
            edit_message_id=edit_message_id or self.edit_message_id,
            reply_to=self.reply_to,
            thread_id=self.thread_id,
            delete_message_id=self.delete_message_id,
            delete_topic=self.delete_topic,
        )
