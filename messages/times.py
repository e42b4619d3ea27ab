"""How a protocol writes time: distances such as "2 days", clocks such as "10:00"."""

import re
from datetime import time
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["Offset", "local_time", "window_problem"]

_DAY: Final = 86_400
_MAX_DAYS: Final = 3_660
_MAX_SECONDS: Final = _MAX_DAYS * _DAY
_UNITS: Final = {
    "second": (0, 1),
    "minute": (0, 60),
    "hour": (0, 3_600),
    "day": (1, 0),
    "week": (7, 0),
}
_OFFSET: Final = re.compile(r"\s*([0-9]{1,9})\s+([a-z]+?)s?\s*")
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


class Offset(BaseModel):
    """A distance in time, written "90 minutes" or "2 weeks".

    Attributes:
        days: calendar days in the patient's zone; 0 when ``seconds`` counts.
        seconds: elapsed seconds; 0 when ``days`` counts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: int = Field(default=0, ge=0, le=_MAX_DAYS)
    seconds: int = Field(default=0, ge=0, le=_MAX_SECONDS)

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, value: Any) -> Any:
        if isinstance(value, str):
            days, seconds = _parse_offset(value)
            return {"days": days, "seconds": seconds}
        if isinstance(value, (dict, cls)):
            return value
        raise ValueError(f'must be words such as "2 days" or "90 minutes", not {value!r}')

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.days and self.seconds:
            raise ValueError("is in days or in seconds, not both")
        return self

    @classmethod
    def parse(cls, words: str) -> "Offset":
        """Read "1 hour", "2 days", "30 seconds", "90 minutes" or "2 weeks".

        Raises:
            ValueError: not a whole number and a unit, or more than ten years.
        """
        days, seconds = _parse_offset(words)
        return cls(days=days, seconds=seconds)

    @property
    def nominal_seconds(self) -> int:
        """The length in seconds with days of 24 hours; only for comparing and sorting."""
        return self.days * _DAY + self.seconds

    def __str__(self) -> str:
        """Return the largest unit that says it in whole numbers: "2 weeks", "90 minutes"."""
        if self.days:
            count, unit = (self.days // 7, "week") if self.days % 7 == 0 else (self.days, "day")
        elif self.seconds and self.seconds % 3_600 == 0:
            count, unit = self.seconds // 3_600, "hour"
        elif self.seconds and self.seconds % 60 == 0:
            count, unit = self.seconds // 60, "minute"
        else:
            count, unit = self.seconds, "second"
        return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def _parse_offset(words: str) -> tuple[int, int]:
    match = _OFFSET.fullmatch(words)
    if match is None:
        raise ValueError(f'"{words}" is not a time such as "2 days", "90 minutes" or "1 hour"')
    count, unit = int(match[1]), match[2]
    if unit not in _UNITS:
        raise ValueError(
            f'"{words}" has an unknown unit: use seconds, minutes, hours, days or weeks'
        )
    days, seconds = (count * size for size in _UNITS[unit])
    if days > _MAX_DAYS or seconds > _MAX_SECONDS:
        raise ValueError(f'"{words}" is more than ten years')
    return days, seconds


def window_problem(offset: Offset, useful_for: Offset, *, before: bool) -> str | None:
    """Return why a step could never be sent while useful, in words, or None if it can.

    Both are measured from the anchor: after it, usefulness ends later than the step begins; before
    it, it ends nearer to the anchor.
    """
    begin, end = offset.nominal_seconds, useful_for.nominal_seconds
    if before and end >= begin:
        return f'must be less than before = "{offset}": it is how long before the visit it ends'
    if not before and end <= begin:
        return f'must be more than after = "{offset}": both count from the anchor'
    return None


def local_time(value: Any) -> Any:
    """Read a wall clock such as "10:00", of no zone; a time stays as it is.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, time) and value.tzinfo is None:
        return value
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'must be a local time such as "10:00", not {value!r}')
    return time(int(match[1]), int(match[2]))
