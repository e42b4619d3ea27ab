"""Enrolling: one patient on one protocol, and every reminder owed for it, in one transaction.

The reminders of a plan stand in the outbox from the moment the practitioner confirms, *held* until
the patient has opened the link and consented (``scheduler.holding``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from messages.protocol import Protocol, Step
from scheduler import events, invitations, outbox, patients
from scheduler.clinic import Clinic
from scheduler.course import Course, Visit, VisitState, wanted
from scheduler.database import Row, Tx
from scheduler.staff import Staff
from scheduler.timing import Planned, plan

UNDER_WAY: Final = ("invited", "active", "paused")
"""The statuses of a plan that is not over."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the practitioner chose. Instants in UTC epoch ms.

    ``session_at`` is the treatment session (or the coming consultation visit), ``next_at`` the
    next session where there is one; ``label`` is the clinic's own name for the patient.
    """

    treatment: str
    area: str
    label: str
    session_at: int
    next_at: int | None = None
    lipolytic: bool = False
    filler: bool = False


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A new enrollment and the token of the single-use link that opens it."""

    enrollment_id: int
    patient_id: int
    token: str
    plan: tuple[Planned, ...]


def lay_out(protocol: Protocol, choice: Choice, clinic: Clinic, *, now: int) -> tuple[Planned, ...]:
    """Return the plan that ``choice`` would make, without making it (pure)."""
    anchors = {
        "session": choice.session_at,
        "last_session": choice.session_at,
        "enrollment": now,
    }
    if choice.next_at is not None:
        anchors["next_session"] = choice.next_at
    return plan(
        steps_of(protocol, choice), anchors, zone=clinic.timezone, quiet=clinic.quiet, now=now
    )


def steps_of(protocol: Protocol, choice: Choice) -> tuple[Step, ...]:
    """Return the protocol's steps that apply to ``choice``."""
    return protocol.steps_for(lipolytic=choice.lipolytic, filler=choice.filler, area=choice.area)


def enroll(
    tx: Tx,
    choice: Choice,
    *,
    protocol: Protocol,
    clinic: Clinic,
    staff: Staff,
    now: int,
    patient_id: int | None = None,
) -> Enrolled:
    """Enroll a patient: enrollment, sessions, every reminder and the invitation, all or nothing.

    Args:
        tx: the open transaction.
        choice: what the practitioner chose.
        protocol: the protocol of ``choice.treatment``.
        clinic: whose zone and quiet hours hold.
        staff: who enrolls.
        now: UTC epoch ms.
        patient_id: a patient the clinic knows already; None makes a new one.
    """
    known = patients.by_id(tx, patient_id) if patient_id is not None else None
    if known is None:
        patient_id = patients.add(
            tx, label=choice.label, language=clinic.language, timezone=clinic.timezone, now=now
        )
    else:
        patient_id = known.id
    enrollment_id: int = tx.value(
        """INSERT INTO enrollments (clinic_id, patient_id, staff_id, treatment, area, lipolytic,
               filler, status, created_at)
           VALUES (:clinic_id, :patient_id, :staff_id, :treatment, :area, :lipolytic, :filler,
               'invited', :now)
           RETURNING id""",
        patient_id=patient_id,
        staff_id=staff.id,
        treatment=choice.treatment,
        area=choice.area,
        lipolytic=int(choice.lipolytic),
        filler=int(choice.filler),
        now=now,
    )
    first: VisitState = "planned" if protocol.kind == "consultation" else "held"
    visits = [
        Visit(
            add_session(tx, enrollment_id, starts_at, state, clinic.timezone, now=now),
            starts_at,
            state,
        )
        for starts_at, state in _sessions(choice, first)
    ]
    planned = lay_out(protocol, choice, clinic, now=now)
    made = Course(
        treatment=choice.treatment,
        area=choice.area,
        lipolytic=choice.lipolytic,
        filler=choice.filler,
        staff_id=staff.id,
        began_at=now,
        visits=tuple(visits),
    )
    outbox.owe_steps(
        tx,
        [
            outbox.Owed(
                session_id=each.visit_id,
                step_key=each.step.step_key,
                occurrence=each.step.occurrence,
                due_at=each.step.due_at,
                ready_at=each.step.ready_at,
                useful_until=each.step.useful_until,
            )
            for each in wanted(protocol, made, zone=clinic.timezone, quiet=clinic.quiet, now=now)
            if not each.step.skipped
        ],
        patient_id=patient_id,
        enrollment_id=enrollment_id,
        chat_id=None,
        held="consent",
        now=now,
    )
    token = invitations.invite(
        tx, "patient", now=now, enrollment_id=enrollment_id, staff_id=staff.id
    )
    events.note(
        tx,
        "enrolled",
        actor=staff.actor,
        now=now,
        patient_id=patient_id,
        enrollment_id=enrollment_id,
        treatment=choice.treatment,
        area=choice.area,
    )
    return Enrolled(enrollment_id, patient_id, token, planned)


