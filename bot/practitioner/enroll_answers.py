"""What a practitioner taps or types while enrolling, judged: an answer, or why it is none."""

import re
import unicodedata
from datetime import date, time, timedelta
from typing import Any, Final

from bot import dates
from bot.names import named, nearest
from bot.practitioner import enroll_names
from bot.practitioner.enroll_draft import ANOTHER_PATIENT, Draft, Question
from bot.turn import Turn
from messages.protocol import Protocol
from messages.render import Html, day_long, moment_long
from scheduler import enrollment, roster
from scheduler.enrollment import Choice
from scheduler.wallclock import first_moment, in_gap, local

LABEL_LENGTH: Final = 40
_QUOTED: Final = 60
"""So many characters of what was typed are repeated in an answer."""

_WHEN: Final = re.compile(r"[^\W\d_]{3,}|\d:\d")
_WEEKS: Final = re.compile(
    r"(?:in |en |dentro de )?(\d{1,3}) ?(?:w|wk|wks|weeks?|s|sem|semanas?)", re.IGNORECASE
)


class Unclear(Exception):
    """An answer that cannot be used; its text is HTML and says why, and what to do instead."""

    def __init__(self, words: Html) -> None:
        super().__init__(words)
        self.words = words


def known(turn: Turn, draft: Draft) -> bool:
    """Return whether somebody with the label given is known to this practitioner."""
    label = draft.answers.get("label")
    return bool(label and turn.staff and roster.labelled(turn.tx, turn.staff, label))


def typed(turn: Turn, draft: Draft, question: Question, text: str) -> tuple[Draft, Html | None]:
    """Return the draft with what was typed as the answer, and a remark on it if there is one.

    Raises:
        Unclear: what was typed is no answer to the question.
    """
    other: int | None = None
    remark: Html | None = None
    value: Any
    if question in ("session", "next"):
        value, other, remark = _moment(turn, draft, question, text)
    elif question == "label":
        value = label(turn, text)
    else:
        value = _option(turn, draft, question, text)
    return accept(turn, draft, question, value, other=other), remark


def accept(
    turn: Turn, draft: Draft, question: Question, value: object, *, other: int | None = None
) -> Draft:
    """Return the draft with an answer; whether a label is known is looked up anew."""
    trial = draft.answered(question, value, turn.catalogue, known=False)
    trial = trial.onward(turn.catalogue, known=known(turn, trial))
    if other is None:
        return trial
    return trial.offering(question, other)


def tapped(turn: Turn, draft: Draft, question: Question, value: str) -> tuple[Draft, Html | None]:
    """Return the draft with the answer of a button, and a remark on it if there is one.

    Raises:
        Unclear: the answer is not possible (any more).
        ValueError: no button of this question carries that value.
    """
    remark: Html | None = None
    answer: Any
    if question == "session":
        answer = turn.now if value == "now" else int(value)
        check_session(turn, draft, answer)
    elif question == "next":
        answer = None
        if value != "none":
            answer, remark = in_weeks(turn, draft, int(value))
            check_next(turn, draft, answer)
    elif question == "same":
        answer = int(value)
        if answer != ANOTHER_PATIENT and not _may_be(turn, draft, answer):
            raise ValueError("that patient has another label, or is not theirs to see")
    else:
        answer = options(turn, draft, question)[value]
    return accept(turn, draft, question, answer), remark


def options(turn: Turn, draft: Draft, question: Question) -> dict[str, Any]:
    """Return what a question can be answered with: the value of a button → the answer."""
    protocol = draft.protocol(turn.catalogue)
    if question == "treatment":
        return {treatment: treatment for treatment in turn.catalogue.protocols}
    if question == "area" and protocol is not None:
        return {area: area for area in protocol.areas}
    if question in ("lipolytic", "filler"):
        return {"yes": True, "no": False}
    return {}


