"""What buttons carry: the prefixes that several rooms share, and numbers as they come back.

Whatever comes back may be forged: it is a number only where it can be one of ours.
"""

from typing import Final

CARD: Final = "p"
"""Of buttons that lead to a patient's card, or to the list (bot/practitioner/room.py)."""
PERSON: Final = "m"
"""Of buttons that put right who a patient is (bot/practitioner/person.py)."""
WRITE: Final = "t"
"""Of buttons about writing to a patient (bot/practitioner/writing.py)."""
ONCALL: Final = "oc"
"""Of buttons about hours and days off (bot/practitioner/oncalling.py)."""

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


def holds_no_id(data: str) -> bool:
    """Say whether a number in it is larger than any id, and more than a table takes (pure)."""
    return any(len(part) > _DIGITS and part.isdecimal() for part in data.split(":"))
