"""What the last look before a row leaves comes to: a message, or why there is none (now)."""

from dataclasses import dataclass
from typing import Literal

from scheduler import holding
from scheduler.channel import Message
from scheduler.database import Row
from scheduler.quiet import QuietHours


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: look again at an instant (UTC epoch ms)."""

    ready_at: int
    reason: str


@dataclass(frozen=True, slots=True)
class Never:
    """Not any more: the state to end in, and why."""

    state: Literal["expired", "canceled", "refused"]
    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """Not until a person lets it: held for this, as by ``holding.hold``, an alert or a pause."""

    why: holding.Hold | Literal["alert", "broadcast"]


Prepared = Message | Later | Never | Held


def after_the_night(row: Row, quiet: QuietHours, zone: str, *, now: int) -> Later | Never:
    """Return the end of the night at ``now`` (UTC epoch ms) where a row is of use then (pure)."""
    morning = quiet.ends_after(now, zone)
    if row["useful_until"] is not None and morning >= row["useful_until"]:
        return Never("expired", "would only arrive at night")
    return Later(morning, "quiet hours")
