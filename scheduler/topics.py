"""The patients' topics in the staff's group: opened when first needed, and anew when deleted.

A row of the outbox that goes to the group about a patient belongs into the patient's topic. Where
there is none yet, a row that opens it is owed just ahead of it, so that a crash loses neither. A
topic has the patient's label for a name, and follows it.
"""

from dataclasses import replace
from typing import Final, NamedTuple

from scheduler import notices, outbox, patients, staff_group
from scheduler.channel import Message
from scheduler.database import Row, Tx
from scheduler.outbox import Lane
from scheduler.said import Said

NAME_LENGTH: Final = 128
"""The longest name that Telegram takes for a topic."""


class Wait(NamedTuple):
    """The topic is not open yet: look again at an instant (UTC epoch ms)."""

    ready_at: int


def patient_of(tx: Tx, chat_id: int, thread_id: int) -> int | None:
    """Return whose topic a thread of the group is, or None if it is nobody's."""
    found: int | None = tx.value(
        """SELECT patient_id FROM topics WHERE clinic_id = :clinic_id AND chat_id = :chat_id
             AND thread_id = :thread_id""",
        chat_id=chat_id,
        thread_id=thread_id,
    )
    return found


def place(tx: Tx, row: Row, message: Message, *, now: int) -> Message | Wait | None:
    """Put what a row says to the group into its patient's topic.

    Args:
        tx: the open transaction.
        row: the row of the outbox; its chat is a group.
        message: what it says.
        now: UTC epoch ms.

    Returns:
        The message with its thread; how long it has to wait for it; or None where the group is
        not in use any more.
    """
    apart = message.topic is not None or message.edit_message_id is not None
    if apart or row["patient_id"] is None:
        return message
    if staff_group.in_use(tx) != row["chat_id"]:
        return None
    patient = patients.known(tx, row["patient_id"])
    name = patient.label[:NAME_LENGTH]
    topic = _topic(tx, patient.id, row["chat_id"])
    if topic is None or (topic["thread_id"] is None and not _is_coming(tx, topic)):
        _owe(tx, row, topic, name, now=now)
        return Wait(row["ready_at"])
    if topic["thread_id"] is None:
        coming = outbox.row(tx, topic["row_id"])
        return Wait(max(row["ready_at"], (coming["ready_at"] if coming else now) + 1))
    if topic["name"] != name:
        _owe(tx, row, topic, name, now=now)
    return replace(message, thread_id=topic["thread_id"])


def opening(tx: Tx, row: Row, patient_id: int) -> Message | None:
    """Return the request that opens a patient's topic, or renames it if it is open."""
    topic = _topic(tx, patient_id, row["chat_id"])
    if topic is None or topic["row_id"] != row["id"]:
        return None
    return Message(row["chat_id"], html="", topic=topic["name"], thread_id=topic["thread_id"])


def gone(tx: Tx, row: Row, thread_id: int | None) -> bool:
    """Take note that a topic was deleted; returns whether a new one can be opened for the row."""
    tx.run(
        """UPDATE topics SET thread_id = NULL, row_id = NULL
           WHERE clinic_id = :clinic_id AND chat_id = :chat_id AND thread_id = :thread_id""",
        chat_id=row["chat_id"],
        thread_id=thread_id,
    )
    return row["patient_id"] is not None


def delete(tx: Tx, patient_id: int, *, now: int) -> tuple[str, ...]:
    """Owe it that a patient's topics disappear, with all that was written in them.

    Args:
        tx: the open transaction.
        patient_id: whose topics.
        now: UTC epoch ms.

    Returns:
        The names of groups that are not used any more, where nobody can promise it.
    """
    left = []
    for topic in tx.all(
        """SELECT topics.chat_id, topics.thread_id, staff_groups.title, staff_groups.state
           FROM topics JOIN staff_groups ON staff_groups.clinic_id = :clinic_id
             AND staff_groups.chat_id = topics.chat_id
           WHERE topics.clinic_id = :clinic_id AND topics.patient_id = :patient_id
           ORDER BY topics.id""",
        patient_id=patient_id,
    ):
        if topic["thread_id"] is not None:
            take_away(tx, topic["chat_id"], topic["thread_id"], now=now)
        if topic["state"] == "left":
            left.append(topic["title"])
    return tuple(dict.fromkeys(left))


