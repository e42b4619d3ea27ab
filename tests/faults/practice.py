"""A clinic in full swing: seeded into a database before the bot is let at it."""

import random
from dataclasses import dataclass, replace
from datetime import time
from pathlib import Path
from typing import Any

from messages.catalogue import Catalogue, load
from sandbox.phones import Phone
from sandbox.server import Sandbox
from scheduler import broadcasts, consent, enrollment, holding, patients, staff
from scheduler.clinic import Clinic
from scheduler.database import Row, SqlcipherDriver, Store, Tx
from scheduler.enrollment import Choice
from scheduler.migrations import migrate
from scheduler.quiet import QuietHours
from scheduler.segments import EVERYONE
from scheduler.tip import Tip
from tests.faults.child import KEY, ZONE

DAY = 24 * 60 * 60 * 1000
CLINIC = Clinic(
    "Alba Clinic", ZONE, "en", "+34 911 234 567", "112", quiet=QuietHours(time(0), time(0))
)
CATALOGUE: Catalogue = load()


@dataclass(frozen=True, slots=True)
class Practice:
    """Who there is: phones by role."""

    manager: Phone
    doctors: tuple[Phone, ...]
    patients: tuple[Phone, ...]


def open_database(directory: Path) -> Store:
    """Open the clinic's database while no bot has it."""
    driver = SqlcipherDriver(directory / "aftercare.db", KEY)
    migrate(driver)
    return Store(driver)


def people(sandbox: Sandbox, *, doctors: int, patients: int) -> Practice:
    """Give everybody a phone on which the bot was started long ago."""
    return Practice(
        sandbox.add_person("Marta", role="manager", started=True),
        tuple(
            sandbox.add_person(f"Dr. {n}", role="practitioner", started=True)
            for n in range(doctors)
        ),
        tuple(sandbox.add_person(f"Patient {n}", started=True) for n in range(patients)),
    )


def move_in_staff(tx: Tx, practice: Practice, *, now: int) -> None:
    """Make the staff (``now`` in epoch ms)."""
    team: list[tuple[Phone, staff.Role]] = [(practice.manager, "manager")]
    team += [(doctor, "practitioner") for doctor in practice.doctors]
    for phone, role in team:
        staff.welcome(
            tx,
            chat_id=phone.person.id,
            name=phone.person.first_name,
            role=role,
            language="en",
            actor="system",
            now=now,
        )


def move_in(tx: Tx, practice: Practice, *, now: int) -> None:
    """Make the staff, and enroll every patient, consent to everything included (epoch ms)."""
    move_in_staff(tx, practice, now=now)
    for number, phone in enumerate(practice.patients):
        doctor = practice.doctors[number % len(practice.doctors)]
        enroll(tx, phone, doctor, f"P{number}", now=now, next_at=now + 20 * DAY)


def enroll(
    tx: Tx,
    phone: Phone,
    doctor: Phone,
    label: str,
    *,
    now: int,
    next_at: int | None,
    zone: str | None = None,
) -> int:
    """Enroll one patient who opens the link and consents at once; returns the enrollment's id.

    With a zone the clinic lies there and has the usual quiet hours, otherwise it has none.
    """
    clinic = CLINIC if zone is None else replace(CLINIC, timezone=zone, quiet=QuietHours())
    member = staff.at_chat(tx, doctor.person.id)
    assert member is not None
    made = enrollment.enroll(
        tx,
        Choice("facial", "face", label, session_at=now, next_at=next_at),
        protocol=CATALOGUE.protocols["facial"],
        clinic=clinic,
        staff=member,
        now=now,
    )
    patient = enrollment.open_link(
        tx, made.enrollment_id, chat_id=phone.person.id, language="en", now=now
    )
    for purpose in ("aftercare", "tips"):
        consent.record(tx, patient.id, purpose, given=True, version="1", now=now)
    patients.becomes(tx, patient.id, "active", actor="patient", now=now)
    active = patients.by_id(tx, patient.id)
    assert active is not None
    holding.begin(tx, made.enrollment_id, active, CATALOGUE, clinic, now=now)
    return made.enrollment_id


def make_due(tx: Tx, *, first: int, last: int, chance: random.Random) -> int:
    """Spread every reminder over a span of time (epoch ms); each stays useful for a day.

    A patient's own come well apart, so that two check-ins rarely become one. Returns how many.
    """
    rows = tx.all(
        """SELECT id, patient_id FROM outbox WHERE clinic_id = :clinic_id AND kind = 'reminder'
             AND state = 'pending' ORDER BY patient_id, due_at, id"""
    )
    plans: dict[int, list[int]] = {}
    for row in rows:
        plans.setdefault(row["patient_id"], []).append(row["id"])
    for plan in plans.values():
        share = (last - first) / len(plan)
        for place, row_id in enumerate(plan):
            due = first + int((place + 0.9 * chance.random()) * share)
            tx.run(
                """UPDATE outbox SET due_at = :due, ready_at = :due, useful_until = :until
                   WHERE clinic_id = :clinic_id AND id = :id""",
                id=row_id,
                due=due,
                until=due + DAY,
            )
    return len(rows)


def broadcast(tx: Tx, practice: Practice, text: str, *, at: int) -> int:
    """Have the manager broadcast a text to everybody at an instant; returns the copies."""
    member = staff.at_chat(tx, practice.manager.person.id)
    assert member is not None
    started = broadcasts.start(
        tx,
        Tip(text),
        EVERYONE,
        member=member,
        clinic=CLINIC,
        progress_message=None,
        now=at,
    )
    assert isinstance(started, broadcasts.Started), started
    return started.total


def rows_of(tx: Tx, table: str) -> list[Row]:
    """Return a whole table."""
    return tx.all(f"SELECT * FROM {table} WHERE clinic_id = :clinic_id ORDER BY id")


def buttons(message: dict[str, Any]) -> list[str]:
    """Return what the buttons under a message carry."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["callback_data"] for row in rows for button in row if "callback_data" in button]
