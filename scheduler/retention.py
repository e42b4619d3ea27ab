"""Retention: what has been kept long enough is erased by itself, and the managers hear how much.

Once a day in the small hours: plans that ended so many months ago, with all that belongs to them
(a patient goes with their last plan), and updates as Telegram gave them. Told once a month, in the
first days of the next one, where anything was erased.
"""

import json
from datetime import time
from typing import Final

from scheduler import enrollment, erasure, events, inbox, notices, patients, staff
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx
from scheduler.keeping import months_later
from scheduler.wallclock import first_moment, local_date

DAILY_AT: Final = time(4)
_LOOKED, _TOLD, _EVENT = "retention", "retention_told", "erased_by_time"
AT_ONCE: Final = 5
"""So many plans at a heartbeat: each is a few dozen rows, and minutes later is soon enough."""


def daily(tx: Tx, clinic: Clinic, *, now: int) -> bool:
    """Erase what is over, from the first heartbeat after 04:00 clinic time (``now``: epoch ms).

    One plan at each call: whoever writes to the bot meanwhile waits no longer than for that.

    Returns:
        Whether there may be more to erase today.
    """
    due_at = first_moment(local_date(now, clinic.timezone), DAILY_AT, clinic.timezone)
    looked = events.marked(tx, _LOOKED, by=now)
    if now < due_at or (looked is not None and due_at <= looked):
        return False
    if _erase_one(tx, clinic, now=now):
        events.note(tx, _EVENT, actor="system", now=now, plans=1, updates=0)
        return True
    events.mark(tx, _LOOKED, now=now)
    updates = inbox.forget_old(tx, days=clinic.keeping.update_days, now=now)
    if updates:
        events.note(tx, _EVENT, actor="system", now=now, plans=0, updates=updates)
    _report(tx, clinic, now=now)
    return False


def over(tx: Tx, *, before: int) -> Row | None:
    """Return a plan that ended before an instant (UTC epoch ms) and with which nothing went on.

    A plan that never began, or that was paused for good, has ended once nothing of it is owed. One
    of a patient with an alert that is not resolved stays.
    """
    return tx.first(
        """SELECT id, patient_id FROM enrollments
           WHERE clinic_id = :clinic_id AND created_at < :before
             AND (status IN ('invited', 'paused') OR COALESCE(ended_at, created_at) < :before)
             AND status <> 'active'
             AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.clinic_id = :clinic_id
                 AND outbox.enrollment_id = enrollments.id
                 AND (outbox.settled_at IS NULL OR outbox.settled_at >= :before))
             AND NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.clinic_id = :clinic_id
                 AND sessions.enrollment_id = enrollments.id AND sessions.starts_at >= :before)
             AND NOT EXISTS (SELECT 1 FROM replies WHERE replies.clinic_id = :clinic_id
                 AND replies.patient_id = enrollments.patient_id AND replies.at >= :before
                 AND (replies.enrollment_id IS NULL OR replies.enrollment_id = enrollments.id))
             AND NOT EXISTS (SELECT 1 FROM alerts WHERE alerts.clinic_id = :clinic_id
                 AND alerts.patient_id = enrollments.patient_id AND alerts.state <> 'resolved')
           ORDER BY id LIMIT 1""",
        before=before,
    )


def _erase_one(tx: Tx, clinic: Clinic, *, now: int) -> bool:
    row = over(tx, before=months_later(now, -clinic.keeping.ended_months, clinic.timezone))
    if row is None:
        return False
    if len(enrollment.of_patient(tx, row["patient_id"])) > 1:
        erasure.forget_plan(tx, row["id"], now=now)
        return True
    erasure.forget(
        tx,
        patients.known(tx, row["patient_id"]),
        why="retention",
        keeping=clinic.keeping,
        zone=clinic.timezone,
        now=now,
    )
    return True


def _report(tx: Tx, clinic: Clinic, *, now: int) -> None:
    """Tell the managers of the last month, once, where anything was erased in it."""
    month = local_date(now, clinic.timezone).replace(day=1)
    begins = first_moment(month, time(), clinic.timezone)
    told = events.marked(tx, _TOLD, by=now)
    if told is not None and told >= begins:
        return
    events.mark(tx, _TOLD, now=now)
    if told is None:
        return  # the first month of this clinic
    details = [
        json.loads(row["detail"])
        for row in tx.all(
            """SELECT detail FROM events WHERE clinic_id = :clinic_id AND kind = :kind
                 AND at >= :since AND at < :begins""",
            kind=_EVENT,
            since=months_later(begins, -1, clinic.timezone),
            begins=begins,
        )
    ]
    if details:
        notices.tell(
            tx,
            staff.everyone(tx, "manager"),
            "clinic.rights.retention.told",
            now=now,
            plans=sum(detail["plans"] for detail in details),
            updates=sum(detail["updates"] for detail in details),
        )