def _option(turn: Turn, draft: Draft, question: Question, text: str) -> Any:
    names = spellings(turn, draft, question)
    found = named(text, names)
    if found is not None:
        return found
    close = nearest(text, names)
    if close is None:
        raise Unclear(turn.text("practitioner.enroll.trouble.tap", text=quoted(text)))
    raise Unclear(
        turn.text(
            "practitioner.enroll.trouble.meant",
            text=quoted(text),
            meant=names[close][0] if isinstance(close, int) else option_name(turn, draft, close),
        )
    )


def spellings(turn: Turn, draft: Draft, question: Question) -> dict[Any, list[str]]:
    """Return each answer of a question that has buttons, with what it may be called."""
    protocol = draft.protocol(turn.catalogue)
    if question == "treatment":
        return dict(enroll_names.treatments(turn.catalogue))
    if question == "area" and protocol is not None:
        return dict(enroll_names.areas(turn.catalogue, protocol))
    if question in ("lipolytic", "filler"):
        return dict(enroll_names.yes_no(turn.catalogue))
    return {}


def option_name(turn: Turn, draft: Draft, key: str) -> str:
    """Return the name of a treatment, or of an area of the treatment chosen."""
    if key in turn.catalogue.protocols and draft.step != "area":
        return turn.catalogue.treatment_name(turn.language, key)
    return turn.catalogue.area_name(turn.language, draft.answers["treatment"], key)


