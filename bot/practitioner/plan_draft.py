"""A change of a plan in the making: what was chosen so far, kept from step to step (pure)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal, NamedTuple

from scheduler.changes import Change, Kind

PREFIX: Final = "pl"
"""Of the buttons of an open dialogue: ``pl:<serial>:<action>:<value>``."""
DIALOGUE: Final = "plan"
_MOMENTS: Final = 4_096

Step = Literal[
    "which", "menu", "visit", "when", "traits", "treat", "treatment", "area", "colleague", "diff"
]


@dataclass(frozen=True, slots=True)
class Draft:
    """What a member chose so far about one plan.

    Attributes:
        serial: tells the buttons of this dialogue from those of an earlier one.
        patient_id: whose plan it is; None before it was chosen.
        enrollment_id: which plan; None before it was chosen.
        step: what is being asked.
        change: as far as it is known.
        view: which view of the calendar is shown; "" for none.
        other: the second reading of the date that was typed, epoch ms.
        version: the version of the plan that the difference on the screen was made from.
        seen: the newest event of the plan at that moment: what came after it is news.
        promised: the difference on the screen (``plans.Proposal.promised``).
        words: a moment that was typed before the plan was chosen by which it is read.
    """

    serial: str
    patient_id: int | None = None
    enrollment_id: int | None = None
    step: Step = "menu"
    change: Change | None = None
    view: str = ""
    other: int | None = None
    version: int = 0
    seen: int = 0
    promised: tuple[str, ...] = ()
    words: str = ""

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Draft":
        """Read the draft back from a dialogue's data."""
        change = data["change"]
        return cls(
            **{
                **data,
                "change": Change(**change) if change else None,
                "promised": tuple(data["promised"]),
            }
        )

    def to_data(self) -> dict[str, object]:
        """Return the draft as a dialogue's data."""
        return asdict(self)

    def carry(self, action: str, value: object = "") -> str:
        """Return what a button of this dialogue carries (64 bytes at most)."""
        return f"{PREFIX}:{self.serial}:{action}:{value}"

    def at(self, step: Step) -> "Draft":
        """Return the draft at another step, without what belonged to the one before."""
        return replace(self, step=step, view="", other=None)

    def doing(self, kind: Kind, **what: Any) -> "Draft":
        """Return the draft with a change begun."""
        return replace(self, change=Change(kind, **what))


class Pressed(NamedTuple):
    """A button as it was pressed: whose dialogue, what to do, with what."""

    serial: str
    action: str
    value: str


def read(carried: str) -> Pressed:
    """Read a button back; parts that are missing are empty."""
    parts = [*carried.split(":", 3), "", "", ""]
    return Pressed(parts[1], parts[2], parts[3])


def serial(message_id: int, now: int) -> str:
    """Return the serial of a dialogue that a message began at ``now`` (epoch ms).

    One message may begin several: the card's button can be pressed again.
    """
    return f"{message_id:x}{now % _MOMENTS:03x}"
