"""Alerts: what a patient said, or a silence, that a human must see and deal with.

One alert per patient and episode: as long as it is not resolved, whatever else alarms is added to
it. It is *open* until a member of the clinic presses a button under it, *acknowledged* while
somebody is on it, and *resolved* in the end. Its rounds of calls are the business of
``scheduler.rounds``, its words of ``scheduler.alert_words``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from messages.protocol import Alarm
from scheduler import alert_copies, duty, events, oncall, outbox, rounds, unanswered
from scheduler.alert_record import Alert, by_id, reasons, unresolved
from scheduler.clinic import Clinic
from scheduler.database import Tx
from scheduler.staff import Staff
from scheduler.wallclock import MINUTE

RANK: Final[tuple[Alarm, ...]] = ("review", "urgent", "emergency")
HELD: Final = "alert"
"""Why a row of the outbox is held back while an alert is not resolved."""
NOTICE_GAP_MS: Final = MINUTE
"""New words on an alert ring again, but not more often than this: a person in distress writes in
many short messages, and each of them stands in the alert all the same."""

Resolution = Literal["call_done", "not_urgent"]
Source = Literal["words", "answer", "silence"]
Change = Literal["open", "rise", "ring", "add"]
Taken = Literal["taken", "held", "mine", "resolved"]


@dataclass(frozen=True, slots=True)
class Cause:
    """What alarmed.

    ``key`` names it for the log ("breathing=yes"): nobody's words. ``words`` is HTML by language:
    what was asked and answered, or written, and why that was flagged. ``again`` says that just
    now the same was said already, and answered.
    """

    source: Source
    key: str
    words: Mapping[str, str]
    again: bool = False


def change_of(alert: Alert | None, level: Alarm, cause: Cause, *, now: int) -> Change:
    """Decide what one more cause does to the alert that is not resolved yet, if any (pure).

    "open" begins an episode; "rise" makes the alert graver, and open again if somebody had it;
    "ring" shows it once more to those who have it; "add" only changes what they see.
    """
    if alert is None:
        return "open"
    if RANK.index(level) > RANK.index(alert.level):
        return "rise"
    if cause.source == "words" and not cause.again and now - alert.told_at >= NOTICE_GAP_MS:
        return "ring"
    return "add"


def raise_alert(
    tx: Tx,
    level: Alarm,
    patient_id: int,
    cause: Cause,
    *,
    enrollment_id: int | None,
    session_at: int | None,
    clinic: Clinic,
    now: int,
) -> Alert:
    """Bring something to the people in charge: open an alert, or add it to the one there is.

    Args:
        tx: the open transaction.
        level: how grave it is.
        patient_id: whose it is.
        cause: what alarmed.
        enrollment_id: the plan that it belongs to, where known.
        session_at: the session that it follows, UTC epoch ms, where known.
        clinic: whose hours and pauses hold.
        now: UTC epoch ms.
    """
    known = unresolved(tx, patient_id)
    change = change_of(known, level, cause, now=now)
    if known is None:
        alert_id = _open(tx, level, patient_id, cause, enrollment_id, session_at, now=now)
    else:
        alert_id = known.id
        _take_in(tx, known, level, cause, enrollment_id, session_at, change, now=now)
    _note_cause(tx, alert_id, level, cause, now=now)
    alert = _known(tx, alert_id)
    alert_copies.refresh(tx, alert.id, now=now)
    match change:
        case "open":
            _event(tx, alert, "alert_opened", "system", now=now, level=level)
            call(tx, alert, [], clinic, now=now)
        case "rise":
            shown = oncall.here(tx, alert_copies.shown_to(tx, alert.id))
            call(tx, alert, shown, clinic, now=now)
        case "ring":
            alert_copies.call(tx, alert, _listening(tx, alert, clinic, now=now), now=now)
    return _known(tx, alert_id)


def _open(
    tx: Tx,
    level: Alarm,
    patient_id: int,
    cause: Cause,
    enrollment_id: int | None,
    session_at: int | None,
    *,
    now: int,
) -> int:
    alert_id: int = tx.value(
        """INSERT INTO alerts (clinic_id, patient_id, enrollment_id, session_at, level, spoken,
               state, opened_at, raised_at, told_at)
           VALUES (:clinic_id, :patient_id, :enrollment_id, :session_at, :level, :spoken, 'open',
               :now, :now, :now)
           RETURNING id""",
        patient_id=patient_id,
        enrollment_id=enrollment_id,
        session_at=session_at,
        level=level,
        spoken=int(cause.source != "silence"),
        now=now,
    )
    return alert_id


def _take_in(
    tx: Tx,
    known: Alert,
    level: Alarm,
    cause: Cause,
    enrollment_id: int | None,
    session_at: int | None,
    change: Change,
    *,
    now: int,
) -> None:
    """Write down what one more cause means for an alert that is there already."""
    tx.run(
        """UPDATE alerts SET enrollment_id = COALESCE(enrollment_id, :enrollment_id),
               session_at = COALESCE(session_at, :session_at),
               spoken = CASE WHEN :spoken THEN 1 ELSE spoken END,
               told_at = CASE WHEN :rings THEN :now ELSE told_at END
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=known.id,
        enrollment_id=enrollment_id,
        session_at=session_at,
        spoken=cause.source != "silence",
        rings=change != "add",
        now=now,
    )
    if change != "rise":
        return
    alert_copies.withdraw(tx, known.id, "the alert became graver", now=now)
    tx.run(
        """UPDATE alerts SET level = :level, state = 'open', raised_at = :now, round = 0,
               next_escalation_at = NULL, acknowledged_by = NULL, acknowledged_at = NULL
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=known.id,
        level=level,
        now=now,
    )
    _event(tx, known, "alert_rose", "system", now=now, level=level, was=known.state)


def _note_cause(tx: Tx, alert_id: int, level: Alarm, cause: Cause, *, now: int) -> None:
    tx.run(
        """INSERT INTO alert_reasons (clinic_id, alert_id, at, level, cause, words)
           VALUES (:clinic_id, :alert_id, :now, :level, :cause, :words)""",
        alert_id=alert_id,
        now=now,
        level=level,
        cause=cause.key,
        words=json.dumps(dict(cause.words), ensure_ascii=False),
    )


def call(tx: Tx, alert: Alert, besides: list[Staff], clinic: Clinic, *, now: int) -> None:
    """Show an alert to those who are called first, and plan who is called if nobody takes it."""
    called = duty.called(duty.line(tx, alert, clinic, now=now), 0)
    known = {member.id for member in called}
    called += [m for m in besides if m.id not in known]
    alert_copies.call(tx, alert, called, now=now)
    alert_copies.owe(tx, alert, duty.quietly(tx, alert, called), now=now)
    for member, at in duty.later(tx, alert, called, clinic, now=now):
        alert_copies.owe(tx, alert, [member], now=now, ready_at=at)
    rounds.plan_next(tx, alert, clinic, now=now)


def _listening(tx: Tx, alert: Alert, clinic: Clinic, *, now: int) -> list[Staff]:
    """Return who hears of new words: whoever is on it, else all who were called so far.

    Where one of them is away, those who are called in their place hear of them too.
    """
    concerned = [alert.holder] if alert.holder else alert_copies.shown_to(tx, alert.id)
    found = {member.id: member for member in oncall.here(tx, concerned)}
    if not found or len(found) < len(concerned):
        for member in duty.called(duty.line(tx, alert, clinic, now=now), 0):
            found.setdefault(member.id, member)
    return list(found.values())


def take(tx: Tx, alert: Alert, member: Staff, *, now: int) -> Taken:
    """Have a member say "I'm on it"; the first of two who press at once has it.

    Args:
        tx: the open transaction.
        alert: as it was read in this transaction.
        member: who pressed.
        now: UTC epoch ms.

    Returns:
        "taken"; or why nothing was changed: somebody else has it ("held"), the member has it
        already ("mine"), or it is resolved.
    """
    if alert.state == "resolved":
        return "resolved"
    if alert.holder is not None:
        return "mine" if alert.holder.id == member.id else "held"
    tx.run(
        """UPDATE alerts SET state = 'acknowledged', acknowledged_by = :member,
               acknowledged_at = :now, next_escalation_at = NULL
           WHERE clinic_id = :clinic_id AND id = :id AND state <> 'resolved'""",
        id=alert.id,
        member=member.id,
        now=now,
    )
    alert_copies.withdraw(tx, alert.id, "somebody is on it", now=now)
    alert_copies.refresh(tx, alert.id, now=now)
    _event(tx, alert, "alert_taken", member.actor, now=now)
    return "taken"


def resolve(tx: Tx, alert: Alert, member: Staff, resolution: Resolution, *, now: int) -> bool:
    """End an alert; what was held back from the patient meanwhile goes on where it is of use.

    Args:
        tx: the open transaction.
        alert: as it was read in this transaction.
        member: who pressed.
        resolution: what was done.
        now: UTC epoch ms.

    Returns:
        False where it was resolved before: nothing was changed.
    """
    changed = tx.run(
        """UPDATE alerts SET state = 'resolved', resolution = :resolution, resolved_by = :member,
               resolved_at = :now, next_escalation_at = NULL
           WHERE clinic_id = :clinic_id AND id = :id AND state <> 'resolved'""",
        id=alert.id,
        resolution=resolution,
        member=member.id,
        now=now,
    )
    if not changed:
        return False
    alert_copies.withdraw(tx, alert.id, "the alert is resolved", now=now)
    alert_copies.refresh(tx, alert.id, now=now)
    outbox.let_go(tx, alert.patient_id, HELD)
    if resolution == "call_done":
        _answer_by_call(tx, alert, member, now=now)
    _event(tx, alert, f"alert_{resolution}", member.actor, now=now)
    return True


def _answer_by_call(tx: Tx, alert: Alert, member: Staff, *, now: int) -> None:
    """Have what the alert is about wait for no other answer: the patient was called."""
    said = [reason.at for reason in reasons(tx, alert.id)]
    if said:
        unanswered.called(tx, alert.patient_id, about=max(said), staff_id=member.id, now=now)


def open_again(tx: Tx, alert: Alert, clinic: Clinic, *, now: int) -> None:
    """Begin an alert anew whose holder is not there any more (``now`` in UTC epoch ms)."""
    tx.run(
        """UPDATE alerts SET state = 'open', acknowledged_by = NULL, acknowledged_at = NULL,
               raised_at = :now, told_at = :now, round = 0
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=alert.id,
        now=now,
    )
    alert_copies.refresh(tx, alert.id, now=now)
    _event(tx, alert, "alert_left", "system", now=now)
    call(tx, _known(tx, alert.id), [], clinic, now=now)


def _event(tx: Tx, alert: Alert, kind: str, actor: str, *, now: int, **detail: object) -> None:
    events.note(
        tx,
        kind,
        actor=actor,
        now=now,
        patient_id=alert.patient_id,
        enrollment_id=alert.enrollment_id,
        alert=alert.id,
        **detail,
    )


def _known(tx: Tx, alert_id: int) -> Alert:
    found = by_id(tx, alert_id)
    if found is None:
        raise LookupError(f"alert {alert_id} vanished within a transaction")
    return found
