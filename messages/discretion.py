"""First lines stand on lock screens, for anybody near the phone: what in one gives its owner away.

Pure: what is private is handed in, as names of treatments, of parts of the body, of the clinic.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["even", "first_line", "given_away", "once", "phrase_pattern", "says"]


def first_line(text: str) -> str:
    """Return what a lock screen shows of a text without markup."""
    return text.strip().partition("\n")[0]


def given_away(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names that the first line of a text says, each once, in their order."""
    line = first_line(text)
    return once(name for name in names if says(line, name))


def once(names: Iterable[str]) -> tuple[str, ...]:
    """Return names without those that differ in capitals alone; the first of each stays."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(even(name), name)
    return tuple(found.values())


def says(text: str, phrase: str) -> bool:
    """Say whether a text says a phrase, as whole words, in capitals or not."""
    return phrase_pattern(phrase).search(even(text)) is not None


@lru_cache(maxsize=2048)
def phrase_pattern(phrase: str) -> re.Pattern[str]:
    """Return the pattern of a phrase, for a text that was made :func:`even`."""
    return re.compile(rf"(?<!\w){re.escape(even(phrase))}(?!\w)")


def even(text: str) -> str:
    """Return a text as phrases are looked for in it: without capitals, runs of spaces, curls."""
    return " ".join(text.casefold().replace("’", "'").split())