def label(turn: Turn, text: str) -> str:
    """Return a label as it is kept: one line, without what cannot be seen.

    Raises:
        Unclear: it is too long, or has neither letter nor digit.
    """
    visible = "".join(c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    tidy = " ".join(visible.split())
    if len(tidy) > LABEL_LENGTH:
        raise Unclear(
            turn.text("practitioner.enroll.trouble.label_long", n=len(tidy), most=LABEL_LENGTH)
        )
    if not any(c.isalnum() for c in tidy):
        raise Unclear(turn.text("practitioner.enroll.trouble.label_empty"))
    return tidy


def _may_be(turn: Turn, draft: Draft, patient_id: int) -> bool:
    if turn.staff is None:
        return False
    same = roster.labelled(turn.tx, turn.staff, draft.answers["label"])
    return any(patient.id == patient_id for patient in same)


def says_when(turn: Turn, text: str) -> bool:
    """Whether words say a moment and could hardly be a label: "today 9:00", but not "1042"."""
    if not _WHEN.search(text):
        return False
    found = _read(turn, text, prefer="past")
    return isinstance(found, dates.Moment) or found.understood is not None


def _read(
    turn: Turn, text: str, *, prefer: dates.Prefer, usual: time = dates.DEFAULT_TIME
) -> dates.Moment | dates.NotUnderstood:
    return dates.read_moment(
        text,
        now_ms=turn.written_at,
        zone=turn.clinic.timezone,
        language=turn.language,
        clinic_language=turn.clinic.language,
        prefer=prefer,
        default_time=usual,
    )


def _moment(
    turn: Turn, draft: Draft, question: Question, text: str
) -> tuple[int, int | None, Html | None]:
    weeks = _WEEKS.fullmatch(" ".join(text.split()))
    if question == "next" and weeks and "session" in draft.answers:
        at, remark = in_weeks(turn, draft, int(weeks[1]))
        check_next(turn, draft, at)
        return at, None, remark
    protocol = draft.protocol(turn.catalogue)
    visit = protocol is not None and protocol.kind == "consultation"
    usual = dates.DEFAULT_TIME
    if question == "next" and "session" in draft.answers:
        usual = local(draft.answers["session"], turn.clinic.timezone).time().replace(second=0)
    found = _read(
        turn,
        text,
        prefer="past" if question == "session" and not visit else "future",
        usual=usual.replace(microsecond=0),
    )
    if isinstance(found, dates.NotUnderstood):
        raise Unclear(_misread(turn, question, text, found, visit=visit))
    check = check_session if question == "session" else check_next
    check(turn, draft, found.ms)
    return found.ms, found.other, _remark(turn, found)


def _misread(
    turn: Turn, question: Question, text: str, found: dates.NotUnderstood, *, visit: bool
) -> Html:
    understood = ""
    if found.understood is not None:
        understood = moment_long(found.understood.ms, turn.clinic.timezone, turn.language)
    reason: str = found.reason
    if reason == "too_far" and not understood:
        reason = "too_far_blind"
    elif reason == "weekday" and not understood:
        reason = "unclear"
    elif reason == "past":
        reason = "past_visit" if visit and question == "session" else "past_next"
    return turn.text(f"practitioner.enroll.trouble.{reason}", text=quoted(text), moment=understood)


def _remark(turn: Turn, found: dates.Moment) -> Html | None:
    zone, language = turn.clinic.timezone, turn.language
    if found.skipped:
        return turn.text(
            "practitioner.enroll.note.skipped", moment=moment_long(found.ms, zone, language)
        )
    if not found.has_time:
        return turn.text(
            "practitioner.enroll.note.no_time", moment=moment_long(found.ms, zone, language)
        )
    return None


def check_session(turn: Turn, draft: Draft, at: int) -> None:
    """See that a session at ``at`` (UTC epoch ms) can still be followed, or a visit lies ahead.

    Raises:
        Unclear: it lies on the wrong side of now, or is too long ago for any message.
    """
    protocol = draft.protocol(turn.catalogue)
    if protocol is None:
        return
    moment = moment_long(at, turn.clinic.timezone, turn.language)
    if protocol.kind == "consultation":
        if at <= turn.now:
            raise Unclear(
                turn.text("practitioner.enroll.trouble.past_visit", text=moment, moment=moment)
            )
        return
    if at > turn.now:
        raise Unclear(turn.text("practitioner.enroll.trouble.future", text=moment, moment=moment))
    if not _of_use(turn, draft, protocol, at):
        raise Unclear(
            turn.text(
                "practitioner.enroll.trouble.too_old",
                day=day_long(at, turn.clinic.timezone, turn.language),
            )
        )


def _of_use(turn: Turn, draft: Draft, protocol: Protocol, at: int) -> bool:
    """Whether any message that follows a session would still be of use."""
    choice = Choice(
        treatment=protocol.treatment,
        area=draft.answers.get("area", ""),
        label="",
        session_at=at,
        lipolytic=bool(draft.answers.get("lipolytic")),
        filler=bool(draft.answers.get("filler")),
    )
    planned = enrollment.lay_out(protocol, choice, turn.clinic, now=turn.now)
    return any(not step.skipped for step in planned)


def check_next(turn: Turn, draft: Draft, at: int) -> None:
    """See that the next session lies ahead, and after the session, and within ten years.

    Raises:
        Unclear: it does not.
    """
    moment = moment_long(at, turn.clinic.timezone, turn.language)
    if at <= max(turn.now, draft.answers.get("session", turn.now)):
        raise Unclear(
            turn.text("practitioner.enroll.trouble.past_next", text=moment, moment=moment)
        )
    years = local(at, turn.clinic.timezone).year - local(turn.now, turn.clinic.timezone).year
    if years > dates.FURTHEST_YEARS:
        raise Unclear(turn.text("practitioner.enroll.trouble.too_far", text=moment, moment=moment))


def in_weeks(turn: Turn, draft: Draft, weeks: int) -> tuple[int, Html | None]:
    """Return the session's own clock time so many weeks later, UTC epoch ms.

    The remark says so where the clocks skip that time.
    """
    zone = turn.clinic.timezone
    start = local(draft.answers["session"], zone)
    # Whole minutes: nobody makes an appointment for 10:41:27.
    clock = start.time().replace(second=0, microsecond=0)
    day: date = start.date() + timedelta(weeks=weeks)
    at = first_moment(day, clock, zone)
    if not in_gap(day, clock, zone):
        return at, None
    return at, turn.text(
        "practitioner.enroll.note.skipped", moment=moment_long(at, zone, turn.language)
    )


def quoted(text: str) -> str:
    """Return what was typed, on one line and short enough to be repeated."""
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else f"{line[:_QUOTED]}…"
