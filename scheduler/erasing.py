"""Erasing rows: all that the database holds of a patient, or of one plan of theirs.

Nothing is said from here and nothing is decided: ``erasure`` does both. What stays are counts.
"""

import json
import re
from typing import Any, Final

from messages.markup import escape
from scheduler import patients, staff
from scheduler.database import Tx
from scheduler.holdings import STAFF_CHATS
from scheduler.patients import Patient
from scheduler.said import Said

Counts = dict[str, int]
"""How many there were of what: "plans", "messages", "replies", "alerts"."""

# Each set of ids, for a patient and for one plan. A copy of a broadcast is counted with it, and
# only loses its reader.
_PLANS: Final = {
    "patient": "SELECT id FROM enrollments WHERE clinic_id = :clinic_id AND patient_id = :of",
    "plan": "SELECT id FROM enrollments WHERE clinic_id = :clinic_id AND id = :of",
}
_ROWS: Final = {
    "patient": """SELECT id FROM outbox WHERE clinic_id = :clinic_id
            AND kind <> 'broadcast' AND patient_id = :of
        UNION SELECT id FROM outbox WHERE clinic_id = :clinic_id
            AND kind <> 'broadcast' AND patient_id IS NULL AND chat_id = :chat_id
        UNION SELECT id FROM outbox WHERE clinic_id = :clinic_id
            AND kind <> 'broadcast' AND enrollment_id IN (SELECT id FROM enrollments
                WHERE clinic_id = :clinic_id AND patient_id = :of)""",
    "plan": "SELECT id FROM outbox WHERE clinic_id = :clinic_id AND enrollment_id = :of",
}
_REPLIES: Final = {
    "patient": "SELECT id FROM replies WHERE clinic_id = :clinic_id AND patient_id = :of",
    "plan": "SELECT id FROM replies WHERE clinic_id = :clinic_id AND enrollment_id = :of",
}
_ALERTS: Final = {
    "patient": "SELECT id FROM alerts WHERE clinic_id = :clinic_id AND patient_id = :of",
    "plan": "SELECT id FROM alerts WHERE clinic_id = :clinic_id AND enrollment_id = :of",
}
_WRITTEN: Final = {
    "patient": "SELECT id FROM staff_messages WHERE clinic_id = :clinic_id AND patient_id = :of",
    # What staff wrote belongs to no plan; it stays until the last one is gone.
    "plan": "SELECT id FROM staff_messages WHERE clinic_id = :clinic_id AND id = 0 AND id = :of",
}


def remove_patient(tx: Tx, patient_id: int, *, now: int) -> Counts:
    """Erase everything about a patient; returns what there was, as counts.

    Args:
        tx: the open transaction.
        patient_id: whom.
        now: UTC epoch ms.
    """
    patient = patients.known(tx, patient_id)
    chat_id = patient.chat_id
    if chat_id is not None and staff.at_chat(tx, chat_id) is not None:
        # Their chat as a member of the clinic goes on; what it held of them is wiped below.
        chat_id = None
    counts = _remove(tx, "patient", patient_id, chat_id)
    _anonymize_copies(tx, patient_id, now=now)
    for table in ("waiting_pictures", "events", "consents", "invitations", "topics"):
        tx.run(
            f"DELETE FROM {table} WHERE clinic_id = :clinic_id AND patient_id = :id",
            id=patient_id,
        )
    if patient.chat_id is not None:
        _wipe_chat(tx, patient.chat_id, of_staff=chat_id is None)
    _wipe_what_staff_saw(tx, patient, now=now)
    tx.run("DELETE FROM patients WHERE clinic_id = :clinic_id AND id = :id", id=patient_id)
    return counts


def remove_plan(tx: Tx, enrollment_id: int) -> Counts:
    """Erase one plan of a patient who has others; returns what there was, as counts."""
    counts = _remove(tx, "plan", enrollment_id, None)
    # What was said to staff without naming a plan may still quote it.
    _wipe_staff_content(tx)
    return counts


def _remove(tx: Tx, scope: str, of: int, chat_id: int | None) -> Counts:
    # Each is looked for once. What follows goes row by row along the indexes: any statement that
    # reads a whole table would be waited for by whoever writes to the bot meanwhile.
    plans, rows, said, alerted, written = (
        tx.all(ids[scope], of=of, chat_id=chat_id)
        for ids in (_PLANS, _ROWS, _REPLIES, _ALERTS, _WRITTEN)
    )
    # First the ties between the tables, then the rows from the leaves down.
    for table, column, ids in (
        ("outbox", "reply_id", said),
        ("outbox", "staff_message_id", written),
        ("replies", "outbox_id", rows),
        ("staff_messages", "answers", said),
        ("staff_messages", "receipt_id", rows),
        ("alert_messages", "edited_by", rows),
        ("sessions", "asked_row", rows),
        ("plan_changes", "offer_row", rows),
        ("plan_changes", "staff_message_id", written),
        ("topics", "row_id", rows),
    ):
        tx.many(
            f"""UPDATE {table} SET {column} = NULL
                WHERE clinic_id = :clinic_id AND {column} = :id""",
            ids,
        )
    for table, column, ids in (
        ("alert_messages", "alert_id", alerted),
        ("alert_messages", "outbox_id", rows),
        ("alert_reasons", "alert_id", alerted),
        ("alerts", "id", alerted),
        ("waiting_pictures", "reply_id", said),
        ("attempts", "outbox_id", rows),
        ("replies", "id", said),
        ("staff_messages", "id", written),
        ("outbox", "id", rows),
        ("events", "enrollment_id", plans),
        ("invitations", "enrollment_id", plans),
        ("plan_changes", "enrollment_id", plans),
        ("sessions", "enrollment_id", plans),
        ("enrollments", "id", plans),
    ):
        tx.many(f"DELETE FROM {table} WHERE clinic_id = :clinic_id AND {column} = :id", ids)
    return {
        "plans": len(plans),
        "messages": len(rows),
        "replies": len(said),
        "alerts": len(alerted),
    }


