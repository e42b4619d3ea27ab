"""An outage as the people of a clinic live it: what comes late, what never, and one report."""

import pytest

from scheduler import notices, staff
from tests.conftest import moment
from tests.faults import practice

KEY = "practitioner.unreachable"


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


async def sleep(world, start, end, *, for_s):
    """Have the machine sleep with the bot in it, from one local time to another."""
    await world.until(moment(start))
    world.new(world.manager)
    world.slept += for_s
    world.clock.set(moment(end))
    # The dispatcher may be first to wake up.
    await world.bot.dispatcher.drain()
    world.clock.advance(4_000)
    await world.bot.tick()
    await world.settle()


@pytest.fixture
async def drowsy(make_world):
    """A world whose machine may sleep: ``slept`` counts the real seconds."""
    world = make_world()
    world.slept = 0.0
    world.elapsed = lambda: world.slept
    await world.open()
    return world


@pytest.mark.parametrize(
    ("for_s", "told"), [(10.75 * 3600, True), (0.0, False)], ids=["asleep", "clock set forward"]
)
async def test_a_machine_that_slept_is_told_from_a_clock_that_was_set(drowsy, for_s, told):
    doctor = drowsy.person("Dr. Ruiz", role="practitioner")
    anna = drowsy.person("Anna")
    anna.person.started = doctor.person.started = True
    now = drowsy.clock.now()
    team = {"name": "Dr. Ruiz", "role": "practitioner", "language": "en", "actor": "system"}
    await drowsy.store.write(staff.welcome, chat_id=doctor.person.id, now=now, **team)
    await drowsy.store.write(practice.enroll, anna, doctor, "A.P.", now=now, next_at=None)
    await drowsy.until(moment("2026-05-05 09:45"))
    drowsy.new(anna)
    await sleep(drowsy, "2026-05-05 09:45", "2026-05-05 20:30", for_s=for_s)
    assert len(drowsy.texts(anna)) == 2
    found = reports(drowsy)
    assert len(found) == told
    if told:
        assert "from Tue 5 May, 09:45 until Tue 5 May, 20:30" in found[0]
        assert "Sent late: 2" in found[0]
    # A restart has nothing to add.
    await drowsy.stop_bot()
    await drowsy.start_bot()
    await drowsy.after(hours=3)
    assert reports(drowsy) == []


async def test_a_sleep_and_a_restart_before_the_report_are_one_outage(drowsy):
    await drowsy.until(moment("2026-05-05 09:00"))
    # Telegram cannot be reached: what is owed does not leave, so the report waits.
    drowsy.sandbox.faults.refuse(401, "Unauthorized", method="sendMessage", count=None)
    managers = await drowsy.store.read(staff.everyone, "manager")
    await drowsy.store.write(notices.tell, managers, KEY, now=drowsy.clock.now() + 1, label="A.P.")
    await sleep(drowsy, "2026-05-05 09:45", "2026-05-05 12:00", for_s=8100)
    await drowsy.stop_bot()
    drowsy.clock.set(moment("2026-05-05 20:30"))
    drowsy.sandbox.faults.lift()
    await drowsy.start_bot()
    await drowsy.after(hours=0.1)
    (report,) = reports(drowsy)
    assert "from Tue 5 May, 09:45 until Tue 5 May, 20:30" in report
