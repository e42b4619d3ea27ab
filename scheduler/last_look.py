"""What the last look at a reminder goes by, read in one statement.

Thousands of reminders may fall due together, and nearly all that is asked about each of them is
answered with a no: is an alert open, was anything answered, is another one due? Asked one by one,
these questions take as long as sending the message. Here stands only what is the case; what
follows from it stands in ``scheduler.prepare``, which asks further where the answer is a yes.
"""

from dataclasses import dataclass

from scheduler import consent, patients, silence, wording
from scheduler.database import Row, Tx
from scheduler.patients import Patient


@dataclass(frozen=True, slots=True)
class Look:
    """How things stand for one reminder.

    Attributes:
        patient: whose it is.
        agreed: whether the patient's consent to aftercare holds.
        version: the version of the text that was agreed to.
        ended: whether the plan that it is of was ended.
        paused: whether that plan is paused.
        alerted: whether an alert about the patient is not resolved.
        accompanied: whether the patient has other reminders that may leave now.
        answered: whether it has answers already (a copy of it was sent).
        unheard: how many reminders the patient got since the last sign of life.
        facts: what its words depend on, for ``wording.subject``.
    """

    patient: Patient
    agreed: bool
    version: str
    ended: bool
    paused: bool
    alerted: bool
    accompanied: bool
    answered: bool
    unheard: int
    facts: Row


def at(tx: Tx, reminder: Row, *, now: int) -> Look | None:
    """Look at a reminder (a row of the outbox) at ``now`` (UTC epoch ms); None: it is nobody's."""
    found = tx.first(
        f"""SELECT patients.id, patients.label, patients.chat_id, patients.state,
                {wording.FACTS}, {consent.newest("aftercare")} AS agreed,
                {consent.newest("aftercare", "version")} AS version,
                enrollments.status, enrollments.paused_at,
                EXISTS (SELECT 1 FROM alerts WHERE alerts.clinic_id = :clinic_id
                    AND alerts.patient_id = patients.id AND alerts.state <> 'resolved') AS alerted,
                EXISTS (SELECT 1 FROM outbox AS other WHERE other.clinic_id = :clinic_id
                    AND other.patient_id = patients.id AND other.kind = 'reminder'
                    AND other.state = 'pending' AND other.held IS NULL
                    AND other.ready_at <= :now AND other.id <> :id) AS accompanied,
                EXISTS (SELECT 1 FROM replies WHERE replies.clinic_id = :clinic_id
                    AND replies.outbox_id = :id AND replies.question IS NOT NULL) AS answered,
                {silence.UNHEARD} AS unheard
            FROM patients
            JOIN enrollments ON enrollments.clinic_id = :clinic_id
              AND enrollments.id = :enrollment_id
            JOIN sessions ON sessions.clinic_id = :clinic_id AND sessions.id = :session_id
            WHERE patients.clinic_id = :clinic_id AND patients.id = :patient_id""",
        id=reminder["id"],
        patient_id=reminder["patient_id"],
        enrollment_id=reminder["enrollment_id"],
        session_id=reminder["session_id"],
        due_at=reminder["due_at"],
        now=now,
    )
    if found is None:
        return None
    return Look(
        patient=patients.of_row(found),
        agreed=bool(found["agreed"]),
        version=found["version"] or "",
        ended=found["status"] == "ended",
        paused=found["paused_at"] is not None,
        alerted=bool(found["alerted"]),
        accompanied=bool(found["accompanied"]),
        answered=bool(found["answered"]),
        unheard=found["unheard"],
        facts=found,
    )
