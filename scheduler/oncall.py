"""Who of the staff is on call at a moment: their hours of the week, less their absences.

A member has the clinic's hours until others are set; those of their own are taken at their word,
on the clinic's holidays too. All hours are read in the clinic's zone.
"""

from collections.abc import Iterable
from functools import lru_cache

from scheduler import absences, events, staff
from scheduler.clinic import Clinic
from scheduler.database import Tx
from scheduler.hours import WeeklyHours, parse, written
from scheduler.staff import Staff

_parsed = lru_cache(maxsize=256)(parse)


def own_hours(tx: Tx, staff_id: int) -> WeeklyHours | None:
    """Return the hours that were set for a member; None where the clinic's hold."""
    text: str | None = tx.value(
        "SELECT hours FROM staff WHERE clinic_id = :clinic_id AND id = :id", id=staff_id
    )
    return None if text is None else _parsed(text)


def set_hours(tx: Tx, staff_id: int, hours: WeeklyHours | None, *, actor: str, now: int) -> None:
    """Set a member's hours; None for the clinic's (``now`` in UTC epoch ms)."""
    text = None if hours is None else written(hours)
    tx.run(
        "UPDATE staff SET hours = :hours WHERE clinic_id = :clinic_id AND id = :id",
        id=staff_id,
        hours=text,
    )
    events.note(tx, "hours_set", actor=actor, now=now, staff_id=staff_id, hours=text)


def on_call(tx: Tx, members: Iterable[Staff], clinic: Clinic, *, now: int) -> list[Staff]:
    """Return those of the members who are there and on call at ``now`` (UTC epoch ms)."""
    return [
        member
        for member in here(tx, members)
        if (own_hours(tx, member.id) or clinic.hours).open_at(now, clinic.timezone)
    ]


def here(tx: Tx, members: Iterable[Staff]) -> list[Staff]:
    """Return those of the members who are there: neither away nor out of reach."""
    missing = absent(tx)
    return [member for member in members if member.id not in missing]


def absent(tx: Tx) -> frozenset[int]:
    """Return the members (ids) who are away or out of reach."""
    return staff.out_of_reach(tx) | absences.away(tx).keys()


def next_on_call(tx: Tx, member: Staff, clinic: Clinic, *, now: int) -> int | None:
    """Return when a member is on call next (UTC epoch ms), at or after ``now``; None for never."""
    hours = own_hours(tx, member.id) or clinic.hours
    return hours.next_opening(now, clinic.timezone)
