"""The log of what patients said or pressed. One answer per question, however many copies."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from scheduler.database import Row, Tx

Kind = Literal["tap", "vote", "text", "photo", "voice", "video", "document", "sticker", "other"]


@dataclass(frozen=True, slots=True)
class Context:
    """Which message a free reply most likely answers."""

    outbox_id: int
    enrollment_id: int
    session_id: int
    step_key: str


def answer(tx: Tx, reminder: Row, question: str, value: str, *, now: int) -> bool:
    """Log a tap on a question of a reminder (an outbox row with its patient).

    Returns:
        False where that question was answered before: the first answer stands.
    """
    return (
        tx.run(
            """INSERT INTO replies (clinic_id, patient_id, enrollment_id, session_id, outbox_id,
                   step_key, question, kind, value, at)
               VALUES (:clinic_id, :patient_id, :enrollment_id, :session_id, :outbox_id,
                   :step_key, :question, 'tap', :value, :now)
               ON CONFLICT (clinic_id, outbox_id, question) WHERE question IS NOT NULL
               DO NOTHING""",
            patient_id=reminder["patient_id"],
            enrollment_id=reminder["enrollment_id"],
            session_id=reminder["session_id"],
            outbox_id=reminder["id"],
            step_key=reminder["step_key"],
            question=question,
            value=value,
            now=now,
        )
        == 1
    )


def off_course(tx: Tx, reminder: Row, question: str, finding: str) -> None:
    """Write down beside the answer to a question what is off the expected course about it."""
    tx.run(
        """UPDATE replies SET finding = :finding
           WHERE clinic_id = :clinic_id AND outbox_id = :outbox_id AND question = :question""",
        outbox_id=reminder["id"],
        question=question,
        finding=finding,
    )


def answers_to(tx: Tx, outbox_id: int) -> dict[str, str]:
    """Return the answers given to a reminder so far: question key → answer key."""
    return {
        row["question"]: row["value"]
        for row in tx.all(
            """SELECT question, value FROM replies
               WHERE clinic_id = :clinic_id AND outbox_id = :outbox_id AND question IS NOT NULL
               ORDER BY id""",
            outbox_id=outbox_id,
        )
    }


def free(
    tx: Tx,
    patient_id: int,
    kind: Kind,
    *,
    text: str | None,
    file_id: str | None,
    context: Context | None,
    now: int,
    written_at: int | None = None,
    message_id: int | None = None,
    copy_id: int | None = None,
) -> int:
    """Log what a patient wrote, showed or said unasked or in answer to ``context``.

    ``written_at`` is when, UTC epoch ms; ``now`` where it is not known to be earlier.
    ``message_id`` is its Telegram id in the patient's chat, ``copy_id`` the copy of a broadcast
    that it came upon.
    """
    reply_id: int = tx.value(
        """INSERT INTO replies (clinic_id, patient_id, enrollment_id, session_id, outbox_id,
               step_key, kind, text, file_id, message_id, copy_id, written_at, at)
           VALUES (:clinic_id, :patient_id, :enrollment_id, :session_id, :outbox_id, :step_key,
               :kind, :text, :file_id, :message_id, :copy_id, :written_at, :now)
           RETURNING id""",
        patient_id=patient_id,
        kind=kind,
        text=text,
        file_id=file_id,
        enrollment_id=context.enrollment_id if context else None,
        session_id=context.session_id if context else None,
        outbox_id=context.outbox_id if context else None,
        step_key=context.step_key if context else None,
        message_id=message_id,
        copy_id=copy_id,
        written_at=now if written_at is None else written_at,
        now=now,
    )
    return reply_id


def judged(
    tx: Tx,
    reply_id: int,
    *,
    level: str,
    reasons: list[tuple[str, str, int, int]],
    intents: Sequence[str],
    understood: bool,
) -> None:
    """Write down beside a reply how it was read.

    Args:
        tx: the open transaction.
        reply_id: which reply.
        level: emergency, urgent, review or routine.
        reasons: sign, level, and where in the text its words begin and end, in characters; the
            words themselves stay in the text alone.
        intents: question, reschedule, opt_out, correction.
        understood: whether the words meant anything to the triage.
    """
    tx.run(
        """UPDATE replies SET level = :level, reasons = :reasons
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=reply_id,
        level=level,
        reasons=json.dumps({"signs": reasons, "intents": list(intents), "understood": understood}),
    )


