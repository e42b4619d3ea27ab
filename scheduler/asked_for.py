"""Asked for: what leaves at night because the patient is there and has just pressed a button.

Quiet hours are for messages that nobody asked for. Whoever consents at 23:30 after a session of
that evening holds the phone and waits for what the clinic has to say: the danger signs and the
emergency number must not wait for the morning. It goes out like an answer, and only while it is
one: after half an hour without success it waits for the morning as every other reminder.
"""

from typing import Final

from scheduler.database import Row
from scheduler.outbox import Lane
from scheduler.quiet import Policy, QuietHours
from scheduler.wallclock import MINUTE

FRESH_MS: Final = 30 * MINUTE


def at_once(row: Row, policy: Policy, quiet: QuietHours, zone: str, *, now: int) -> bool:
    """Say whether a reminder that a patient's tap lets go leaves although it is night (pure).

    Args:
        row: the reminder, with ``starts_at`` of its session (both UTC epoch ms).
        policy: what the night does to its step.
        quiet: the patient's quiet hours.
        zone: the patient's time zone.
        now: when the patient pressed, UTC epoch ms.
    """
    return (
        policy == "around"
        and row["starts_at"] <= now < row["useful_until"]
        and quiet.holds(now, zone)
        and bool(row["due_at"] < quiet.ends_after(now, zone))
    )


def still_is(row: Row, *, now: int) -> bool:
    """Say whether a reminder is still the answer to a tap, and may leave at night (pure)."""
    fresh: bool = now - row["ready_at"] < FRESH_MS
    return row["lane"] == Lane.ANSWER and fresh
