"""One update's turn: what a room's handler is given, and how it speaks.

A handler is a plain function over one transaction. Whatever it changes, and whatever it says (rows
of the outbox), is committed together with the mark that the update was handled: a crash at any
moment loses nothing and doubles nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.incoming import Incoming
from bot.standing import Standing
from messages.catalogue import Catalogue
from messages.render import Html
from scheduler import dialogues, outbox, patients, staff
from scheduler.channel import Attachment, Button
from scheduler.clinic import Clinic
from scheduler.database import Tx
from scheduler.outbox import Kind, Lane
from scheduler.said import Said
from scheduler.wallclock import MINUTE

Rows = Iterable[Iterable[Button]]

ON_THE_WAY_MS: Final = MINUTE
"""What takes longer than this to arrive was kept back by an outage, here or at Telegram."""


@dataclass(frozen=True, slots=True)
class House:
    """What holds for every turn: the clinic, its texts, how the bot is called.

    ``standing`` is where managers change what the clinic is; None where nobody may.
    """

    clinic: Clinic
    catalogue: Catalogue
    username: str
    standing: Standing | None = None


@dataclass(slots=True)
class Turn:
    """One update being handled, inside one transaction; ``now`` is UTC epoch ms."""

    tx: Tx
    now: int
    house: House
    incoming: Incoming
    staff: staff.Staff | None
    patient: patients.Patient | None
    dialogue: dialogues.Dialogue | None
    toast_text: str = ""
    toast_alert: bool = False

    @property
    def clinic(self) -> Clinic:
        """The clinic this bot speaks for."""
        return self.house.clinic

    @property
    def catalogue(self) -> Catalogue:
        """Today's protocols and texts."""
        return self.house.catalogue

    @property
    def chat_id(self) -> int:
        """The chat that the update came from."""
        return self.incoming.chat_id

    @property
    def written_at(self) -> int:
        """When what came was written, UTC epoch ms: hours before ``now`` after an outage.

        What was only on its way counts as written now; so does a tap, which has no moment.
        """
        written = self.incoming.written_at
        return written if 0 < written < self.now - ON_THE_WAY_MS else self.now

    @property
    def language(self) -> str:
        """The language of the person at the other end: their own choice, else their app's."""
        if self.staff is not None:
            return self.staff.language
        if self.patient is not None:
            return self.patient.language
        return self.app_language

    @property
    def app_language(self) -> str:
        """The language of the person's Telegram app where it is shipped, else the clinic's."""
        return self.catalogue.language(self.incoming.language_code)

    def text(self, key: str, /, **params: object) -> Html:
        """Return a text in this person's language (HTML; parameters are escaped)."""
        return self.catalogue.text(self.language, key, **params)

    def button(self, key: str, data: str, /, **params: object) -> Button:
        """Return a button whose label is a text of the catalogue."""
        return Button(self.catalogue.label(self.language, key, **params), data=data)

    def say(
        self,
        html: str,
        buttons: Rows = (),
        *,
        attachment: Attachment | None = None,
        poll: tuple[str, ...] = (),
        chat_id: int | None = None,
        kind: Kind = "answer",
        lane: Lane | None = None,
        secret: bool = False,
        reply_to: int | None = None,
        patient_id: int | None = None,
        enrollment_id: int | None = None,
        reply_id: int | None = None,
    ) -> int:
        """Say something, here or in another chat; returns the outbox row's id.

        ``reply_id`` is the patient's reply that it brings to staff.
        """
        said = Said(
            html=html,
            buttons=tuple(tuple(row) for row in buttons),
            attachment=attachment,
            poll=poll,
            secret=secret,
            reply_to=reply_to,
        )
        return outbox.say(
            self.tx,
            said,
            chat_id=self.chat_id if chat_id is None else chat_id,
            now=self.now,
            kind=kind,
            lane=lane,
            patient_id=patient_id,
            enrollment_id=enrollment_id,
            reply_id=reply_id,
        )

    def edit(self, html: str, buttons: Rows = (), *, message_id: int | None = None) -> int:
        """Change the message that the pressed button hangs under (or another of this chat)."""
        said = Said(
            html=html,
            buttons=tuple(tuple(row) for row in buttons),
            edit_message_id=self.incoming.message_id if message_id is None else message_id,
        )
        return outbox.say(self.tx, said, chat_id=self.chat_id, now=self.now)

    def edit_row(self, outbox_id: int, html: str, buttons: Rows = ()) -> int:
        """Change the message that an earlier row of the outbox becomes, sent already or not."""
        said = Said(
            html=html,
            buttons=tuple(tuple(row) for row in buttons),
            edits_row=outbox_id,
        )
        return outbox.say(self.tx, said, chat_id=self.chat_id, now=self.now)

    def toast(self, key: str, /, *, alert: bool = False, **params: object) -> None:
        """Show a short notice over the chat when a button was pressed."""
        self.toast_text = self.catalogue.label(self.language, key, **params)
        self.toast_alert = alert

    def open_dialogue(
        self, name: str, data: dict[str, object], *, outbox_id: int | None = None
    ) -> None:
        """Open a dialogue in this chat, or write down its next step."""
        dialogues.put(self.tx, self.chat_id, name, dict(data), now=self.now, outbox_id=outbox_id)

    def close_dialogue(self) -> None:
        """Leave the dialogue of this chat."""
        dialogues.close(self.tx, self.chat_id)
        self.dialogue = None

    def link(self, token: str) -> str:
        """Return the link that opens the bot with an invitation's token."""
        return f"https://t.me/{self.house.username}?start={token}"
