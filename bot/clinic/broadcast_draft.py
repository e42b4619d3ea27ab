"""A half-made broadcast: what was sent and chosen so far (pure)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from scheduler.segments import Segment
from scheduler.tip import FileKind, Tip

Step = Literal["text", "who", "filter", "discretion", "preview", "language", "when", "confirm"]


@dataclass(frozen=True, slots=True)
class Draft:
    """What the manager made so far; kept in the dialogues table from step to step.

    Attributes:
        serial: tells the buttons of this broadcast from those of an earlier one.
        step: what is being asked.
        text: as it was typed.
        file_kind: the kind of the file that came with it, if one did.
        file_id: the Telegram id of that file.
        poll: whether the text is to be a poll.
        others: the same text in other languages.
        shown: the language of the preview; "" for the text itself.
        asking: the language whose text is being asked for.
        filter: the kind of filter that is being chosen from.
        choices: the values on its buttons, in order; a button carries the place in this list.
        segment: whom it is for, as :attr:`Segment.code`.
        starts: the wall clock at which it begins, as in 2026-05-05T10:00; "" for at once.
        counted: how many would get it when that was asked last.
        library: the name of the tip of the library that it was made from.
        tested: whether a test copy of this text was sent.
        as_it_is: whether the manager keeps a first line that a lock screen should not show.
        covered: whether a neutral line was put above it.
        album: what ties the file to the others of its album, if it came in one.
        told: whether it was said that those are left out.
    """

    serial: str
    step: Step = "text"
    text: str = ""
    file_kind: FileKind | None = None
    file_id: str | None = None
    poll: bool = False
    others: Mapping[str, str] = field(default_factory=dict)
    shown: str = ""
    asking: str = ""
    filter: str = ""
    choices: tuple[str, ...] = ()
    segment: str = "all"
    starts: str = ""
    counted: int = 0
    library: str = ""
    tested: bool = False
    as_it_is: bool = False
    covered: bool = False
    album: str = ""
    told: bool = False

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Draft":
        """Read the draft back from a dialogue's data."""
        return cls(**{**data, "choices": tuple(data.get("choices", ()))})

    def to_data(self) -> dict[str, object]:
        """Return the draft as a dialogue's data."""
        return {**asdict(self), "choices": list(self.choices), "others": dict(self.others)}

    @property
    def tip(self) -> Tip:
        """What is broadcast."""
        return Tip(self.text, self.file_kind, self.file_id, self.poll, self.others)

    @property
    def who(self) -> Segment:
        """Whom it is for."""
        return Segment.parse(self.segment)

    @property
    def begins(self) -> datetime | None:
        """The wall clock at which it begins (naive), or None for at once."""
        return datetime.fromisoformat(self.starts) if self.starts else None

    def chosen(self, place: str) -> str | None:
        """Return the value on the button that carries ``place``, or None."""
        number = int(place) if place.isascii() and place.isdecimal() else len(self.choices)
        return self.choices[number] if number < len(self.choices) else None
