"""The story on the page begins when a clinic is open, and goes on from where it stood."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sandbox import scene
from sandbox.clock import SandboxClock
from sandbox.server import Sandbox

MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    ("zone", "looked"),
    [
        ("Europe/Madrid", "2026-05-05T03:20"),
        ("Europe/Madrid", "2026-05-05T23:59"),
        ("Europe/Madrid", "2026-10-25T12:00"),  # the clocks went back that night
        ("America/Mexico_City", "2026-05-05T16:00"),
    ],
)
def test_the_story_begins_at_ten_in_the_morning_of_the_day(zone: str, looked: str) -> None:
    now = datetime.fromisoformat(looked).replace(tzinfo=ZoneInfo(zone))
    begins = scene.begins(int(now.timestamp() * 1000), zone)
    told = datetime.fromtimestamp(begins / 1000, ZoneInfo(zone))
    assert told == now.replace(hour=10, minute=0)


async def test_a_world_begins_when_it_is_told_to_and_then_goes_on(tmp_path: Path) -> None:
    morning = int(datetime(2026, 5, 5, 10, tzinfo=MADRID).timestamp() * 1000)
    first = Sandbox(directory=tmp_path, begins=morning)
    assert isinstance(first.clock, SandboxClock)
    assert 0 <= first.clock.now() - morning < 60_000
    await first.start()
    first.clock.set_speed(0)
    stood = first.clock.now()
    await first.stop()
    second = Sandbox(directory=tmp_path, begins=morning + 86_400_000)
    assert 0 <= second.clock.now() - stood < 60_000
    await second.stop()
