"""A lost database and its backup: nobody gets twice what they had, and a manager decides."""

import pytest

from scheduler import backup
from tests.conftest import KEY, moment


@pytest.fixture
async def anna(world, joins, enrolls, chats):
    """A patient since Monday 10:00, enrolled by a doctor."""
    doctor = await joins()
    anna = world.person("Anna")
    await chats.consent(anna, await enrolls(doctor))
    return anna


async def lose_the_database(world, when):
    """Back up now, live on until ``when``, then bring the backup back."""
    database = world.settings().database_path
    copy = backup.back_up(database, KEY, world.directory / "copies" / "one.db").path
    await world.until(moment(when))
    await world.stop_bot()
    done = backup.restore(copy, database, KEY, now=world.clock.now())
    await world.start_bot()
    return done


async def test_nothing_goes_out_again_by_itself(world, anna):
    done = await lose_the_database(world, "2026-05-04 15:30")
    world.new(anna)
    await world.after(hours=3)
    assert done.waiting == 2
    assert world.texts(anna) == []


async def test_managers_are_told_once_at_the_start(world, anna):
    await lose_the_database(world, "2026-05-04 15:30")
    told = [text for text in world.texts(world.manager) if "backup was restored" in text]
    assert len(told) == 1
    assert "2 messages came due" in told[0]
    await world.stop_bot()
    await world.start_bot()
    assert not [text for text in world.texts(world.manager) if "restored" in text]


async def test_a_manager_skips_what_was_sent_before_and_the_plan_goes_on(world, anna, chats):
    await lose_the_database(world, "2026-05-04 15:30")
    world.new(anna)
    world.manager.text("/review")
    await world.settle()
    listed = chats.last(world.manager, "need your decision")
    assert chats.shown(listed).count("A.P.") == 2
    assert chats.shown(listed).count("came due since the backup") == 2
    await chats.tap(world.manager, "need your decision", "✋ Skip all 2")
    assert "Skip all 2 messages" in chats.shown(chats.last(world.manager))
    await chats.tap(world.manager, "Skip all 2 messages", "Yes, skip 2")
    assert "Nothing needs your decision" in chats.shown(chats.last(world.manager))
    assert world.texts(anna) == []
    await world.until(moment("2026-05-05 10:01"))
    assert world.texts(anna)


async def test_a_manager_sends_them_and_they_go_out_once(world, anna, chats):
    await lose_the_database(world, "2026-05-04 15:30")
    world.new(anna)
    world.manager.text("/review")
    await world.settle()
    await chats.tap(world.manager, "need your decision", "🔁 Send all 2")
    await chats.tap(world.manager, "Send all 2 messages", "Yes, send 2")
    assert len(world.texts(anna)) == 2
    assert "Nothing needs your decision" in chats.shown(chats.last(world.manager))
    await world.after(hours=1)
    assert world.texts(anna) == []


async def test_what_is_over_by_then_is_not_even_asked_about(world, anna, chats):
    done = await lose_the_database(world, "2026-05-04 17:00")
    world.manager.text("/review")
    await world.settle()
    assert done.waiting == 2
    assert "1 message needs your decision" in chats.shown(chats.last(world.manager))


async def test_the_question_before_can_be_left_without_deciding(world, anna, chats):
    await lose_the_database(world, "2026-05-04 15:30")
    world.manager.text("/review")
    await world.settle()
    await chats.tap(world.manager, "need your decision", "✋ Skip all 2")
    await chats.tap(world.manager, "Skip all 2 messages", "No, back")
    assert "2 messages need your decision" in chats.shown(chats.last(world.manager))
    world.new(anna)
    await world.after(hours=1)
    assert world.texts(anna) == []


async def test_a_practitioner_has_no_say_in_it(world, joins, enrolls, chats):
    doctor = await joins()
    anna = world.person("Anna")
    await chats.consent(anna, await enrolls(doctor))
    await lose_the_database(world, "2026-05-04 15:30")
    world.new(anna)
    doctor.text("/review")
    await world.settle()
    assert "Nothing needs your decision" in chats.shown(chats.last(doctor))
    assert world.texts(anna) == []


async def test_a_backup_is_made_every_night_and_the_oldest_go(make_world):
    world = make_world(backup_keep=2)
    world._settings["backup_dir"] = world.directory / "nights"
    await world.open()
    for day in ("05", "06", "07", "08"):
        await world.until(moment(f"2026-05-{day} 03:00"))
        await world.bot.nightly.settle()
    names = sorted(path.name for path in (world.directory / "nights").iterdir())
    assert names == ["aftercare-2026-05-07.db", "aftercare-2026-05-08.db"]
    assert backup.verify(world.directory / "nights" / names[-1], KEY).rows >= 0


async def test_a_night_without_a_backup_is_told_once_and_tried_again(make_world):
    world = make_world()
    await world.open()
    await world.stop_bot()
    blocked = world.directory / "nights"
    blocked.write_text("a file where a folder should be")
    world._settings["backup_dir"] = blocked
    await world.start_bot()
    await world.bot.nightly.settle()
    for _ in range(3):
        await world.after(hours=1.1)
        await world.bot.nightly.settle()
    await world.settle()
    told = [text for text in world.texts(world.manager) if "backup was not made" in text]
    assert len(told) == 1
    blocked.unlink()
    await world.after(hours=1.1)
    await world.bot.nightly.settle()
    assert len(list(blocked.iterdir())) == 1
