"""Taking back: what was said about somebody's health disappears from their chat after a while.

Off unless the clinic sets it (DELETE_AFTER_HOURS). What may be needed in a hurry stays: the care
list with its danger signs and numbers, visits, questions that are still open, all that answers a
danger sign, and everything while an alert is not resolved.
"""

from typing import Final

from messages.catalogue import Catalogue
from scheduler import alert_record, erasure, events, replies, visit_news
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx
from scheduler.said import Said
from scheduler.wallclock import HOUR, MINUTE

_LOOKED: Final = "taking_back"
_EVERY_MS: Final = 10 * MINUTE
_STAYS: Final = frozenset({"care", "appointment"})


def look(tx: Tx, clinic: Clinic, catalogue: Catalogue, *, now: int) -> int:
    """Owe the deletion of what has been in chats long enough at ``now`` (UTC epoch ms).

    Returns:
        How many messages disappear.
    """
    hours = clinic.keeping.chat_hours
    looked = events.marked(tx, _LOOKED, by=now)
    if not hours or (looked is not None and now - looked < _EVERY_MS):
        return 0
    events.mark(tx, _LOOKED, now=now)
    taken = 0
    for row in tx.all(
        """SELECT outbox.*, enrollments.treatment FROM outbox
           JOIN patients ON patients.clinic_id = :clinic_id AND patients.id = outbox.patient_id
             AND patients.chat_id = outbox.chat_id
           LEFT JOIN enrollments ON enrollments.clinic_id = :clinic_id
             AND enrollments.id = outbox.enrollment_id
           WHERE outbox.clinic_id = :clinic_id AND outbox.state = 'sent'
             AND outbox.taken_back_at IS NULL AND outbox.message_id IS NOT NULL
             AND outbox.settled_at > :since AND outbox.settled_at <= :before
             AND (outbox.step_key IS NOT NULL OR outbox.staff_message_id IS NOT NULL)
           ORDER BY outbox.id""",
        since=now - erasure.DELETABLE_MS,
        before=now - hours * HOUR,
    ):
        if not _may_go(tx, row, catalogue):
            continue
        taken += 1
        erasure.take_back(tx, row["chat_id"], row["message_id"], now=now)
        tx.run(
            """UPDATE outbox SET taken_back_at = :now WHERE clinic_id = :clinic_id AND id = :id""",
            id=row["id"],
            now=now,
        )
    return taken


def _may_go(tx: Tx, row: Row, catalogue: Catalogue) -> bool:
    if alert_record.unresolved(tx, row["patient_id"]) is not None:
        return False
    if row["step_key"] is None:
        # What staff wrote, but for the news that a visit is at another time.
        form = Said.from_json(row["content"]).form if row["content"] else None
        return form is None or visit_news.of_form(form) is None
    try:
        step = catalogue.protocols[row["treatment"]].step(row["step_key"])
    except KeyError:
        return True
    answered = replies.answers_to(tx, row["id"])
    asked_still = any(question.key not in answered for question in step.questions)
    return step.topic not in _STAYS and not asked_still
