"""The library of tips: what a clinic sends again and again, to whom, and how often.

A tip is a folder, tips/<name>/: tip.toml says when and to whom, a file per language says what. It
is sent by itself once a manager has turned it on.
"""

from collections.abc import Iterator, Mapping
from datetime import date, time
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt

from messages.content import Content, Issue, suggestion
from messages.faults import unknown_keys, validated
from messages.markup import plain
from messages.structure import Structure
from messages.times import local_time
from messages.words import Words

__all__ = [
    "FOLDER",
    "MOST_CAPTION",
    "MOST_OPTION",
    "MOST_QUESTION",
    "MOST_TEXT",
    "LibraryTip",
    "build",
    "can_be_poll",
    "excess",
    "lines",
    "units",
]

FOLDER: Final = "tips"
MOST_TEXT: Final = 4096
MOST_CAPTION: Final = 1024
MOST_QUESTION: Final = 300
MOST_OPTION: Final = 100
OPTIONS: Final = range(2, 13)
"""Telegram's limits, in UTF-16 units: a text, a file's text, a poll's question and options."""

_MONTHS: Final[Mapping[str, int]] = {
    "month": 1,
    "2 months": 2,
    "3 months": 3,
    "4 months": 4,
    "6 months": 6,
    "year": 12,
}
_KEYS: Final = ("every", "month", "day", "at", "poll", "segment")
_NAME_LENGTH: Final = 40
_WORD_KEYS: Final = ("name", "text")

Every = Literal["month", "2 months", "3 months", "4 months", "6 months", "year"]
Names = tuple[str, ...]


class TipSegment(BaseModel):
    """Whom a tip is for; several values of one kind mean any of them, none that it is for all."""

    model_config = ConfigDict(frozen=True)

    treatment: Names = ()
    area: Names = ()
    language: Names = ()
    status: tuple[Literal["active", "over"], ...] = ()
    within: Annotated[StrictInt, Field(ge=1, le=3650)] | None = None
    before: Annotated[StrictInt, Field(ge=1, le=3650)] | None = None


class LibraryTip(BaseModel):
    """When a tip is sent, and to whom.

    Attributes:
        every: how often.
        month: a month in which it is sent, 1 to 12; the others follow from how often.
        day: the day of the month, 1 to 28.
        at: the hour, by each patient's own clock.
        poll: whether its text is a question with answers, one a line.
        segment: whom it is for.
    """

    model_config = ConfigDict(frozen=True)

    every: Every
    month: Annotated[StrictInt, Field(ge=1, le=12)] = 1
    day: Annotated[StrictInt, Field(ge=1, le=28)] = 1
    at: Annotated[time, BeforeValidator(local_time)] = time(10)
    poll: StrictBool = False
    segment: TipSegment = TipSegment()

    def next_day(self, after: date) -> date:
        """Return the first day on which it is sent that lies after ``after``."""
        step = _MONTHS[self.every]
        for ahead in range(14):
            number = after.year * 12 + after.month - 1 + ahead
            day = date(number // 12, number % 12 + 1, self.day)
            if day > after and (number % 12 + 1 - self.month) % step == 0:
                return day
        raise AssertionError("each of twelve months is looked at")


def build(
    content: Content, structure: Structure, words: Words
) -> tuple[dict[str, LibraryTip], list[Issue]]:
    """Return the sound tips by name, and what is wrong with the others; never raises for them."""
    tips: dict[str, LibraryTip] = {}
    issues: list[Issue] = []
    for name in content.tips:
        file = f"{FOLDER}/{name}/tip.toml"
        table = content.tables.get(file)
        if table is None:
            if file not in content.broken:
                issues.append(Issue(file, "file", "is missing: a tip needs to say when it is sent"))
            continue
        if len(name) > _NAME_LENGTH:
            issues.append(Issue(file, "file", f"its folder's name has over {_NAME_LENGTH} letters"))
        segment = table.get("segment", {})
        found = (
            unknown_keys(file, "segment", segment, tuple(TipSegment.model_fields))
            if isinstance(segment, dict)
            else []
        )
        tip, faults = validated(LibraryTip, file, "", table, known=_KEYS)
        found += faults
        if tip is not None:
            found += _unknown_people(file, tip, structure)
            found += _words_faults(name, tip, words)
        if tip is not None and not any(issue.blocks for issue in found):
            tips[name] = tip
        issues += found
    return tips, issues


def _unknown_people(file: str, tip: LibraryTip, structure: Structure) -> Iterator[Issue]:
    areas = {area for each in structure.areas.values() for area in each}
    for key, values, known in (
        ("treatment", tip.segment.treatment, set(structure.areas)),
        ("area", tip.segment.area, areas),
    ):
        for value in values:
            if value not in known:
                hint = suggestion(value, known) or ": no protocol has it"
                yield Issue(file, f"segment.{key}", f'"{value}" is not known{hint}')


def _words_faults(name: str, tip: LibraryTip, words: Words) -> Iterator[Issue]:
    folder = words.folders[f"{FOLDER}/{name}"]
    for language, texts in folder.texts.items():
        for key in _WORD_KEYS:
            if key in texts and texts[key].names:
                yield Issue(folder.file(language), key, "nothing is filled in: leave out { and }")
        text = texts.get("text")
        if text is None:
            continue
        shown = plain(text.html({})) if not text.names else ""
        if over := excess(shown, with_file=False):
            yield Issue(folder.file(language), "text", f"is {over} characters too long: shorten it")
        if tip.poll and not can_be_poll(shown):
            problem = "a poll is a question, then 2 to 12 different answers, each on its own line"
            yield Issue(folder.file(language), "text", problem)


def lines(text: str) -> list[str]:
    """Return the lines of a text that say something."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def units(text: str) -> int:
    """Return the length of a text as Telegram counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def excess(text: str, *, with_file: bool) -> int:
    """Return by how many characters a text is too long; 0 if it fits."""
    return max(0, units(text) - (MOST_CAPTION if with_file else MOST_TEXT))


def can_be_poll(text: str) -> bool:
    """Say whether a text could be a poll: a question, and below it two to twelve options."""
    question, *options = lines(text) or [""]
    return (
        0 < units(question) <= MOST_QUESTION
        and len(options) in OPTIONS
        and all(units(option) <= MOST_OPTION for option in options)
        and len(set(options)) == len(options)
    )
