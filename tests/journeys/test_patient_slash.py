"""Words behind a slash: what a patient writes there is read and kept like any other."""

from typing import Any

import pytest

from scheduler import replies
from tests.journeys.practitioner_chat import Chat, join

CALL = "🚨 Call 112 now."
TODAY = "Call your clinic today"


@pytest.fixture
async def doctor(world: Any) -> Chat:
    return await join(world, "Dr. Ruiz")


@pytest.fixture
async def ana(world: Any, chats: Any, enrolls: Any, doctor: Chat) -> Any:
    phone = world.person("Ana")
    await chats.consent(phone, await enrolls(doctor.phone))
    await world.after(hours=30)
    world.new(phone)
    world.new(doctor.phone)
    return phone


async def writes(world: Any, phone: Any, text: str) -> list[str]:
    phone.text(text)
    await world.settle()
    found: list[str] = world.texts(phone)
    return found


async def logged(world: Any) -> list[str]:
    rows = await world.store.read(replies.of_patient, 1)
    return [row["text"] for row in rows if row["question"] is None]


@pytest.mark.parametrize(
    "words",
    [
        "/emergency I can't breathe",
        "/ I cant breathe",
        "/urgent my throat is closing",
        "/alerts my throat is closing",
    ],
)
async def test_a_danger_sign_behind_a_command_that_is_none_is_answered_and_nothing_else_is_said(
    world: Any, doctor: Chat, ana: Any, words: str
) -> None:
    (safety,) = await writes(world, ana, words)
    assert safety.startswith(CALL)
    (alert,) = world.texts(doctor.phone)
    assert "EMERGENCY · A.P." in alert
    assert words[1:].strip() in alert
    assert await logged(world) == [words]


@pytest.mark.parametrize(
    ("words", "then"),
    [
        ("/help I can't breathe", "I send you the clinic's messages"),
        ("/start my throat is closing", "Good to see you"),
        ("/plan my throat is closing", "What is coming"),
    ],
)
async def test_a_danger_sign_behind_a_command_is_answered_before_the_command(
    world: Any, doctor: Chat, ana: Any, words: str, then: str
) -> None:
    safety, answer = await writes(world, ana, words)
    assert safety.startswith(CALL)
    assert then in answer
    assert "EMERGENCY · A.P." in world.texts(doctor.phone)[0]
    assert await logged(world) == [words]


async def test_stop_with_a_slash_ends_the_messages_and_alerts_all_the_same(
    world: Any, doctor: Chat, ana: Any
) -> None:
    safety, stopped = await writes(world, ana, "/stop there is pus coming out and I have fever")
    assert TODAY in safety
    assert "All messages are stopped" in stopped
    told = world.texts(doctor.phone)
    assert any("Urgent · A.P." in text and "pus coming out" in text for text in told)
    assert len([text for text in told if "stopped all messages" in text]) == 1


async def test_a_question_behind_a_command_reaches_the_doctor(
    world: Any, doctor: Chat, ana: Any
) -> None:
    (answer,) = await writes(world, ana, "/ask may I go to the gym?")
    assert "Your words are kept for your clinic" in answer
    assert "112" in answer
    (relayed,) = world.texts(doctor.phone)
    assert "may I go to the gym?" in relayed
    (help_,) = await writes(world, ana, "/help with the bandage please")
    assert "I send you the clinic's messages" in help_
    assert "with the bandage please" in world.texts(doctor.phone)[0]


async def test_a_mistyped_command_is_told_so_with_both_numbers_and_reaches_nobody(
    world: Any, doctor: Chat, ana: Any
) -> None:
    (answer,) = await writes(world, ana, "/pln")
    assert answer.startswith("I do not know that command")
    assert "+34 911 234 567" in answer
    assert "112" in answer
    assert world.texts(doctor.phone) == []
    assert await logged(world) == []


async def test_a_link_that_a_patient_opens_is_no_reply(
    world: Any, doctor: Chat, ana: Any, enrolls: Any
) -> None:
    ana.open(await enrolls(doctor.phone, treatment="hair", area="scalp", label="Chart 7"))
    await world.settle()
    assert "A new plan has started" in world.texts(ana)[0]
    assert await logged(world) == []
