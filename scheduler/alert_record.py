"""An alert as it stands in the database, and the lists of those that are not resolved."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from messages.protocol import Alarm
from scheduler import roster
from scheduler.database import Row, Tx
from scheduler.staff import Staff

State = Literal["open", "acknowledged", "resolved"]

# Whoever took an alert is named by it also after they have left the clinic.
_SELECT = """SELECT alerts.*, patients.label,
        holder.chat_id AS holder_chat, holder.name AS holder_name, holder.role AS holder_role,
        holder.language AS holder_language, closer.name AS closer_name
    FROM alerts
    JOIN patients ON patients.clinic_id = :clinic_id AND patients.id = alerts.patient_id
    LEFT JOIN staff AS holder
      ON holder.clinic_id = :clinic_id AND holder.id = alerts.acknowledged_by
    LEFT JOIN staff AS closer ON closer.clinic_id = :clinic_id AND closer.id = alerts.resolved_by
    WHERE alerts.clinic_id = :clinic_id"""
# Said of what is open too, or SQLite goes through all that the clinic ever had.
_UNRESOLVED = f"{_SELECT} AND alerts.state <> 'resolved'"
_GRAVEST_FIRST = """CASE alerts.level WHEN 'emergency' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END,
    alerts.opened_at, alerts.id"""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert; instants in UTC epoch ms.

    ``spoken`` is False for an alert about a silence. ``raised_at`` is when it took its present
    level, ``told_at`` when it last rang on somebody's phone, ``round`` how often more people were
    called because nobody took it. ``holder`` is on it since ``held_at``; ``closer`` is the name of
    whoever resolved it.
    """

    id: int
    patient_id: int
    label: str
    enrollment_id: int | None
    session_at: int | None
    level: Alarm
    spoken: bool
    state: State
    opened_at: int
    raised_at: int
    told_at: int
    round: int
    next_escalation_at: int | None
    holder: Staff | None
    held_at: int | None
    closer: str | None
    resolved_at: int | None
    resolution: str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that alarmed: ``words`` is HTML by language, ``at`` UTC epoch ms."""

    at: int
    level: Alarm
    cause: str
    words: Mapping[str, str]


def _alert(row: Row) -> Alert:
    holder = None
    if row["acknowledged_by"] is not None:
        holder = Staff(
            id=row["acknowledged_by"],
            chat_id=row["holder_chat"],
            name=row["holder_name"],
            role=row["holder_role"],
            language=row["holder_language"],
        )
    return Alert(
        id=row["id"],
        patient_id=row["patient_id"],
        label=row["label"],
        enrollment_id=row["enrollment_id"],
        session_at=row["session_at"],
        level=row["level"],
        spoken=bool(row["spoken"]),
        state=row["state"],
        opened_at=row["opened_at"],
        raised_at=row["raised_at"],
        told_at=row["told_at"],
        round=row["round"],
        next_escalation_at=row["next_escalation_at"],
        holder=holder,
        held_at=row["acknowledged_at"],
        closer=row["closer_name"],
        resolved_at=row["resolved_at"],
        resolution=row["resolution"],
    )


def by_id(tx: Tx, alert_id: int) -> Alert | None:
    """Return one alert, or None."""
    row = tx.first(f"{_SELECT} AND alerts.id = :id", id=alert_id)
    return _alert(row) if row else None


def unresolved(tx: Tx, patient_id: int) -> Alert | None:
    """Return the alert of a patient's present episode, open or acknowledged; None without one."""
    row = tx.first(
        f"{_SELECT} AND alerts.patient_id = :patient_id AND alerts.state <> 'resolved'",
        patient_id=patient_id,
    )
    return _alert(row) if row else None


def of_enrollment(tx: Tx, enrollment_id: int) -> list[Row]:
    """Return the moment and the level of every alert that an enrollment ever had, by time."""
    return tx.all(
        """SELECT opened_at, level FROM alerts
           WHERE clinic_id = :clinic_id AND enrollment_id = :enrollment_id
           ORDER BY opened_at, id""",
        enrollment_id=enrollment_id,
    )


def waiting(tx: Tx, member: Staff, *, offset: int, limit: int) -> list[Alert]:
    """Return the unresolved alerts that a member may see, the gravest and then the oldest first."""
    rows = tx.all(
        f"""{_UNRESOLVED} AND {roster.seen_by(member)}
            ORDER BY {_GRAVEST_FIRST} LIMIT :limit OFFSET :offset""",
        member=member.id,
        limit=limit,
        offset=offset,
    )
    return [_alert(row) for row in rows]


