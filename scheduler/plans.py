"""Plans in flight: a change is proposed, shown, carried out, and can be taken back for a while.

Everything of a change happens in one transaction: the sessions, the enrollment, and the reminders
in the outbox, of which only those that have not left are touched. The enrollment's ``version``
grows with each change, so that nobody decides on a plan that has become another one meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from messages.catalogue import Catalogue
from scheduler import (
    absences,
    changes,
    course,
    enrollment,
    events,
    holding,
    invitations,
    outbox,
    patients,
    plan_memory,
    plan_rows,
    sharing,
)
from scheduler.changes import Change, Impossible
from scheduler.clinic import Clinic
from scheduler.course import NEW, Course, Visit, Wanted
from scheduler.database import Row, Tx
from scheduler.patients import Patient
from scheduler.replanning import DROPPED, Diff, Placed, diff, has_left
from scheduler.staff import Staff

LIVE: Final = ("invited", "active", "paused", "completed")
"""An enrollment that can be changed: one that ran its course goes on with a new session."""

_ABOUT_A_VISIT: Final = "appointment"


@dataclass(frozen=True, slots=True)
class Plan:
    """One enrollment as it stands: its row, whose it is, its course and its reminder rows."""

    row: Row
    patient: Patient
    course: Course
    reminders: tuple[Row, ...]

    @property
    def version(self) -> int:
        """Which version of the plan this is."""
        return int(self.row["version"])


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that can be carried out, with what it would do to the plan as it stands."""

    plan: Plan
    change: Change
    after: Course
    diff: Diff

    @property
    def promised(self) -> tuple[str, ...]:
        """What was shown of it, so that a later look can tell whether it is still the same."""
        sorts: Mapping[str, tuple[Placed, ...]] = {
            "moved": self.diff.moved,
            "revived": self.diff.revived,
        }
        told = [
            f"{sort}:{each.row_id}:{each.wanted.step.due_at}"
            for sort, placed in sorts.items()
            for each in placed
        ]
        told += [f"dropped:{row_id}" for row_id in self.diff.dropped]
        told += [f"new:{'.'.join(map(str, each.key))}" for each in self.diff.new]
        return tuple(sorted(told))


def of(tx: Tx, enrollment_id: int) -> Plan | None:
    """Return a plan as it stands, or None where there is no such enrollment."""
    row = enrollment.get(tx, enrollment_id)
    if row is None:
        return None
    visits = tuple(_visit(each) for each in enrollment.sessions_of(tx, enrollment_id))
    return Plan(
        row=row,
        patient=patients.known(tx, row["patient_id"]),
        course=Course(
            treatment=row["treatment"],
            area=row["area"],
            lipolytic=bool(row["lipolytic"]),
            filler=bool(row["filler"]),
            staff_id=row["staff_id"],
            began_at=row["created_at"],
            visits=visits,
            paused=row["paused_at"] is not None,
            ended=row["status"] == "ended",
        ),
        reminders=tuple(enrollment.reminders_of(tx, enrollment_id)),
    )


def _visit(row: Row) -> Visit:
    return Visit(
        id=row["id"],
        starts_at=row["starts_at"],
        state=row["state"],
        why=row["why"],
        lipolytic=None if row["lipolytic"] is None else bool(row["lipolytic"]),
        filler=None if row["filler"] is None else bool(row["filler"]),
        first_id=row["first_id"],
    )


def changed_by(tx: Tx, member: Staff) -> frozenset[int]:
    """Return whose plans a member changes (ids of staff): theirs, and whom they stand in for now.

    A manager changes any, besides.
    """
    covered = (each for each, cover in absences.away(tx).items() if cover == member.id)
    return frozenset((member.id, *covered))


def may_change(tx: Tx, member: Staff, row: Row) -> bool:
    """Say whether a member may change a plan (an enrollment row)."""
    return member.role == "manager" or row["staff_id"] in changed_by(tx, member)


