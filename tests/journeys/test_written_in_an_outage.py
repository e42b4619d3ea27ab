"""What was written while the bot was down is read as of then, and not as one heap of now."""

from typing import Any

import pytest

from scheduler import alert_record, enrollment
from tests.conftest import moment
from tests.journeys.practitioner_chat import Chat, join
from tests.journeys.test_practitioner_cards import enrolled

MINUTE = 60 * 1000


@pytest.fixture
async def doctor(world: Any) -> Chat:
    return await join(world, "Dr. Ruiz")


async def down_until(world: Any, instant: int) -> None:
    """Start the bot again at a moment."""
    world.clock.set(instant)
    await world.start_bot()
    await world.settle()


async def test_messages_ten_minutes_apart_are_no_flood_and_all_are_passed_on(
    world: Any, doctor: Chat
) -> None:
    ana = await enrolled(world, doctor)
    world.new(ana.phone)
    world.new(doctor.phone)
    await world.stop_bot()
    for number in range(13):
        ana.phone.text(f"note {number}")
        world.clock.set(world.clock.now() + 10 * MINUTE)
    await down_until(world, world.clock.now())
    answers = world.texts(ana.phone)
    assert len([text for text in answers if "Passed on to your clinic" in text]) == 1
    assert not any("That is a lot at once" in text for text in answers)
    told = [text for text in world.texts(doctor.phone) if "💬 A.P." in text]
    assert ["note" in text for text in told] == [True] * 13
    assert "🕐 Written Mon 4 May, 10:00; it came late" in told[0]


async def test_what_was_a_flood_is_one_all_the_same(world: Any, doctor: Chat) -> None:
    ana = await enrolled(world, doctor)
    world.new(doctor.phone)
    await world.stop_bot()
    for number in range(30):
        ana.phone.text(f"tick {number}")
        world.clock.set(world.clock.now() + 2000)
    await down_until(world, world.clock.now() + 60 * MINUTE)
    told = world.texts(doctor.phone)
    assert len([text for text in told if "a great many messages" in text]) == 1
    assert len([text for text in told if "tick" in text]) == 10


async def test_a_danger_sign_of_last_night_says_when_it_was_written(
    world: Any, doctor: Chat
) -> None:
    ana = await enrolled(world, doctor)
    world.clock.set(moment("2026-05-04 21:00"))
    await world.stop_bot()
    ana.phone.text("I can't breathe")
    await down_until(world, moment("2026-05-05 08:00"))
    alert = next(m["text"] for m in doctor.messages() if "EMERGENCY · A.P." in m.get("text", ""))
    assert "🕐 Written Mon 4 May, 21:00; it came late" in alert
    found = await world.store.read(alert_record.unresolved, 1)
    assert found.level == "emergency"


async def test_tomorrow_is_the_day_after_it_was_typed(world: Any, doctor: Chat) -> None:
    await enrolled(world, doctor)
    world.clock.set(moment("2026-05-04 21:00"))
    await world.stop_bot()
    doctor.phone.text("/session A.P. tomorrow 16:30")
    await down_until(world, moment("2026-05-05 08:00"))
    assert any("Tue, 5 May 2026, 16:30" in (m.get("text") or "") for m in doctor.messages()[-2:])


async def test_a_session_that_was_enrolled_last_night_was_last_night(
    world: Any, doctor: Chat
) -> None:
    world.clock.set(moment("2026-05-04 21:00"))
    await world.stop_bot()
    doctor.phone.text('/enroll facial "B.B." face')
    await down_until(world, moment("2026-05-05 08:00"))
    await doctor.taps("✅ Confirm")

    def began(tx: Any) -> int:
        (row,) = enrollment.of_patient(tx, 1)
        (visit,) = enrollment.sessions_of(tx, row["id"])
        at: int = visit["starts_at"]
        return at

    assert await world.store.read(began) == moment("2026-05-04 21:00")


async def test_what_comes_at_once_says_nothing_of_when_it_was_written(
    world: Any, doctor: Chat
) -> None:
    ana = await enrolled(world, doctor)
    ana.phone.text("Hello")
    world.clock.set(world.clock.now() + 4 * MINUTE)  # a slow night at Telegram, or a clock ahead
    await world.settle()
    assert "Hello" in doctor.said
    assert "Written" not in doctor.said
