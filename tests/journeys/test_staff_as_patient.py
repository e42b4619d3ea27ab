"""Somebody of the clinic who is a patient too: their own danger signs are heard."""

from typing import Any

import pytest

from tests.journeys.practitioner_chat import Chat, join

CALL = "🚨 Call 112 now."
WORDS = "I can't breathe, my throat is closing"


@pytest.fixture
async def doctor(world: Any) -> Chat:
    return await join(world, "Dr. Ruiz")


@pytest.fixture
async def paz(world: Any, chats: Any, enrolls: Any, doctor: Chat) -> Chat:
    """A practitioner with a plan of her own, 30 hours after the session."""
    chat = await join(world, "Dr. Paz")
    chat.phone.open(await enrolls(doctor.phone, label="P.Z."))
    await world.settle()
    await chats.tap(chat.phone, "patient's link", "Open as a patient")
    await chats.tap(chat.phone, "May I send", "Yes, send me aftercare messages")
    await world.after(hours=30)
    for each in (chat, doctor):
        world.new(each.phone)
    return chat


async def writes(world: Any, chat: Chat, text: str, **more: Any) -> list[str]:
    chat.phone.text(text, **more)
    await world.settle()
    found: list[str] = world.texts(chat.phone)
    return found


async def alerts(world: Any, chat: Chat) -> list[str]:
    return [text for text in world.texts(chat.phone) if "EMERGENCY · P.Z." in text]


@pytest.mark.parametrize("before", ["/cancel", "/patients", "/enroll", "/oncall"])
async def test_words_that_nobody_asked_for_are_read_for_danger_whatever_is_open(
    world: Any, doctor: Chat, paz: Chat, before: str
) -> None:
    await paz.says(before)
    world.new(paz.phone)
    said = await writes(world, paz, WORDS)
    assert said[0].startswith(CALL)
    # Besides, only the alert that every practitioner gets, as she is one.
    assert all("EMERGENCY · P.Z." in text for text in said[1:])
    assert len(await alerts(world, doctor)) == 1


async def test_a_command_that_is_none_is_read_for_danger_too(
    world: Any, doctor: Chat, paz: Chat
) -> None:
    assert (await writes(world, paz, "/urgent my throat is closing"))[0].startswith(CALL)
    assert len(await alerts(world, doctor)) == 1


async def test_what_she_writes_to_a_patient_goes_to_the_patient(
    world: Any, chats: Any, enrolls: Any, doctor: Chat, paz: Chat
) -> None:
    ben = world.person("Ben")
    await chats.consent(ben, await enrolls(paz.phone, label="B.Q."))
    ben.text("How long is the course?")
    await world.settle()
    relay = next(m for m in paz.messages() if "the course?" in (m.get("text") or ""))
    for phone in (paz.phone, ben):
        world.new(phone)
    said = await writes(world, paz, "If you can't breathe, call 112", reply_to=relay["message_id"])
    assert world.texts(ben) == ["💬 Your clinic:\nIf you can't breathe, call 112"]
    assert not any(text.startswith(CALL) for text in said)
    assert any("If you wrote about yourself, call 112" in text for text in said)
    assert await alerts(world, doctor) == []
    await paz.says("/patient B.Q.")
    await paz.taps("✍️ Write to B.Q.")
    for phone in (paz.phone, ben):
        world.new(phone)
    await writes(world, paz, "My throat is closing: say that when you call")
    assert world.texts(ben) == ["💬 Your clinic:\nMy throat is closing: say that when you call"]
    assert await alerts(world, doctor) == []


async def test_words_that_come_too_late_for_a_patient_are_her_own(
    world: Any, chats: Any, enrolls: Any, doctor: Chat, paz: Chat
) -> None:
    ben = world.person("Ben")
    await chats.consent(ben, await enrolls(paz.phone, label="B.Q."))
    await paz.says("/patient B.Q.")
    await paz.taps("✍️ Write to B.Q.")
    world.clock.set(world.clock.now() + 31 * 60 * 1000)
    for phone in (paz.phone, ben):
        world.new(phone)
    said = await writes(world, paz, WORDS)
    assert said[0].startswith(CALL)
    assert world.texts(ben) == []
    assert len(await alerts(world, doctor)) == 1


async def test_everyday_words_of_hers_are_still_a_colleagues(
    world: Any, doctor: Chat, paz: Chat
) -> None:
    await paz.says("/cancel")
    world.new(paz.phone)
    (said,) = await writes(world, paz, "Hello there")
    assert "not sure what to do" in said
    assert world.texts(doctor.phone) == []