def propose(
    tx: Tx, enrollment_id: int, change: Change, catalogue: Catalogue, clinic: Clinic, *, now: int
) -> Proposal:
    """Return what a change would do, without doing it.

    Raises:
        Impossible: it cannot be done.
    """
    plan = of(tx, enrollment_id)
    if plan is None:
        raise Impossible("gone")
    after = changes.apply(
        plan.course,
        change,
        spoken_of=_spoken_of(plan, catalogue),
        zone=plan.patient.timezone,
        now=now,
    )
    return Proposal(plan, change, after, _difference(plan, after, catalogue, clinic, now=now))


def _difference(
    plan: Plan, after: Course, catalogue: Catalogue, clinic: Clinic, *, now: int
) -> Diff:
    protocol = catalogue.protocols.get(after.treatment)
    if protocol is None:
        # Without its protocol a plan can only end: what is owed is canceled when its turn comes.
        raise Impossible("gone")
    wanted = course.wanted(protocol, after, zone=plan.patient.timezone, quiet=clinic.quiet, now=now)
    return diff(plan.reminders, wanted, now=now)


def _spoken_of(plan: Plan, catalogue: Catalogue) -> frozenset[int]:
    """Return the sessions of which an appointment reminder has left."""
    protocol = catalogue.protocols.get(plan.course.treatment)
    known = protocol.steps if protocol else ()
    steps = {step.key for step in known if step.topic == _ABOUT_A_VISIT}
    return frozenset(
        row["session_id"] for row in plan.reminders if has_left(row) and row["step_key"] in steps
    )


def carry_out(
    tx: Tx, proposal: Proposal, catalogue: Catalogue, clinic: Clinic, *, member: Staff, now: int
) -> int:
    """Do what was proposed in this very transaction, and remember what was before.

    Returns:
        The id by which it can be taken back.
    """
    plan, change = proposal.plan, proposal.change
    visit = plan.course.visit(change.visit_id or NEW)
    at = change.at
    if at is None and visit is not None:
        at = visit.starts_at
    change_id = plan_memory.remember(
        tx,
        plan.row["id"],
        change.kind,
        session_id=visit.id if visit is not None else None,
        moment=at,
        member=member,
        now=now,
    )
    _write(tx, plan, proposal.after, proposal.diff, DROPPED, now=now)
    events.note(
        tx,
        f"plan_{change.kind}",
        actor=member.actor,
        now=now,
        patient_id=plan.patient.id,
        enrollment_id=plan.row["id"],
        **{
            name: value
            for name, value in {"moment": at, "to": change.staff_id}.items()
            if value is not None
        },
    )
    settle(tx, plan.row["id"], catalogue, clinic, now=now)
    return change_id


def follow(
    tx: Tx, enrollment_id: int, reason: str, catalogue: Catalogue, clinic: Clinic, *, now: int
) -> None:
    """Bring a plan's reminders in line with its sessions, which somebody else has changed.

    Where the clinic took the protocol away nothing is done: each row is canceled in its turn.
    """
    plan = of(tx, enrollment_id)
    if plan is None or plan.course.treatment not in catalogue.protocols:
        return
    found = _difference(plan, plan.course, catalogue, clinic, now=now)
    _write(tx, plan, plan.course, found, reason, now=now)
    settle(tx, enrollment_id, catalogue, clinic, now=now)


def settle(tx: Tx, enrollment_id: int, catalogue: Catalogue, clinic: Clinic, *, now: int) -> None:
    """Let a plan whose rows have changed go on, or complete it where nothing is left of it."""
    row = enrollment.get(tx, enrollment_id)
    patient = patients.by_id(tx, row["patient_id"]) if row else None
    if row is None or patient is None:
        return
    if row["status"] == "paused" and row["paused_at"] is None and patient.state == "active":
        holding.release(tx, patient, catalogue, clinic, now=now)
    enrollment.complete_if_done(tx, enrollment_id, now=now)
    sharing.share(tx, patient.id, catalogue)
    tx.wake()