def _anonymize_copies(tx: Tx, patient_id: int, *, now: int) -> None:
    """A broadcast's copies stay as figures: that one more person got it, not who."""
    tx.run(
        """DELETE FROM polls WHERE clinic_id = :clinic_id AND outbox_id IN
             (SELECT id FROM outbox WHERE clinic_id = :clinic_id AND patient_id = :id)""",
        id=patient_id,
    )
    tx.run(
        """UPDATE outbox SET settled_at = COALESCE(settled_at, :now),
               reason = COALESCE(reason, 'the patient is gone'),
               state = CASE WHEN settled_at IS NULL THEN 'canceled' ELSE state END,
               patient_id = NULL, chat_id = NULL, message_id = NULL, content = NULL
           WHERE clinic_id = :clinic_id AND kind = 'broadcast' AND patient_id = :id""",
        id=patient_id,
        now=now,
    )


def _wipe_chat(tx: Tx, chat_id: int, *, of_staff: bool) -> None:
    """Wipe what is kept of a chat beside a patient's rows: updates, dialogues, waits, the door.

    What still waits for its answer, which may be a danger sign, is wiped with that (``inbox``).
    """
    tx.run(
        """UPDATE inbox SET payload = '{}',
               chat_id = CASE WHEN :of_staff THEN chat_id ELSE NULL END
           WHERE clinic_id = :clinic_id AND chat_id = :chat_id AND state <> 'new'""",
        chat_id=chat_id,
        of_staff=of_staff,
    )
    tx.run(
        """UPDATE events SET actor = 'chat', detail = '{}'
           WHERE clinic_id = :clinic_id AND actor = :actor""",
        actor=f"chat:{chat_id}",
    )
    for table in ("dialogues", "waits"):
        tx.run(f"DELETE FROM {table} WHERE clinic_id = :clinic_id AND chat_id = :id", id=chat_id)


def _wipe_what_staff_saw(tx: Tx, patient: Patient, *, now: int) -> None:
    """Wipe lists, cards and updates of the clinic's own people, which may speak of anybody.

    Of what was dealt with nothing is needed any more. What waits, and names the patient, is
    canceled; a dialogue about them is closed.
    """
    _wipe_staff_content(tx)
    tx.run(
        f"""UPDATE inbox SET payload = '{{}}' WHERE clinic_id = :clinic_id AND state <> 'new'
             AND chat_id IN {STAFF_CHATS}"""
    )
    for row in tx.all(
        """SELECT id, content FROM outbox WHERE clinic_id = :clinic_id AND state = 'pending'
             AND patient_id IS NULL AND content IS NOT NULL AND kind <> 'broadcast'"""
    ):
        said = Said.from_json(row["content"])
        # A deletion holds numbers alone, of which one may be like a label.
        takes_away = said.delete_message_id is not None or said.delete_topic
        if not takes_away and names(row["content"], patient.label):
            tx.run(
                """UPDATE outbox SET state = 'canceled', reason = 'the patient is gone',
                       content = NULL, settled_at = :now
                   WHERE clinic_id = :clinic_id AND id = :id""",
                id=row["id"],
                now=now,
            )
    for row in tx.all("SELECT chat_id, data FROM dialogues WHERE clinic_id = :clinic_id"):
        if _speaks_of(json.loads(row["data"]), patient):
            tx.run(
                "DELETE FROM dialogues WHERE clinic_id = :clinic_id AND chat_id = :id",
                id=row["chat_id"],
            )


def _wipe_staff_content(tx: Tx) -> None:
    tx.run(
        f"""UPDATE outbox SET content = NULL,
               reviewed_at = CASE WHEN state = 'uncertain' THEN COALESCE(reviewed_at, settled_at)
                                  ELSE reviewed_at END
           WHERE clinic_id = :clinic_id AND state NOT IN ('pending', 'sending')
             AND content IS NOT NULL AND patient_id IS NULL AND kind <> 'broadcast'
             AND broadcast_id IS NULL AND chat_id IN {STAFF_CHATS}"""
    )


def _speaks_of(data: Any, patient: Patient) -> bool:
    """Say whether a dialogue's data holds a patient's label or number (pure)."""
    if isinstance(data, dict):
        return any(
            (key.startswith("patient") and value == patient.id) or _speaks_of(value, patient)
            for key, value in data.items()
        )
    if isinstance(data, list):
        return any(_speaks_of(value, patient) for value in data)
    return isinstance(data, str) and names(data, patient.label)


def names(text: str, label: str) -> bool:
    """Say whether a text holds a label as a whole, as it is or as HTML (pure).

    A restored backup has an empty label for whoever was erased since: that names nobody.
    """
    return bool(label) and any(
        re.search(rf"(?<!\w){re.escape(form)}(?!\w)", text) is not None
        for form in (label, str(escape(label)))
    )
