"""The time of day in a typed moment: "11:30", "3:30 pm", "17h", "at 5", "a las 5 de la tarde"."""

import re
from dataclasses import dataclass
from datetime import time
from typing import Final

# Before this hour no clinic sees anybody: an hour written loosely ("at 5") means the afternoon.
_CLINIC_WAKES: Final = 8
_NOON: Final = 12

# What stands before a bare hour, in the languages shipped and their neighbors.
_AT: Final = r"(?:at|@|(?:a )?las?|às|as|à|um|alle|ore|klokken|в)"
_MORNING: Final = r"(?:a\.?m\.?|in the morning|(?:de|por) la ma[nñ]ana|da manhã)"
_AFTERNOON: Final = (
    r"(?:p\.?m\.?|in the (?:afternoon|evening)|(?:de|por) la (?:tarde|noche)|da (?:tarde|noite))"
)
_HALF: Final = rf"(?:\s*(?:(?P<morning>{_MORNING})|(?P<afternoon>{_AFTERNOON}))(?!\w))?"
_EDGE: Final = r"(?<![\w/.:-])"

_COLON: Final = (
    # 11:30, 11h30, 11:30:00; and 10.30 where the minutes cannot be a month
    rf"{_EDGE}(?:{_AT}\s+)?(?P<hour>\d{{1,2}})(?:[:h](?P<minute>\d\d)(?::00)?"
    rf"|\.(?P<dotted>00|1[3-9]|[2-5]\d))(?![\d:/.-]){_HALF}"
)
_EXACT: Final = (
    # 17h, 17 hs, 17 uhr; but "in 2h" and "2h ago" are distances
    rf"{_EDGE}(?<!in )(?<!en )(?<!hace )(?<!dentro de )(?<!dans )(?<!il y a )(?:{_AT}\s+)?"
    r"(?P<hour>\d{1,2})\s?(?P<exact>h|hs|hrs|uhr)(?!\w| ago)"
)
_BARE: Final = (
    # at 5, at 5 o'clock, a las 5 y media, a la 1 de la tarde
    rf"{_EDGE}{_AT}\s+(?P<hour>\d{{1,2}})(?![\d:/.-])(?:\s*(?:o'clock|en punto))?"
    rf"(?:\s+y\s+(?P<spoken>media|cuarto))?{_HALF}(?!\w)"
)
_HALVED: Final = (
    # 5pm, 5 de la tarde
    rf"{_EDGE}(?P<hour>\d{{1,2}})\s*"
    rf"(?:(?P<morning>{_MORNING})|(?P<afternoon>{_AFTERNOON}))(?!\w)"
)
_NOONS: Final = rf"{_EDGE}(?:(?:at|al|à)\s+)?(?P<noon>noon|mediod[ií]a|midi)(?!\w)"
_TIMES: Final = tuple(re.compile(each) for each in (_COLON, _EXACT, _BARE, _HALVED, _NOONS))

# "2h" alone may be 02:00, 14:00, two hours ago or in two hours: too many to guess.
_HOURS_ALONE: Final = re.compile(r"\d+ ?(?:h|hs|hrs)")
_SPOKEN: Final = {"media": 30, "cuarto": 15}


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of day, and the other one that the same words could mean ("at 5": 05:00)."""

    at: time
    other: time | None = None


def take_time(text: str) -> tuple[ClockTime | None, str] | None:
    """Take the time of day out of a case-folded text.

    Returns:
        The time (None where the text has none) and the rest of the text, or None where it holds
        something like a time that no clock shows ("25:00", "15 pm") or that could be many ("2h").
    """
    if _HOURS_ALONE.fullmatch(text):
        return None
    for pattern in _TIMES:
        found = pattern.search(text)
        if found is None:
            continue
        clock = _read(found.groupdict())
        if clock is None:
            return None
        rest = f"{text[: found.start()]} {text[found.end() :]}"
        return clock, rest
    return None, text


def _read(found: dict[str, str | None]) -> ClockTime | None:
    if found.get("noon"):
        return ClockTime(time(_NOON))
    written = found["hour"] or ""
    hour = int(written)
    minute = int(found.get("minute") or found.get("dotted") or 0)
    minute = _SPOKEN.get(found.get("spoken") or "", minute)
    if found.get("morning") or found.get("afternoon"):
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if found.get("afternoon") else 0)
    if not (0 <= hour < 24 and 0 <= minute < 60):  # noqa: PLR2004 - hours of a day, minutes of an hour
        return None
    at = time(hour, minute)
    exact = found.get("morning") or found.get("exact") or written.startswith("0")
    if exact or not 1 <= hour < _CLINIC_WAKES:
        return ClockTime(at)
    return ClockTime(time(hour + _NOON, minute), other=at)
