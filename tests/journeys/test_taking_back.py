"""DELETE_AFTER_HOURS: what was said about health leaves the chat, what may be needed stays."""

import pytest

from tests.journeys.practitioner_chat import join, words
from tests.journeys.test_practitioner_cards import enrolled


@pytest.fixture
async def clinic(make_world):
    world = make_world(delete_after_hours=24)
    await world.open()
    doctor = await join(world, "Dr. Ruiz")
    ana = await enrolled(world, doctor, "A.P.")
    await world.after(hours=25)
    return world, doctor, ana


def there(chat, part):
    return [m for m in chat.messages() if part in words(m)]


async def test_an_answered_check_in_and_what_staff_wrote_disappear_after_a_day(clinic):
    world, doctor, ana = clinic
    asked = there(ana, "How sore")[-1]
    await ana.taps("4", asked)
    await ana.says("Can I swim?")
    await doctor.says("/inbox")
    await doctor.taps("💬 1. Answer")
    await doctor.says("Better wait.")
    await world.after(hours=22)
    assert there(ana, "✓ 4")
    assert there(ana, "Better wait.")
    await world.after(hours=3)
    assert there(ana, "✓ 4") == []
    assert there(ana, "Better wait.") == []
    card = await doctor.says("/patient A.P.")
    assert "→ 4" in card


async def test_the_care_list_and_open_questions_stay(clinic):
    world, _, ana = clinic
    care = there(ana, "Is it hard to breathe")
    assert care
    await ana.taps("No", care[-1])
    await world.after(days=4)
    assert there(ana, "112")
    assert there(ana, "How sore")


async def test_everything_stays_while_an_alert_is_open(clinic):
    world, _, ana = clinic
    asked = there(ana, "How sore")[-1]
    await ana.taps("9", asked)
    await world.after(hours=30)
    assert there(ana, "✓ 9")


async def test_a_crash_between_the_decision_and_the_deletion_loses_nothing(clinic):
    world, _, ana = clinic
    await ana.taps("4", there(ana, "How sore")[-1])
    world.clock.set(world.clock.now() + 25 * 60 * 60 * 1000)
    await world.bot.tick()
    assert there(ana, "✓ 4")
    await world.stop_bot()
    await world.start_bot()
    assert there(ana, "✓ 4") == []


async def test_nothing_disappears_unless_the_clinic_wants_it(world):
    doctor = await join(world, "Dr. Ruiz")
    ana = await enrolled(world, doctor, "A.P.")
    await world.after(hours=25)
    await ana.taps("4", there(ana, "How sore")[-1])
    await world.after(hours=30)
    assert there(ana, "✓ 4")
