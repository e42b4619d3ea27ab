"""What the database holds about a patient: every table, whose its rows are, and what is personal.

The patient's file (``/mydata``), the erasure and the sealing of backups all read this one list,
and a test compares it with the schema: a table or a column that nobody thought of fails it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_OF_ENROLLMENT: Final = """(SELECT owner.patient_id FROM enrollments AS owner
    WHERE owner.clinic_id = :clinic_id AND owner.id = {table}.enrollment_id)"""
# What somebody of the clinic gets may speak of any patient, even if they are one themselves.
_OF_CHAT: Final = """(SELECT owner.id FROM patients AS owner
    WHERE owner.clinic_id = :clinic_id AND owner.chat_id = {table}.chat_id
      AND NOT EXISTS (SELECT 1 FROM staff WHERE staff.clinic_id = :clinic_id
        AND staff.chat_id = owner.chat_id AND staff.removed_at IS NULL))"""


@dataclass(frozen=True, slots=True)
class Holding:
    """One table.

    Attributes:
        table: its name.
        owner: SQL that gives the id of the patient whose a row is, or NULL.
        personal: the columns with words, labels or ids of a person, and what stands in a backup
            in their place.
        bare: the other columns: numbers, moments, states, keys of the clinic's protocols.
    """

    table: str
    owner: str
    personal: Mapping[str, object] = field(default_factory=dict)
    bare: frozenset[str] = frozenset()


def _bare(columns: str) -> frozenset[str]:
    return frozenset(["id", "clinic_id", *columns.split()])


HOLDINGS: Final = (
    Holding(
        "patients",
        "patients.id",
        {"label": "", "searched": "", "chat_id": None},
        _bare("language timezone state key_name created_at changed_at"),
    ),
    Holding(
        "enrollments",
        "enrollments.patient_id",
        {"treatment": "", "area": "", "reason": None},
        _bare(
            "patient_id staff_id lipolytic filler status created_at started_at ended_at version "
            "paused_at"
        ),
    ),
    Holding(
        "sessions",
        _OF_ENROLLMENT.format(table="sessions"),
        {},
        _bare(
            "enrollment_id starts_at timezone state created_at changed_at why lipolytic filler "
            "asked_row first_id"
        ),
    ),
    Holding(
        "plan_changes",
        _OF_ENROLLMENT.format(table="plan_changes"),
        {"before": "{}"},
        _bare(
            "enrollment_id staff_id at kind version undone_at session_id moment offer_row "
            "staff_message_id"
        ),
    ),
    Holding(
        "outbox",
        "COALESCE(outbox.patient_id, "
        f"{_OF_ENROLLMENT.format(table='outbox')}, {_OF_CHAT.format(table='outbox')})",
        # Zero is nobody's chat: what waits must have one.
        {"chat_id": 0, "content": None, "message_id": None},
        _bare(
            "kind lane patient_id enrollment_id session_id broadcast_id step_key occurrence secret "
            "due_at ready_at useful_until state reason held attempts possible_duplicate created_at "
            "settled_at reviewed_at staff_message_id reply_id erasure_id taken_back_at"
        ),
    ),
    Holding(
        "replies",
        "replies.patient_id",
        {"value": None, "text": None, "file_id": None, "reasons": None, "message_id": None},
        _bare(
            "patient_id enrollment_id session_id outbox_id step_key question kind at answered_at "
            "answered_by level finding copy_id written_at withheld"
        ),
    ),
    Holding(
        "waiting_pictures",
        "waiting_pictures.patient_id",
        {"file_id": ""},
        _bare("patient_id reply_id at"),
    ),
    Holding(
        "consents",
        "consents.patient_id",
        {},
        _bare("patient_id purpose given version at"),
    ),
    Holding(
        "staff_messages",
        "staff_messages.patient_id",
        {"text": None, "file_id": None, "message_id": 0, "album": None},
        _bare("patient_id staff_id kind receipt_id answers state at settled_at chat_id"),
    ),
    Holding(
        "topics",
        "topics.patient_id",
        {"name": "", "chat_id": 0, "thread_id": None},
        _bare("patient_id row_id"),
    ),
    Holding(
        "alerts",
        "alerts.patient_id",
        {},
        _bare(
            "patient_id enrollment_id session_at level spoken state opened_at raised_at told_at "
            "acknowledged_by acknowledged_at resolved_by resolved_at resolution round "
            "next_escalation_at"
        ),
    ),
    Holding(
        "alert_reasons",
        """(SELECT owner.patient_id FROM alerts AS owner
            WHERE owner.clinic_id = :clinic_id AND owner.id = alert_reasons.alert_id)""",
        {"cause": "", "words": "{}"},
        _bare("alert_id at level"),
    ),
    Holding(
        "events",
        f"COALESCE(events.patient_id, {_OF_ENROLLMENT.format(table='events')})",
        {"detail": "{}"},
        # An actor may be "chat:<id>", somebody at the door: see ``sealing``.
        _bare("at kind actor patient_id enrollment_id"),
    ),
    Holding(
        "invitations",
        f"COALESCE(invitations.patient_id, {_OF_ENROLLMENT.format(table='invitations')})",
        {"used_by": None},
        _bare("patient_id token_hash role enrollment_id staff_id created_at expires_at used_at"),
    ),
    Holding(
        "inbox",
        _OF_CHAT.format(table="inbox"),
        {"chat_id": None, "payload": "{}"},
        _bare("update_id state tries try_at error received_at done_at"),
    ),
)

OF_TABLE: Final[Mapping[str, Holding]] = {held.table: held for held in HOLDINGS}

STAFF_CHATS: Final = """(SELECT staff.chat_id FROM staff WHERE staff.clinic_id = :clinic_id
    UNION SELECT staff_groups.chat_id FROM staff_groups
    WHERE staff_groups.clinic_id = :clinic_id)"""
"""Every chat in which staff were told of patients: their own, and their group's."""

OF_CHATS: Final = frozenset({"dialogues", "waits"})
"""Tables of a chat's passing state: erased with it, and not kept in backups."""

PARTS: Final = frozenset({"attempts", "alert_messages", "polls"})
"""Tables of numbers only, which go with the rows that they belong to."""

NOBODYS: Final = frozenset(
    {
        "staff",
        "staff_groups",
        "absences",
        "clinic_settings",
        "exports",
        "export_files",
        "broadcasts",
        "broadcast_texts",
        "library",
        "marks",
        "erasures",
        "kept_records",
        "_sqlite_migrations",
        "sqlite_sequence",
    }
)
"""Tables that hold nothing of a living plan. ``kept_records`` has a key of its own."""
