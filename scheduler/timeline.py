"""A patient's timeline: what was sent and what was not, what was answered, what happened.

Merges the outbox, the replies, the events and the sessions of one patient into one order, the
newest first. Every query is bound to the patient by an index, so the size of the clinic does not
matter; pages go on from a cursor, so that rows that arrive meanwhile shift nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from heapq import nlargest
from typing import Literal

from scheduler import consent
from scheduler.database import Row, Tx
from scheduler.replanning import DROPPED, TAKEN_BACK

Kind = Literal["message", "reply", "event", "session", "staff"]

# Among entries of one moment the session comes first, then the message, then what came of it.
_RANK: Mapping[Kind, int] = {"session": 0, "event": 1, "message": 2, "reply": 3, "staff": 4}


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """The place of one entry in the order of a timeline: its moment (UTC epoch ms) and row."""

    at: int
    rank: int
    id: int

    def __str__(self) -> str:
        """Return the form that a button can carry."""
        return f"{self.at}.{self.rank}.{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read a cursor back.

        Raises:
            ValueError: the text is not one.
        """
        at, rank, row_id = (int(part) for part in text.split("."))
        if max(abs(at), abs(rank), abs(row_id)) >= 1 << 62:
            raise ValueError("no row has such a number")
        return cls(at, rank, row_id)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. ``at`` is UTC epoch ms.

    ``row`` is the row of the table that ``kind`` stands for: a settled outbox row ("message"), a
    reply, an event, a session that has begun, or what a member of "staff" wrote to the patient
    (with ``name``, who it was). Messages, replies and sessions carry the
    ``treatment`` of their enrollment where they have one.
    """

    at: int
    kind: Kind
    row: Row

    @property
    def cursor(self) -> Cursor:
        """The place from which the next page goes on."""
        return Cursor(self.at, _RANK[self.kind], self.row["id"])


_TREATMENT = """(SELECT enrollments.treatment FROM enrollments
    WHERE enrollments.clinic_id = :clinic_id
      AND enrollments.id = {table}.enrollment_id) AS treatment"""

# What a change of the plan dropped is told by the event of that change, once and not row by row.
# What a patient wants of a visit is an event each time; the reply keeps only the newest word.
_SOURCES: Mapping[Kind, tuple[str, str]] = {
    "message": (
        "outbox.settled_at",
        f"""SELECT outbox.*, {_TREATMENT.format(table="outbox")} FROM outbox
            WHERE outbox.clinic_id = :clinic_id AND outbox.patient_id = :patient_id
              AND outbox.kind IN ('reminder', 'broadcast') AND outbox.settled_at IS NOT NULL
              AND outbox.reason NOT IN ('{DROPPED}', '{TAKEN_BACK}')""",
    ),
    "reply": (
        "replies.at",
        f"""SELECT replies.*, {_TREATMENT.format(table="replies")} FROM replies
            WHERE replies.clinic_id = :clinic_id AND replies.patient_id = :patient_id
              AND (replies.question IS NULL OR replies.question <> 'visit')""",
    ),
    "event": (
        "events.at",
        """SELECT events.* FROM events
           WHERE events.clinic_id = :clinic_id AND events.patient_id = :patient_id""",
    ),
    "staff": (
        "staff_messages.at",
        """SELECT staff_messages.*, staff.name FROM staff_messages
           JOIN staff ON staff.clinic_id = :clinic_id AND staff.id = staff_messages.staff_id
           WHERE staff_messages.clinic_id = :clinic_id
             AND staff_messages.patient_id = :patient_id""",
    ),
    "session": (
        "sessions.starts_at",
        """SELECT sessions.*, enrollments.treatment FROM enrollments
           JOIN sessions ON sessions.clinic_id = :clinic_id
             AND sessions.enrollment_id = enrollments.id
           WHERE enrollments.clinic_id = :clinic_id AND enrollments.patient_id = :patient_id
             AND sessions.state <> 'canceled' AND sessions.starts_at <= :now""",
    ),
}


def entries(
    tx: Tx,
    patient_id: int,
    *,
    now: int,
    limit: int,
    events: Collection[str],
    before: Cursor | None = None,
) -> list[Entry]:
    """Return a patient's entries, the newest first.

    Args:
        tx: the open transaction.
        patient_id: whose.
        now: UTC epoch ms; a session counts once it has begun.
        limit: how many at most.
        events: which kinds of events belong in a timeline; others are for the audit only.
        before: the cursor of the last entry of the page before; None for the newest.
    """
    found = [
        entry
        for kind in _SOURCES
        for entry in _of_kind(
            tx, kind, patient_id, now=now, limit=limit, events=events, before=before
        )
    ]
    return nlargest(limit, found, key=lambda entry: entry.cursor)


def _of_kind(
    tx: Tx,
    kind: Kind,
    patient_id: int,
    *,
    now: int,
    limit: int,
    events: Collection[str],
    before: Cursor | None,
) -> list[Entry]:
    at, sql = _SOURCES[kind]
    table = at.partition(".")[0]
    bound: dict[str, object] = {"patient_id": patient_id, "now": now, "limit": limit}
    if kind == "event":
        names = {f"event{index}": name for index, name in enumerate(events)}
        sql += f" AND events.kind IN ({', '.join(f':{name}' for name in names) or 'NULL'})"
        bound |= names
    if before is not None:
        sql += f"""
            AND {at} <= :before AND ({at} < :before OR :rank < :before_rank
              OR (:rank = :before_rank AND {table}.id < :before_id))"""
        bound |= {
            "before": before.at,
            "rank": _RANK[kind],
            "before_rank": before.rank,
            "before_id": before.id,
        }
    rows = tx.all(f"{sql} ORDER BY {at} DESC, {table}.id DESC LIMIT :limit", **bound)
    column = at.partition(".")[2]
    return [Entry(row[column], kind, row) for row in rows]


def coming(tx: Tx, patient_id: int, *, limit: int) -> list[Row]:
    """Return the next reminders that a patient is owed, held ones too, with their treatment."""
    return tx.all(
        f"""SELECT outbox.*, {_TREATMENT.format(table="outbox")} FROM outbox
            WHERE outbox.clinic_id = :clinic_id AND outbox.patient_id = :patient_id
              AND outbox.state IN ('pending', 'sending') AND outbox.kind = 'reminder'
            ORDER BY outbox.ready_at, outbox.id LIMIT :limit""",
        patient_id=patient_id,
        limit=limit,
    )


def photos(tx: Tx, patient_id: int, *, limit: int) -> list[Row]:
    """Return the newest photos that a patient sent, the newest first, with their treatment.

    None where the patient has taken back the yes to showing them.
    """
    if not consent.holds(tx, patient_id, "photos"):
        return []
    return tx.all(
        f"""SELECT replies.*, {_TREATMENT.format(table="replies")} FROM replies
            WHERE replies.clinic_id = :clinic_id AND replies.patient_id = :patient_id
              AND replies.kind = 'photo' AND replies.file_id IS NOT NULL
            ORDER BY replies.at DESC, replies.id DESC LIMIT :limit""",
        patient_id=patient_id,
        limit=limit,
    )
