"""Retention: what has been kept long enough is erased by itself, and the managers hear how much.

Once a day in the small hours: plans that ended so many months ago, with all that belongs to them
(a patient goes with their last plan), and updates as Telegram gave them. Told once a month, in the
first days of the next one, where anything was erased.
"""

import json
from datetime import time
from typing import Final

from scheduler import alert_record, enrollment, erasure, events, inbox, notices, patients, staff
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx
from scheduler.keeping import months_later
from scheduler.wallclock import first_moment, local_date

DAILY_AT: Final = time(4)
_LOOKED, _TOLD, _EVENT = "retention", "retention_told", "erased_by_time"
_AT_ONCE: Final = 50
"""So many plans a day: each is a few dozen rows, and the day after is soon enough."""


def daily(tx: Tx, clinic: Clinic, *, now: int) -> None:
    """Erase what is over, at the first heartbeat after 04:00 clinic time (``now``: epoch ms)."""
    due_at = first_moment(local_date(now, clinic.timezone), DAILY_AT, clinic.timezone)
    looked = events.marked(tx, _LOOKED, by=now)
    if now < due_at or (looked is not None and due_at <= looked):
        return
    events.mark(tx, _LOOKED, now=now)
    plans = _erase_plans(tx, clinic, now=now)
    updates = inbox.forget_old(tx, days=clinic.keeping.update_days, now=now)
    if plans or updates:
        events.note(tx, _EVENT, actor="system", now=now, plans=plans, updates=updates)
    _report(tx, clinic, now=now)


def over(tx: Tx, *, before: int, limit: int) -> list[Row]:
    """Return the plans that ended before an instant (UTC epoch ms) and with which nothing went on.

    A plan that never began, or that was paused for good, has ended once nothing of it is owed.
    """
    return tx.all(
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
           ORDER BY id LIMIT :limit""",
        before=before,
        limit=limit,
    )


def _erase_plans(tx: Tx, clinic: Clinic, *, now: int) -> int:
    before = months_later(now, -clinic.keeping.ended_months, clinic.timezone)
    erased = 0
    for row in over(tx, before=before, limit=_AT_ONCE):
        if alert_record.unresolved(tx, row["patient_id"]) is not None:
            continue
        erased += 1
        if len(enrollment.of_patient(tx, row["patient_id"])) > 1:
            erasure.forget_plan(tx, row["id"], now=now)
            continue
        erasure.forget(
            tx,
            patients.known(tx, row["patient_id"]),
            why="retention",
            keeping=clinic.keeping,
            zone=clinic.timezone,
            now=now,
        )
    return erased


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
