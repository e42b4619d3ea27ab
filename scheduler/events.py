"""What happened, for the timeline and the audit: who did what to whom, without anybody's words."""

import json
from typing import Any

from scheduler.database import Row, Tx


def note(
    tx: Tx,
    kind: str,
    *,
    actor: str,
    now: int,
    patient_id: int | None = None,
    enrollment_id: int | None = None,
    **detail: Any,
) -> None:
    """Write down one event.

    ``actor`` is "patient", "system", "staff:<id>", or "chat:<id>" for somebody at the door.
    """
    tx.run(
        """INSERT INTO events (clinic_id, at, kind, actor, patient_id, enrollment_id, detail)
           VALUES (:clinic_id, :now, :kind, :actor, :patient_id, :enrollment_id, :detail)""",
        now=now,
        kind=kind,
        actor=actor,
        patient_id=patient_id,
        enrollment_id=enrollment_id,
        detail=json.dumps(detail, ensure_ascii=False, sort_keys=True),
    )


def of_patient(tx: Tx, patient_id: int) -> list[Row]:
    """Return a patient's events, oldest first; ``detail`` is decoded."""
    rows = tx.all(
        """SELECT * FROM events WHERE clinic_id = :clinic_id AND patient_id = :patient_id
           ORDER BY at, id""",
        patient_id=patient_id,
    )
    return [decoded(row) for row in rows]


def decoded(row: Row) -> Row:
    """Return an event with its ``detail`` as values."""
    return {**row, "detail": json.loads(row["detail"])}


def newest_of(tx: Tx, patient_id: int) -> int:
    """Return the id of the newest event of a patient; 0 where there is none."""
    found: int | None = tx.value(
        "SELECT MAX(id) FROM events WHERE clinic_id = :clinic_id AND patient_id = :patient_id",
        patient_id=patient_id,
    )
    return found or 0


def since(tx: Tx, patient_id: int, event_id: int) -> list[Row]:
    """Return the events of a patient that came after one, oldest first."""
    return tx.all(
        """SELECT * FROM events WHERE clinic_id = :clinic_id AND patient_id = :patient_id
             AND id > :event_id ORDER BY id""",
        patient_id=patient_id,
        event_id=event_id,
    )


def noted_since(tx: Tx, kind: str, *, actor: str, patient_id: int, since: int) -> bool:
    """Say whether somebody did something about a patient after ``since`` (UTC epoch ms)."""
    return (
        tx.value(
            """SELECT 1 FROM events WHERE clinic_id = :clinic_id AND patient_id = :patient_id
                 AND at > :since AND kind = :kind AND actor = :actor LIMIT 1""",
            kind=kind,
            actor=actor,
            patient_id=patient_id,
            since=since,
        )
        is not None
    )


def mark(tx: Tx, name: str, *, now: int) -> None:
    """Remember when something last happened ("tick", "poll", "start")."""
    tx.run(
        """INSERT INTO marks (clinic_id, name, at) VALUES (:clinic_id, :name, :now)
           ON CONFLICT (clinic_id, name) DO UPDATE SET at = excluded.at""",
        name=name,
        now=now,
    )


def marked(tx: Tx, name: str, *, by: int | None = None) -> int | None:
    """Return when something last happened (UTC epoch ms), or None.

    With ``by`` (UTC epoch ms) a mark after it counts for nothing: a clock that was wrong for a
    moment must not stop what is done every day until the day that it showed.
    """
    found: int | None = tx.value(
        "SELECT at FROM marks WHERE clinic_id = :clinic_id AND name = :name", name=name
    )
    return None if found is not None and by is not None and found > by else found


def unmark(tx: Tx, name: str) -> None:
    """Forget when something last happened."""
    tx.run("DELETE FROM marks WHERE clinic_id = :clinic_id AND name = :name", name=name)
