"""Everything that is held about a patient, table by table, for the patient to take along.

The list of what there is stands in ``holdings``. Left out is what is not about the patient: who
of the clinic did something, their chats, and secrets that open doors.
"""

import json
from typing import Any, Final

from scheduler.database import Row, Tx
from scheduler.holdings import HOLDINGS, Holding
from scheduler.patients import Patient

_NOT_THEIRS: Final = frozenset(
    {
        "clinic_id",
        "key_name",
        "token_hash",
        "staff_id",
        "acknowledged_by",
        "resolved_by",
        "answered_by",
        "actor",
    }
)
_JSON: Final = frozenset({"content", "reasons", "words", "detail", "payload", "before"})
_PICTURES: Final = frozenset({"photo", "video", "document", "voice", "sticker"})

Held = dict[str, list[dict[str, Any]]]
"""Rows by table; what a column holds as JSON is decoded."""


def everything(tx: Tx, patient: Patient) -> Held:
    """Return all that is held about a patient. Instants are UTC epoch ms."""
    return {held.table: _rows(tx, held, patient) for held in HOLDINGS}


def _rows(tx: Tx, held: Holding, patient: Patient) -> list[dict[str, Any]]:
    rows = tx.all(
        f"""SELECT {held.table}.* FROM {held.table}
            WHERE {held.table}.clinic_id = :clinic_id AND {held.owner} = :patient_id
            ORDER BY {held.table}.id""",
        patient_id=patient.id,
    )
    return [_theirs(row, patient) for row in rows]


def _theirs(row: Row, patient: Patient) -> dict[str, Any]:
    shown = {
        name: json.loads(value) if name in _JSON and isinstance(value, str) else value
        for name, value in row.items()
        if name not in _NOT_THEIRS
    }
    if "chat_id" in shown and shown["chat_id"] != patient.chat_id:
        # To somebody of the clinic: it repeats what stands elsewhere, and names who got it.
        shown |= {"chat_id": None, "message_id": None, "content": None, "to": "clinic"}
    return shown


def files(held: Held) -> list[tuple[int, str, str]]:
    """Return the files that a patient sent: the reply's number, its kind, Telegram's file id."""
    sent = [(row["id"], row["kind"], row["file_id"]) for row in held["replies"] if row["file_id"]]
    kinds = {row["id"]: row["kind"] for row in held["replies"]}
    waiting = [
        (row["reply_id"], kinds[row["reply_id"]], row["file_id"])
        for row in held["waiting_pictures"]
    ]
    return [file for file in (*sent, *waiting) if file[1] in _PICTURES]
