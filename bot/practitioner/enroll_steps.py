"""How each step of enrolling looks: what was chosen so far, the question, its buttons."""

from collections.abc import Iterator
from typing import Final

from bot.practitioner import enroll_plan
from bot.practitioner.calendar import Calendar
from bot.practitioner.enroll_answers import Unclear, check_next, in_weeks, known
from bot.practitioner.enroll_buttons import Row, Screen, answer_data, data, other_reading
from bot.practitioner.enroll_draft import ANOTHER_PATIENT, QUESTIONS, Draft, Question, Step
from bot.turn import Turn
from messages.protocol import Protocol
from messages.render import Html, clock, moment, moment_long
from scheduler import enrollment, roster
from scheduler.channel import Button
from scheduler.wallclock import MINUTE, local_date

_HALF_HOUR: Final = 30 * MINUTE
_TIMES: Final = 12
_TIMES_PER_ROW: Final = 4
_ROW_LETTERS: Final = 24
_USUAL_WEEKS: Final = (1, 2, 4)
_WEEK_DAYS: Final = 7
_SAME_AT_MOST: Final = 5
_CALENDAR_MS: Final = 400 * 24 * 60 * MINUTE


def screen(turn: Turn, draft: Draft, note: str | None = None) -> Screen:
    """Return the one message of the dialogue as it stands: HTML and rows of buttons."""
    if draft.step == "plan":
        return enroll_plan.screen(turn, draft, summary(turn, draft), note)
    parts = [turn.text("practitioner.enroll.title")]
    chosen = list(_chosen(turn, draft, but=draft.step))
    if chosen:
        parts.append(Html("\n".join(chosen)))
    if note:
        parts.append(Html(note))
    parts.append(_asked(turn, draft))
    rows = [other_reading(turn, draft), *_answers(turn, draft), _leave(turn, draft)]
    return "\n\n".join(parts), tuple(row for row in rows if row)


def summary(turn: Turn, draft: Draft) -> str:
    """Return all that was chosen, a line for each."""
    return "\n".join(_chosen(turn, draft))


def _chosen(turn: Turn, draft: Draft, but: Step | None = None) -> Iterator[Html]:
    protocol = draft.protocol(turn.catalogue)
    for question in QUESTIONS:
        if protocol is None or question not in draft.answers or question in (but, "same"):
            continue
        key: str = question
        if question == "session" and protocol.kind == "consultation":
            key = "visit"
        elif question == "label" and draft.answers.get("same", ANOTHER_PATIENT):
            key = "label_known"
        value = _worded(turn, draft, protocol, question)
        yield turn.text(f"practitioner.enroll.chosen.{key}", value=value)


def _worded(turn: Turn, draft: Draft, protocol: Protocol, question: Question) -> str:
    answer = draft.answers[question]
    if question == "treatment":
        return turn.catalogue.treatment_name(turn.language, answer)
    if question == "area":
        return turn.catalogue.area_name(turn.language, protocol.treatment, answer)
    if question in ("lipolytic", "filler"):
        word = "yes" if answer else "no"
        return turn.catalogue.label(turn.language, f"practitioner.enroll.{word}")
    if question == "next" and answer is None:
        return turn.catalogue.label(turn.language, "practitioner.enroll.none")
    if question in ("session", "next"):
        return moment_long(answer, turn.clinic.timezone, turn.language)
    return str(answer)


def _asked(turn: Turn, draft: Draft) -> Html:
    key: str = draft.step
    protocol = draft.protocol(turn.catalogue)
    if draft.view.isdecimal():
        return turn.text("practitioner.plans.ask.calendar", zone=turn.clinic.timezone)
    if draft.step == "session" and protocol is not None and protocol.kind == "consultation":
        key = "visit"
    elif draft.view:
        key = f"{draft.step}_{draft.view}"
    return turn.text(f"practitioner.enroll.ask.{key}", label=draft.answers.get("label", ""))


def _answers(turn: Turn, draft: Draft) -> Iterator[Row]:
    match draft.step:
        case "treatment" | "area":
            yield from _names(turn, draft, draft.step)
        case "lipolytic" | "filler":
            yield tuple(
                turn.button(
                    f"practitioner.enroll.button.{word}", answer_data(draft, draft.step, word)
                )
                for word in ("yes", "no")
            )
        case "session":
            yield from _session(turn, draft)
        case "next":
            yield from _next(turn, draft)
        case "same":
            yield from _same(turn, draft)
        case "change":
            yield from _change(turn, draft)
        case _:
            return


def _names(turn: Turn, draft: Draft, step: Step) -> Iterator[Row]:
    protocol = draft.protocol(turn.catalogue)
    if step == "treatment":
        labels = {
            treatment: turn.catalogue.treatment_name(turn.language, treatment)
            for treatment in turn.catalogue.protocols
        }
        labels = dict(sorted(labels.items(), key=lambda each: each[1].casefold()))
    else:
        labels = {
            area: turn.catalogue.area_name(turn.language, protocol.treatment, area)
            for area in (protocol.areas if protocol else ())
            if protocol is not None
        }
    buttons = [Button(name, data=answer_data(draft, step, key)) for key, name in labels.items()]
    width = _fitting(list(labels.values()))
    for start in range(0, len(buttons), width):
        yield tuple(buttons[start : start + width])