def take_away(tx: Tx, chat_id: int, thread_id: int, *, now: int) -> None:
    """Owe it that a topic disappears (``now`` in UTC epoch ms)."""
    gone = Said(html="", thread_id=thread_id, delete_topic=True)
    outbox.say(tx, gone, chat_id=chat_id, kind="relay", now=now)


def row_settled(tx: Tx, row: Row, *, now: int) -> None:
    """Follow what became of a row that went to the group (``now`` in UTC epoch ms)."""
    after = outbox.row(tx, row["id"])
    if after is None or after["state"] in ("pending", "sending") or row["content"] is None:
        return
    said = Said.from_json(row["content"])
    if said.delete_topic:
        if after["state"] not in ("sent", "canceled"):
            _ask_to_delete(tx, row, said, now=now)
        return
    form = said.form
    patient_id = staff_group.topic_of(form) if form is not None else None
    if after["state"] == "sent":
        if patient_id == staff_group.INTRODUCTION:
            staff_group.begin(tx, row["chat_id"], after["message_id"], now=now)
        elif patient_id is not None:
            tx.run(
                """UPDATE topics SET thread_id = :thread_id
                   WHERE clinic_id = :clinic_id AND row_id = :row_id""",
                thread_id=after["message_id"],
                row_id=row["id"],
            )
        return
    if after["state"] == "canceled":
        return
    trouble = staff_group.trouble_of(after["reason"])
    if trouble is None and patient_id is not None and not _is_open(tx, row):
        trouble = "gone"  # no topic, and no hope of one
    if trouble is not None:
        failed = row if patient_id is None else None
        staff_group.lose(tx, row["chat_id"], trouble, now=now, failed=failed)


def _ask_to_delete(tx: Tx, row: Row, said: Said, *, now: int) -> None:
    """Have people delete a topic that the bot may not delete; it is said in the topic itself."""
    asked = replace(notices.said("clinic.group.topic_stays"), thread_id=said.thread_id)
    outbox.say(tx, asked, chat_id=row["chat_id"], now=now)


def _topic(tx: Tx, patient_id: int, chat_id: int) -> Row | None:
    return tx.first(
        """SELECT * FROM topics WHERE clinic_id = :clinic_id AND patient_id = :patient_id
             AND chat_id = :chat_id ORDER BY id DESC LIMIT 1""",
        patient_id=patient_id,
        chat_id=chat_id,
    )


def _is_coming(tx: Tx, topic: Row) -> bool:
    coming = outbox.row(tx, topic["row_id"]) if topic["row_id"] is not None else None
    return coming is not None and coming["state"] in ("pending", "sending")


def _is_open(tx: Tx, row: Row) -> bool:
    """Say whether the topic that a row was to rename, or to open, is open."""
    found = tx.value(
        "SELECT thread_id FROM topics WHERE clinic_id = :clinic_id AND row_id = :row_id",
        row_id=row["id"],
    )
    return found is not None


def _owe(tx: Tx, row: Row, topic: Row | None, name: str, *, now: int) -> None:
    """Owe the request that opens or renames a topic, just ahead of the row that needs it."""
    row_id = outbox.say(
        tx,
        staff_group.topic_row(row["patient_id"]),
        chat_id=row["chat_id"],
        now=now,
        kind="alert",
        lane=Lane.SAFETY,
        patient_id=row["patient_id"],
        ready_at=row["ready_at"] - 1,
    )
    if topic is None:
        tx.run(
            """INSERT INTO topics (clinic_id, patient_id, chat_id, name, row_id)
               VALUES (:clinic_id, :patient_id, :chat_id, :name, :row_id)""",
            patient_id=row["patient_id"],
            chat_id=row["chat_id"],
            name=name,
            row_id=row_id,
        )
        return
    tx.run(
        """UPDATE topics SET name = :name, row_id = :row_id
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=topic["id"],
        name=name,
        row_id=row_id,
    )
