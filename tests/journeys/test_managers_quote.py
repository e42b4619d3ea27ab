"""What a manager writes in answer to a patient reaches that patient, whatever else is open."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.phones import Phone

ADVICE = "Yes, but keep the bandage on your belly"


@pytest.fixture
async def ana(world: Any, chats: Any, joins: Any, enrolls: Any) -> Phone:
    """A patient who has asked something that the manager reads."""
    await joins()
    phone: Phone = world.person("Ana")
    await chats.consent(phone, await enrolls(world.manager))
    phone.text("Can I go to the gym?")
    await world.settle()
    for each in (phone, world.manager):
        world.new(each)
    return phone


@pytest.fixture
def opens(world: Any, chats: Any) -> Callable[..., Any]:
    """Open one setting."""

    async def open_one(name: str = "Clinic name") -> None:
        world.manager.text("/settings")
        await world.settle()
        await chats.tap(world.manager, "Settings", name)
        world.new(world.manager)

    return open_one


async def answers(world: Any, chats: Any) -> None:
    """Swipe the patient's question and answer it."""
    asked = chats.last(world.manager, "Can I go to the gym?")
    world.manager.text(ADVICE, reply_to=asked["message_id"])
    await world.settle()


async def test_an_answer_in_the_middle_of_a_broadcast_goes_to_the_patient_and_not_to_everybody(
    world: Any, chats: Any, ana: Phone
) -> None:
    world.manager.text("/broadcast")
    await world.settle()
    world.new(world.manager)

    await answers(world, chats)

    assert world.texts(ana) == [f"💬 Your clinic:\n{ADVICE}"]
    assert world.texts(world.manager) == ["✓ Delivered to A.P."], "and nothing else was sent"

    world.manager.text("Sun is out.", reply_to=chats.last(world.manager, "Send me")["message_id"])
    await world.settle()
    (who,) = world.texts(world.manager)
    assert "has not said yes to tips" in who, (
        "an answer to its own question is the broadcast's text"
    )


async def test_an_answer_in_the_middle_of_the_settings_goes_to_the_patient_and_is_no_value(
    world: Any, chats: Any, ana: Phone, opens: Any
) -> None:
    await opens()

    await answers(world, chats)

    assert world.texts(ana) == [f"💬 Your clinic:\n{ADVICE}"]
    assert world.texts(world.manager) == ["✓ Delivered to A.P."], "and nothing else was sent"

    own = chats.last(world.manager, "Clinic name: Alba Clinic")
    world.manager.text("Alba Skin", reply_to=own["message_id"])
    await world.settle()
    (asked,) = world.texts(world.manager)
    assert "Alba Clinic → Alba Skin" in asked, "an answer to the setting's own message is a value"


async def test_a_value_that_was_not_understood_is_put_right_in_answer_to_that(
    world: Any, chats: Any, opens: Any
) -> None:
    await opens("Time zone")
    world.manager.text("madird")
    await world.settle()
    told = chats.last(world.manager, "Do you mean Europe/Madrid?")
    world.new(world.manager)
    world.manager.text("Europe/Lisbon", reply_to=told["message_id"])
    await world.settle()
    (asked,) = world.texts(world.manager)
    assert "Save it?" in asked


async def test_half_an_hour_later_what_is_written_is_no_value_of_a_setting_any_more(
    world: Any, ana: Phone, opens: Any
) -> None:
    await opens()
    await world.after(hours=0.6)
    world.manager.text("Yes, go to the gym")
    await world.settle()
    (said,) = world.texts(world.manager)
    assert "Save it?" not in said
    assert not world.new(ana)
    world.manager.text("Yes, go to the gym")
    await world.settle()
    assert world.texts(world.manager) == [said], "nothing is open any more"