def _fitting(labels: list[str]) -> int:
    """Return how many such labels can be read side by side on a narrow phone."""
    longest = max((len(label) for label in labels), default=1)
    return max(1, min(3, _ROW_LETTERS // max(longest, 1)))


def _session(turn: Turn, draft: Draft) -> Iterator[Row]:
    protocol = draft.protocol(turn.catalogue)
    if protocol is not None and (draft.view.isdecimal() or protocol.kind == "consultation"):
        yield from _calendar(turn, draft, protocol)
    elif draft.view == "today":
        yield from _times_today(turn, draft)
    elif draft.view == "words":
        yield (_open_calendar(turn, draft),)
    elif not draft.view:
        yield (
            turn.button("practitioner.enroll.button.now", answer_data(draft, "session", "now")),
            turn.button("practitioner.enroll.button.today", data(draft, "v", "today")),
        )
        yield (turn.button("practitioner.enroll.button.another_day", data(draft, "v", "words")),)


def calendar_of(turn: Turn, draft: Draft, protocol: Protocol) -> Calendar:
    """Return the calendar of the moment that is asked for: behind for a session, else ahead."""
    first, last = turn.now - _CALENDAR_MS, turn.now
    if draft.step == "next" or protocol.kind == "consultation":
        first, last = turn.now + MINUTE, turn.now + _CALENDAR_MS
    return Calendar(
        zone=turn.clinic.timezone,
        language=turn.language,
        hours=turn.clinic.hours,
        first=first,
        last=last,
        carry=lambda value: data(draft, "k", value),
    )


def _calendar(turn: Turn, draft: Draft, protocol: Protocol) -> Iterator[Row]:
    if draft.view.isdecimal():
        yield from calendar_of(turn, draft, protocol).rows(draft.view)
    else:
        yield (_open_calendar(turn, draft),)


def _open_calendar(turn: Turn, draft: Draft) -> Button:
    return turn.button("practitioner.plans.button.calendar", data(draft, "k", "first"))


def _times_today(turn: Turn, draft: Draft) -> Iterator[Row]:
    zone = turn.clinic.timezone
    today = local_date(turn.now, zone)
    # Every zone in use counts from UTC in quarters of an hour, so these look round or a quarter.
    latest = turn.now - turn.now % _HALF_HOUR
    times = [latest - n * _HALF_HOUR for n in range(_TIMES)]
    buttons = [
        Button(clock(at, zone, turn.language), data=answer_data(draft, "session", at))
        for at in reversed(times)
        if local_date(at, zone) == today
    ]
    for start in range(0, len(buttons), _TIMES_PER_ROW):
        yield tuple(buttons[start : start + _TIMES_PER_ROW])


def weeks_offered(protocol: Protocol) -> tuple[int, ...]:
    """Return the distances to offer for the next session, in weeks: the cadence's own first."""
    if protocol.cadence is None:
        return _USUAL_WEEKS
    shortest, longest = (
        max(1, round(each.nominal_seconds / (_WEEK_DAYS * 86_400)))
        for each in protocol.cadence.every
    )
    offered = sorted({*_USUAL_WEEKS, shortest, longest})
    return tuple(sorted(offered, key=lambda weeks: not shortest <= weeks <= longest))


def _next(turn: Turn, draft: Draft) -> Iterator[Row]:
    protocol = draft.protocol(turn.catalogue)
    if protocol is None:
        return
    if draft.view:
        yield from _calendar(turn, draft, protocol)
        return
    for weeks in weeks_offered(protocol):
        at, _ = in_weeks(turn, draft, weeks)
        try:
            check_next(turn, draft, at)
        except Unclear:
            # After a session of long ago, "in one week" is over by now.
            continue
        yield (
            turn.button(
                "practitioner.enroll.button.weeks",
                answer_data(draft, "next", weeks),
                n=weeks,
                moment=moment(at, turn.clinic.timezone, turn.language),
            ),
        )
    yield (turn.button("practitioner.enroll.button.another_time", data(draft, "v", "words")),)
    yield (turn.button("practitioner.enroll.button.none", answer_data(draft, "next", "none")),)


def _same(turn: Turn, draft: Draft) -> Iterator[Row]:
    if turn.staff is None:
        return
    label = draft.answers["label"]
    for patient in roster.labelled(turn.tx, turn.staff, label)[:_SAME_AT_MOST]:
        yield (
            turn.button(
                "practitioner.enroll.button.same",
                answer_data(draft, "same", patient.id),
                label=patient.label,
                about=_about(turn, patient.id),
            ),
        )
    yield (
        turn.button(
            "practitioner.enroll.button.another_patient",
            answer_data(draft, "same", ANOTHER_PATIENT),
        ),
    )


def _about(turn: Turn, patient_id: int) -> str:
    """Return what tells two patients of one label apart: the latest treatment and its day."""
    newest = next(iter(enrollment.of_patient(turn.tx, patient_id)), None)
    if newest is None or newest["treatment"] not in turn.catalogue.protocols:
        return f"№ {patient_id}"
    name = turn.catalogue.treatment_name(turn.language, newest["treatment"])
    at = roster.first_session(turn.tx, newest["id"]) or newest["created_at"]
    return f"{name}, {moment(at, turn.clinic.timezone, turn.language)}"


def _change(turn: Turn, draft: Draft) -> Iterator[Row]:
    protocol = draft.protocol(turn.catalogue)
    for question in draft.questions(turn.catalogue, known=known(turn, draft)):
        if question == "same":
            continue
        key: str = question
        if question == "session" and protocol is not None and protocol.kind == "consultation":
            key = "visit"
        yield (
            turn.button(
                f"practitioner.enroll.button.change_{key}",
                data(draft, "g", QUESTIONS.index(question)),
            ),
        )


def _leave(turn: Turn, draft: Draft) -> Row:
    cancel = turn.button("practitioner.enroll.button.cancel", data(draft, "x"))
    if draft.step == "treatment" and "treatment" not in draft.answers:
        return (cancel,)
    return (turn.button("practitioner.enroll.button.back", data(draft, "b")), cancel)
