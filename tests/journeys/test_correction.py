"""“Something is wrong”: the right to have it corrected is one tap and one message."""

from typing import Any

import pytest

from tests.journeys.practitioner_chat import Chat, join, words
from tests.journeys.test_practitioner_cards import enrolled

ASKED = "✏️ What is wrong?"
WRONG = "You have the wrong language and my visit was on Friday."


@pytest.fixture
async def doctor(world: Any) -> Chat:
    return await join(world, "Dr. Ruiz")


@pytest.fixture
async def ana(world: Any, doctor: Chat) -> Chat:
    return await enrolled(world, doctor, "A.P.")


async def test_what_is_wrong_becomes_a_task_of_the_people_in_charge(
    world: Any, doctor: Chat, ana: Chat
) -> None:
    await ana.says("/privacy")
    assert (await ana.taps("✏️ Something is wrong")).startswith(ASKED)
    question = ana.last()["message_id"]
    for chat in (ana, doctor):
        world.new(chat.phone)
    await ana.says(WRONG)
    (said,) = world.texts(ana.phone)
    assert said.startswith("📤 Passed on to your clinic. They correct it, or tell you why not.")
    assert "reply_markup" not in ana.phone.chat.messages[question]
    (told,) = world.texts(doctor.phone)
    assert told.startswith("✏️ A.P. says that something held about them is wrong.")
    assert WRONG in told

    inbox = await doctor.says("/inbox")
    assert "✏️" in inbox
    assert WRONG in inbox
    await doctor.taps("💬 1. Answer")
    await doctor.says("Corrected, thank you.")
    assert words(ana.last()).endswith("Corrected, thank you.")
    assert "✏️" not in await doctor.says("/inbox")
    assert "Says that something held about them is wrong" in await doctor.says("/patient A.P.")
    boss = Chat(world, world.manager)
    assert "A.P. said that something held about them is wrong" in await boss.says("/audit A.P.")


async def test_it_stands_under_the_copy_of_the_data_too(world: Any, ana: Chat) -> None:
    await ana.says("/mydata")
    page = next(m for m in ana.messages() if "📖 To read" in words(m))
    assert (await ana.taps("✏️ Something is wrong", page)).startswith(ASKED)


async def test_nothing_is_wrong_after_all(world: Any, doctor: Chat, ana: Chat) -> None:
    await ana.says("/privacy")
    await ana.taps("✏️ Something is wrong")
    assert await ana.taps("Nothing is wrong") == "👌 Nothing was sent."
    world.new(doctor.phone)
    await ana.says("Thank you")
    (told,) = world.texts(doctor.phone)
    assert "held about them" not in told


@pytest.mark.parametrize("urgent", ["There is pus and I have a fever", "STOP"])
async def test_a_danger_sign_and_an_opt_out_go_first(
    world: Any, doctor: Chat, ana: Chat, urgent: str
) -> None:
    await ana.says("/privacy")
    await ana.taps("✏️ Something is wrong")
    world.new(doctor.phone)
    await ana.says(urgent)
    assert not [text for text in world.texts(doctor.phone) if "held about them" in text]
    assert "tell you why not" not in ana.said


async def test_two_days_later_it_is_a_message_like_any_other(
    world: Any, doctor: Chat, ana: Chat
) -> None:
    await ana.says("/privacy")
    await ana.taps("✏️ Something is wrong")
    await world.after(hours=48)
    world.new(doctor.phone)
    await ana.says("Can I swim?")
    assert not [text for text in world.texts(doctor.phone) if "held about them" in text]


async def test_a_broadcast_half_made_is_not_thrown_away_for_it(
    world: Any, chats: Any, enrolls: Any, doctor: Chat
) -> None:
    boss = Chat(world, world.manager)
    boss.phone.open(await enrolls(doctor.phone, label="M.M."))
    await world.settle()
    await boss.taps("Open as a patient")
    await boss.taps("Yes, send me")
    await boss.says("/privacy")
    notice = boss.last()
    await boss.says("/broadcast")
    world.new(boss.phone)
    await boss.taps("✏️ Something is wrong", notice)
    assert world.texts(boss.phone) == []
