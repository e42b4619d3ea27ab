"""Erasure: a patient is forgotten, and what is left to do about it is written down.

The rows go in one transaction (``erasing``), together with an ``erasures`` row that stays open
until the patient's key is destroyed and the file holds no trace of them: a crash in between delays
that and skips nothing. What tells people of it carries its number and goes with it.
"""

import json
import secrets
from dataclasses import dataclass
from typing import Final, Literal

from messages.protocol import Alarm
from scheduler import alert_record, erasing, events, inbox, outbox, staff_group, topics
from scheduler.database import Row, Tx
from scheduler.erasing import Counts
from scheduler.holdings import STAFF_CHATS
from scheduler.keeping import Keeping, months_later
from scheduler.patients import Patient
from scheduler.said import Said
from scheduler.wallclock import HOUR, local

Why = Literal["asked", "retention", "record_over"]

DELETABLE_MS: Final = 47 * HOUR
"""Telegram lets a bot delete messages for 48 hours; an hour is left for the way."""
NOTICE_STAYS_MS: Final = 24 * HOUR
"""For so long staff can read in the chat whose data was erased."""
SMALL_BYTES: Final = 64 * 1024 * 1024
"""A file up to this size is written anew within a second or two, at any time."""
_NIGHT: Final = range(3, 5)
_NAME_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What an erasure did: its number, what there was as counts, and what remains to be said.

    ``kept_until`` (epoch ms) is when what law makes the clinic keep is erased too, ``alert`` how
    grave an alert was that nobody had resolved, ``recalled`` how many messages to staff disappear,
    ``left_in`` the names of groups in which a topic of the patient may be left.
    """

    erasure_id: int
    counts: Counts
    kept_until: int | None
    alert: Alarm | None
    recalled: int
    left_in: tuple[str, ...]


def forget(
    tx: Tx, patient: Patient, *, why: Why, keeping: Keeping, zone: str, now: int
) -> Forgotten:
    """Erase a patient; the key and the traces in the file follow (see :func:`open_ones`).

    Args:
        tx: the open transaction.
        patient: whom.
        why: who wanted it: the patient, or the clinic's time limit.
        keeping: what law makes the clinic keep.
        zone: the clinic's, for the months of that.
        now: UTC epoch ms.
    """
    alert = alert_record.unresolved(tx, patient.id)
    key_name = tx.value(
        "SELECT key_name FROM patients WHERE clinic_id = :clinic_id AND id = :id", id=patient.id
    )
    erasure_id = _open(tx, why, key_name, now=now)
    left_in = topics.delete(tx, patient.id, now=now)
    recalled = _recall(tx, patient, now=now)
    kept_until = None
    if keeping.record_months:
        kept_until = months_later(now, keeping.record_months, zone)
        _keep_record(tx, patient, kept_until, now=now)
    counts = erasing.remove_patient(tx, patient.id, now=now)
    _count(tx, erasure_id, counts)
    events.note(tx, "erased", actor="patient" if why == "asked" else "system", now=now, **counts)
    level = alert.level if alert else None
    return Forgotten(erasure_id, counts, kept_until, level, recalled, left_in)


def forget_plan(tx: Tx, enrollment_id: int, *, now: int) -> Counts:
    """Erase one ended plan of a patient who has others; their key stays."""
    erasure_id = _open(tx, "retention", None, now=now)
    counts = erasing.remove_plan(tx, enrollment_id)
    _count(tx, erasure_id, counts)
    events.note(tx, "erased", actor="system", now=now, **counts)
    return counts


def forget_records(tx: Tx, *, now: int) -> int:
    """Erase the records that law made the clinic keep until now; returns how many."""
    rows = tx.all(
        """DELETE FROM kept_records WHERE clinic_id = :clinic_id AND kept_until <= :now
           RETURNING key_name""",
        now=now,
    )
    for row in rows:
        _count(tx, _open(tx, "record_over", row["key_name"], now=now), {"records": 1})
    return len(rows)


def _open(tx: Tx, why: Why, key_name: str | None, *, now: int) -> int:
    erasure_id: int = tx.value(
        """INSERT INTO erasures (clinic_id, at, why, key_name, counts)
           VALUES (:clinic_id, :now, :why, :key_name, '{}') RETURNING id""",
        why=why,
        key_name=key_name,
        now=now,
    )
    return erasure_id


def _count(tx: Tx, erasure_id: int, counts: Counts) -> None:
    tx.run(
        "UPDATE erasures SET counts = :counts WHERE clinic_id = :clinic_id AND id = :id",
        id=erasure_id,
        counts=json.dumps(counts, sort_keys=True),
    )


def _recall(tx: Tx, patient: Patient, *, now: int) -> int:
    """Have what staff were shown of a patient disappear, where Telegram still allows it."""
    since = now - DELETABLE_MS
    shown = tx.all(
        f"""SELECT chat_id, message_id, content, patient_id FROM outbox
           WHERE clinic_id = :clinic_id AND state = 'sent' AND settled_at > :since
             AND message_id IS NOT NULL AND kind <> 'broadcast'
             AND chat_id IN {STAFF_CHATS}
             AND chat_id <> :own""",
        since=since,
        own=patient.chat_id or 0,
    )
    found = {
        (row["chat_id"], row["message_id"])
        for row in shown
        if row["patient_id"] == patient.id
        # A list or a card; what is about another patient stays, whatever it says.
        or (
            row["patient_id"] is None
            and row["content"]
            and erasing.names(row["content"], patient.label)
        )
    }
    found |= {
        (row["chat_id"], row["message_id"])
        for row in tx.all(
            """SELECT COALESCE(staff_messages.chat_id, staff.chat_id) AS chat_id,
                   staff_messages.message_id FROM staff_messages
               JOIN staff ON staff.clinic_id = :clinic_id AND staff.id = staff_messages.staff_id
               WHERE staff_messages.clinic_id = :clinic_id AND staff_messages.patient_id = :id
                 AND staff_messages.at > :since""",
            id=patient.id,
            since=since,
        )
    }
    found |= _typed(tx, patient.label, since=since)
    for chat_id, message_id in sorted(found):
        take_back(tx, chat_id, message_id, now=now)
    return len(found)


def _typed(tx: Tx, label: str, *, since: int) -> set[tuple[int, int]]:
    """Return the messages in which staff themselves typed a patient's label: chat and number."""
    found = set()
    for row in tx.all(
        f"""SELECT chat_id, payload FROM inbox WHERE clinic_id = :clinic_id AND received_at > :since
             AND chat_id IN {STAFF_CHATS}""",
        since=since,
    ):
        message = json.loads(row["payload"]).get("message", {})
        if erasing.names(message.get("text") or message.get("caption") or "", label):
            found.add((row["chat_id"], message["message_id"]))
    return found


