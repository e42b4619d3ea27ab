"""The outbox for people: what is open and what was settled lately, without anybody's words."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from scheduler import outbox
from scheduler.database import Row, Tx


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the outbox as a person reads it. Instants in UTC epoch ms."""

    id: int
    kind: str
    who: str
    what: str
    state: str
    reason: str | None
    due_at: int
    ready_at: int
    useful_until: int | None
    sent_at: int | None
    settled_at: int | None
    attempts: int
    possible_duplicate: bool


_COLUMNS = """outbox.id, outbox.kind, outbox.step_key, outbox.state, outbox.reason, outbox.held,
    outbox.due_at, outbox.ready_at, outbox.useful_until, outbox.settled_at, outbox.attempts,
    outbox.possible_duplicate, patients.label,
    (SELECT staff.name FROM staff WHERE staff.clinic_id = :clinic_id
       AND staff.chat_id = outbox.chat_id AND staff.removed_at IS NULL) AS member
    FROM outbox LEFT JOIN patients
      ON patients.clinic_id = :clinic_id AND patients.id = outbox.patient_id"""
_NAMES = tuple(each.name for each in fields(Line))


def lines(tx: Tx, *, limit: int) -> list[Line]:
    """Return up to ``limit`` open rows by time, then the latest settled ones."""
    # The rows are chosen first: a sort of all that is pending, with its names, is a slow one.
    rows = tx.all(
        f"""SELECT {_COLUMNS}
            WHERE outbox.id IN (SELECT id FROM outbox
                WHERE clinic_id = :clinic_id AND state IN ('pending', 'sending')
                ORDER BY ready_at, id LIMIT :limit)
            ORDER BY outbox.ready_at, outbox.id""",
        limit=limit,
    )
    rows += tx.all(
        f"""SELECT {_COLUMNS}
            WHERE outbox.clinic_id = :clinic_id AND outbox.settled_at IS NOT NULL
            ORDER BY outbox.settled_at DESC, outbox.id DESC LIMIT :limit""",
        limit=limit,
    )
    return [_line(row) for row in rows[: 2 * limit]]


def found(
    tx: Tx, *, states: Sequence[str] = (), label: str | None = None, limit: int
) -> list[Line]:
    """Return up to ``limit`` rows as asked for, the next due and the latest settled first.

    Args:
        tx: the open transaction.
        states: only rows in one of these; empty for all.
        label: only rows about the patients with exactly this label.
        limit: how many at most.
    """
    wanted = ["outbox.clinic_id = :clinic_id"]
    if states:
        names = ", ".join(f":state{index}" for index in range(len(states)))
        wanted.append(f"outbox.state IN ({names})")
    if label is not None:
        wanted.append("patients.label = :label")
    rows = tx.all(
        f"""SELECT {_COLUMNS} WHERE {" AND ".join(wanted)}
            ORDER BY CASE WHEN outbox.settled_at IS NULL THEN 0 ELSE 1 END,
                outbox.settled_at DESC, outbox.ready_at, outbox.id
            LIMIT :limit""",
        **{f"state{index}": state for index, state in enumerate(states)},
        label=label,
        limit=limit,
    )
    return [_line(row) for row in rows]


def _line(row: Row) -> Line:
    held = f"waiting: {row['held']}" if row["held"] and row["state"] == "pending" else None
    # A relay goes to a member of staff about a patient; a reminder to the patient.
    who = row["member"] or row["label"] or "—"
    return Line(
        id=row["id"],
        kind=row["kind"],
        who=who,
        what=row["step_key"] or row["kind"],
        state=row["state"],
        reason=held or row["reason"],
        due_at=row["due_at"],
        ready_at=row["ready_at"],
        useful_until=row["useful_until"],
        sent_at=row["settled_at"] if row["state"] == "sent" else None,
        settled_at=row["settled_at"],
        attempts=row["attempts"],
        possible_duplicate=bool(row["possible_duplicate"]),
    )


def snapshot(tx: Tx, *, limit: int) -> dict[str, Any]:
    """Return the lines and the count of each state, as plain JSON values."""
    return {
        "rows": [{name: getattr(line, name) for name in _NAMES} for line in lines(tx, limit=limit)],
        "counts": dict.fromkeys(("pending", "sending", *outbox.SETTLED), 0) | outbox.counts(tx),
    }
