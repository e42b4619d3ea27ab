"""Whose patients are whose: the lists a member of staff may see, and whom they may look at.

A practitioner sees the patients that they enrolled, those of a colleague for whom they stand in,
and whoever they were called to by an alert that is not resolved yet; a manager sees all. That rule
stands here once, in :data:`_SEEN`, and every list and every look goes through it. What cannot be
taken back, such as a merge, is for whoever answers for the patient (:data:`_ANSWERED_FOR`): being
called is not enough.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from scheduler import enrollment, patients
from scheduler.database import Row, Tx
from scheduler.patients import Patient
from scheduler.staff import Staff
from scheduler.wallclock import HOUR

Status = Literal["active", "unreachable", "off_course", "unanswered", "ended"]
STATUSES: Final[tuple[Status, ...]] = get_args(Status)

OFF_COURSE_FOR_MS: Final = 3 * 24 * HOUR
"""For so long an answer off the expected course counts, unless a later one took it back."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a list is for: a part of the label, a status, a treatment; what is empty is not asked.

    "active": reached, with a plan under way. "unreachable": the chat is lost. "off_course": an
    alert is open, or one of the newest answers is off the expected course. "unanswered": wrote
    something that waits. "ended": every plan is over.
    """

    words: str = ""
    status: Status | None = None
    treatment: str = ""


EVERYBODY: Final = Wanted()


@dataclass(frozen=True, slots=True)
class Listed:
    """One patient of a list, with the newest enrollment (a row) and its first session's start.

    ``session_at`` is in UTC epoch ms; both are None for somebody without an enrollment.
    """

    patient: Patient
    enrollment: Row | None
    session_at: int | None


_OF_PATIENT = """FROM enrollments WHERE enrollments.clinic_id = :clinic_id
    AND enrollments.patient_id = patients.id"""
_TREATED = f"EXISTS (SELECT 1 {_OF_PATIENT} AND enrollments.treatment = :treatment)"
NEWEST_FINDING: Final = """replies.finding IS NOT NULL AND replies.at > :since
    AND NOT EXISTS (SELECT 1 FROM replies AS later WHERE later.clinic_id = :clinic_id
        AND later.enrollment_id = replies.enrollment_id AND later.question = replies.question
        AND (later.at > replies.at OR later.at = replies.at AND later.id > replies.id))"""
"""The condition on ``replies`` for an answer off the course that no later one took back.

