"""Whose patients are whose: the lists a member of staff may see, and whom they may look at.

A practitioner sees the patients that they enrolled, those of a colleague for whom they stand in,
and whoever they were called to by an alert that is not resolved yet; a manager sees all. That rule
stands here once, in :func:`seen_by`, and every list and every look goes through it.
"""

from dataclasses import dataclass

from scheduler import enrollment, patients
from scheduler.database import Row, Tx
from scheduler.patients import Patient
from scheduler.staff import Staff


@dataclass(frozen=True, slots=True)
class Listed:
    """One patient of a list, with the newest enrollment (a row) and its first session's start.

    ``session_at`` is in UTC epoch ms; both are None for somebody without an enrollment.
    """

    patient: Patient
    enrollment: Row | None
    session_at: int | None


def seen_by(member: Staff) -> str:
    """Return the condition on ``patients`` that holds for whom ``member`` may see.

    The statement that uses it binds ``member`` to the member's id.
    """
    if member.role == "manager":
        return "1 = 1"
    return """(EXISTS (SELECT 1 FROM enrollments WHERE enrollments.clinic_id = :clinic_id
                AND enrollments.patient_id = patients.id AND enrollments.staff_id = :member)
            OR EXISTS (SELECT 1 FROM absences
                JOIN enrollments ON enrollments.clinic_id = :clinic_id
                  AND enrollments.staff_id = absences.staff_id
                  AND enrollments.patient_id = patients.id
                WHERE absences.clinic_id = :clinic_id AND absences.covered_by = :member
                  AND absences.state = 'now')
            OR EXISTS (SELECT 1 FROM alerts AS calling
                JOIN alert_messages ON alert_messages.clinic_id = :clinic_id
                  AND alert_messages.alert_id = calling.id AND alert_messages.staff_id = :member
                JOIN outbox AS shown ON shown.clinic_id = :clinic_id
                  AND shown.id = alert_messages.outbox_id
                  AND shown.state IN ('sending', 'sent', 'uncertain')
                WHERE calling.clinic_id = :clinic_id AND calling.patient_id = patients.id
                  AND calling.state <> 'resolved'))"""


def seen(tx: Tx, member: Staff, patient_id: int) -> Patient | None:
    """Return a patient that ``member`` may look at; None also where they may not."""
    found = tx.value(
        f"""SELECT id FROM patients
            WHERE clinic_id = :clinic_id AND id = :id AND {seen_by(member)}""",
        id=patient_id,
        member=member.id,
    )
    return patients.by_id(tx, patient_id) if found is not None else None


def page(tx: Tx, member: Staff, *, search: str = "", offset: int, limit: int) -> list[Listed]:
    """Return some of the patients that ``member`` may see, the newest first.

    Args:
        tx: the open transaction.
        member: who looks.
        search: only labels that contain this, upper and lower case alike; empty for all.
        offset: how many to leave out from the newest on.
        limit: how many to return at most.
    """
    wanted = "AND LOWER(label) LIKE LOWER(:pattern) ESCAPE '!'" if search else ""
    rows = tx.all(
        f"""SELECT id FROM patients
            WHERE clinic_id = :clinic_id AND {seen_by(member)} {wanted}
            ORDER BY id DESC LIMIT :limit OFFSET :offset""",
        member=member.id,
        pattern=_containing(search),
        limit=limit,
        offset=offset,
    )
    return [_listed(tx, row["id"]) for row in rows]


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


def _containing(search: str) -> str:
    for sign in "!%_":
        search = search.replace(sign, f"!{sign}")
    return f"%{search}%"