def count_waiting(tx: Tx, member: Staff) -> int:
    """Return how many unresolved alerts a member may see."""
    count: int = tx.value(
        f"""SELECT COUNT(*) FROM alerts
            JOIN patients ON patients.clinic_id = :clinic_id AND patients.id = alerts.patient_id
            WHERE alerts.clinic_id = :clinic_id AND alerts.state <> 'resolved'
              AND {roster.seen_by(member)}""",
        member=member.id,
    )
    return count


def overdue(tx: Tx, *, now: int) -> list[Alert]:
    """Return the open alerts whose next round of calls is due at ``now`` (UTC epoch ms)."""
    rows = tx.all(
        f"{_SELECT} AND alerts.state = 'open' AND alerts.next_escalation_at <= :now", now=now
    )
    return [_alert(row) for row in rows]


def open_reviews(tx: Tx) -> list[Alert]:
    """Return the alerts of the lowest level that nobody is on: they call nobody again."""
    rows = tx.all(f"{_SELECT} AND alerts.state = 'open' AND alerts.level = 'review'")
    return [_alert(row) for row in rows]


def unheard_by(tx: Tx, staff_id: int) -> list[Alert]:
    """Return the unresolved alerts whose last ring has not come to a member's phone."""
    rows = tx.all(
        f"""{_UNRESOLVED} AND NOT EXISTS
                (SELECT 1 FROM alert_messages
                 JOIN outbox ON outbox.clinic_id = :clinic_id
                   AND outbox.id = alert_messages.outbox_id
                   AND outbox.state IN ('pending', 'sending', 'sent')
                   AND COALESCE(outbox.settled_at, outbox.ready_at) >= alerts.told_at
                 WHERE alert_messages.clinic_id = :clinic_id
                   AND alert_messages.alert_id = alerts.id
                   AND alert_messages.staff_id = :staff_id)
            ORDER BY alerts.id""",
        staff_id=staff_id,
    )
    return [_alert(row) for row in rows]


def left(tx: Tx) -> list[Alert]:
    """Return the alerts whose holder is not there any more.

    They have left the clinic, are out of reach, or are away since they took it: whoever takes one
    on a day off keeps it.
    """
    rows = tx.all(
        f"""{_UNRESOLVED} AND alerts.state = 'acknowledged' AND (EXISTS
                (SELECT 1 FROM staff WHERE staff.clinic_id = :clinic_id
                   AND staff.id = alerts.acknowledged_by
                   AND (staff.removed_at IS NOT NULL OR staff.lost_at IS NOT NULL))
              OR EXISTS (SELECT 1 FROM absences
                 WHERE absences.clinic_id = :clinic_id AND absences.state = 'now'
                   AND absences.staff_id = alerts.acknowledged_by
                   AND (alerts.acknowledged_at < absences.starts_at
                     OR alerts.acknowledged_at < absences.created_at)))
            ORDER BY alerts.id"""
    )
    return [_alert(row) for row in rows]


def refused(tx: Tx) -> list[Alert]:
    """Return the open alerts of which a copy did not reach somebody who is out of reach still."""
    rows = tx.all(
        f"""{_SELECT} AND alerts.state = 'open' AND EXISTS
                (SELECT 1 FROM alert_messages
                 JOIN staff ON staff.clinic_id = :clinic_id AND staff.id = alert_messages.staff_id
                   AND staff.lost_at IS NOT NULL
                 JOIN outbox ON outbox.clinic_id = :clinic_id
                   AND outbox.id = alert_messages.outbox_id AND outbox.state = 'refused'
                 WHERE alert_messages.clinic_id = :clinic_id
                   AND alert_messages.alert_id = alerts.id)
            ORDER BY alerts.id"""
    )
    return [_alert(row) for row in rows]


def reasons(tx: Tx, alert_id: int) -> list[Reason]:
    """Return what alarmed, oldest first."""
    return [
        Reason(row["at"], row["level"], row["cause"], json.loads(row["words"]))
        for row in tx.all(
            """SELECT * FROM alert_reasons WHERE clinic_id = :clinic_id AND alert_id = :alert_id
               ORDER BY id""",
            alert_id=alert_id,
        )
    ]
