"""Holding back the reminders of a patient, and letting them go on.

Holding and releasing is how a consent, /stop, /resume, a blocked bot and a return all work.
"""

from typing import Literal

from messages.catalogue import Catalogue
from scheduler import asked_for, outbox, patients, sharing
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx
from scheduler.enrollment import complete_if_done
from scheduler.outbox import Lane
from scheduler.quiet import NotUseful, Policy, When, prolonged, settle

__all__ = ["Hold", "at_night", "begin", "hold", "hold_of", "release"]

Hold = Literal["consent", "stopped", "unreachable", "paused"]


def hold(tx: Tx, patient_id: int, reason: Hold) -> int:
    """Hold back every reminder of a patient that has not left yet; returns how many."""
    held = tx.run(
        """UPDATE outbox SET held = :reason
           WHERE clinic_id = :clinic_id AND patient_id = :patient_id AND state = 'pending'
             AND kind = 'reminder' AND (held IS NULL OR held <> 'review')""",
        patient_id=patient_id,
        reason=reason,
    )
    tx.run(
        """UPDATE enrollments SET status = 'paused'
           WHERE clinic_id = :clinic_id AND patient_id = :patient_id AND status = 'active'""",
        patient_id=patient_id,
    )
    return held


def hold_of(patient: patients.Patient, status: str, *, paused: bool) -> Hold | None:
    """Return what the reminders of a plan in this status wait for, or None (pure)."""
    match patient.state:
        case "stopped" | "unreachable":
            return patient.state
        case "invited":
            return "consent"
        case "active":
            return "consent" if status == "invited" else "paused" if paused else None


def begin(
    tx: Tx,
    enrollment_id: int,
    patient: patients.Patient,
    catalogue: Catalogue,
    clinic: Clinic,
    *,
    now: int,
) -> int:
    """Start an enrollment whose patient has consented; returns how many reminders will come."""
    tx.run(
        """UPDATE enrollments SET status = 'paused', started_at = :now
           WHERE clinic_id = :clinic_id AND id = :id AND status = 'invited'""",
        id=enrollment_id,
        now=now,
    )
    return release(tx, patient, catalogue, clinic, now=now)


def release(
    tx: Tx, patient: patients.Patient, catalogue: Catalogue, clinic: Clinic, *, now: int
) -> int:
    """Let a patient's plans go on from here, without anything that is stale by now.

    It is the patient's own doing, at ``now``: what they must know reaches them also at night.

    Returns:
        How many reminders are still to come.
    """
    tx.wake()
    resumed = tx.all(
        """UPDATE enrollments SET status = 'active'
           WHERE clinic_id = :clinic_id AND patient_id = :patient_id AND status = 'paused'
             AND paused_at IS NULL
           RETURNING id""",
        patient_id=patient.id,
    )
    rows = tx.all(
        """SELECT outbox.*, enrollments.treatment, sessions.starts_at FROM outbox
           JOIN enrollments ON enrollments.clinic_id = :clinic_id
             AND enrollments.id = outbox.enrollment_id
           JOIN sessions ON sessions.clinic_id = :clinic_id AND sessions.id = outbox.session_id
           WHERE outbox.clinic_id = :clinic_id AND outbox.patient_id = :patient_id
             AND outbox.state = 'pending' AND outbox.held <> 'review'
             AND enrollments.status = 'active'""",
        patient_id=patient.id,
    )
    coming = 0
    for row in rows:
        policy, earliest = at_night(catalogue, row, now=now)
        zone, lane = patient.timezone, Lane.REMINDER
        moment = settle(
            row["due_at"], row["useful_until"], policy, clinic.quiet, zone, not_before=earliest
        )
        if asked_for.at_once(row, policy, clinic.quiet, zone, now=now):
            moment, lane = When(now), Lane.ANSWER
        if isinstance(moment, NotUseful):
            outbox.end(tx, row["id"], "expired", _stale(row["held"], moment), now=now)
            continue
        coming += 1
        tx.run(
            """UPDATE outbox SET held = NULL, lane = :lane, chat_id = :chat_id,
                   ready_at = :ready_at, useful_until = :until
               WHERE clinic_id = :clinic_id AND id = :id""",
            id=row["id"],
            lane=int(lane),
            chat_id=patient.chat_id,
            ready_at=moment.at,
            until=prolonged(row["due_at"], row["useful_until"], moment.at),
        )
    sharing.share(tx, patient.id, catalogue)
    # A plan of which nothing is left to come has no last row that could complete it.
    for enrollment_id in {row["id"] for row in resumed} | {row["enrollment_id"] for row in rows}:
        complete_if_done(tx, enrollment_id, now=now)
    return coming


def at_night(catalogue: Catalogue, row: Row, *, now: int) -> tuple[Policy, int]:
    """Return what the night does to a reminder, and before when it cannot leave (epoch ms).

    ``row`` has the ``treatment`` of its plan and ``starts_at`` of its session beside it: what
    speaks of a session must not move to the evening before it.
    """
    try:
        step = catalogue.protocols[row["treatment"]].step(row["step_key"])
    except KeyError:
        # The clinic took the step out of its protocol; the dispatcher cancels the row in its turn.
        return "wait", now
    return step.quiet, now if step.before else max(now, row["starts_at"])


def _stale(held: str | None, why: NotUseful) -> str:
    night = "would only have arrived at night" if why.reason == "quiet" else "no longer useful"
    return f"{night}; held: {held}" if held else night