The statement that uses it binds ``since`` to the earliest moment that counts.
"""
_STATUS: Final[Mapping[Status, str]] = {
    "active": f"""patients.state = 'active'
        AND EXISTS (SELECT 1 {_OF_PATIENT} AND enrollments.status = 'active')""",
    "unreachable": "patients.state = 'unreachable'",
    "off_course": f"""patients.id IN (
        SELECT alerts.patient_id FROM alerts
        WHERE alerts.clinic_id = :clinic_id AND alerts.state <> 'resolved'
        UNION SELECT replies.patient_id FROM replies
        WHERE replies.clinic_id = :clinic_id AND {NEWEST_FINDING})""",
    "unanswered": """patients.id IN (SELECT replies.patient_id FROM replies
        WHERE replies.clinic_id = :clinic_id AND replies.question IS NULL
          AND replies.answered_at IS NULL)""",
    "ended": f"""EXISTS (SELECT 1 {_OF_PATIENT})
        AND NOT EXISTS (SELECT 1 {_OF_PATIENT}
            AND enrollments.status IN ('invited', 'active', 'paused'))""",
}


_ANSWERED_FOR: Final = (
    # Who has a plan of theirs.
    (
        "enrollments.patient_id",
        """FROM enrollments
           WHERE enrollments.clinic_id = :clinic_id AND enrollments.staff_id = :member""",
    ),
    # Who has a plan of a colleague whom they stand in for.
    (
        "enrollments.patient_id",
        """FROM absences
           JOIN enrollments ON enrollments.clinic_id = :clinic_id
             AND enrollments.staff_id = absences.staff_id
           WHERE absences.clinic_id = :clinic_id AND absences.covered_by = :member
             AND absences.state = 'now'""",
    ),
)
_SEEN: Final = (
    *_ANSWERED_FOR,
    # To whose alert they were called.
    (
        "calling.patient_id",
        """FROM alert_messages
           JOIN alerts AS calling ON calling.clinic_id = :clinic_id
             AND calling.id = alert_messages.alert_id AND calling.state <> 'resolved'
           JOIN outbox AS shown ON shown.clinic_id = :clinic_id
             AND shown.id = alert_messages.outbox_id
             AND shown.state IN ('sending', 'sent', 'uncertain')
           WHERE alert_messages.clinic_id = :clinic_id
             AND alert_messages.staff_id = :member""",
    ),
)


def seen_by(member: Staff) -> str:
    """Return the condition on ``patients`` that holds for whom ``member`` may see.

    It is looked up for each patient: for statements that come to few of them. The statement that
    uses it binds ``member`` to the member's id.
    """
    return _one_of(_SEEN, member)


def _one_of(ways: tuple[tuple[str, str], ...], member: Staff) -> str:
    if member.role == "manager":
        return "1 = 1"
    found = (f"EXISTS (SELECT 1 {of} AND {whom} = patients.id)" for whom, of in ways)
    return f"({' OR '.join(found)})"


def among(member: Staff) -> str:
    """Return the same condition as :func:`seen_by`, for statements that go through all patients."""
    if member.role == "manager":
        return "1 = 1"
    return f"patients.id IN ({' UNION '.join(f'SELECT {whom} {of}' for whom, of in _SEEN)})"


def seen(tx: Tx, member: Staff, patient_id: int) -> Patient | None:
    """Return a patient that ``member`` may look at; None also where they may not."""
    return _where(tx, seen_by(member), member, patient_id)


def answered_for(tx: Tx, member: Staff, patient_id: int) -> Patient | None:
    """Return a patient for whom ``member`` answers, as any manager does; None for others."""
    return _where(tx, _one_of(_ANSWERED_FOR, member), member, patient_id)


def _where(tx: Tx, condition: str, member: Staff, patient_id: int) -> Patient | None:
    found = tx.value(
        f"""SELECT id FROM patients
            WHERE clinic_id = :clinic_id AND id = :id AND {condition}""",
        id=patient_id,
        member=member.id,
    )
    return patients.by_id(tx, patient_id) if found is not None else None


def page(
    tx: Tx,
    member: Staff,
    wanted: Wanted = EVERYBODY,
    *,
    limit: int,
    now: int,
    before: int | None = None,
    after: int | None = None,
) -> list[Listed]:
    """Return some of the patients that ``member`` may see, the newest first.

    Pages go on from a patient, not from a count: a deep page costs what the first one does, and
    whoever is enrolled meanwhile shifts nothing.

    Args:
        tx: the open transaction.
        member: who looks.
        wanted: whom they look for.
        limit: how many to return at most.
        now: UTC epoch ms.
        before: only patients enrolled before this one (an id).
        after: only patients enrolled after this one: those next to it.
    """
    conditions = ["patients.clinic_id = :clinic_id", among(member)]
    if wanted.words:
        conditions.append("patients.searched LIKE :pattern ESCAPE '!'")
    if wanted.treatment:
        conditions.append(_TREATED)
    if wanted.status is not None:
        conditions.append(_STATUS[wanted.status])
    if before is not None:
        conditions.append("patients.id < :before")
    if after is not None:
        conditions.append("patients.id > :after")
    upward = after is not None
    rows = tx.all(
        f"""SELECT patients.id FROM patients WHERE {" AND ".join(conditions)}
            ORDER BY patients.id {"ASC" if upward else "DESC"} LIMIT :limit""",
        member=member.id,
        pattern=_containing(wanted.words),
        treatment=wanted.treatment,
        since=now - OFF_COURSE_FOR_MS,
        before=before,
        after=after,
        limit=limit,
    )
    return [_listed(tx, row["id"]) for row in (reversed(rows) if upward else rows)]


def count(tx: Tx, member: Staff) -> int:
    """Return how many patients ``member`` may see."""
    found: int = tx.value(
        f"""SELECT COUNT(*) FROM patients
            WHERE patients.clinic_id = :clinic_id AND {among(member)}""",
        member=member.id,
    )
    return found


def listed(tx: Tx, member: Staff, patient_id: int) -> Listed | None:
    """Return one patient as lists show them, if ``member`` may look at them."""
    return _listed(tx, patient_id) if seen(tx, member, patient_id) is not None else None


def labelled(tx: Tx, member: Staff, label: str) -> list[Patient]:
    """Return the patients with exactly this label that ``member`` may see, the newest first."""
    return [each for each in patients.labelled(tx, label) if seen(tx, member, each.id)]


def first_session(tx: Tx, enrollment_id: int) -> int | None:
    """Return when an enrollment's first session is or was (UTC epoch ms), or None."""
    found: int | None = tx.value(
        """SELECT MIN(starts_at) FROM sessions
           WHERE clinic_id = :clinic_id AND enrollment_id = :id AND state <> 'canceled'""",
        id=enrollment_id,
    )
    return found


def _listed(tx: Tx, patient_id: int) -> Listed:
    patient = patients.by_id(tx, patient_id)
    if patient is None:
        raise LookupError(f"patient {patient_id} vanished within a transaction")
    mine = enrollment.of_patient(tx, patient_id)
    newest = mine[0] if mine else None
    return Listed(patient, newest, first_session(tx, newest["id"]) if newest else None)


def _containing(words: str) -> str:
    text = patients.searchable(words)
    for sign in "!%_":
        text = text.replace(sign, f"!{sign}")
    return f"%{text}%"
