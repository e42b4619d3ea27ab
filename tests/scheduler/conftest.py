"""A real encrypted database in a temporary folder, and a channel that answers as told."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from messages.catalogue import Catalogue, load
from scheduler import consent, enrollment, holding, patients, staff
from scheduler.channel import Delivered, Message, Outcome
from scheduler.clinic import Clinic
from scheduler.database import SqlcipherDriver, Store, Tx
from scheduler.enrollment import Choice, Enrolled
from tests.conftest import put_fresh_database

KEY = "c3" * 32
HOUR = 60 * 60 * 1000
DAY = 24 * HOUR
# Monday 4 May 2026, 10:00 in Madrid.
NOW = 1_777_881_600_000
CLINIC = Clinic("Alba Clinic", "Europe/Madrid", "en", "+34 911 234 567", "112")
DOCTOR_CHAT = 501
PATIENT_CHAT = 601


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An open, migrated, encrypted store."""
    put_fresh_database(tmp_path / "aftercare.db", KEY)
    opened = Store(SqlcipherDriver(tmp_path / "aftercare.db", KEY))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The shipped protocols and texts."""
    return load()


@pytest.fixture
def enrolled(store: Store, catalogue: Catalogue) -> Enrolled:
    """A patient on the facial protocol who has consented, in ``PATIENT_CHAT``."""
    return store.write_now(enroll_patient, catalogue)


def welcome(tx: Tx, *chat_ids: int) -> None:
    """Make whoever talks in these chats members of the staff."""
    for chat_id in chat_ids:
        staff.welcome(
            tx,
            chat_id=chat_id,
            name=f"Dr. {chat_id}",
            role="practitioner",
            language="en",
            actor="system",
            now=NOW,
        )


def doctor(tx: Tx, *, now: int = NOW) -> staff.Staff:
    """Return the practitioner, who joins with the first call."""
    return staff.at_chat(tx, DOCTOR_CHAT) or staff.welcome(
        tx,
        chat_id=DOCTOR_CHAT,
        name="Dr. Ruiz",
        role="practitioner",
        language="en",
        actor="system",
        now=now,
    )


def enroll_patient(
    tx: Tx,
    catalogue: Catalogue,
    *,
    chat_id: int = PATIENT_CHAT,
    label: str = "A.P.",
    next_at: int | None = None,
    now: int = NOW,
) -> Enrolled:
    """Enroll a patient, have them open the link and consent to aftercare and tips."""
    made = enrollment.enroll(
        tx,
        Choice("facial", "face", label, session_at=now, next_at=next_at),
        protocol=catalogue.protocols["facial"],
        clinic=CLINIC,
        staff=doctor(tx, now=now),
        now=now,
    )
    patient = enrollment.open_link(tx, made.enrollment_id, chat_id=chat_id, language="en", now=now)
    for purpose in ("aftercare", "tips"):
        consent.record(tx, patient.id, purpose, given=True, version="1", now=now)
    patients.becomes(tx, patient.id, "active", actor="patient", now=now)
    active = patients.by_id(tx, patient.id)
    assert active is not None
    holding.begin(tx, made.enrollment_id, active, catalogue, CLINIC, now=now)
    return made


class ScriptedChannel:
    """Answers each delivery with the next outcome of a script, then delivers everything."""

    def __init__(self, *script: Outcome) -> None:
        self.script = list(script)
        self.delivered: list[Message] = []
        self.before: Callable[[Message], None] = lambda _: None

    async def deliver(self, message: Message) -> Outcome:
        self.before(message)
        self.delivered.append(message)
        return self.script.pop(0) if self.script else Delivered(1000 + len(self.delivered))
