"""A clinic to attack: whose hands there are, what is theirs, and what a press has changed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.phones import Phone
from scheduler import alert_record, alerts, roster, staff
from scheduler.database import Row
from tests.attack import secrets_of_ana as marked

Facts = frozenset[tuple[str, str]]

# What any press may leave behind: that it came, what was said about it, and where a chat stands.
# Which rows bring an export is told by the export, whose owner is looked at there.
_OWN_BUSINESS = frozenset(
    {"inbox", "attempts", "marks", "waits", "export_files", "_sqlite_migrations"}
)
_NUMBER = re.compile(r"[0-9a-f]*[0-9][0-9a-f]*")


@dataclass
class Hand:
    """Somebody with a phone, and the ids under which the database knows them."""

    name: str
    phone: Phone
    staff_id: int | None = None
    patient_id: int | None = None
    heard: list[str] = field(default_factory=list)

    @property
    def chat_id(self) -> int:
        return self.phone.person.id

    def owns(self, table: str, row: Row) -> bool:
        """Say whether a row is this person's own business."""
        return (
            row.get("chat_id") == self.chat_id
            or row.get("used_by") == self.chat_id
            or (self.staff_id is not None and _is(row, table, "staff", self.staff_id))
            or (self.patient_id is not None and _is(row, table, "patients", self.patient_id))
            or row.get("actor") in {f"staff:{self.staff_id}", f"chat:{self.chat_id}"}
            or (table == "events" and row.get("actor") == "stranger")
        )


def _is(row: Row, table: str, home: str, number: int) -> bool:
    name = {"staff": "staff_id", "patients": "patient_id"}[home]
    return row.get(name) == number or (table == home and row["id"] == number)


