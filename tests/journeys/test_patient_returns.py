"""A patient who blocked the bot and is back, whatever they do first."""

from typing import Any

import pytest

from scheduler import patients
from tests.journeys.practitioner_chat import Chat, join


@pytest.fixture
async def doctor(world: Any) -> Chat:
    return await join(world, "Dr. Ruiz")


@pytest.fixture
async def ana(world: Any, chats: Any, enrolls: Any, doctor: Chat) -> Any:
    """She blocked the bot a day ago."""
    phone = world.person("Ana")
    await chats.consent(phone, await enrolls(doctor.phone))
    phone.block()
    await world.after(days=1)
    world.new(phone)
    world.new(doctor.phone)
    return phone


async def state(world: Any) -> str:
    patient = await world.store.read(patients.by_id, 1)
    found: str = patient.state
    return found


async def test_taking_the_bot_back_is_enough(world: Any, doctor: Chat, ana: Any) -> None:
    ana.unblock()
    await world.settle()
    back, check_in = world.texts(ana)
    assert "Welcome back" in back
    assert "One day since your visit" in check_in
    (told,) = world.texts(doctor.phone)
    assert "can be reached again" in told
    await world.after(days=7)
    assert any("One week since your visit" in text for text in world.texts(ana))


@pytest.mark.parametrize(
    "first", ["/help", "/language", "/pln", "/pln please", "/start", "/start abc", "Hello"]
)
async def test_whatever_is_written_first_brings_them_back_once(
    world: Any, doctor: Chat, ana: Any, first: str
) -> None:
    # As where the notice that the bot was taken back never came.
    ana.person.blocked = False
    ana.text(first)
    await world.settle()
    said = world.texts(ana)
    assert "Welcome back" in said[0]
    assert len([text for text in said if "Your messages go on" in text]) == 1
    told = world.texts(doctor.phone)
    assert len([text for text in told if "can be reached again" in text]) == 1
    assert await state(world) == "active"


@pytest.mark.parametrize(
    ("first", "answer"),
    [("/stop", "All messages are stopped"), ("/resume", "Your messages are on again")],
)
async def test_stop_and_resume_say_it_by_themselves(
    world: Any, doctor: Chat, ana: Any, first: str, answer: str
) -> None:
    ana.person.blocked = False
    ana.text(first)
    await world.settle()
    said = world.texts(ana)
    assert answer in said[0]
    assert not any("Welcome back" in text for text in said)
    assert len(world.texts(doctor.phone)) == 1


async def test_start_is_answered_each_time_after_that(world: Any, ana: Any) -> None:
    ana.open()
    await world.settle()
    back, check_in = world.texts(ana)  # the app took the bot back, and sent /start by itself
    assert "Welcome back" in back
    assert "One day since your visit" in check_in
    await world.after(hours=1)
    world.new(ana)
    ana.open()
    await world.settle()
    assert ["Good to see you" in text for text in world.texts(ana)] == [True]
