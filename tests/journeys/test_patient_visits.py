"""The next visit: confirmed, moved, canceled, and what the practitioner hears of it."""

from typing import Any

import pytest

DAY = 24 * 60 * 60 * 1000
YES = "✅ Yes, I will come"
CHANGE = "🔁 Change the time"
CANCEL = "❌ Cancel it"


@pytest.fixture
async def asked(world: Any, joins: Any, enrolls: Any, chats: Any) -> Any:
    """A patient who was just reminded of the visit on 18 May, and the practitioner."""
    doctor = await joins()
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(doctor, next_at=world.clock.now() + 14 * DAY))
    await world.after(days=11, hours=2)
    assert chats.labels(chats.last(ana, "Your next visit")) == [YES, CHANGE, CANCEL]
    world.new(ana)
    world.new(doctor)
    return ana, doctor


async def test_a_confirmed_visit_is_shown_and_told_once(world: Any, asked: Any, chats: Any) -> None:
    ana, doctor = asked
    message = chats.last(ana, "Your next visit")
    ana.tap(message["message_id"], YES)
    ana.tap(message["message_id"], YES)
    await world.settle()
    assert "Confirmed for Mon 18 May, 10:00" in chats.shown(chats.last(ana, "Your next visit"))
    assert world.texts(doctor) == ["✅ A.P. confirmed the visit on Mon 18 May, 10:00."]
    ana.text("/plan")
    await world.settle()
    assert "confirmed ✓" in chats.shown(chats.last(ana, "What is coming"))


async def test_a_wish_for_another_time_goes_to_the_practitioner(
    world: Any, asked: Any, chats: Any
) -> None:
    ana, doctor = asked
    await chats.tap(ana, "Your next visit", CHANGE)
    assert chats.labels(chats.last(ana, "When can you come")) == ["Keep the visit as it is"]
    ana.text("Tuesday or Thursday after 17:00")
    await world.settle()
    (told,) = world.texts(doctor)
    assert told.startswith("🔁 A.P. asks for another time instead of Mon 18 May, 10:00:")
    assert "Tuesday or Thursday after 17:00" in told
    assert chats.labels(chats.last(ana, "When can you come")) == []
    assert "stays yours until" in chats.shown(chats.last(ana, "Your wish"))
    ana.text("/plan")
    await world.settle()
    assert "you asked for another time" in chats.shown(chats.last(ana, "What is coming"))
    # What is written next is no wish any more.
    ana.text("Thanks")
    await world.settle()
    assert world.texts(doctor)[-1].startswith("💬 A.P.")


async def test_the_wish_can_be_left_with_one_button(world: Any, asked: Any, chats: Any) -> None:
    ana, doctor = asked
    await chats.tap(ana, "Your next visit", CHANGE)
    await chats.tap(ana, "When can you come", "Keep the visit as it is")
    assert "stays as it is" in chats.shown(chats.last(ana, "stays as it is"))
    ana.text("Hello")
    await world.settle()
    assert [text[:6] for text in world.texts(doctor)] == ["💬 A.P."]


async def test_a_cancelation_is_asked_back_and_ends_its_reminders_only(
    world: Any, asked: Any, chats: Any
) -> None:
    ana, doctor = asked
    await chats.tap(ana, "Your next visit", CANCEL)
    await chats.tap(ana, "Cancel the visit on", "No, keep it")
    assert chats.labels(chats.last(ana, "Your next visit")) == [YES, CHANGE, CANCEL]
    assert world.texts(doctor) == []
    await chats.tap(ana, "Your next visit", CANCEL)
    await chats.tap(ana, "Cancel the visit on", "Yes, cancel the visit")
    assert "This visit is canceled" in chats.shown(chats.last(ana, "Your next visit"))
    assert world.texts(doctor) == ["❌ A.P. canceled the visit on Mon 18 May, 10:00."]
    world.new(ana)
    await world.after(days=3)
    said = world.texts(ana)
    assert said
    assert not any("visit is coming up" in text for text in said)


async def test_after_the_visit_its_buttons_do_nothing(world: Any, asked: Any, chats: Any) -> None:
    ana, doctor = asked
    await world.after(days=4)
    world.new(doctor)
    before = chats.shown(chats.last(ana, "Your next visit"))
    await chats.tap(ana, "Your next visit", YES)
    assert chats.shown(chats.last(ana, "Your next visit")) == before
    assert world.texts(doctor) == []


async def test_staff_read_every_moment_on_the_clinics_clocks(
    world: Any, asked: Any, chats: Any
) -> None:
    ana, doctor = asked
    world.manager.text("/settings")
    await world.settle()
    await chats.tap(world.manager, "Settings", "Time zone")
    world.manager.text("Pacific/Honolulu")
    await world.settle()
    await chats.tap(world.manager, "Save it?", "✅ Save")
    world.new(doctor)
    # The visit is at ten where the patient was enrolled, and still on Sunday evening in Hawaii.
    await chats.tap(ana, "Your next visit", CHANGE)
    ana.text("Tuesday")
    await world.settle()
    ana.text("See you then", reply_to=chats.last(ana, "Your next visit")["message_id"])
    await world.settle()
    wished, answered = world.texts(doctor)
    assert "instead of Sun 17 May, 22:00:" in wished
    assert "before the visit of Sun 17 May" in answered
    await chats.tap(ana, "Your next visit", YES)
    assert world.texts(doctor) == ["✅ A.P. confirmed the visit on Sun 17 May, 22:00."]
    assert "Confirmed for Mon 18 May, 10:00" in chats.shown(chats.last(ana, "Your next visit"))
