"""The conversation: what staff write to a patient, how it fares, and what a patient answers to it.

A message of staff is a row of its own, because it stays when the outbox's words are gone; the rows
of the outbox that take it to the patient point to it. A patient never gets the name of who wrote.

``/stop`` ends the aftercare messages. Somebody who asked something all the same is owed an answer:
as long as what they wrote waits for one, a week at most, or for a day after their last words.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from scheduler import (
    events,
    notices,
    outbox,
    patients,
    replies,
    staff,
    staff_group,
    unanswered,
)
from scheduler.database import Row, Tx
from scheduler.patients import Patient
from scheduler.staff import Staff
from scheduler.wallclock import HOUR

Lost = Literal["unreachable", "too_late", "stopped", "canceled", "refused"]
Obstacle = Literal["not_opened", "not_agreed", "stopped", "unreachable"]
State = Literal["on_its_way", "delivered", "uncertain", "not_delivered"]

_TEXTS: Final = "practitioner.conversation"
ANSWERABLE_MS: Final = 7 * 24 * HOUR
"""For so long something that waits may be answered, whatever was stopped meanwhile."""
RECENT_MS: Final = 24 * HOUR
"""For so long after their last words somebody who stopped the messages may be written to."""
CONTEXT_MS: Final = 7 * 24 * HOUR
"""How old a message of staff may be to count as what a patient's next words answer."""

_REASONS: Final[Mapping[Obstacle, str]] = {
    "not_opened": "the patient has not opened the link",
    "not_agreed": "the patient has not agreed to messages",
    "stopped": "the patient has stopped the messages",
    "unreachable": "the patient cannot be reached",
}
"""How the outbox names an obstacle that came up before a row could leave."""


@dataclass(frozen=True, slots=True)
class Thread:
    """The message of staff that a patient answers: its row, and who wrote it.

    ``writer`` is None where they have left the clinic; ``name`` is what they were called.
    """

    message: Row
    writer: Staff | None
    name: str


def about(tx: Tx, member: Staff, message_id: int) -> Row | None:
    """Return what a message in a member's chat is about: a row with ``patient_id``, ``reply_id``.

    It is one that the bot sent them about one patient, or one that they wrote to a patient
    themselves. What the bot sent them as a patient of the clinic is about nobody else.
    """
    written = tx.first(
        """SELECT patient_id, NULL AS reply_id FROM staff_messages
           WHERE clinic_id = :clinic_id AND staff_id = :staff_id AND message_id = :message_id
             AND chat_id IS NULL
           ORDER BY id DESC LIMIT 1""",
        staff_id=member.id,
        message_id=message_id,
    )
    if written is not None:
        return written
    return tx.first(
        """SELECT outbox.patient_id, outbox.reply_id FROM outbox
           JOIN patients ON patients.clinic_id = :clinic_id AND patients.id = outbox.patient_id
           WHERE outbox.clinic_id = :clinic_id AND outbox.chat_id = :chat_id
             AND outbox.message_id = :message_id
             AND (patients.chat_id IS NULL OR patients.chat_id <> :chat_id)
           ORDER BY outbox.id DESC LIMIT 1""",
        chat_id=member.chat_id,
        message_id=message_id,
    )


def shown_at(tx: Tx, chat_id: int, message_id: int) -> Row | None:
    """Return the patient's reply that a message in the staff's group shows, or None."""
    reply_id = tx.value(
        """SELECT reply_id FROM outbox WHERE clinic_id = :clinic_id AND chat_id = :chat_id
             AND message_id = :message_id AND reply_id IS NOT NULL""",
        chat_id=chat_id,
        message_id=message_id,
    )
    return replies.by_id(tx, reply_id) if reply_id is not None else None


def obstacle(tx: Tx, patient: Patient, *, now: int) -> Obstacle | None:
    """Return why staff may not write to a patient at ``now`` (UTC epoch ms), or None."""
    if patient.state == "unreachable":
        return "unreachable"
    if patient.chat_id is None:
        return "not_opened"
    if patient.state == "active" or _is_owed_an_answer(tx, patient.id, now=now):
        return None
    return "stopped" if patient.state == "stopped" else "not_agreed"


def _is_owed_an_answer(tx: Tx, patient_id: int, *, now: int) -> bool:
    return (
        tx.value(
            """SELECT 1 FROM replies WHERE clinic_id = :clinic_id AND patient_id = :patient_id
                 AND question IS NULL
                 AND (at > :recent OR answered_at IS NULL AND at > :answerable) LIMIT 1""",
            patient_id=patient_id,
            recent=now - RECENT_MS,
            answerable=now - ANSWERABLE_MS,
        )
        is not None
    )


