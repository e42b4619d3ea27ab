"""What becomes of a row after an attempt: the outcome policy, kind by kind.

Certainly not sent: try again, with backoff or when Telegram said. Ambiguous: a reminder, an answer
or a relay is sent once more and marked as a possible duplicate; what could mislead twice (a
broadcast) is parked as uncertain; an alert goes on until somebody has it; an edit may always be
repeated, because it ends in the same message.
"""

from typing import Literal

from scheduler import broadcasts, enrollment, notices, outbox, patients, staff
from scheduler.backoff import backoff
from scheduler.channel import (
    Ambiguous,
    Delivered,
    Message,
    Migrated,
    Outcome,
    Rejected,
    Retry,
    Unreachable,
)
from scheduler.database import Row, Tx

# What nobody owes for a fixed time (an answer in a chat) is given up after a day of retries.
GIVE_UP_AFTER_MS = 24 * 60 * 60 * 1000


def settle(tx: Tx, row: Row, message: Message | None, outcome: Outcome, *, now: int) -> None:
    """Bring a row from ``sending`` to where ``outcome`` leads (``now`` in UTC epoch ms).

    Args:
        tx: the open transaction.
        row: the row as it was taken (its ``attempts`` not counting this one).
        message: what was sent; None where a crash lost it.
        outcome: what the channel answered.
        now: the present.
    """
    match outcome:
        case Delivered(message_id=message_id):
            outbox.sent(tx, row["id"], message_id, now=now)
        case Unreachable(reason=reason):
            outbox.end(tx, row["id"], "refused", reason, now=now)
            _lose_touch(tx, row, now=now)
        case Rejected(reason=reason):
            outbox.end(tx, row["id"], "refused", reason, now=now)
        case Migrated(chat_id=chat_id):
            _follow(tx, row["chat_id"], chat_id)
            outbox.postpone(tx, row["id"], ready_at=now, reason="the group moved")
        case Retry(reason=reason, after_ms=after, scope=scope):
            _try_again(tx, row, reason, after, whole_bot=scope == "bot", now=now)
        case Ambiguous(reason=reason):
            _unknown(tx, row, message, reason, now=now)
    _follow_up(tx, row, now=now)


def drop(tx: Tx, row: Row, state: Literal["expired", "canceled"], reason: str, *, now: int) -> None:
    """End a row that the last look found of no use any more (``now`` in UTC epoch ms)."""
    outbox.end(tx, row["id"], state, reason, now=now)
    _follow_up(tx, row, now=now)


def _follow_up(tx: Tx, row: Row, *, now: int) -> None:
    """Let what a row is a part of come to its end with its last row."""
    if row["kind"] == "broadcast":
        broadcasts.row_settled(tx, row, now=now)
    if row["step_key"] is not None:
        enrollment.complete_if_done(tx, row["enrollment_id"], now=now)


def _try_again(
    tx: Tx, row: Row, reason: str, after: int | None, *, whole_bot: bool, now: int
) -> None:
    pause = backoff(row["attempts"] + 1, after, seed=row["id"])
    until = now + pause
    if row["useful_until"] is None and until > row["created_at"] + GIVE_UP_AFTER_MS:
        outbox.end(tx, row["id"], "expired", f"not delivered within a day: {reason}", now=now)
        return
    outbox.postpone(tx, row["id"], ready_at=until, reason=reason)
    # The chat waits with its row, so that what follows in it does not overtake.
    outbox.wait(tx, 0 if whole_bot else row["chat_id"], until=until)


def _unknown(tx: Tx, row: Row, message: Message | None, reason: str, *, now: int) -> None:
    again = now + backoff(row["attempts"] + 1, seed=row["id"])
    if message is not None and message.edit_message_id is not None:
        outbox.postpone(tx, row["id"], ready_at=again, reason=reason)
    elif row["kind"] == "broadcast":
        outbox.end(tx, row["id"], "uncertain", reason, now=now)
    elif row["kind"] == "alert" or not row["possible_duplicate"]:
        outbox.postpone(tx, row["id"], ready_at=again, reason=reason, possible_duplicate=True)
    else:
        outbox.end(tx, row["id"], "uncertain", f"twice without an answer: {reason}", now=now)


def _lose_touch(tx: Tx, row: Row, *, now: int) -> None:
    patient = patients.at_chat(tx, row["chat_id"])
    if patient is None or patient.state == "unreachable":
        return
    patients.becomes(tx, patient.id, "unreachable", actor="system", now=now)
    enrollment.hold(tx, patient.id, "unreachable")
    notices.tell(
        tx,
        staff.responsible_for_patient(tx, patient.id),
        "practitioner.unreachable",
        now=now,
        patient_id=patient.id,
        label=patient.label,
    )


def _follow(tx: Tx, old: int, new: int) -> None:
    for table in ("outbox", "staff", "patients"):
        tx.run(
            f"UPDATE {table} SET chat_id = :new WHERE clinic_id = :clinic_id AND chat_id = :old",
            old=old,
            new=new,
        )


def recover(tx: Tx, *, now: int) -> int:
    """Decide about rows that a crash left in ``sending``; returns how many there were.

    Nobody knows whether they went out, so each follows its kind's policy for ambiguity.
    """
    rows = outbox.left_sending(tx)
    for row in rows:
        tx.run(
            """UPDATE attempts SET finished_at = :now, outcome = 'lost in a crash'
               WHERE clinic_id = :clinic_id AND outbox_id = :id AND finished_at IS NULL""",
            id=row["id"],
            now=now,
        )
        # ``attempts`` counts the lost one already.
        taken = {**row, "attempts": row["attempts"] - 1}
        settle(tx, taken, None, Ambiguous("the process stopped while it was on its way"), now=now)
    return len(rows)
