"""A made-up clinic to measure with: its encrypted database, and patients in any number.

Rows are written as the program writes them, but in one transaction for all: a million of them
take a minute instead of an hour.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any

from messages.catalogue import SHIPPED, Catalogue, load
from scheduler import database
from scheduler.clinic import Clinic
from scheduler.database import SqlcipherDriver, Tx
from scheduler.enrollment import Choice, lay_out
from scheduler.migrations import migrate
from scheduler.outbox import Lane
from scheduler.quiet import QuietHours
from scheduler.timing import Planned

KEY = "be" * 32
CLINIC_ID = 1
ZONE = "Europe/Madrid"
FIRST_CHAT = 100_000_001
SECOND = 1000
HOUR = 60 * 60 * SECOND
DAY = 24 * HOUR
# Equal ends: no quiet hours, so that a measurement at night is the same as one by day.
CLINIC = Clinic(
    "Alba Clinic", ZONE, "en", "+34 911 234 567", "112", quiet=QuietHours(time(0), time(0))
)
STAFF_ID = 1
CHECK_IN = "soreness_day1_lipolytic"
STAFF_CHAT = 99_000_001


def open_driver(path: Path) -> SqlcipherDriver:
    """Open a database as the bot does: encrypted, WAL, synchronous=FULL, the schema of today."""
    driver = SqlcipherDriver(path, KEY)
    migrate(driver)
    return driver


def without_a_key() -> None:
    """Have this process open its databases as plain SQLite files: only to measure against.

    The bot has no such switch, so the one place that hands the key over is put out of use.
    """
    database._use_key = lambda _connection, _key: None  # type: ignore[assignment]  # noqa: SLF001


def catalogue() -> Catalogue:
    """The protocols and texts as they are shipped."""
    return load(SHIPPED)


def choice(session_at: int, label: str = "A.P.") -> Choice:
    """A fat-reduction session of the chin with the next in six weeks: 25 reminders."""
    next_at = session_at + 42 * DAY
    return Choice("fat-reduction", "chin", label, session_at, next_at, lipolytic=True)


def whole_plan(texts: Catalogue, session_at: int) -> tuple[Planned, ...]:
    """The reminders of one patient, from a session (epoch ms) on."""
    plan = lay_out(texts.protocols["fat-reduction"], choice(session_at), CLINIC, now=session_at)
    return tuple(step for step in plan if not step.skipped)


@dataclass(frozen=True, slots=True)
class Patients:
    """Patients who have consented and whose course is under way; ids and chats in order.

    Args:
        count: how many.
        first: the id of the first one.
    """

    count: int
    first: int = 1

    def chats(self) -> range:
        """The chats in which they are reached."""
        start = FIRST_CHAT + self.first
        return range(start, start + self.count)

    def ids(self) -> range:
        """Their ids, which their enrollments and sessions share."""
        return range(self.first, self.first + self.count)

    def add(self, tx: Tx, *, session_at: int, now: int) -> None:
        """Add them, each with one session (epoch ms)."""
        many = tx.many
        shared = {"now": now, "at": session_at, "staff": STAFF_ID}
        many(
            """INSERT OR IGNORE INTO staff (id, clinic_id, chat_id, name, role, language,
                   created_at)
               VALUES (:staff, :clinic_id, :chat, 'Dr. Vega', 'practitioner', 'en', :now)""",
            [{**shared, "chat": STAFF_CHAT}],
        )
        many(
            f"""INSERT INTO patients (id, clinic_id, label, chat_id, language, timezone, state,
                    created_at, changed_at)
                VALUES (:id, :clinic_id, :label, :chat, 'en', '{ZONE}', 'active', :now, :now)""",
            (
                {**shared, "id": number, "label": f"P-{number}", "chat": chat}
                for number, chat in zip(self.ids(), self.chats(), strict=True)
            ),
        )
        for purpose in ("aftercare", "tips"):
            many(
                f"""INSERT INTO consents (clinic_id, patient_id, purpose, given, version, at)
                    VALUES (:clinic_id, :id, '{purpose}', 1, '1', :now)""",
                ({**shared, "id": number} for number in self.ids()),
            )
        many(
            """INSERT INTO enrollments (id, clinic_id, patient_id, staff_id, treatment, area,
                   lipolytic, filler, status, created_at, started_at)
               VALUES (:id, :clinic_id, :id, :staff, 'fat-reduction', 'chin', 1, 0, 'active',
                   :now, :now)""",
            ({**shared, "id": number} for number in self.ids()),
        )
        many(
            f"""INSERT INTO sessions (id, clinic_id, enrollment_id, starts_at, timezone, state,
                    created_at, changed_at)
                VALUES (:id, :clinic_id, :id, :at, '{ZONE}', 'held', :now, :now)""",
            ({**shared, "id": number} for number in self.ids()),
        )


def owe(tx: Tx, reminders: Iterator[dict[str, Any]], *, now: int) -> int:
    """Owe reminders, each given by patient, chat, step_key, occurrence, due, until (epoch ms)."""
    tx.wake()
    return tx.many(
        """INSERT INTO outbox (clinic_id, kind, lane, chat_id, patient_id, enrollment_id,
               session_id, step_key, occurrence, due_at, ready_at, useful_until, state,
               created_at)
           VALUES (:clinic_id, 'reminder', :lane, :chat, :patient, :patient, :patient, :step_key,
               :occurrence, :due, :due, :until, 'pending', :now)""",
        ({**row, "lane": int(Lane.REMINDER), "now": now} for row in reminders),
    )


def fill_plans(
    tx: Tx, texts: Catalogue, patients: Patients, *, first_session: int, now: int
) -> int:
    """Owe whole plans to patients whose sessions (epoch ms) spread over four weeks.

    Returns:
        How many reminders that makes.
    """
    plan = whole_plan(texts, first_session)
    patients.add(tx, session_at=first_session, now=now)
    return owe(
        tx,
        (
            {
                "patient": number,
                "chat": chat,
                "step_key": step.step_key,
                "occurrence": step.occurrence,
                "due": step.due_at + (index * 28 * DAY) // patients.count,
                "until": step.useful_until + (index * 28 * DAY) // patients.count,
            }
            for index, (number, chat) in enumerate(
                zip(patients.ids(), patients.chats(), strict=True)
            )
            for step in plan
        ),
        now=now,
    )


def fill_one_each(tx: Tx, patients: Patients, moments: Iterator[int], *, now: int) -> int:
    """Owe each patient one check-in at a moment of its own (epoch ms), of use for a day."""
    patients.add(tx, session_at=now - DAY, now=now)
    return owe(
        tx,
        (
            {
                "patient": number,
                "chat": chat,
                "step_key": CHECK_IN,
                "occurrence": 0,
                "due": moment,
                "until": moment + DAY,
            }
            for number, chat, moment in zip(patients.ids(), patients.chats(), moments, strict=True)
        ),
        now=now,
    )


def fill_broadcast(tx: Tx, patients: Patients, *, text: str, now: int) -> None:
    """Owe each patient a copy of a broadcast, as ``broadcasts.start`` does.

    Nobody is shown its progress, and its total is never reached, so that there is no closing
    report either: only the copies are sent.
    """
    patients.add(tx, session_at=now - DAY, now=now)
    broadcast_id: int = tx.value(
        """INSERT INTO broadcasts (clinic_id, staff_id, text, segment, state, total, shown_at,
               created_at)
           VALUES (:clinic_id, :staff, :text, 'all', 'sending', :total, :now, :now)
           RETURNING id""",
        staff=STAFF_ID,
        text=text,
        total=patients.count + 1,
        now=now,
    )
    tx.wake()
    tx.many(
        """INSERT INTO outbox (clinic_id, kind, lane, chat_id, patient_id, broadcast_id,
               due_at, ready_at, useful_until, state, created_at)
           VALUES (:clinic_id, 'broadcast', :lane, :chat, :patient, :broadcast, :now, :now,
               :until, 'pending', :now)""",
        (
            {
                "lane": int(Lane.BROADCAST),
                "chat": chat,
                "patient": number,
                "broadcast": broadcast_id,
                "now": now,
                "until": now + DAY,
            }
            for number, chat in zip(patients.ids(), patients.chats(), strict=True)
        ),
    )
