"""What a button carries besides words: ids and other numbers, as they come back when it is pressed.

Whatever comes back may be forged: it is a number only where it can be one of ours.
"""

from typing import Final

_DIGITS: Final = 18
"""A 64-bit id has 19 digits; numbers of 18 fit whatever they are."""


def number(text: str) -> int | None:
    """Return the number that a text is, or None where it is none, or larger than any id (pure)."""
    if not text.isascii() or not text.isdecimal() or len(text) > _DIGITS:
        return None
    return int(text)


def is_number(text: str) -> bool:
    """Say whether a text is such a number (pure)."""
    return number(text) is not None
