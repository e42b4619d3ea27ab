"""Which plans somebody may change, looked up anew at every press."""

from bot.turn import Turn
from scheduler import enrollment, plans, roster
from scheduler.patients import Patient
from scheduler.plans import Plan


def changeable(turn: Turn, patient: Patient) -> list[Plan]:
    """Return the plans of a patient that this member may change, the newest first."""
    member = turn.staff
    return [
        plan
        for row in enrollment.of_patient(turn.tx, patient.id)
        if member is not None
        and row["status"] in plans.LIVE
        and plans.may_change(turn.tx, member, row)
        and (plan := plans.of(turn.tx, row["id"])) is not None
    ]


def theirs(turn: Turn, enrollment_id: int | None) -> Plan | None:
    """Return a plan that this member may see and change, or None."""
    plan = plans.of(turn.tx, enrollment_id) if enrollment_id is not None else None
    if plan is None or turn.staff is None or not plans.may_change(turn.tx, turn.staff, plan.row):
        return None
    return plan if roster.seen(turn.tx, turn.staff, plan.patient.id) is not None else None
