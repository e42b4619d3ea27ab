"""Whether a reply to a question begins with a yes or a no."""

from typing import Final, Literal

from messages.mentions import Reading

__all__ = ["SHORT", "end_of", "yes_or_no"]

SHORT: Final = 4
"""Words of an answer: a "no" or a "perhaps" inside a longer message says little about the rest."""
_HALF_A_YES: Final = frozenset({"mild", "yes", "still", "present", "and", "but", "starter"})


def yes_or_no(reading: Reading) -> Literal["yes", "no"] | None:
    """Return whether a reply begins with a yes or a no; "a little" and "not sure" are a yes."""
    opening = [m for m in reading.mentions if m.first == 0]
    longest = max((m.size for m in opening), default=0)
    leading = {m.concept for m in opening if m.size == longest}
    concepts = {m.concept for m in opening}
    if "no" in leading or ("no" in concepts and "yes" not in leading):
        return "no"
    short = len(reading.words) <= SHORT  # "a little bit, yes"
    bare = all(m.concept in _HALF_A_YES for m in reading.mentions)
    if "yes" in concepts or (short and bare and "mild" in concepts):
        return "yes"
    if short and any(m.concept == "yes" and not m.denied for m in reading.mentions):
        return "yes"
    return None


def end_of(reading: Reading) -> int:
    """Return the number of the last word of what a reply begins with."""
    return max((m.last for m in reading.mentions if m.first == 0), default=0)
