"""What patients wrote that nobody has answered yet: the inbox of the people of the clinic.

A free reply waits until a message of staff reached its patient after it, until they were called
about it, or until somebody says that it needs no answer. What one patient wrote is one item,
however many messages it took.
"""

import json
from dataclasses import dataclass
from typing import Literal

from scheduler import events, patients, replies, roster
from scheduler.database import Row, Tx
from scheduler.patients import Patient
from scheduler.staff import Staff

How = Literal["written", "called", "read"]
WAITS = "replies.question IS NULL AND replies.answered_at IS NULL"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One patient's messages that wait: the rows of the first and the last, and how many.

    ``intents`` is what triage found to be wanted in any of them: question, reschedule, opt_out; or
    what they were asked for: correction.
    """

    patient: Patient
    first: Row
    last: Row
    count: int
    intents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """A patient who waits for nothing: the reply that was dealt with last, when, and by whom.

    ``at`` is UTC epoch ms. ``by`` is a name, or empty for what came before there was an inbox.
    ``how`` says whether they were written to, called, or only read.
    """

    patient: Patient
    reply: Row
    at: int
    by: str
    how: How


def newest(tx: Tx, patient_id: int) -> int | None:
    """Return the id of the newest reply of a patient that waits, or None."""
    found: int | None = tx.value(
        f"""SELECT MAX(id) FROM replies
            WHERE clinic_id = :clinic_id AND patient_id = :patient_id AND {WAITS}""",
        patient_id=patient_id,
    )
    return found


def settle(tx: Tx, patient_id: int, *, upto: int, staff_id: int, now: int) -> int:
    """Let a patient's replies up to one wait no longer; returns how many did.

    Args:
        tx: the open transaction.
        patient_id: whose.
        upto: the id of the newest one that is meant.
        staff_id: who dealt with them.
        now: UTC epoch ms.
    """
    return tx.run(
        f"""UPDATE replies SET answered_at = :now, answered_by = :staff_id
            WHERE clinic_id = :clinic_id AND patient_id = :patient_id AND id <= :upto
              AND {WAITS}""",
        patient_id=patient_id,
        upto=upto,
        staff_id=staff_id,
        now=now,
    )


def called(tx: Tx, patient_id: int, *, about: int, staff_id: int, now: int) -> int:
    """Let what a patient wrote until ``about`` (UTC epoch ms) wait no longer: they were called.

    What they wrote after that still waits, because whoever called may not have seen it.

    Returns:
        How many there were.
    """
    upto: int | None = tx.value(
        """SELECT MAX(id) FROM replies
           WHERE clinic_id = :clinic_id AND patient_id = :patient_id AND at <= :about""",
        patient_id=patient_id,
        about=about,
    )
    return settle(tx, patient_id, upto=upto or 0, staff_id=staff_id, now=now)


def needs_no_answer(tx: Tx, member: Staff, patient_id: int, *, upto: int, now: int) -> int:
    """Take a member's word that a patient's replies up to one need no answer.

    What the patient wrote after that one still waits: the member has not seen it.

    Returns:
        How many there were; 0 where somebody else had been faster.
    """
    count = settle(tx, patient_id, upto=upto, staff_id=member.id, now=now)
    if count:
        events.note(
            tx,
            "no_answer_needed",
            actor=member.actor,
            now=now,
            patient_id=patient_id,
            replies=count,
        )
    return count


def waiting(tx: Tx, member: Staff, *, offset: int, limit: int) -> list[Waiting]:
    """Return what waits for an answer and ``member`` may see, the longest wait first."""
    rows = tx.all(
        f"""SELECT replies.patient_id, MIN(replies.id) AS first_id, MAX(replies.id) AS last_id,
                COUNT(*) AS n
            FROM replies
            JOIN patients ON patients.clinic_id = :clinic_id AND patients.id = replies.patient_id
            WHERE replies.clinic_id = :clinic_id AND {WAITS} AND {roster.seen_by(member)}
            GROUP BY replies.patient_id
            ORDER BY MIN(replies.at), replies.patient_id LIMIT :limit OFFSET :offset""",
        member=member.id,
        limit=limit,
        offset=offset,
    )
    return [
        Waiting(
            patients.known(tx, row["patient_id"]),
            _reply(tx, row["first_id"]),
            _reply(tx, row["last_id"]),
            row["n"],
            _intents(tx, row["patient_id"]),
        )
        for row in rows
    ]


def _intents(tx: Tx, patient_id: int) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for row in tx.all(
        f"""SELECT DISTINCT reasons FROM replies
            WHERE clinic_id = :clinic_id AND patient_id = :patient_id AND reasons IS NOT NULL
              AND {WAITS}""",
        patient_id=patient_id,
    ):
        found |= dict.fromkeys(json.loads(row["reasons"])["intents"])
    return tuple(sorted(found))


def count(tx: Tx, member: Staff) -> int:
    """Return of how many patients something waits that ``member`` may see."""
    found: int = tx.value(
        f"""SELECT COUNT(DISTINCT replies.patient_id) FROM replies
            JOIN patients ON patients.clinic_id = :clinic_id AND patients.id = replies.patient_id
            WHERE replies.clinic_id = :clinic_id AND {WAITS} AND {roster.seen_by(member)}""",
        member=member.id,
    )
    return found


def answered(tx: Tx, member: Staff, *, since: int, limit: int) -> list[Answered]:
    """Return who was answered last, among those of whom nothing waits; the latest first.

    Args:
        tx: the open transaction.
        member: who looks.
        since: UTC epoch ms; what was dealt with before is left out.
        limit: how many at most.
    """
    rows = tx.all(
        f"""SELECT replies.patient_id, MAX(replies.id) AS last_id, MAX(replies.answered_at) AS at
            FROM replies
            JOIN patients ON patients.clinic_id = :clinic_id AND patients.id = replies.patient_id
            WHERE replies.clinic_id = :clinic_id AND replies.answered_at > :since
              AND {roster.seen_by(member)}
              AND NOT EXISTS (SELECT 1 FROM replies AS open
                  WHERE open.clinic_id = :clinic_id AND open.patient_id = replies.patient_id
                    AND open.question IS NULL AND open.answered_at IS NULL)
            GROUP BY replies.patient_id ORDER BY at DESC, last_id DESC LIMIT :limit""",
        member=member.id,
        since=since,
        limit=limit,
    )
    return [_answered(tx, row) for row in rows]


def _answered(tx: Tx, row: Row) -> Answered:
    reply = _reply(tx, row["last_id"])
    by = tx.value(
        "SELECT name FROM staff WHERE clinic_id = :clinic_id AND id = :id",
        id=reply["answered_by"],
    )
    patient = patients.known(tx, row["patient_id"])
    return Answered(patient, reply, row["at"], by or "", _how(tx, reply))


def _how(tx: Tx, reply: Row) -> How:
    written = tx.value(
        """SELECT 1 FROM staff_messages WHERE clinic_id = :clinic_id
             AND patient_id = :patient_id AND state = 'delivered' AND answers >= :reply LIMIT 1""",
        patient_id=reply["patient_id"],
        reply=reply["id"],
    )
    if written is not None:
        return "written"
    called = tx.value(
        """SELECT 1 FROM alerts WHERE clinic_id = :clinic_id AND patient_id = :patient_id
             AND resolution = 'call_done' AND resolved_at = :at LIMIT 1""",
        patient_id=reply["patient_id"],
        at=reply["answered_at"],
    )
    return "read" if called is None else "called"


def _reply(tx: Tx, reply_id: int) -> Row:
    row = replies.by_id(tx, reply_id)
    if row is None:
        raise LookupError(f"reply {reply_id} vanished within a transaction")
    return row