def _sessions(choice: Choice, first: VisitState) -> Iterable[tuple[int, VisitState]]:
    yield choice.session_at, first
    if choice.next_at is not None:
        yield choice.next_at, "planned"


def add_session(
    tx: Tx,
    enrollment_id: int,
    starts_at: int,
    state: str,
    timezone: str,
    *,
    lipolytic: bool | None = None,
    filler: bool | None = None,
    first_id: int | None = None,
    now: int,
) -> int:
    """Add a session to an enrollment; return the id. See :class:`scheduler.course.Visit`."""
    session_id: int = tx.value(
        """INSERT INTO sessions (clinic_id, enrollment_id, starts_at, timezone, state, lipolytic,
               filler, first_id, created_at, changed_at)
           VALUES (:clinic_id, :enrollment_id, :starts_at, :timezone, :state, :lipolytic,
               :filler, :first_id, :now, :now)
           RETURNING id""",
        enrollment_id=enrollment_id,
        first_id=first_id,
        starts_at=starts_at,
        timezone=timezone,
        state=state,
        lipolytic=None if lipolytic is None else int(lipolytic),
        filler=None if filler is None else int(filler),
        now=now,
    )
    return session_id


def get(tx: Tx, enrollment_id: int) -> Row | None:
    """Return one enrollment row, or None."""
    return tx.first(
        "SELECT * FROM enrollments WHERE clinic_id = :clinic_id AND id = :id", id=enrollment_id
    )


def of_patient(tx: Tx, patient_id: int) -> list[Row]:
    """Return a patient's enrollments, the newest first."""
    return tx.all(
        """SELECT * FROM enrollments WHERE clinic_id = :clinic_id AND patient_id = :patient_id
           ORDER BY id DESC""",
        patient_id=patient_id,
    )


def sessions_of(tx: Tx, enrollment_id: int) -> list[Row]:
    """Return the sessions of an enrollment by date."""
    return tx.all(
        """SELECT * FROM sessions WHERE clinic_id = :clinic_id AND enrollment_id = :id
           ORDER BY starts_at, id""",
        id=enrollment_id,
    )


def reminders_of(tx: Tx, enrollment_id: int) -> list[Row]:
    """Return every reminder row of an enrollment, settled or not, by the time it is due."""
    return tx.all(
        """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND enrollment_id = :id
             AND step_key IS NOT NULL ORDER BY due_at, id""",
        id=enrollment_id,
    )


def open_link(
    tx: Tx, enrollment_id: int, *, chat_id: int, language: str, now: int
) -> patients.Patient:
    """Tie an enrollment to the chat that opened its link.

    Somebody who is a patient already keeps their record: the new enrollment moves over to it.
    """
    row = get(tx, enrollment_id)
    if row is None:
        raise LookupError(f"enrollment {enrollment_id} does not exist")
    known = patients.at_chat(tx, chat_id)
    if known is None:
        patients.meet(tx, row["patient_id"], chat_id=chat_id, language=language, now=now)
    elif known.id != row["patient_id"]:
        _move_to(tx, enrollment_id, row["patient_id"], known.id)
    patient = patients.at_chat(tx, chat_id)
    if patient is None:
        raise LookupError(f"patient of enrollment {enrollment_id} vanished")
    return patient


def _move_to(tx: Tx, enrollment_id: int, old: int, new: int) -> None:
    """Move an enrollment to another record; what is left of the old one comes along.

    A record with other plans, or with a chat of its own, stays.
    """
    stays = tx.value(
        """SELECT 1 FROM patients WHERE clinic_id = :clinic_id AND id = :old
             AND (chat_id IS NOT NULL OR EXISTS (SELECT 1 FROM enrollments
                 WHERE enrollments.clinic_id = :clinic_id AND enrollments.patient_id = :old
                   AND enrollments.id <> :enrollment_id))""",
        old=old,
        enrollment_id=enrollment_id,
    )
    if stays is None:
        patients.give_to(tx, old, new)
        return
    for table, column in (
        ("enrollments", "id"),
        ("outbox", "enrollment_id"),
        ("events", "enrollment_id"),
    ):
        tx.run(
            f"""UPDATE {table} SET patient_id = :new
                WHERE clinic_id = :clinic_id AND {column} = :enrollment_id""",
            enrollment_id=enrollment_id,
            new=new,
        )


def complete_if_done(tx: Tx, enrollment_id: int, *, now: int) -> bool:
    """Complete an enrollment whose last reminder was settled."""
    done = tx.run(
        """UPDATE enrollments SET status = 'completed', ended_at = :now
           WHERE clinic_id = :clinic_id AND id = :id AND status = 'active'
             AND NOT EXISTS (SELECT 1 FROM outbox
                 WHERE outbox.clinic_id = :clinic_id AND outbox.enrollment_id = :id
                   AND outbox.step_key IS NOT NULL AND outbox.state IN ('pending', 'sending'))""",
        id=enrollment_id,
        now=now,
    )
    return done > 0
