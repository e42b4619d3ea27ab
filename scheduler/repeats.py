"""Repeats: what another session of the same patient has just said need not be said again.

A patient who was enrolled twice, or treated twice in a day, would else read the same text twice
and be asked the same question twice.
"""

from typing import Final

from messages.catalogue import Catalogue
from scheduler import wording
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx
from scheduler.wallclock import HOUR
from scheduler.wording import Subject

WITHIN_MS: Final = 6 * HOUR
# Steps whose words are what matters: what a treatment forbids is not said by another's list.
_TELLING: Final = frozenset({"care"})


def covers(by: Subject, what: Subject, catalogue: Catalogue, clinic: Clinic) -> bool:
    """Say whether a reminder makes another one needless: it asks all that, or says the same."""
    if by.step.topic != what.step.topic:
        return False
    if what.step.questions and what.step.topic not in _TELLING:
        return all(question in by.step.questions for question in what.step.questions)
    return _words(by, catalogue, clinic) == _words(what, catalogue, clinic)


def said_before(
    tx: Tx, subject: Subject, catalogue: Catalogue, clinic: Clinic, *, now: int
) -> Row | None:
    """Return a reminder of another session that covers this one and has left within hours.

    Args:
        tx: the open transaction.
        subject: the reminder that is about to leave.
        catalogue: today's texts.
        clinic: whose name and numbers stand in them.
        now: UTC epoch ms.
    """
    for other in tx.all(
        """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND patient_id = :patient_id
             AND kind = 'reminder' AND session_id <> :session_id
             AND (state = 'sending' OR state = 'sent' AND settled_at > :since)
           ORDER BY id""",
        patient_id=subject.row["patient_id"],
        session_id=subject.row["session_id"],
        since=now - WITHIN_MS,
    ):
        try:
            found = wording.subject_of(tx, other, catalogue)
        except KeyError:
            continue
        if covers(found, subject, catalogue, clinic):
            return other
    return None


def _words(subject: Subject, catalogue: Catalogue, clinic: Clinic) -> str:
    return wording.reminder(catalogue, clinic, subject, {}).html


def also_due(tx: Tx, reminder: Row, *, now: int) -> list[Row]:
    """Return the other reminders of a reminder's patient that may leave at ``now`` (epoch ms)."""
    return tx.all(
        """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND patient_id = :patient_id
             AND kind = 'reminder' AND state = 'pending' AND held IS NULL AND ready_at <= :now
             AND id <> :id ORDER BY due_at, id""",
        patient_id=reminder["patient_id"],
        id=reminder["id"],
        now=now,
    )