def write(
    tx: Tx,
    member: Staff,
    patient: Patient,
    kind: replies.Kind,
    *,
    text: str | None,
    file_id: str | None,
    message_id: int,
    album: str = "",
    group: int | None = None,
    answers: bool = True,
    now: int,
) -> int:
    """Write down what a member wrote to a patient; it answers all that waits at this moment.

    Args:
        tx: the open transaction.
        member: who wrote.
        patient: to whom.
        kind: what it is.
        text: the words, or the caption.
        file_id: the file that came with it.
        message_id: its Telegram id in the member's chat, or in the group.
        album: what ties it to the other pictures of an album, if it is one of several.
        group: the chat of the group, where it was written there.
        answers: whether it does; not where it speaks of something else by its nature.
        now: UTC epoch ms.

    Returns:
        The number that the rows of the outbox which carry it must have.
    """
    staff_message_id: int = tx.value(
        """INSERT INTO staff_messages (clinic_id, patient_id, staff_id, kind, text, file_id,
               message_id, album, chat_id, answers, state, at)
           VALUES (:clinic_id, :patient_id, :staff_id, :kind, :text, :file_id, :message_id,
               :album, :group, :answers, 'on_its_way', :now)
           RETURNING id""",
        patient_id=patient.id,
        staff_id=member.id,
        kind=kind,
        text=text,
        file_id=file_id,
        message_id=message_id,
        album=album or None,
        group=group,
        answers=unanswered.newest(tx, patient.id) if answers else None,
        now=now,
    )
    events.note(
        tx,
        "staff_wrote",
        actor=member.actor,
        now=now,
        patient_id=patient.id,
        message=staff_message_id,
    )
    return staff_message_id


def acknowledged_by(tx: Tx, staff_message_id: int, outbox_id: int) -> None:
    """Remember which row tells the member how their message fares."""
    tx.run(
        """UPDATE staff_messages SET receipt_id = :outbox_id
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=staff_message_id,
        outbox_id=outbox_id,
    )


def why_not(tx: Tx, row: Row, *, now: int) -> str | None:
    """Return why a row that takes a message of staff to a patient may not leave now, or None.

    Looked at when it leaves: since it was written the patient may have stopped the messages, and
    the member may have left the clinic.
    """
    patient = patients.by_id(tx, row["patient_id"])
    message = _message(tx, row["staff_message_id"])
    if patient is None or message is None:
        return "the patient is gone"
    if staff.by_id(tx, message["staff_id"]) is None:
        return "its writer has left the clinic"
    found = obstacle(tx, patient, now=now)
    return _REASONS[found] if found else None


def take_back(tx: Tx, staff_message_id: int, reason: str, *, now: int) -> bool:
    """Take a message back before it leaves; returns whether it was not too late.

    Nobody is told of it: who takes it back knows.
    """
    rows = tx.all(
        "SELECT * FROM outbox WHERE clinic_id = :clinic_id AND staff_message_id = :id",
        id=staff_message_id,
    )
    if any(row["state"] != "pending" or row["possible_duplicate"] for row in rows):
        return False
    for row in rows:
        outbox.end(tx, row["id"], "canceled", reason, now=now)
    tx.run(
        """UPDATE staff_messages SET state = 'not_delivered', settled_at = :now
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=staff_message_id,
        now=now,
    )
    return True


def verdict(states: Collection[str]) -> State:
    """Return how a message fares whose rows of the outbox stand in these states (pure)."""
    if "pending" in states or "sending" in states:
        return "on_its_way"
    if any(state in states for state in ("refused", "expired", "canceled")):
        return "not_delivered"
    return "uncertain" if "uncertain" in states else "delivered"


def row_settled(tx: Tx, row: Row, *, now: int) -> None:
    """Follow what became of a row: its message is delivered with the last of its rows, or not.

    What it answers is answered once it is delivered, and its writer is told how it fared.
    """
    if row["staff_message_id"] is None:
        return
    rows = tx.all(
        """SELECT state, reason FROM outbox
           WHERE clinic_id = :clinic_id AND staff_message_id = :id ORDER BY id""",
        id=row["staff_message_id"],
    )
    state = verdict([each["state"] for each in rows])
    changed = tx.run(
        """UPDATE staff_messages SET state = :state,
               settled_at = CASE WHEN :state = 'on_its_way' THEN NULL ELSE :now END
           WHERE clinic_id = :clinic_id AND id = :id AND state <> :state""",
        id=row["staff_message_id"],
        state=state,
        now=now,
    )
    message = _message(tx, row["staff_message_id"])
    patient = patients.by_id(tx, row["patient_id"])
    if not changed or message is None or patient is None or state == "on_its_way":
        return
    if state == "delivered" and message["answers"] is not None:
        unanswered.settle(
            tx, patient.id, upto=message["answers"], staff_id=message["staff_id"], now=now
        )
    writer = staff.by_id(tx, message["staff_id"])
    if writer is None:
        return
    # Where it was written: in the group, or in the writer's own chat.
    where = message["chat_id"] or writer.chat_id
    receipt = notices.said(
        f"{_TEXTS}.{state}", edits_row=message["receipt_id"], label=patient.label
    )
    outbox.say(tx, receipt, chat_id=where, now=now, patient_id=patient.id)
    if state == "not_delivered":
        # An edit makes no sound, and it may be hours later, when the group is not used any more.
        there = message["chat_id"] in (None, staff_group.in_use(tx))
        said = notices.said(
            f"{_TEXTS}.why.{why_lost(patient.state, rows)}",
            reply_to=message["message_id"] if there else None,
            label=patient.label,
        )
        chat_id = where if there else writer.chat_id
        outbox.say(tx, said, chat_id=chat_id, now=now, patient_id=patient.id)