def arrived_late(tx: Tx, row: Row, message_id: int, *, now: int) -> None:
    """Take back what was under way to staff when the patient it is about was erased.

    Args:
        tx: the open transaction.
        row: the row as it was taken; it may be gone by now.
        message_id: what it became; of a topic that was opened, its thread.
        now: UTC epoch ms.
    """
    about_one = row["patient_id"] is not None and row["kind"] not in ("reminder", "broadcast")
    if not about_one or outbox.row(tx, row["id"]) is not None:
        return
    form = Said.from_json(row["content"]).form
    if form is not None and staff_group.topic_of(form) is not None:
        topics.take_away(tx, row["chat_id"], message_id, now=now)
    elif tx.value(f"SELECT :chat_id IN {STAFF_CHATS}", chat_id=row["chat_id"]):
        take_back(tx, row["chat_id"], message_id, now=now)


def take_back(
    tx: Tx, chat_id: int, message_id: int, *, now: int, ready_at: int | None = None
) -> int:
    """Owe it that a message disappears from a chat, now or at ``ready_at`` (UTC epoch ms).

    Returns:
        The outbox row.
    """
    moment = now if ready_at is None else ready_at
    return outbox.say(
        tx,
        Said(html="", delete_message_id=message_id),
        chat_id=chat_id,
        kind="relay",
        ready_at=moment,
        # Telegram refuses it later on.
        useful_until=moment + DELETABLE_MS,
        now=now,
    )


