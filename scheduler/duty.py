"""Who is called to an alert: who is in charge, who is on call, who is next in line."""

from scheduler import enrollment, oncall, staff
from scheduler.alert_record import Alert
from scheduler.clinic import Clinic
from scheduler.database import Tx
from scheduler.staff import Staff


def in_charge(tx: Tx, patient_id: int, enrollment_id: int | None = None) -> list[Staff]:
    """Return who answers for a patient, or for one enrollment: never nobody while there is staff.

    It is whose plans are under way, without one who made the newest, and without anybody the
    managers. Whoever stands in for somebody who is away takes their place.
    """
    if enrollment_id is not None:
        return staff.responsible_for(tx, enrollment_id)
    plans = enrollment.of_patient(tx, patient_id)
    under_way = [plan for plan in plans if plan["status"] in enrollment.UNDER_WAY]
    found = {
        member.id: member
        for plan in under_way or plans[:1]
        for member in staff.responsible_for(tx, plan["id"])
    }
    return list(found.values()) or staff.managers(tx)


def line(tx: Tx, alert: Alert, clinic: Clinic, *, now: int) -> list[list[Staff]]:
    """Return who is called to an alert at ``now`` (UTC epoch ms), group by group; never nobody.

    An emergency knows no hours: it calls all who are in charge of the patient, everybody on call
    and all managers at once, then the other practitioners. Something urgent calls whoever is in
    charge, then the others, as far as they are on call, and then all managers, on call or not. A
    review is for whoever is in charge, or for those who are on call. Who is away is called to
    nothing, unless nobody else is left.
    """
    team = oncall.here(tx, staff.everyone(tx)) or staff.everyone(tx)
    on_call = oncall.on_call(tx, team, clinic, now=now)
    present = {member.id for member in on_call}
    charged = in_charge(tx, alert.patient_id, alert.enrollment_id)
    first = [member for member in charged if member.id in present]
    managers = [m for m in team if m.role == "manager"] or staff.everyone(tx, "manager") or charged
    others = [m for m in on_call if m.role == "practitioner"]
    if alert.level == "emergency":
        charged = [*charged, *in_charge(tx, alert.patient_id)]
        return _distinct([[*charged, *managers, *on_call], team])
    if alert.level == "urgent":
        return _distinct([first, others, managers])
    return _distinct([first or on_call or managers])


def later(
    tx: Tx, alert: Alert, called: list[Staff], clinic: Clinic, *, now: int
) -> list[tuple[Staff, int]]:
    """Return who is in charge, was not called at ``now``, and from when on they are on call.

    Instants are UTC epoch ms. A review calls nobody again, so it has to reach them in their hours.
    """
    if alert.level != "review":
        return []
    found = []
    known = {member.id for member in called}
    for member in in_charge(tx, alert.patient_id, alert.enrollment_id):
        at = oncall.next_on_call(tx, member, clinic, now=now)
        if member.id not in known and at is not None:
            found.append((member, at))
    return found


def quietly(tx: Tx, alert: Alert, called: list[Staff]) -> list[Staff]:
    """Return who has something urgent without a sound: it is their patient, and others are called.

    Off call nobody is rung for it, but whoever knows the patient best may look all the same.
    """
    charged = in_charge(tx, alert.patient_id, alert.enrollment_id)
    known = {member.id for member in called}
    if alert.level != "urgent" or any(member.id in known for member in charged):
        return []
    return charged


def _distinct(groups: list[list[Staff]]) -> list[list[Staff]]:
    """Leave everybody in the first group that calls them, and out of the others; none is empty."""
    seen: set[int] = set()
    found = []
    for group in groups:
        new = list({member.id: member for member in group if member.id not in seen}.values())
        seen.update(member.id for member in new)
        if new:
            found.append(new)
    return found


def called(groups: list[list[Staff]], round_: int) -> list[Staff]:
    """Return whom a round calls: the next in line, and all who were called before (pure)."""
    return [member for group in groups[: round_ + 1] for member in group]