def why_lost(state: patients.State, rows: Iterable[Row]) -> Lost:
    """Name the reason why a message was not delivered (pure).

    Args:
        state: the patient's.
        rows: the rows of the outbox that took it, with their ``state`` and ``reason``.
    """
    if state == "unreachable":
        return "unreachable"
    for row in rows:
        if row["state"] == "expired":
            return "too_late"
        if row["state"] == "canceled":
            return "stopped" if row["reason"] == _REASONS["stopped"] else "canceled"
    return "refused"


def answered_by(
    tx: Tx, patient: Patient, *, chat_id: int, reply_to: int | None, now: int
) -> Thread | None:
    """Return the message of staff that a patient's words answer, if they do.

    It is the one that they quote; or, where they quote nothing, the newest one that they got, if
    it is newer than every reminder and not older than :data:`CONTEXT_MS`.

    Args:
        tx: the open transaction.
        patient: who wrote.
        chat_id: where.
        reply_to: the Telegram id of the message that they quote, if they do.
        now: UTC epoch ms.
    """
    if reply_to is not None:
        found = quoted(tx, patient, chat_id=chat_id, message_id=reply_to)
    else:
        found = tx.value(
            """SELECT staff_message_id FROM outbox
               WHERE clinic_id = :clinic_id AND patient_id = :patient_id AND chat_id = :chat_id
                 AND state = 'sent' AND settled_at + 0 > :since
                 AND (step_key IS NOT NULL OR staff_message_id IS NOT NULL)
               ORDER BY settled_at + 0 DESC, id DESC LIMIT 1""",
            patient_id=patient.id,
            chat_id=chat_id,
            since=now - CONTEXT_MS,
        )
    message = _message(tx, found) if found is not None else None
    if message is None:
        return None
    writer = staff.by_id(tx, message["staff_id"])
    known = writer or staff.ever(tx, message["staff_id"])
    return Thread(message, writer, known.name if known else "")


def quoted(tx: Tx, patient: Patient, *, chat_id: int, message_id: int) -> int | None:
    """Return which message of staff a message in a patient's chat is (its number), or None."""
    found: int | None = tx.value(
        """SELECT staff_message_id FROM outbox
           WHERE clinic_id = :clinic_id AND chat_id = :chat_id AND message_id = :message_id
             AND patient_id = :patient_id AND staff_message_id IS NOT NULL
           ORDER BY id DESC LIMIT 1""",
        chat_id=chat_id,
        message_id=message_id,
        patient_id=patient.id,
    )
    return found


def written(tx: Tx, member: Staff, message_id: int, *, group: int | None = None) -> Row | None:
    """Return what a member wrote to a patient with one message of theirs, or None.

    It is one of their private chat, or of the ``group`` that is named.
    """
    return tx.first(
        """SELECT * FROM staff_messages
           WHERE clinic_id = :clinic_id AND staff_id = :staff_id AND message_id = :message_id
             AND COALESCE(chat_id, 0) = :group""",
        staff_id=member.id,
        message_id=message_id,
        group=group or 0,
    )


def album_went_to(tx: Tx, member: Staff, album: str) -> int | None:
    """Return the patient to whom a member sent the first of an album in private, or None."""
    found: int | None = tx.value(
        """SELECT patient_id FROM staff_messages
           WHERE clinic_id = :clinic_id AND album = :album AND staff_id = :staff_id
             AND chat_id IS NULL LIMIT 1""",
        album=album,
        staff_id=member.id,
    )
    return found


def _message(tx: Tx, staff_message_id: int) -> Row | None:
    return tx.first(
        "SELECT * FROM staff_messages WHERE clinic_id = :clinic_id AND id = :id",
        id=staff_message_id,
    )