class Clinic:
    """Ana is Dr. Ruiz's patient. Everybody else should see nothing of her."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.hands: dict[str, Hand] = {}
        world.sandbox.world.listen(self._listen)

    async def open(self) -> None:
        world = self.world
        self.hands["manager"] = Hand("manager", world.manager, staff_id=1)
        for name in ("ruiz", "lang", "removed"):
            phone = world.person(f"Dr. {name}", role="practitioner")
            phone.person.started = True
            member = await world.store.write(
                staff.welcome,
                chat_id=phone.person.id,
                name=f"Dr. {name}",
                role="practitioner",
                language="en",
                actor="system",
                now=world.clock.now(),
            )
            self.hands[name] = Hand(name, phone, staff_id=member.id)
        for name, doctor, label in (("ana", "ruiz", marked.LABEL), ("bea", "lang", "Beatrix")):
            await self._enroll(name, doctor, label)
        stranger = world.person("Sam")
        stranger.open()
        self.hands["stranger"] = Hand("stranger", stranger)
        await world.store.write(
            staff.remove,
            self.hands["removed"].staff_id,
            actor="staff:1",
            now=world.clock.now(),
        )
        await self._ana_lives()

    async def _enroll(self, name: str, doctor: str, label: str) -> None:
        world = self.world
        phone = world.person(name.title())
        chat = self.hands[doctor].phone
        chat.text(f'/enroll facial "{label}" face filler=no next=2w')
        await world.settle()
        self._tap_last(chat, "Confirm")
        await world.settle()
        link = re.findall(r"\?start=([\w-]+)", _words(chat.transcript()[-1]))[0]
        phone.open(link)
        await world.settle()
        self._tap_last(phone, "Yes, send me aftercare")
        await world.settle()
        patient_id = await world.store.read(_patient_at, phone.person.id)
        self.hands[name] = Hand(name, phone, patient_id=patient_id)

    async def _ana_lives(self) -> None:
        """Have something of everything in her life: sent, answered, written, flagged."""
        await self.world.after(hours=3)
        ana = self.hands["ana"].phone
        ana.text(f"{marked.WORDS}: may I go swimming?")
        await self.world.settle()
        ana.text(f"{marked.DANGER}: there is pus")
        await self.world.settle()

    def _tap_last(self, phone: Phone, label: str) -> None:
        for message in reversed(phone.transcript()):
            for data, words in buttons(message):
                if label in words:
                    phone.tap(message["message_id"], data)
                    return
        raise AssertionError(f"no button {label!r}")

    def _listen(self, event: str, data: dict[str, Any]) -> None:
        if event == "toast":
            for hand in self.hands.values():
                if hand.chat_id == data["chat_id"]:
                    hand.heard.append(str(data["text"]))

    async def ruiz_helps(self) -> None:
        """Have Ana's open alert resolved: what it holds back from her goes on."""
        now = self.world.clock.now()
        ruiz, ana = self.hands["ruiz"], self.hands["ana"]
        await self.world.store.write(_resolve, ruiz.chat_id, ana.patient_id, now=now)
        await self.world.settle()

    async def may_see_ana(self, name: str) -> bool:
        """Say whether a member of staff may look at Ana's card by now."""
        return await self.world.store.read(
            _may_see, self.hands[name].chat_id, self.hands["ana"].patient_id
        )

    async def parked(self) -> list[Row]:
        """Return the updates that could not be handled."""
        found: list[Row] = await self.world.store.read(_parked)
        return found

    def shown(self, hand: Hand, since: int = 0) -> str:
        """Everything on a person's phone as it reads now, buttons and notices included."""
        said = [
            _words(message) + " ".join(label for _, label in buttons(message))
            for message in hand.phone.transcript()[since:]
            if message["from"]["is_bot"]
        ]
        return "\n".join([*said, *hand.heard])

    def facts(self) -> dict[str, list[Row]]:
        """Return every row there is, by table; a table that is new tomorrow is in it."""
        store = self.world.store
        connection = store._driver.connection

        def read() -> dict[str, list[Row]]:
            tables = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            ).fetchall()
            found = {}
            for (table,) in tables:
                cursor = connection.execute(f'SELECT * FROM "{table}"')
                names = [column[0] for column in cursor.description]
                found[table] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            return found

        rows: dict[str, list[Row]] = store._thread.submit(read).result()
        return rows

    def renumber(self, clinic_id: int) -> None:
        """Make all that there is another clinic's."""
        store = self.world.store
        connection = store._driver.connection

        def run() -> None:
            connection.execute("PRAGMA foreign_keys = OFF")
            for table, rows in tables.items():
                if rows and "clinic_id" in rows[0]:
                    connection.execute(f'UPDATE "{table}" SET clinic_id = ?', (clinic_id,))
            connection.commit()
            connection.execute("PRAGMA foreign_keys = ON")

        tables = self.facts()
        store._thread.submit(run).result()

    def foreign(self, hands: list[Hand]) -> Facts:
        """Return what is true apart from these people's own business."""
        return frozenset(
            (table, repr(sorted(row.items(), key=str)))
            for table, rows in self.facts().items()
            if table not in _OWN_BUSINESS
            for row in rows
            if not any(hand.owns(table, row) for hand in hands)
        )


def buttons(message: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what each button under a message carries, and its label."""
    for row in message.get("reply_markup", {}).get("inline_keyboard", []):
        for button in row:
            if "callback_data" in button:
                yield button["callback_data"], button["text"]


def shape(data: str) -> str:
    """Return a button's data without its ids: what kind of button it is."""
    return _NUMBER.sub("#", data)


def _words(message: dict[str, Any]) -> str:
    return str(message.get("text") or message.get("caption") or "")


def _resolve(tx: Any, chat_id: int, patient_id: int, *, now: int) -> None:
    member, alert = staff.at_chat(tx, chat_id), alert_record.unresolved(tx, patient_id)
    if member is not None and alert is not None:
        alerts.resolve(tx, alert, member, "call_done", now=now)


def _parked(tx: Any) -> list[Row]:
    found: list[Row] = tx.all(
        "SELECT id, error FROM inbox WHERE clinic_id = :clinic_id AND state <> 'done'"
    )
    return found


def _may_see(tx: Any, chat_id: int, patient_id: int) -> bool:
    member = staff.at_chat(tx, chat_id)
    return member is not None and roster.seen(tx, member, patient_id) is not None


def _patient_at(tx: Any, chat_id: int) -> int:
    found: int = tx.value(
        "SELECT id FROM patients WHERE clinic_id = :clinic_id AND chat_id = :chat_id",
        chat_id=chat_id,
    )
    return found
