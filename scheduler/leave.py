"""Leave: a member will be away, and whoever stands in is told by then.

The absence itself is a row (``scheduler.absences``). That it has begun is no message of its own,
which would come at midnight: the morning message says it.
"""

from scheduler import absences, notices, staff
from scheduler.absences import Absence
from scheduler.database import Tx
from scheduler.staff import Staff

_TEXTS = "practitioner.oncall.told"


def take(
    tx: Tx,
    member: Staff,
    *,
    starts_at: int,
    ends_at: int,
    stand_in: Staff | None,
    by: Staff,
    now: int,
) -> Absence:
    """Plan a member's absence, and tell the member and who stands in, except whoever plans it.

    Args:
        tx: the open transaction.
        member: who is away.
        starts_at: the first moment of it, UTC epoch ms.
        ends_at: the first moment after it, UTC epoch ms.
        stand_in: who answers for them; None for the managers.
        by: who plans it.
        now: UTC epoch ms.
    """
    absence = absences.plan(
        tx,
        member.id,
        starts_at=starts_at,
        ends_at=ends_at,
        stand_in=stand_in.id if stand_in else None,
        actor=by.actor,
        now=now,
    )
    told = [stand_in] if stand_in else staff.everyone(tx, "manager")
    asked = "asked" if stand_in else "asked_managers"
    _tell(tx, [m for m in told if m.id != member.id], asked, absence, but=by, now=now)
    _tell(tx, [member], "planned", absence, but=by, now=now)
    absences.turn(tx, now=now)
    return absence


def cancel(tx: Tx, absence: Absence, *, by: Staff, now: int) -> bool:
    """Take an absence back, or end it early; False where it is over or canceled already."""
    if not absences.cancel(tx, absence, actor=by.actor, now=now):
        return False
    involved = [staff.by_id(tx, absence.staff_id)]
    if absence.stand_in_id is not None:
        involved.append(staff.by_id(tx, absence.stand_in_id))
    _tell(tx, involved, "canceled", absence, but=by, now=now)
    absences.turn(tx, now=now)
    return True


def _tell(
    tx: Tx,
    members: list[Staff | None],
    key: str,
    absence: Absence,
    *,
    but: Staff | None = None,
    now: int,
) -> None:
    told = [m for m in members if m is not None and (but is None or m.id != but.id)]
    notices.tell(
        tx,
        told,
        f"{_TEXTS}.{key}",
        now=now,
        who=absence.name,
        n=staff.active_patients(tx, absence.staff_id),
        since_day=absence.starts_at,
        until_day=absence.ends_at - 1,
    )