def _write(tx: Tx, plan: Plan, after: Course, found: Diff, reason: str, *, now: int) -> None:
    ids = {visit.id: visit.id for visit in after.visits}
    for visit in after.visits:
        if visit.id == NEW:
            ids[NEW] = enrollment.add_session(
                tx,
                plan.row["id"],
                visit.starts_at,
                visit.state,
                plan.patient.timezone,
                lipolytic=visit.lipolytic,
                filler=visit.filler,
                first_id=visit.first_id,
                now=now,
            )
        elif visit != plan.course.visit(visit.id):
            _write_visit(tx, visit, now=now)
    status = _status(plan, after, found)
    tx.run(
        """UPDATE enrollments SET treatment = :treatment, area = :area, lipolytic = :lipolytic,
               filler = :filler, staff_id = :staff_id, status = :status,
               paused_at = CASE WHEN :paused = 0 THEN NULL ELSE COALESCE(paused_at, :now) END,
               ended_at = CASE WHEN :status = 'ended' THEN :now
                               WHEN :status = 'completed' THEN ended_at END,
               version = version + 1
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=plan.row["id"],
        treatment=after.treatment,
        area=after.area,
        lipolytic=int(after.lipolytic),
        filler=int(after.filler),
        staff_id=after.staff_id,
        status=status,
        paused=int(after.paused),
        now=now,
    )
    if status == "ended":
        # Nobody is to begin a plan that has ended.
        invitations.close(tx, plan.row["id"], now=now)
    held = holding.hold_of(plan.patient, status, paused=after.paused)
    for row_id in found.dropped:
        outbox.end(tx, row_id, "canceled", reason, now=now)
    for placed in found.kept:
        plan_rows.hang_on(tx, placed.row_id, ids[placed.wanted.visit_id])
    for placed in found.moved:
        plan_rows.move(tx, placed.row_id, _owed(placed.wanted, ids))
    for placed in found.revived:
        owed = _owed(placed.wanted, ids)
        plan_rows.revive(tx, placed.row_id, owed, chat_id=plan.patient.chat_id, held=held)
    if after.paused:
        plan_rows.hold(tx, plan.row["id"])
    outbox.owe_steps(
        tx,
        [_owed(each, ids) for each in found.new],
        patient_id=plan.patient.id,
        enrollment_id=plan.row["id"],
        chat_id=plan.patient.chat_id,
        held=held,
        now=now,
    )


def _write_visit(tx: Tx, visit: Visit, *, now: int) -> None:
    tx.run(
        """UPDATE sessions SET starts_at = :starts_at, state = :state, why = :why,
               lipolytic = :lipolytic, filler = :filler, changed_at = :now,
               asked_row = CASE WHEN starts_at = :starts_at THEN asked_row END
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=visit.id,
        starts_at=visit.starts_at,
        state=visit.state,
        why=visit.why,
        lipolytic=None if visit.lipolytic is None else int(visit.lipolytic),
        filler=None if visit.filler is None else int(visit.filler),
        now=now,
    )


def _status(plan: Plan, after: Course, found: Diff) -> str:
    status = str(plan.row["status"])
    if after.ended:
        return "ended"
    if status == "completed" and found.coming:
        # A new session begins it again; ``settle`` lets it go on where the patient agrees.
        return "paused"
    if status == "active" and after.paused:
        return "paused"
    return status


def _owed(wanted: Wanted, ids: Mapping[int, int]) -> outbox.Owed:
    return outbox.Owed(
        session_id=ids[wanted.visit_id],
        step_key=wanted.step.step_key,
        occurrence=wanted.step.occurrence,
        due_at=wanted.step.due_at,
        ready_at=wanted.step.ready_at,
        useful_until=wanted.step.useful_until,
    )
