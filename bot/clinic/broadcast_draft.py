"""A half-made broadcast: what was sent and chosen so far (pure)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from scheduler.broadcasts import Tip
from scheduler.segments import Segment

Step = Literal["text", "who", "preview", "confirm"]

MOST_TEXT: Final = 4096
MOST_CAPTION: Final = 1024
"""Telegram's limits on a text and on a photo's, in UTF-16 units."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What the manager made so far; kept in the dialogues table from step to step.

    Attributes:
        serial: tells the buttons of this broadcast from those of an earlier one.
        step: what is being asked.
        text: as it was typed.
        photo: the Telegram file id of a photo, or None.
        choices: the segments on the buttons, in order; a button carries the place in this list.
        segment: the one that was chosen.
        tested: whether a test copy of this text was sent.
    """

    serial: str
    step: Step = "text"
    text: str = ""
    photo: str | None = None
    choices: tuple[str, ...] = ()
    segment: str = "all"
    tested: bool = False

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Draft":
        """Read the draft back from a dialogue's data."""
        return cls(**{**data, "choices": tuple(data.get("choices", ()))})

    def to_data(self) -> dict[str, object]:
        """Return the draft as a dialogue's data."""
        return {**asdict(self), "choices": list(self.choices)}

    @property
    def tip(self) -> Tip:
        """What is broadcast."""
        return Tip(self.text, self.photo)

    @property
    def who(self) -> Segment:
        """The segment that was chosen."""
        return Segment.parse(self.segment)

    def chosen(self, place: str) -> str | None:
        """Return the segment on the button that carries ``place``, or None."""
        number = int(place) if place.isascii() and place.isdecimal() else len(self.choices)
        return self.choices[number] if number < len(self.choices) else None


def excess(text: str, *, photo: bool) -> int:
    """Return by how many characters, as Telegram counts them, a text is too long; 0 if it fits."""
    length = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return max(0, length - (MOST_CAPTION if photo else MOST_TEXT))
