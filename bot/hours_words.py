"""Hours of the week in people's own words: "Mon-Fri 9-18, Sat 10am to 2pm", "lun a vie 9 a 18".

What a person types decides whose phone rings at night, so it is read strictly: every word must be
accounted for, or it is not understood. What was understood is always shown again.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import time, timedelta
from itertools import pairwise
from typing import Final

from bot.names import bare, named
from messages.catalogue import Catalogue
from messages.render import clock, day_from, local, weekday, weekday_spellings
from scheduler.hours import DAYS, Span, WeeklyHours, edges, parse, runs

LONGEST: Final = 200
"""More characters than this are no hours of a week."""

_TEXTS: Final = "patient.hours"
_MEANT: Final[Mapping[str, str]] = {
    "to": "-",
    "and": ",",
    "off": "off",
    "daily": "Mo-Su",
    "weekdays": "Mo-Fr",
    "weekend": "Sa-Su",
    "always": "Mo-Su 0:00-24:00",
    "skip": "",
}
_SIGNS: Final = str.maketrans(
    {"–": "-", "—": "-", "&": ",", "+": ",", "/": ",", "\n": ";", "·": ";"}
)
_TIME: Final = re.compile(
    r"(?<![\d:])(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d\d))?(?!\d)"
    r"(?:\s*(?P<half>[ap])\.?m\b\.?|\s*hs?\b)?"
)
_TOKEN: Final = re.compile(r"\d\d:\d\d!?|[^\W\d_]+|\S")
_CLOCK: Final = re.compile(r"\d\d:\d\d!?")
_NOON: Final = 12
_WHOLE_DAY: Final = Span(time(0), time(0))


def read(text: str, language: str, catalogue: Catalogue) -> WeeklyHours | None:
    """Return the hours that somebody typed, or None where they are not understood (pure).

    Days are named in any language that we speak, the reader's own first; a day that is not named
    is free. "9-6" is not understood: it may be meant as 9 to 18, or as 21 hours.

    Args:
        text: the words.
        language: the reader's.
        catalogue: today's texts, which hold the words that connect days and times.
    """
    if len(text) > LONGEST:
        return None
    spoken = tuple(dict.fromkeys((language, *catalogue.languages)))
    words = _phrases_replaced(_folded(text), spoken, catalogue).translate(_SIGNS)
    try:
        tokens = [_meant(token, spoken) for token in _TOKEN.findall(_TIME.sub(_time, words))]
        if _may_be_noon(tokens):
            return None
        return parse(" ".join(_entries(tokens)).replace("!", ""))
    except ValueError:
        return None


def _folded(text: str) -> str:
    even = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in even if not unicodedata.combining(sign))


def _phrases_replaced(text: str, spoken: tuple[str, ...], catalogue: Catalogue) -> str:
    """Put the catalogue's words in the form of :func:`scheduler.hours.parse`, in one go."""
    meant: dict[str, str] = {}
    for language in spoken:
        for kind, canonical in _MEANT.items():
            for phrase in catalogue.label(language, f"{_TEXTS}.typed.{kind}").split(","):
                meant.setdefault(bare(phrase), canonical)
    longest_first = sorted(meant, key=len, reverse=True)
    wanted = "|".join(re.escape(phrase) for phrase in longest_first)
    # Not the "a" of "10 a.m.".
    return re.sub(rf"(?<!\w)(?:{wanted})(?!\w|\.m)", lambda found: f" {meant[found[0]]} ", text)


def _time(found: re.Match[str]) -> str:
    """Write a time as 09:00, with a mark where it can only be meant so."""
    hour, half = int(found["hour"]), found["half"]
    if half is not None:
        if not 0 < hour <= _NOON:
            return found[0]
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    mark = "!" if half or found["minute"] else ""
    return f" {hour:02}:{found['minute'] or '00'}{mark} "


def _meant(token: str, spoken: tuple[str, ...]) -> str:
    """Return a token as :func:`scheduler.hours.parse` knows it.

    Raises:
        ValueError: it means nothing.
    """
    if token in DAYS or token in {"off", "-", ",", ";"} or _CLOCK.fullmatch(token):
        return token
    for language in spoken:
        names = {code: weekday_spellings(number, language) for number, code in enumerate(DAYS)}
        found = named(token, names)
        if found is not None:
            return found
    raise ValueError(f'"{token}" is no weekday')


def _may_be_noon(tokens: list[str]) -> bool:
    """Say whether an end in the morning may be meant as one in the afternoon: "9-6"."""
    for start, sign, end in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if sign == "-" and all(len(edge) == len("09:00") for edge in (start, end)):
            hours = int(start[:2]), int(end[:2])
            if 0 < hours[1] <= hours[0] < _NOON:
                return True
    return False


def _entries(tokens: list[str]) -> Iterator[str]:
    """Yield the tokens with a semicolon before each day that follows a time.

    A comma between the days and the hours is left out.
    """
    timed = False
    for word, after in pairwise([*tokens, ";"]):
        leads_over = after in DAYS if timed else _CLOCK.fullmatch(after)
        if word == "," and leads_over:
            continue
        if word in DAYS and timed:
            yield ";"
        timed = word == "off" or bool(_CLOCK.fullmatch(word)) or (timed and word == ",")
        yield word


def in_words(hours: WeeklyHours, language: str, catalogue: Catalogue) -> str:
    """Return hours as people read them: "Mon–Fri 09:00–18:00 · Sat 10:00–14:00"."""
    if hours.never:
        return catalogue.label(language, f"{_TEXTS}.never")
    if all(spans == (_WHOLE_DAY,) for spans in hours.week):
        return catalogue.label(language, f"{_TEXTS}.always")
    return " · ".join(
        f"{_days(first, last, language)} {spans_in_words(spans)}"
        for first, last, spans in runs(hours)
        if spans
    )


def spans_in_words(spans: tuple[Span, ...]) -> str:
    """Return the hours of one day: "09:00–14:00, 16:00–20:00"."""
    return ", ".join(edges(span).replace("-", "–") for span in spans)


def _days(first: int, last: int, language: str) -> str:
    if first == last:
        return weekday(first, language)
    return f"{weekday(first, language)}–{weekday(last, language)}"


def opening(hours: WeeklyHours, zone: str, language: str, catalogue: Catalogue, *, now: int) -> str:
    """Return when somebody is there next, for the middle of a sentence: "tomorrow from 09:00".

    Args:
        hours: the clinic's.
        zone: the clinic's.
        language: the reader's.
        catalogue: today's texts.
        now: UTC epoch ms.
    """
    at = hours.next_opening(now, zone)
    if at is None:
        return catalogue.label(language, f"{_TEXTS}.opens.unknown")
    if at == now:
        return catalogue.label(language, f"{_TEXTS}.opens.now")
    ahead = local(at, zone).date() - local(now, zone).date()
    key = {timedelta(0): "today", timedelta(days=1): "tomorrow"}.get(ahead, "day")
    return catalogue.label(
        language,
        f"{_TEXTS}.opens.{key}",
        clock=clock(at, zone, language),
        day=day_from(now, at, zone, language),
    )