def withhold(tx: Tx, reply_id: int, reason: str) -> bool:
    """Write down why nobody was shown the file of a reply; returns whether it is the first time."""
    return (
        tx.run(
            """UPDATE replies SET withheld = :reason
               WHERE clinic_id = :clinic_id AND id = :id AND withheld IS NULL""",
            id=reply_id,
            reason=reason,
        )
        > 0
    )


def newest(tx: Tx, patient_id: int) -> Row | None:
    """Return the last that a patient wrote, showed or said, or None."""
    return tx.first(
        """SELECT * FROM replies WHERE clinic_id = :clinic_id AND patient_id = :patient_id
             AND question IS NULL ORDER BY at DESC, id DESC LIMIT 1""",
        patient_id=patient_id,
    )


def by_id(tx: Tx, reply_id: int) -> Row | None:
    """Return one reply, or None."""
    return tx.first("SELECT * FROM replies WHERE clinic_id = :clinic_id AND id = :id", id=reply_id)


def context_of(
    tx: Tx, patient_id: int, *, chat_id: int, reply_to: int | None, now: int, within_ms: int
) -> Context | None:
    """Return the reminder that a free reply answers: the one it quotes, else the newest sent.

    Args:
        tx: the open transaction.
        patient_id: who replied.
        chat_id: where.
        reply_to: the Telegram message id that the reply quotes, if it does.
        now: UTC epoch ms.
        within_ms: how old the newest reminder may be to count as what is being answered.
    """
    row = None
    if reply_to is not None:
        row = tx.first(
            """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND chat_id = :chat_id
                 AND message_id = :message_id AND patient_id = :patient_id
                 AND step_key IS NOT NULL""",
            chat_id=chat_id,
            message_id=reply_to,
            patient_id=patient_id,
        )
    if row is None:
        row = tx.first(
            """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND patient_id = :patient_id
                 AND state = 'sent' AND step_key IS NOT NULL AND settled_at + 0 > :since
               ORDER BY settled_at + 0 DESC, id DESC LIMIT 1""",
            patient_id=patient_id,
            since=now - within_ms,
        )
    if row is None:
        return None
    return Context(row["id"], row["enrollment_id"], row["session_id"], row["step_key"])


def answers_reminder(tx: Tx, patient_id: int, *, chat_id: int, reply_to: int | None) -> bool:
    """Say whether a message answers a reminder: it quotes one, or comes right under one.

    Args:
        tx: the open transaction.
        patient_id: whose reminders count.
        chat_id: where it was written.
        reply_to: the Telegram message id that it quotes, if it does.
    """
    row = tx.first(
        """SELECT patient_id, step_key FROM outbox
           WHERE clinic_id = :clinic_id AND chat_id = :chat_id AND message_id IS NOT NULL
             AND (:message_id IS NULL OR message_id = :message_id)
           ORDER BY message_id DESC, id LIMIT 1""",
        chat_id=chat_id,
        message_id=reply_to,
    )
    return row is not None and row["patient_id"] == patient_id and row["step_key"] is not None


def of_patient(tx: Tx, patient_id: int) -> list[Row]:
    """Return all that a patient said or pressed, oldest first."""
    return tx.all(
        """SELECT * FROM replies WHERE clinic_id = :clinic_id AND patient_id = :patient_id
           ORDER BY at, id""",
        patient_id=patient_id,
    )


def answered(tx: Tx, enrollment_id: int) -> list[Row]:
    """Return every answer to a question of an enrollment's messages, with its session, by time."""
    return tx.all(
        """SELECT replies.*, sessions.starts_at AS session_at FROM replies
           JOIN sessions ON sessions.clinic_id = :clinic_id AND sessions.id = replies.session_id
           WHERE replies.clinic_id = :clinic_id AND replies.enrollment_id = :enrollment_id
             AND replies.question IS NOT NULL
           ORDER BY replies.at, replies.id""",
        enrollment_id=enrollment_id,
    )
