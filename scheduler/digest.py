"""The day at a glance for a member of staff: what is on today, and what needs a human.

The morning message leaves once a day, at the hour that the clinic set, to whoever has something in
it. It is stale by noon: after an outage it is left out rather than sent in the afternoon, and what
comes late keeps off the quiet hours. ``/digest`` shows the same at any time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

from messages.course import Finding
from scheduler import absences, alert_record, attendance, events, plans, roster, unanswered
from scheduler.absences import Absence
from scheduler.alert_record import Alert
from scheduler.clinic import Clinic
from scheduler.course import OPEN
from scheduler.database import Row, Tx
from scheduler.staff import Staff
from scheduler.unanswered import Waiting
from scheduler.wallclock import HOUR, MINUTE, first_moment, local_date

USEFUL_FOR_MS: Final = 4 * HOUR
"""For so long after its hour a morning message is still one."""
SHOWN: Final = 8
"""So many of each kind are listed by name; of more, how many."""

_LATE_MS: Final = 15 * MINUTE
_DAYS_AHEAD: Final = 3
_MARK: Final = "digest"


@dataclass(frozen=True, slots=True)
class OffCourse:
    """A patient whose newest answer is off the expected course, and what was answered."""

    label: str
    finding: Finding
    answer: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What a member has to know today.

    ``sessions``, ``unconfirmed`` and ``unsaid`` are session rows with ``label``, ``treatment`` and
    the plan's ``staff_id``, by time; of the unsaid ones, which are over, nobody has said yet
    whether the patient came, and it is for the member to say.
    ``alerts`` and ``waiting`` are the first :data:`SHOWN` of ``alert_count`` and
    ``waiting_count``. ``stands_in`` are the absences in which the member answers for somebody.
    """

    sessions: tuple[Row, ...]
    alerts: tuple[Alert, ...]
    alert_count: int
    waiting: tuple[Waiting, ...]
    waiting_count: int
    off_course: tuple[OffCourse, ...]
    unconfirmed: tuple[Row, ...]
    unsaid: tuple[Row, ...] = ()
    stands_in: tuple[Absence, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to say."""
        return not (
            self.sessions
            or self.alert_count
            or self.waiting_count
            or self.off_course
            or self.unconfirmed
            or self.unsaid
            or self.stands_in
        )


def gather(tx: Tx, member: Staff, zone: str, *, now: int) -> Digest:
    """Return the digest of a member: a practitioner's own patients, a manager's all.

    Args:
        tx: the open transaction.
        member: who reads it.
        zone: the clinic's, which says what day it is.
        now: UTC epoch ms.
    """
    today = local_date(now, zone)
    tomorrow = _midnight(today + timedelta(days=1), zone)
    return Digest(
        sessions=_sessions(
            tx,
            member,
            ("held", "planned", "confirmed", "change_wanted"),
            since=_midnight(today, zone),
            until=tomorrow,
        ),
        alerts=tuple(alert_record.waiting(tx, member, offset=0, limit=SHOWN)),
        alert_count=alert_record.count_waiting(tx, member),
        waiting=tuple(unanswered.waiting(tx, member, offset=0, limit=SHOWN)),
        waiting_count=unanswered.count(tx, member),
        off_course=_off_course(tx, member, since=now - roster.OFF_COURSE_FOR_MS),
        unconfirmed=_sessions(
            tx,
            member,
            ("planned", "change_wanted"),
            since=tomorrow,
            until=_midnight(today + timedelta(days=_DAYS_AHEAD + 1), zone),
        ),
        unsaid=_unsaid(tx, member, now=now),
        stands_in=tuple(absences.covered_by(tx, member.id)),
    )


def due_since(at: time, clinic: Clinic, *, last: int | None, now: int) -> int | None:
    """Return since when today's morning message is due, or None where it is not (pure).

    Args:
        at: the clinic's hour for it, local time.
        clinic: whose zone and quiet hours hold.
        last: when one was last made, UTC epoch ms.
        now: UTC epoch ms.

    Returns:
        UTC epoch ms. None too early, too late, if it was made today already, and at night for
        what is late; at the hour that was set it is sent, whatever the patients' quiet hours are.
    """
    zone = clinic.timezone
    start = first_moment(local_date(now, zone), at, zone)
    if start > now:
        # An hour just before midnight is still today's a little after it.
        start = first_moment(local_date(now, zone) - timedelta(days=1), at, zone)
    if not start <= now < start + USEFUL_FOR_MS or (last is not None and last >= start):
        return None
    late = now - start > _LATE_MS
    return None if late and clinic.quiet.holds(now, zone) else start


def begin(tx: Tx, at: time, clinic: Clinic, *, now: int) -> int | None:
    """Take today's morning message in hand: once a day; see :func:`due_since`."""
    since = due_since(at, clinic, last=events.marked(tx, _MARK, by=now), now=now)
    if since is not None:
        events.mark(tx, _MARK, now=now)
    return since


def _midnight(day: date, zone: str) -> int:
    return first_moment(day, time(0), zone)


def _sessions(
    tx: Tx, member: Staff, states: Collection[str], *, since: int, until: int
) -> tuple[Row, ...]:
    names = {f"state{index}": state for index, state in enumerate(states)}
    return tuple(
        tx.all(
            f"""SELECT sessions.*, patients.label, enrollments.treatment, enrollments.staff_id
                FROM sessions
                JOIN enrollments ON enrollments.clinic_id = :clinic_id
                  AND enrollments.id = sessions.enrollment_id
                JOIN patients ON patients.clinic_id = :clinic_id
                  AND patients.id = enrollments.patient_id
                WHERE sessions.clinic_id = :clinic_id AND enrollments.status <> 'ended'
                  AND sessions.starts_at >= :since AND sessions.starts_at < :until
                  AND sessions.state IN ({", ".join(f":{name}" for name in names)})
                  AND {roster.seen_by(member)}
                ORDER BY sessions.starts_at, sessions.id""",
            member=member.id,
            since=since,
            until=until,
            **names,
        )
    )


def _unsaid(tx: Tx, member: Staff, *, now: int) -> tuple[Row, ...]:
    """Return the sessions that are over and that nobody spoke of, as far as it is theirs to say."""
    found = _sessions(
        tx,
        member,
        OPEN,
        since=now - attendance.USEFUL_FOR_MS,
        until=now - attendance.AFTER_MS,
    )
    if member.role == "manager":
        return found
    theirs = plans.changed_by(tx, member)
    return tuple(row for row in found if row["staff_id"] in theirs)


def _off_course(tx: Tx, member: Staff, *, since: int) -> tuple[OffCourse, ...]:
    """Return the newest answers that are off the course; an open alert stands there already."""
    rows = tx.all(
        f"""SELECT replies.patient_id, replies.finding, replies.value, patients.label FROM replies
            JOIN patients ON patients.clinic_id = :clinic_id AND patients.id = replies.patient_id
            WHERE replies.clinic_id = :clinic_id AND {roster.NEWEST_FINDING}
              AND NOT EXISTS (SELECT 1 FROM alerts WHERE alerts.clinic_id = :clinic_id
                  AND alerts.patient_id = replies.patient_id AND alerts.state <> 'resolved')
              AND {roster.seen_by(member)}
            ORDER BY replies.at, replies.id""",
        member=member.id,
        since=since,
    )
    # Of one patient the last one counts.
    found = {
        row["patient_id"]: OffCourse(row["label"], row["finding"], row["value"]) for row in rows
    }
    return tuple(found.values())
