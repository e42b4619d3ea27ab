"""Did they come? Asked of whoever is in charge, once, when a session's hour is over.

The question is a row of the outbox from a day before on, so that a restart cannot lose it; the
session names the row, so that it is asked once. Before it leaves, the last look sees whether there
is anything left to ask: a session that was moved, canceled or spoken of meanwhile, or that has
passed to a colleague, lets go of its row, and what is still to be asked is owed anew.
"""

import json
from dataclasses import dataclass
from typing import Final

from scheduler import outbox, staff
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx
from scheduler.outbox import Lane
from scheduler.said import Said
from scheduler.wallclock import HOUR

AFTER_MS: Final = HOUR
"""So long after its beginning a session is over."""
AHEAD_MS: Final = 24 * HOUR
USEFUL_FOR_MS: Final = 14 * 24 * HOUR
"""Later nobody knows any more; the card still shows that nobody has said."""

_FORM: Final = "attended"


@dataclass(frozen=True, slots=True)
class Asked:
    """A session that somebody is asked about: its row, and the patient's label."""

    session: Row
    label: str


def of_form(form: str) -> int | None:
    """Return which session a row's form asks about, or None if it is another kind of form."""
    found = json.loads(form).get(_FORM)
    return None if found is None else int(found)


def owe(tx: Tx, clinic: Clinic, *, now: int) -> int:
    """Owe the questions of the sessions of the next day, and of those that nobody was asked about.

    They leave when the session is over, or in the morning where it ends at night.

    Args:
        tx: the open transaction.
        clinic: whose quiet hours the staff keep as well.
        now: UTC epoch ms.

    Returns:
        How many questions are owed now.
    """
    sessions = tx.all(
        """SELECT sessions.*, enrollments.patient_id, enrollments.status FROM sessions
           JOIN enrollments ON enrollments.clinic_id = :clinic_id
             AND enrollments.id = sessions.enrollment_id
           LEFT JOIN outbox AS asked ON asked.clinic_id = :clinic_id
             AND asked.id = sessions.asked_row
           WHERE sessions.clinic_id = :clinic_id
             AND sessions.state IN ('planned', 'confirmed', 'change_wanted')
             AND sessions.starts_at < :until AND sessions.starts_at > :since
             AND enrollments.status <> 'ended'
             AND (sessions.asked_row IS NULL OR asked.state = 'canceled')""",
        until=now + AHEAD_MS,
        since=now - USEFUL_FOR_MS,
    )
    for session in sessions:
        _owe(tx, session, clinic, now=now)
    return len(sessions)


def _owe(tx: Tx, session: Row, clinic: Clinic, *, now: int) -> None:
    charged = staff.responsible_for(tx, session["enrollment_id"])
    if not charged:
        return
    over = max(now, session["starts_at"] + AFTER_MS)
    row = outbox.say(
        tx,
        Said(html="", form=json.dumps({_FORM: session["id"]})),
        chat_id=charged[0].chat_id,
        now=now,
        kind="answer",
        lane=Lane.REMINDER,
        patient_id=session["patient_id"],
        enrollment_id=session["enrollment_id"],
        ready_at=clinic.quiet.ends_after(over, clinic.timezone),
        useful_until=session["starts_at"] + USEFUL_FOR_MS,
    )
    tx.run(
        "UPDATE sessions SET asked_row = :row WHERE clinic_id = :clinic_id AND id = :id",
        id=session["id"],
        row=row,
    )


def not_asked(tx: Tx, row: Row) -> None:
    """Let a session go of its question: it did not reach whoever was asked."""
    tx.run(
        """UPDATE sessions SET asked_row = NULL WHERE clinic_id = :clinic_id
             AND enrollment_id = :enrollment_id AND asked_row = :row""",
        enrollment_id=row["enrollment_id"],
        row=row["id"],
    )


def asked(tx: Tx, row: Row, session_id: int, *, now: int) -> Asked | str:
    """Return what a question that is about to leave asks, or in words why it is not asked."""
    session = tx.first(
        """SELECT sessions.*, enrollments.status, patients.label FROM sessions
           JOIN enrollments ON enrollments.clinic_id = :clinic_id
             AND enrollments.id = sessions.enrollment_id
           JOIN patients ON patients.clinic_id = :clinic_id
             AND patients.id = enrollments.patient_id
           WHERE sessions.clinic_id = :clinic_id AND sessions.id = :id""",
        id=session_id,
    )
    if session is None or session["state"] in ("held", "canceled"):
        return "somebody has said it already"
    if session["status"] == "ended":
        return "the plan was ended"
    if session["asked_row"] != row["id"] or session["starts_at"] + AFTER_MS > now:
        return "the session was moved"
    charged = staff.responsible_for(tx, session["enrollment_id"])
    if row["chat_id"] not in {member.chat_id for member in charged}:
        return "somebody else is in charge now"
    return Asked(session, session["label"])
