"""Days off: from which day to which, and who stands in; by taps, or the days in words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

from bot import dates
from bot.carried import ONCALL
from bot.names import bare
from bot.practitioner.oncall_view import Screen, back, beginning, button, day_name, text, today
from bot.turn import Turn
from messages.markup import Html
from messages.render import local
from scheduler import absences, leave
from scheduler import staff as team
from scheduler.absences import Absence
from scheduler.channel import Button
from scheduler.staff import Staff

LONGEST: Final = timedelta(days=366)
_DAY: Final = timedelta(days=1)
_OFFERED: Final = 15
_IN_A_ROW: Final = 3
_WORDS_SHOWN: Final = 60
_DASH: Final = re.compile(r"\s+[-–—]\s+|\s*[–—]\s*")
_SHORT: Final = re.compile(r"(?P<first>\d{1,2})\s*[-–—]\s*(?P<last>\d{1,2}\s+\D.*)")
_NUMBER: Final = re.compile(r"\d{1,2}")


@dataclass(frozen=True, slots=True)
class Days:
    """The first and the last day off, calendar days of the clinic."""

    first: date
    last: date

    def __str__(self) -> str:
        """Return the form that a button can carry."""
        return f"{self.first:%Y%m%d}:{self.last:%Y%m%d}"


def ask_first(turn: Turn, member: Staff, *, writable: bool) -> Screen:
    """Ask for the first day off."""
    begin = today(turn)
    days = [begin + ahead * _DAY for ahead in range(_OFFERED)]
    names = {begin: "today", begin + _DAY: "tomorrow"}
    buttons = [
        button(turn, names[day], f"f:{member.id}:{day:%Y%m%d}")
        if day in names
        else Button(day_name(turn, day), data=f"{ONCALL}:f:{member.id}:{day:%Y%m%d}")
        for day in days
    ]
    lines = [
        text(turn, "leave.first", name=member.name),
        text(turn, "leave.how" if writable else "leave.how_tap"),
    ]
    return "\n\n".join(lines), [*_rows(buttons), back(turn, member)]


def ask_last(turn: Turn, member: Staff, first: date) -> Screen:
    """Ask for the last day off."""
    buttons = [button(turn, "same_day", f"l:{member.id}:{Days(first, first)}")]
    buttons += [
        Button(day_name(turn, day), data=f"{ONCALL}:l:{member.id}:{Days(first, day)}")
        for day in (first + ahead * _DAY for ahead in range(1, 2 * _OFFERED))
    ]
    html = text(turn, "leave.last", name=member.name, since=day_name(turn, first))
    return html, [*_rows(buttons), [button(turn, "back", f"a:{member.id}")]]


def ask_who(turn: Turn, member: Staff, days: Days) -> Screen:
    """Ask who stands in; who is away in these days themselves is not offered."""
    starts_at, ends_at = _span(turn, days)
    helpers = [
        each
        for each in team.everyone(turn.tx)
        if each.id != member.id
        and absences.overlapping(turn.tx, each.id, starts_at=starts_at, ends_at=ends_at) is None
    ]
    rows = [
        [Button(helper.name, data=f"{ONCALL}:k:{member.id}:{days}:{helper.id}")]
        for helper in helpers
    ]
    rows.append([button(turn, "managers", f"k:{member.id}:{days}:0")])
    html = text(
        turn,
        "leave.who",
        name=member.name,
        since=day_name(turn, days.first),
        until=day_name(turn, days.last),
    )
    return html, [*rows, [button(turn, "back", f"f:{member.id}:{days.first:%Y%m%d}")]]


def fault(turn: Turn, member: Staff, days: Days) -> Html | None:
    """Return why a member cannot be off in these days, or None."""
    if not today(turn) <= days.first <= days.last < days.first + LONGEST:
        return text(turn, "leave.wrong")
    starts_at, ends_at = _span(turn, days)
    other = absences.overlapping(turn.tx, member.id, starts_at=starts_at, ends_at=ends_at)
    if other is None:
        return None
    zone = turn.clinic.timezone
    return text(
        turn,
        "leave.overlaps",
        name=member.name,
        since=day_name(turn, local(other.starts_at, zone).date()),
        until=day_name(turn, local(other.ends_at - 1, zone).date()),
    )


def take(turn: Turn, member: Staff, by: Staff, days: Days, helper: Staff | None) -> Absence:
    """Write the days off down."""
    starts_at, ends_at = _span(turn, days)
    return leave.take(
        turn.tx,
        member,
        starts_at=starts_at,
        ends_at=ends_at,
        stand_in=helper,
        by=by,
        now=turn.now,
    )


def read(turn: Turn, words: str, first_day: date | None = None) -> Days | None:
    """Return the days that somebody typed: "10 May - 14 May", "10-14 May", "tomorrow to friday".

    One day alone is the first and the last, or the last where ``first_day`` is known. None where
    they are not understood.
    """
    if first_day is not None:
        last_day = _day(turn, words, beginning(turn, first_day))
        if last_day is not None:
            return Days(first_day, last_day)
    for first, last in _halves(turn, words):
        begin = _day(turn, first, turn.written_at)
        end = _day(turn, last, beginning(turn, begin)) if begin else None
        if begin is not None and end is not None:
            return Days(begin, end)
    return None


def _halves(turn: Turn, words: str) -> Iterator[tuple[str, str]]:
    """Yield every way to part the words into a first and a last day, the likeliest first."""
    said = f" {' '.join(words.split())} "
    joining = [
        bare(word)
        for language in dict.fromkeys((turn.language, *turn.catalogue.languages))
        for word in turn.catalogue.label(language, "patient.hours.typed.to").split(",")
    ]
    if short := _SHORT.fullmatch(said.strip()):
        yield short["first"] + short["last"][len(_leading(short["last"])) :], short["last"]
    marks = [*_DASH.finditer(said)]
    for word in joining:
        marks += re.finditer(rf"\s{re.escape(word)}\s", said, re.IGNORECASE)
    for mark in marks:
        first, last = said[: mark.start()].strip(), said[mark.end() :].strip()
        first = _without_lead(turn, first)
        if _NUMBER.fullmatch(first):
            # "10 to 14 May": the month is said once.
            first += last[len(_leading(last)) :]
        yield first, last
    yield said.strip(), said.strip()


def _leading(words: str) -> str:
    found = _NUMBER.match(words)
    return found[0] if found else ""


def _without_lead(turn: Turn, words: str) -> str:
    """Leave out "from" and the like at the beginning."""
    first, _, rest = words.partition(" ")
    skipped = {
        bare(word)
        for language in turn.catalogue.languages
        for word in turn.catalogue.label(language, "patient.hours.typed.skip").split(",")
    }
    return rest if rest and bare(first) in skipped else words


def _day(turn: Turn, words: str, after: int) -> date | None:
    found = dates.read_moment(
        words,
        now_ms=after,
        zone=turn.clinic.timezone,
        language=turn.language,
        clinic_language=turn.clinic.language,
        default_time=time(23, 59),
    )
    if isinstance(found, dates.NotUnderstood) or found.has_time:
        return None
    return local(found.ms, turn.clinic.timezone).date()


def _span(turn: Turn, days: Days) -> tuple[int, int]:
    return beginning(turn, days.first), beginning(turn, days.last + _DAY)


def _rows(buttons: list[Button]) -> list[list[Button]]:
    return [buttons[at : at + _IN_A_ROW] for at in range(0, len(buttons), _IN_A_ROW)]


def not_understood(turn: Turn, member: Staff, words: str) -> None:
    """Say that the words are no days."""
    shown = words if len(words) <= _WORDS_SHOWN else f"{words[:_WORDS_SHOWN]}…"
    turn.say(text(turn, "leave.not_understood", words=shown), [back(turn, member)])
