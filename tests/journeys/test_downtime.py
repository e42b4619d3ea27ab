"""An outage as the people of a clinic live it: what comes late, what never, and one report."""

import pytest

from tests.conftest import moment


@pytest.fixture
async def anna(world, joins, enrolls, chats):
    """A patient since Monday 10:00, enrolled by a doctor."""
    doctor = await joins()
    anna = world.person("Anna")
    await chats.consent(anna, await enrolls(doctor))
    return anna


async def outage(world, start, end):
    """Stop the bot from one local time to another, as a power failure of the house does."""
    await world.until(moment(start))
    await world.stop_bot()
    world.clock.set(moment(end))
    world.new(world.manager)
    await world.start_bot()
    await world.after(hours=0.05)


def reports(world):
    return [text for text in world.texts(world.manager) if "not at work" in text]


async def test_after_a_day_without_the_bot_the_useful_comes_late_and_the_rest_is_told(world, anna):
    await world.until(moment("2026-05-05 09:45"))
    world.new(anna)
    await outage(world, "2026-05-05 09:45", "2026-05-05 20:30")
    late = world.texts(anna)
    assert len(late) == 2
    (report,) = reports(world)
    assert "from Tue 5 May, 09:45 until Tue 5 May, 20:30" in report
    assert "Sent late: 2" in report
    assert "its time was over: 0" in report


async def test_across_the_night_nothing_wakes_a_patient_and_what_is_over_expires(world, anna):
    await world.until(moment("2026-05-05 09:45"))
    world.new(anna)
    await outage(world, "2026-05-05 09:45", "2026-05-05 22:30")
    assert world.texts(anna) == []
    (report,) = reports(world)
    assert "Sent late: 0" in report
    assert "its time was over: 1" in report
    assert "for the morning: 1" in report
    await world.until(moment("2026-05-06 09:01"))
    assert len(world.texts(anna)) == 1


async def test_each_manager_gets_one_report_and_none_follows(world, anna, joins):
    second = await joins("Nora", role="manager")
    await outage(world, "2026-05-05 09:45", "2026-05-05 20:30")
    assert len(reports(world)) == 1
    assert len([text for text in world.texts(second) if "not at work" in text]) == 1
    await world.after(days=2)
    assert reports(world) == []


async def test_a_short_restart_is_not_reported(world, anna):
    await outage(world, "2026-05-05 09:55", "2026-05-05 10:04")
    await world.after(hours=3)
    assert reports(world) == []


async def test_two_starts_in_one_outage_make_one_report(world, anna):
    await world.until(moment("2026-05-05 09:45"))
    await world.stop_bot()
    world.clock.set(moment("2026-05-05 15:00"))
    # Telegram cannot be reached: nothing of what is owed leaves.
    world.sandbox.faults.refuse(401, "Unauthorized", method="sendMessage", count=None)
    await world.start_bot()
    await world.stop_bot()
    world.sandbox.faults.lift()
    world.clock.set(moment("2026-05-05 20:30"))
    world.new(world.manager)
    await world.start_bot()
    await world.after(hours=0.1)
    (report,) = reports(world)
    assert "from Tue 5 May, 09:45 until Tue 5 May, 20:30" in report
