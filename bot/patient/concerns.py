"""A danger sign: the patient is answered at once, and the people in charge are alerted.

One door for every way in which a danger can be noticed, so that what follows is the same.
"""

from collections.abc import Callable
from typing import Final

from bot.hours_words import in_words
from bot.turn import Turn
from messages.protocol import Alarm
from scheduler import alerts, events, flood
from scheduler.alerts import Cause
from scheduler.outbox import Lane
from scheduler.patients import Patient
from scheduler.wallclock import local_date

_RANK: Final = alerts.RANK


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
    why: Callable[[str], str] | None = None,
    reply_id: int | None = None,
    answered: bool = False,
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
        why: returns in a language, as HTML, why that was flagged, for the clinic to read.
        reply_id: the words that alarmed, in the log of replies; None for a tap.
        answered: whether the patient has just read the answer; the clinic is told all the same.
    """
    if not answered:
        turn.say(
            turn.catalogue.text(
                patient.language,
                f"patient.safety.{level}",
                phone=turn.clinic.phone,
                emergency=turn.clinic.emergency,
                hours=in_words(turn.clinic.hours, patient.language, turn.catalogue),
            ),
            lane=Lane.SAFETY,
            patient_id=patient.id,
            enrollment_id=enrollment_id,
        )
    alerts.raise_alert(
        turn.tx,
        level,
        patient.id,
        Cause(
            source="answer" if turn.incoming.kind == "button" else "words",
            key=cause,
            words={
                language: _words(turn, said, why, language) for language in turn.catalogue.languages
            },
            again=answered,
        ),
        enrollment_id=enrollment_id,
        session_at=session_at,
        clinic=turn.clinic,
        now=turn.now,
    )
    events.note(
        turn.tx,
        flood.CONCERN,
        actor="patient",
        now=turn.now,
        patient_id=patient.id,
        enrollment_id=enrollment_id,
        level=level,
        cause=cause,
        reply=reply_id,
        answered=not answered,
    )


def _words(
    turn: Turn, said: Callable[[str], str], why: Callable[[str], str] | None, language: str
) -> str:
    if why is None:
        return said(language)
    reason = turn.catalogue.text(language, "practitioner.alert.why.line", why=why(language))
    return f"{said(language)}\n{reason}"
