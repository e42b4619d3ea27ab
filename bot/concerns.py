"""A danger sign: the patient is answered at once, and the people in charge are alerted.

One door for every way in which a danger can be noticed, so that what follows is the same.
"""

from collections.abc import Callable
from typing import Final

from bot import telling
from bot.turn import Turn
from messages.markup import Html
from messages.protocol import Alarm
from messages.render import clock, day
from scheduler import events, staff
from scheduler.outbox import Lane
from scheduler.patients import Patient
from scheduler.staff import Staff
from scheduler.wallclock import local_date

_RANK: Final[tuple[Alarm, ...]] = ("review", "urgent", "emergency")


def higher(one: Alarm | None, other: Alarm | None) -> Alarm | None:
    """Return the graver of two levels; None is no alarm (pure)."""
    found = [level for level in (one, other) if level is not None]
    return max(found, key=_RANK.index, default=None)


def day_of(session_at: int, now: int, zone: str) -> int:
    """Return how many calendar days after the session (day 0) it is in ``zone``; pure."""
    return (local_date(now, zone) - local_date(session_at, zone)).days


def raise_concern(
    turn: Turn,
    level: Alarm,
    patient: Patient,
    *,
    enrollment_id: int | None,
    session_at: int | None,
    said: Callable[[str], str],
    cause: str,
) -> None:
    """Answer a danger sign and alert the clinic, in the transaction of the update itself.

    Args:
        turn: the update at hand.
        level: how grave it is.
        patient: whose it is.
        enrollment_id: the plan that it belongs to, where known.
        session_at: the session that it follows, UTC epoch ms, where known.
        said: returns in a language, as HTML, what was asked and answered, or written.
        cause: what noticed it, in keys ("breathing=yes"), for the log: nobody's words.
    """
    turn.say(
        turn.catalogue.text(
            patient.language,
            f"patient.safety.{level}",
            phone=turn.clinic.phone,
            emergency=turn.clinic.emergency,
        ),
        lane=Lane.SAFETY,
        patient_id=patient.id,
        enrollment_id=enrollment_id,
    )
    telling.tell(
        turn,
        _alerted(turn, level, patient, enrollment_id),
        lambda language: _alert(turn, level, patient, session_at, said, language),
        patient=patient,
        enrollment_id=enrollment_id,
        kind="alert",
    )
    events.note(
        turn.tx,
        "concern",
        actor="patient",
        now=turn.now,
        patient_id=patient.id,
        enrollment_id=enrollment_id,
        level=level,
        cause=cause,
    )


def _alerted(turn: Turn, level: Alarm, patient: Patient, enrollment_id: int | None) -> list[Staff]:
    found = telling.for_enrollment(turn, patient, enrollment_id)
    if level == "emergency":
        known = {member.id for member in found}
        found += [m for m in staff.everyone(turn.tx, "manager") if m.id not in known]
    return found


def _alert(
    turn: Turn,
    level: Alarm,
    patient: Patient,
    session_at: int | None,
    said: Callable[[str], str],
    language: str,
) -> str:
    def text(key: str, **params: object) -> Html:
        return turn.catalogue.text(language, f"patient.told.concern.{key}", **params)

    lines: list[str] = [text(level, label=patient.label), said(language)]
    if session_at is not None:
        when = day(session_at, patient.timezone, language)
        days = day_of(session_at, turn.now, patient.timezone)
        lines.append(text("session", day=when, n=days) if days else text("session_today", day=when))
    lines.append(text("local_time", time=clock(turn.now, patient.timezone, language)))
    lines.append(text(f"{level}_answered", phone=turn.clinic.phone))
    return "\n\n".join(lines)
