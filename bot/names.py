"""What people write, compared with what things are called; case and accents aside (pure)."""

import difflib
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

T = TypeVar("T")

_CUTOFF: Final = 0.6


def bare(word: str) -> str:
    """Return a word as it is compared: without case, accents, hyphens and doubled spaces."""
    even = unicodedata.normalize("NFKD", word.casefold().replace("-", " ").replace("_", " "))
    return " ".join("".join(c for c in even if not unicodedata.combining(c)).split())


def named(word: str, names: Mapping[T, Iterable[str]]) -> T | None:
    """Return what ``word`` names, or begins to name so that nothing else is meant."""
    asked = bare(word)
    if not asked:
        return None
    exact = [value for value, spellings in names.items() if asked in map(bare, spellings)]
    begun = [
        value
        for value, spellings in names.items()
        if any(bare(spelling).startswith(asked) for spelling in spellings)
    ]
    found = exact or (begun if len(asked) > 1 else [])
    return found[0] if len(found) == 1 else None


def nearest(word: str, names: Mapping[T, Iterable[str]]) -> T | None:
    """Return what a misspelled ``word`` was probably meant to name, or None."""
    spelled: dict[str, T] = {}
    for value, spellings in names.items():
        for spelling in spellings:
            spelled.setdefault(bare(spelling), value)
    close = difflib.get_close_matches(bare(word), spelled, n=1, cutoff=_CUTOFF)
    return spelled[close[0]] if close else None
