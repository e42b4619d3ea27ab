"""Losing a member's chat: the bot was blocked there or never started, or the account is gone.

Whoever is out of reach is called to nothing and in charge of nothing, until anything that they do
in their chat proves that they are back. The managers are told once. What patients wrote goes to
those who answer instead; to the alerts others are called (``scheduler.alert_absent``).
"""

from dataclasses import replace
from typing import Final

from scheduler import (
    alert_copies,
    alert_record,
    attendance,
    duty,
    events,
    notices,
    outbox,
    patients,
    staff,
)
from scheduler.database import Row, Tx
from scheduler.said import Said
from scheduler.staff import Staff

_TEXT: Final = "clinic.staff.lost"
_PASSED_ON: Final = ("relay", "alert")


def lost(tx: Tx, member: Staff, *, now: int, failed: Row | None = None) -> None:
    """Take note that a member gets no messages (``now`` in UTC epoch ms).

    Args:
        tx: the open transaction.
        member: who.
        now: the present.
        failed: the row of the outbox that was refused there, if that showed it.
    """
    if staff.becomes_lost(tx, member.id, now=now):
        events.note(tx, "staff_lost", actor="system", now=now, staff_id=member.id)
        lost_now = staff.out_of_reach(tx)
        told = [each for each in staff.managers(tx) if each.id not in lost_now]
        # Where no manager is left, everybody who is.
        told = told or [each for each in staff.everyone(tx) if each.id not in lost_now]
        notices.tell(tx, told, _TEXT, now=now, who=member.name)
    _pass_on(tx, member, [failed] if failed else [], now=now)


def found(tx: Tx, member: Staff, *, now: int) -> None:
    """Take note that a member is reached again (``now`` in UTC epoch ms).

    The alerts about their patients that rang without them, and are not resolved, ring with them.
    """
    if not staff.becomes_found(tx, member.id):
        return
    events.note(tx, "staff_found", actor=member.actor, now=now, staff_id=member.id)
    for alert in alert_record.unheard_by(tx, member.id):
        charged = duty.in_charge(tx, alert.patient_id, alert.enrollment_id)
        if member.id in {each.id for each in charged}:
            alert_copies.owe(tx, alert, [member], now=now)


def _pass_on(tx: Tx, member: Staff, failed: list[Row], *, now: int) -> None:
    """Bring what a member was to learn about patients to those who are in charge instead."""
    waiting = tx.all(
        """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND chat_id = :chat_id
             AND state = 'pending' AND held IS NULL AND lane IN (0, 1)
             AND patient_id IS NOT NULL ORDER BY ready_at, id""",
        chat_id=member.chat_id,
    )
    for row in failed:
        attendance.not_asked(tx, row)
    rows = [row for row in [*failed, *waiting] if _is_news(tx, row, member)]
    # Looked up before anything is added: a long text is several rows, each of which goes over.
    readers = {row["id"]: _readers(tx, row) for row in rows}
    for row in rows:
        if not readers[row["id"]]:
            # Nobody else is left: it is refused like the first one.
            continue
        outbox.end(tx, row["id"], "canceled", "its reader is out of reach", now=now)
        for reader in readers[row["id"]]:
            outbox.say(
                tx,
                replace(Said.from_json(row["content"]), reply_to=None),
                chat_id=reader.chat_id,
                now=now,
                kind=row["kind"],
                patient_id=row["patient_id"],
                enrollment_id=row["enrollment_id"],
                reply_id=row["reply_id"],
            )


def _is_news(tx: Tx, row: Row, member: Staff) -> bool:
    """Say whether a row tells a member something new about a patient, who is not themselves."""
    if row["kind"] not in _PASSED_ON or row["patient_id"] is None or row["content"] is None:
        return False
    if alert_copies.copy_of(tx, row["id"]) is not None:
        return False
    said = Said.from_json(row["content"])
    edits = said.edits_row is not None or said.message(row["chat_id"]).changes
    return not edits and patients.known(tx, row["patient_id"]).chat_id != member.chat_id


def _readers(tx: Tx, row: Row) -> list[Staff]:
    """Return who gets a row instead: who is in charge, and was not told at the same moment."""
    told = {
        each["chat_id"]
        for each in tx.all(
            """SELECT chat_id FROM outbox WHERE clinic_id = :clinic_id
                 AND patient_id = :patient_id AND kind = :kind AND created_at = :at""",
            patient_id=row["patient_id"],
            kind=row["kind"],
            at=row["created_at"],
        )
    }
    lost = staff.out_of_reach(tx)
    return [
        member
        for member in duty.in_charge(tx, row["patient_id"], row["enrollment_id"])
        if member.id not in lost and member.chat_id not in told
    ]