def _keep_record(tx: Tx, patient: Patient, kept_until: int, *, now: int) -> None:
    """Keep that there was a plan, consents and the gravity of alerts: nobody's words."""
    of = {"id": patient.id}
    record = {
        "plans": tx.all(
            """SELECT treatment, area, status, created_at, started_at, ended_at FROM enrollments
               WHERE clinic_id = :clinic_id AND patient_id = :id ORDER BY id""",
            **of,
        ),
        "sessions": tx.all(
            """SELECT sessions.starts_at, sessions.timezone, sessions.state FROM sessions
               JOIN enrollments ON enrollments.clinic_id = :clinic_id
                 AND enrollments.id = sessions.enrollment_id
               WHERE sessions.clinic_id = :clinic_id AND enrollments.patient_id = :id
               ORDER BY sessions.starts_at""",
            **of,
        ),
        "consents": tx.all(
            """SELECT purpose, given, version, at FROM consents
               WHERE clinic_id = :clinic_id AND patient_id = :id ORDER BY id""",
            **of,
        ),
        "alerts": tx.all(
            """SELECT level, opened_at, acknowledged_at, resolved_at, resolution FROM alerts
               WHERE clinic_id = :clinic_id AND patient_id = :id ORDER BY id""",
            **of,
        ),
    }
    tx.run(
        """INSERT INTO kept_records (clinic_id, key_name, label, record, at, kept_until)
           VALUES (:clinic_id, :key_name, :label, :record, :now, :kept_until)""",
        key_name=f"record-{secrets.token_hex(_NAME_BYTES)}",
        label=patient.label,
        record=json.dumps(record, ensure_ascii=False),
        kept_until=kept_until,
        now=now,
    )


def records(tx: Tx) -> list[Row]:
    """Return what law makes the clinic keep, the oldest first; ``record`` is decoded."""
    rows = tx.all("SELECT * FROM kept_records WHERE clinic_id = :clinic_id ORDER BY at, id")
    return [{**row, "record": json.loads(row["record"])} for row in rows]


def open_ones(tx: Tx) -> list[Row]:
    """Return the erasures that are not through yet, the oldest first."""
    return tx.all(
        "SELECT * FROM erasures WHERE clinic_id = :clinic_id AND done_at IS NULL ORDER BY id"
    )


def key_gone(tx: Tx, erasure_id: int, *, now: int) -> None:
    """Write down that a key was destroyed."""
    tx.run(
        "UPDATE erasures SET key_gone_at = :now WHERE clinic_id = :clinic_id AND id = :id",
        id=erasure_id,
        now=now,
    )


def close_told(tx: Tx, erasure_id: int, *, now: int) -> bool:
    """Erase what told people of an erasure, once all of it was said; returns whether it was.

    What they wrote before it and was not answered yet is waited for, too: it goes with its answer.
    What staff were told disappears from their chats a day later.
    """
    rows = tx.all(
        "SELECT * FROM outbox WHERE clinic_id = :clinic_id AND erasure_id = :id", id=erasure_id
    )
    if any(row["settled_at"] is None for row in rows):
        return False
    asked_at: int = tx.value(
        "SELECT at FROM erasures WHERE clinic_id = :clinic_id AND id = :id", id=erasure_id
    )
    if inbox.waits_since(tx, asked_at):
        return False
    for row in rows:
        if row["state"] == "sent" and row["kind"] == "relay":
            gone_at = row["settled_at"] + NOTICE_STAYS_MS
            take_back(tx, row["chat_id"], row["message_id"], ready_at=gone_at, now=now)
    tx.run(
        """DELETE FROM attempts WHERE clinic_id = :clinic_id AND outbox_id IN
             (SELECT id FROM outbox WHERE clinic_id = :clinic_id AND erasure_id = :id)""",
        id=erasure_id,
    )
    tx.run("DELETE FROM outbox WHERE clinic_id = :clinic_id AND erasure_id = :id", id=erasure_id)
    return True


def may_rewrite(size: int, *, now: int, zone: str) -> bool:
    """Say whether a file of ``size`` bytes may be written anew at ``now`` (epoch ms); pure.

    Nothing is sent meanwhile: a large one waits for the small hours of the clinic.
    """
    return size <= SMALL_BYTES or local(now, zone).hour in _NIGHT


def done(tx: Tx, erasure_ids: list[int], *, now: int) -> None:
    """Close erasures of which no trace is left; the name of the key goes too."""
    tx.many(
        """UPDATE erasures SET done_at = :now, key_name = NULL
           WHERE clinic_id = :clinic_id AND id = :id""",
        ({"id": erasure_id, "now": now} for erasure_id in erasure_ids),
    )
