"""Tips that the clinic sends again and again: turned on once, sent on their day, or once now."""

from typing import Any

from scheduler import library
from tests.conftest import DAY, moment
from tests.journeys.test_manager_broadcast import labels, patient, press, words


async def opens(world: Any, label: str) -> None:
    world.manager.text("/broadcast")
    await world.settle()
    await press(world, world.manager, "b:library")
    last = shown(world)
    world.manager.tap(last["message_id"], label)
    await world.settle()


def shown(world: Any) -> dict[str, Any]:
    return next(dict(m) for m in reversed(world.manager.transcript()) if m.get("reply_markup"))


async def test_a_monthly_tip_goes_by_itself_to_those_it_is_for(world: Any) -> None:
    anna = await patient(world, "Anna", treatment="fat-reduction")
    pablo = await patient(world, "Pablo", treatment="fat-reduction", language="es")
    nora = await patient(world, "Nora")
    await opens(world, "Diet, every month")
    assert "Not sent by itself" in words(shown(world))
    assert "Fat reduction" in words(shown(world))
    assert "2 patients now" in words(shown(world))
    await press(world, world.manager, "b:tip_on")
    assert "Next on Fri, 5 Jun 2026, 12:00" in words(shown(world))

    await world.stop_bot()
    await world.start_bot()
    await world.until(moment("2026-06-04 13:00"))
    told = next(
        m for m in reversed(world.manager.transcript()) if "From the tips library" in words(m)
    )
    assert "Broadcast planned" in words(told)
    assert labels(told) == ["⏸ Pause", "✋ Cancel the rest"]
    for phone in (anna, pablo, nora):
        world.new(phone)
    await world.until(moment("2026-06-05 12:01"))
    assert "A small step for this month" in "".join(world.texts(anna))
    assert "Un pequeño paso" in "".join(world.texts(pablo))
    assert "small step" not in "".join(world.texts(nora))
    following = await world.store.read(library.planned, "diet")
    assert following.next_on.isoformat() == "2026-07-05"


async def test_a_day_that_passed_while_the_bot_was_down_is_left_out(world: Any) -> None:
    anna = await patient(world, "Anna", treatment="fat-reduction")
    await opens(world, "Diet, every month")
    await press(world, world.manager, "b:tip_on")
    await world.stop_bot()
    world.clock.set(moment("2026-06-10 10:00"))
    await world.start_bot()
    await world.after(hours=1)
    assert "small step" not in "".join(world.texts(anna))
    following = await world.store.read(library.planned, "diet")
    assert following.next_on.isoformat() == "2026-07-05"


async def test_it_can_be_turned_off_again_and_sent_once(world: Any) -> None:
    anna = await patient(world, "Anna")
    await opens(world, "Water, before summer (a poll)")
    await press(world, world.manager, "b:tip_on")
    await press(world, world.manager, "b:tip_off")
    assert await world.store.read(library.planned, "water") is None
    await press(world, world.manager, "b:tip_send")
    assert "under way: 1 patient" in words(shown(world))
    await press(world, world.manager, "b:go_on")
    assert shown(world)["poll"]["options"][2]["text"] == "I will now"
    await press(world, world.manager, "b:send")
    await press(world, world.manager, "b:yes")
    (copy,) = world.new(anna)
    assert copy["poll"]["question"] == "Did you drink a glass of water this morning?"
    made = await world.store.read(
        lambda tx: tx.value("SELECT library FROM broadcasts WHERE clinic_id = :clinic_id")
    )
    assert made == "water"


async def test_a_forged_name_of_a_tip_shows_the_list(world: Any) -> None:
    await opens(world, "Diet, every month")
    world.manager.tap(shown(world)["message_id"], "b:tip_on:no-such-tip", forged=True)
    await world.settle()
    assert "Tips library" in words(shown(world))
    await world.until(world.clock.now() + 40 * DAY)
    assert await world.store.read(library.planned, "no-such-tip") is None


async def test_a_tip_still_goes_by_itself_once_the_clinic_speaks_another_language(
    world: Any, chats: Any
) -> None:
    anna = await patient(world, "Anna", treatment="fat-reduction")
    await opens(world, "Diet, every month")
    await press(world, world.manager, "b:tip_on")
    world.manager.text("/settings")
    await world.settle()
    await chats.tap(world.manager, "Settings", "Language")
    await chats.tap(world.manager, "Language", "Español")
    await chats.tap(world.manager, "Save it?", "✅ Save")

    await opens(world, "🔁 Diet, every month")
    assert "Next on Fri, 5 Jun 2026, 12:00" in words(shown(world))
    await world.until(moment("2026-06-04 13:00"))
    world.new(anna)
    await world.until(moment("2026-06-05 12:01"))
    assert "A small step for this month" in "".join(world.texts(anna))


async def test_a_tip_of_an_old_list_does_not_take_an_enrollments_place(world: Any) -> None:
    await patient(world, "Anna")
    world.manager.text("/broadcast")
    await world.settle()
    await press(world, world.manager, "b:library")
    await press(world, world.manager, "b:tip:water")
    world.manager.text("/enroll hair scalp")
    await world.settle()
    heard = world.manager.transcript()
    await press(world, world.manager, "b:tip_send")
    assert world.manager.transcript() == heard
    world.manager.text("14:20")
    await world.settle()
    assert "New aftercare plan" in words(shown(world))
