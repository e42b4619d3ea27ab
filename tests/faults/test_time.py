"""Clocks that jump and zones that change: nothing lost, nothing twice, never at night."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlcipher3 import dbapi2

from sandbox.clock import ManualClock
from scheduler.database import Store
from tests.faults.judge import judge
from tests.faults.story import HOUR, Story

pytestmark = pytest.mark.fault

DAY = 24 * HOUR
# The Saturday noon before clocks change, forward and back: 5 zones, both hemispheres, and one
# that changes by half an hour.
CHANGES = [
    ("Europe/Madrid", "2026-03-28"),
    ("Europe/Madrid", "2026-10-24"),
    ("America/New_York", "2026-03-07"),
    ("America/New_York", "2026-10-31"),
    ("America/Santiago", "2026-09-05"),
    ("America/Santiago", "2026-04-04"),
    ("Australia/Lord_Howe", "2026-10-03"),
    ("Australia/Lord_Howe", "2026-04-04"),
    ("Europe/London", "2026-03-28"),
    ("Europe/London", "2026-10-24"),
]


def moment(text: str, zone: str) -> int:
    """Return the epoch ms of a local time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


async def _fair(story: Story) -> list[Any]:
    """Return the patient's sends, after the judge has looked at everything."""
    ledger = story.world.sandbox.ledger
    verdict = judge(await story.rows(), ledger, now=story.world.clock.now())
    assert verdict.clean, str(verdict)
    assert not verdict.extra
    sends = [e for e in ledger.of(story.ana.person.id) if e.method.startswith("send")]
    assert len({entry.digest for entry in sends}) == len(sends), "nothing twice"
    return sends


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("hour", ["09:30", "20:45"])
async def test_plans_keep_their_hours_over_a_change_of_clocks(
    make_world: Callable[..., Any], zone: str, day: str, hour: str
) -> None:
    world = make_world(clinic_timezone=zone)
    world.clock.set(moment(f"{day}T{hour}", zone))
    await world.open()
    story = Story(world)
    await story.begin(zone=zone, next_at=world.clock.now() + 5 * DAY)
    before = ZoneInfo(zone).utcoffset(datetime.fromisoformat(f"{day}T12:00"))
    await world.after(days=9)
    after = datetime.fromtimestamp(world.clock.now() / 1000, ZoneInfo(zone)).utcoffset()
    assert before != after, "the clocks did change"
    sends = await _fair(story)
    local = [datetime.fromtimestamp(entry.at / 1000, ZoneInfo(zone)) for entry in sends]
    assert all(9 <= at.hour < 21 for at in local), local
    bruise = next(row for row in await story.rows() if row["step_key"] == "bruise")
    assert bruise["state"] == "sent"
    sent_at = datetime.fromtimestamp(bruise["settled_at"] / 1000, ZoneInfo(zone))
    assert (sent_at.hour, sent_at.minute) == (10, 0), "seven calendar days later, at ten"
    day1 = next(row for row in await story.rows() if row["step_key"] == "soreness_day1")
    assert day1["due_at"] == sends_anchor(day, hour, zone) + DAY, "24 hours are elapsed time"


def sends_anchor(day: str, hour: str, zone: str) -> int:
    """Return the session's instant."""
    return moment(f"{day}T{hour}", zone)


@pytest.mark.parametrize("by", [-HOUR, HOUR])
@pytest.mark.parametrize("minutes", [5, 55, 24 * 60 - 5, 24 * 60 + 5])
async def test_a_clock_that_jumps_an_hour_loses_and_doubles_nothing(
    world: Any, by: int, minutes: int
) -> None:
    story = Story(world)
    await story.begin(next_at=world.clock.now() + 20 * DAY)
    await world.after(hours=minutes / 60)
    world.sandbox.faults.drop_after(chat_id=story.doctor.person.id)
    story.ana.text("before the jump")
    await world.settle()
    world.clock.advance(by)
    await world.bot.tick()
    story.ana.text("after the jump")
    await world.after(days=3)
    rows = await story.rows()
    verdict = judge(rows, world.sandbox.ledger, now=world.clock.now())
    assert verdict.clean, str(verdict)
    assert [r["text"] for r in await story.rows("replies")] == ["before the jump", "after the jump"]
    due = [r for r in rows if r["kind"] == "reminder" and r["due_at"] < world.clock.now()]
    assert {"care", "soreness_day1", "soreness_day2"} <= {row["step_key"] for row in due}
    assert {row["state"] for row in due} == {"sent"}, due
    # The relay whose answer was lost came back within minutes, not an hour later.
    relays = world.sandbox.ledger.of(story.doctor.person.id)
    copies = [entry for entry in relays if "before the jump" in entry.text]
    assert len(copies) == 2
    assert abs(copies[1].at - copies[0].at - by) < 5 * 60_000


async def test_a_database_that_became_read_only_sends_nothing_and_goes_on_when_it_can(
    world: Any,
) -> None:
    story = Story(world)
    await story.begin()
    _read_only(world.store, on=True)
    sent = len(world.sandbox.ledger)
    world.clock.advance(2 * HOUR)
    for step in (
        world.bot.tick,
        world.bot.dispatcher.drain,
        lambda: world.bot.receiver.poll_once(0),
    ):
        story.ana.text("hello?")
        # Each part of a heartbeat is tried by itself, so its faults come as a group.
        try:
            await step()
        except* dbapi2.OperationalError:
            pass
    assert len(world.sandbox.ledger) == sent
    _read_only(world.store, on=False)
    await world.after(hours=1)
    sends = [
        e for e in world.sandbox.ledger.of(story.ana.person.id) if e.method != "editMessageText"
    ]
    assert len([r for r in await story.rows("replies") if r["text"] == "hello?"]) == 3
    verdict = judge(await story.rows(), world.sandbox.ledger, now=world.clock.now())
    assert verdict.clean, str(verdict)
    # Late, and each once: the care list, and one acknowledgment of the same words said three times.
    assert [entry.method for entry in sends] == ["sendMessage"] * 2, sends
    care = next(row for row in await story.rows() if row["step_key"] == "care")
    assert care["state"] == "sent"


class SlippingClock(ManualClock):
    """A clock that, once it slips, reaches the moment it is asked about while it is asked."""

    slips = False

    def seconds_until(self, instant: int) -> float:
        if not self.slips:
            return super().seconds_until(instant)
        self._now = max(self._now, instant)
        return 0.0


async def test_what_falls_due_while_the_outbox_is_looked_at_does_not_wait_for_a_wake_up(
    make_world: Callable[..., Any],
) -> None:
    world = make_world()
    world.clock = world.sandbox.clock = SlippingClock(world.clock.now())
    await world.open()
    story = Story(world)
    await story.begin()
    before = len(world.sandbox.ledger)
    world.clock.slips = True
    pumping = asyncio.create_task(world.bot.dispatcher.run())
    try:
        async with asyncio.timeout(3):
            while len(world.sandbox.ledger) == before:
                await asyncio.sleep(0.01)
    finally:
        await world.bot.dispatcher.stop()
        await pumping


def _read_only(store: Store, *, on: bool) -> None:
    """Have SQLite itself refuse every write, on the thread that owns the connection."""
    pragma = f"PRAGMA query_only = {'ON' if on else 'OFF'}"
    store._thread.submit(store._driver.connection.execute, pragma).result()  # type: ignore[attr-defined]  # the real driver
