"""Absences: who of the staff is away, from when to when, and who answers for them meanwhile.

An absence begins and ends with a calendar day of the clinic. While it lasts, the patients of the
member are those of whoever stands in: every question "who is in charge?" and "who may see this
patient?" goes by ``covered_by``, which the heartbeat keeps true. Where nobody stands in, it is the
managers. Instants are UTC epoch milliseconds.
"""

from dataclasses import dataclass
from typing import Literal

from scheduler import events
from scheduler.database import Row, Tx

State = Literal["planned", "now", "over", "canceled"]


@dataclass(frozen=True, slots=True)
class Absence:
    """One absence of a member; ``ends_at`` is the first moment after it.

    ``stand_in`` is the name of whoever was asked to stand in, None for the managers.
    """

    id: int
    staff_id: int
    name: str
    starts_at: int
    ends_at: int
    stand_in_id: int | None
    stand_in: str | None
    state: State


_SELECT = """SELECT absences.*, staff.name, helper.name AS helper_name FROM absences
    JOIN staff ON staff.clinic_id = :clinic_id AND staff.id = absences.staff_id
      AND staff.removed_at IS NULL
    LEFT JOIN staff AS helper ON helper.clinic_id = :clinic_id AND helper.id = absences.stand_in
      AND helper.removed_at IS NULL
    WHERE absences.clinic_id = :clinic_id"""


def _absence(row: Row) -> Absence:
    return Absence(
        id=row["id"],
        staff_id=row["staff_id"],
        name=row["name"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        stand_in_id=row["stand_in"] if row["helper_name"] is not None else None,
        stand_in=row["helper_name"],
        state=row["state"],
    )


def by_id(tx: Tx, absence_id: int) -> Absence | None:
    """Return one absence of a member who still belongs to the clinic, or None."""
    row = tx.first(f"{_SELECT} AND absences.id = :id", id=absence_id)
    return _absence(row) if row else None


def coming(tx: Tx, staff_id: int) -> list[Absence]:
    """Return a member's absences that are not over, by their beginning."""
    rows = tx.all(
        f"""{_SELECT} AND absences.staff_id = :staff_id AND absences.state IN ('planned', 'now')
            ORDER BY absences.starts_at""",
        staff_id=staff_id,
    )
    return [_absence(row) for row in rows]


def covered_by(tx: Tx, staff_id: int) -> list[Absence]:
    """Return the absences in which a member answers for somebody else just now."""
    rows = tx.all(
        f"""{_SELECT} AND absences.covered_by = :staff_id AND absences.state = 'now'
            ORDER BY staff.name""",
        staff_id=staff_id,
    )
    return [_absence(row) for row in rows]


def away(tx: Tx) -> dict[int, int | None]:
    """Return who is away: each one's id, and the id of who answers for them (None: managers)."""
    return {
        row["staff_id"]: row["covered_by"]
        for row in tx.all(
            """SELECT staff_id, covered_by FROM absences
               WHERE clinic_id = :clinic_id AND state = 'now'"""
        )
    }


def overlapping(tx: Tx, staff_id: int, *, starts_at: int, ends_at: int) -> Absence | None:
    """Return an absence of a member that shares a moment with this time, or None."""
    shared = (a for a in coming(tx, staff_id) if a.starts_at < ends_at and starts_at < a.ends_at)
    return next(shared, None)


def plan(
    tx: Tx,
    staff_id: int,
    *,
    starts_at: int,
    ends_at: int,
    stand_in: int | None,
    actor: str,
    now: int,
) -> Absence:
    """Write down that a member will be away; it begins with the next :func:`turn` that is due.

    Args:
        tx: the open transaction.
        staff_id: who is away.
        starts_at: the first moment of it, UTC epoch ms.
        ends_at: the first moment after it, UTC epoch ms.
        stand_in: who answers for them; None for the managers.
        actor: who says so, as events name people.
        now: UTC epoch ms.
    """
    absence_id = tx.value(
        """INSERT INTO absences (clinic_id, staff_id, starts_at, ends_at, stand_in, state,
               created_at)
           VALUES (:clinic_id, :staff_id, :starts_at, :ends_at, :stand_in, 'planned', :now)
           RETURNING id""",
        staff_id=staff_id,
        starts_at=starts_at,
        ends_at=ends_at,
        stand_in=stand_in,
        now=now,
    )
    events.note(tx, "absence_planned", actor=actor, now=now, staff_id=staff_id, absence=absence_id)
    planned = by_id(tx, absence_id)
    if planned is None:
        raise LookupError(f"absence {absence_id} vanished within a transaction")
    return planned


def cancel(tx: Tx, absence: Absence, *, actor: str, now: int) -> bool:
    """Take an absence back, or end it early; False where it is over or canceled already."""
    changed = tx.run(
        """UPDATE absences SET state = 'canceled', covered_by = NULL
           WHERE clinic_id = :clinic_id AND id = :id AND state IN ('planned', 'now')""",
        id=absence.id,
    )
    if changed:
        events.note(
            tx,
            "absence_canceled",
            actor=actor,
            now=now,
            staff_id=absence.staff_id,
            absence=absence.id,
        )
    return bool(changed)


def turn(tx: Tx, *, now: int) -> None:
    """Begin and end what is due at ``now`` (UTC epoch ms), and settle who answers for whom."""
    for state, due in (
        ("over", "state IN ('planned', 'now') AND ends_at <= :now"),
        ("now", "state = 'planned' AND starts_at <= :now"),
    ):
        for row in tx.all(
            f"""UPDATE absences SET state = :state, covered_by = NULL
                WHERE clinic_id = :clinic_id AND {due} RETURNING id, staff_id""",
            state=state,
            now=now,
        ):
            kind = "absence_began" if state == "now" else "absence_over"
            events.note(
                tx, kind, actor="system", now=now, staff_id=row["staff_id"], absence=row["id"]
            )
    _settle_cover(tx)


def _settle_cover(tx: Tx) -> None:
    rows = tx.all(
        """SELECT absences.id, absences.staff_id, absences.covered_by, helper.id AS helper
           FROM absences
           LEFT JOIN staff AS helper ON helper.clinic_id = :clinic_id
             AND helper.id = absences.stand_in AND helper.removed_at IS NULL
           WHERE absences.clinic_id = :clinic_id AND absences.state = 'now'"""
    )
    helpers = {row["staff_id"]: row["helper"] for row in rows}
    for row in rows:
        cover = present(row["staff_id"], helpers)
        if cover != row["covered_by"]:
            tx.run(
                """UPDATE absences SET covered_by = :cover
                   WHERE clinic_id = :clinic_id AND id = :id""",
                id=row["id"],
                cover=cover,
            )


def present(staff_id: int, helpers: dict[int, int | None]) -> int | None:
    """Return who answers for somebody, over any number of absences; None for nobody (pure).

    Args:
        staff_id: whose place it is.
        helpers: who is away, and who stands in for each.
    """
    passed: set[int] = set()
    found: int | None = staff_id
    while found in helpers and found not in passed:
        passed.add(found)
        found = helpers[found]
    return None if found in passed else found
