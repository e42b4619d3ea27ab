"""Who is called to an alert: who is in charge, who is next in line, who is on duty."""

from scheduler import enrollment, staff
from scheduler.alert_record import Alert
from scheduler.database import Tx
from scheduler.staff import Staff


def on_duty(tx: Tx, alert: Alert, *, now: int) -> list[Staff]:
    """Return who may be called to an alert at ``now`` (UTC epoch ms), managers first.

    Nobody has set hours of their own, so everybody is on call, day and night: an alert that waits
    for a morning is worse than a phone that rings at night.
    """
    del alert, now
    return staff.everyone(tx)


def in_charge(tx: Tx, patient_id: int, enrollment_id: int | None) -> list[Staff]:
    """Return who answers for a patient, or for one enrollment: never nobody while there is staff.

    Without a plan under way it is who made the newest one, and without anybody the managers.
    """
    if enrollment_id is not None:
        return staff.responsible_for(tx, enrollment_id)
    under_way = staff.responsible_for_patient(tx, patient_id)
    plans = enrollment.of_patient(tx, patient_id)
    if plans and all(plan["status"] in ("completed", "ended") for plan in plans):
        return staff.responsible_for(tx, plans[0]["id"])
    return under_way


def line(tx: Tx, alert: Alert, *, now: int) -> list[list[Staff]]:
    """Return who is called to an alert, round by round; who is off duty is left out.

    An emergency calls whoever is in charge and all managers at once, then the other
    practitioners. Something urgent calls whoever is in charge, then the other practitioners, then
    the managers. A review is for whoever is in charge alone.
    """
    present = {member.id: member for member in on_duty(tx, alert, now=now)}
    first = [m for m in in_charge(tx, alert.patient_id, alert.enrollment_id) if m.id in present]
    managers = [m for m in present.values() if m.role == "manager"]
    others = [m for m in present.values() if m.role == "practitioner"]
    if alert.level == "emergency":
        groups = [first + managers, others]
    elif alert.level == "urgent":
        groups = [first, others, managers]
    else:
        groups = [first or managers]
    seen: set[int] = set()
    found = []
    for group in groups:
        new = list({m.id: m for m in group if m.id not in seen}.values())
        seen.update(m.id for m in new)
        if new:
            found.append(new)
    return found


def called(groups: list[list[Staff]], round_: int) -> list[Staff]:
    """Return whom a round calls: the next in line, and all who were called before (pure)."""
    return [member for group in groups[: round_ + 1] for member in group]
