"""The moment of a session in a practitioner's own words, while a plan is changed."""

from dataclasses import dataclass, replace
from datetime import time

from bot import dates
from bot.practitioner.enroll_answers import quoted
from bot.practitioner.plan_draft import Draft
from bot.practitioner.plan_steps import visit_of
from bot.practitioner.plan_words import PLACE
from bot.turn import Turn
from messages.markup import Html
from messages.render import moment_long
from scheduler.plans import Plan
from scheduler.wallclock import local


class Unread(Exception):
    """Words that are no moment to use; ``words`` (HTML) says why and what to do."""

    def __init__(self, words: Html) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, slots=True)
class Found:
    """The draft with the moment in its change, a second reading of it, and a remark on it."""

    draft: Draft
    other: int | None
    remark: Html | None


def typed(turn: Turn, draft: Draft, plan: Plan, text: str) -> Found:
    """Return the draft with the moment that was typed.

    A session that took place lies behind, one to come ahead. An added one may be either: what can
    be read as coming is, what cannot took place.

    Raises:
        Unread: the words are no such moment.
    """
    change = draft.change
    if change is None:
        raise Unread(turn.text(f"{PLACE}.trouble.tap", text=quoted(text)))
    visit = visit_of(draft, plan)
    held = visit is not None and visit.state == "held"
    usual = _usual_time(turn, plan)
    found = _read(turn, text, past=held, usual=usual)
    if isinstance(found, dates.NotUnderstood) and change.kind == "add" and found.reason == "past":
        found = _read(turn, text, past=True, usual=usual)
    if isinstance(found, dates.NotUnderstood):
        raise Unread(_misread(turn, text, found))
    took_place = change.kind == "add" and found.ms <= turn.now
    made = replace(draft, change=replace(change, at=found.ms, held=took_place))
    return Found(made, found.other, _remark(turn, found))


def _read(turn: Turn, text: str, *, past: bool, usual: time) -> dates.Moment | dates.NotUnderstood:
    return dates.read_moment(
        text,
        now_ms=turn.written_at,
        zone=turn.clinic.timezone,
        language=turn.language,
        clinic_language=turn.clinic.language,
        prefer="past" if past else "future",
        default_time=usual,
    )


def _usual_time(turn: Turn, plan: Plan) -> time:
    """Return the time of day of the newest session: a day without a time is meant so."""
    visits = plan.course.live()
    if not visits:
        return dates.DEFAULT_TIME
    at = local(visits[-1].starts_at, turn.clinic.timezone)
    return at.time().replace(second=0, microsecond=0)


def _misread(turn: Turn, text: str, found: dates.NotUnderstood) -> Html:
    understood = ""
    if found.understood is not None:
        understood = moment_long(found.understood.ms, turn.clinic.timezone, turn.language)
    reason: str = found.reason
    if reason in ("past", "future"):
        return turn.text(f"{PLACE}.trouble.{reason}", moment=understood)
    if not understood:
        reason = {"too_far": "too_far_blind", "weekday": "unclear"}.get(reason, reason)
    return turn.text(f"practitioner.enroll.trouble.{reason}", text=quoted(text), moment=understood)


def _remark(turn: Turn, found: dates.Moment) -> Html | None:
    if found.has_time and not found.skipped:
        return None
    return turn.text(
        f"practitioner.enroll.note.{'skipped' if found.skipped else 'no_time'}",
        moment=moment_long(found.ms, turn.clinic.timezone, turn.language),
    )
