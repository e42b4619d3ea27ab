"""Several pictures sent at once: Telegram brings them as messages of their own."""

from typing import Any

import pytest

from tests.journeys.practitioner_chat import Chat, join, words
from tests.journeys.test_practitioner_cards import enrolled


@pytest.fixture
async def doctor(world: Any) -> Chat:
    return await join(world, "Dr. Ruiz")


@pytest.fixture
async def ana(world: Any, doctor: Chat) -> Chat:
    patient: Chat = await enrolled(world, doctor)
    await patient.says("How do I do it?")
    for chat in (patient, doctor):
        world.new(chat.phone)
    return patient


async def sends_three(world: Any, chat: Chat, **first: Any) -> None:
    chat.phone.photo(album="7001", caption="like this", **first)
    chat.phone.photo(album="7001")
    chat.phone.photo(album="7001")
    await world.settle()


async def test_all_pictures_of_an_album_go_to_the_patient(
    world: Any, doctor: Chat, ana: Chat
) -> None:
    await doctor.says("/inbox")
    await doctor.taps("💬 1. Answer")
    world.new(doctor.phone)
    await sends_three(world, doctor)
    got = world.new(ana.phone)
    assert ["photo" in message for message in got] == [True] * 3
    assert words(got[0]) == "💬 Your clinic:\nlike this"
    receipts = world.texts(doctor.phone)
    assert ["Delivered" in text for text in receipts] == [True] * 3


async def test_so_do_those_of_an_album_that_quotes_whatever_is_open(
    world: Any, doctor: Chat, ana: Chat
) -> None:
    asked = next(m for m in doctor.messages() if "How do I do it?" in words(m))
    await doctor.says("/enroll")
    world.new(doctor.phone)
    await sends_three(world, doctor, reply_to=asked["message_id"])
    assert ["photo" in message for message in world.new(ana.phone)] == [True] * 3
    assert ["Delivered" in text for text in world.texts(doctor.phone)] == [True] * 3


async def test_an_album_for_a_broadcast_keeps_its_first_picture_and_its_words(
    world: Any, doctor: Chat, ana: Chat
) -> None:
    manager = Chat(world, world.manager)
    await manager.says("/broadcast")
    world.new(manager.phone)
    await sends_three(world, manager)
    who, left_out = world.texts(manager.phone)
    assert "would get it" in who
    assert left_out.startswith("🖼 I took the first picture of your album.")
    draft = await world.store.read(
        lambda tx: tx.value(
            "SELECT data FROM dialogues WHERE clinic_id = :clinic_id AND chat_id = :chat",
            chat=manager.id,
        )
    )
    assert '"text": "like this"' in draft


async def test_a_picture_sent_later_replaces_the_draft_as_ever(
    world: Any, doctor: Chat, ana: Chat
) -> None:
    manager = Chat(world, world.manager)
    await manager.says("/broadcast")
    await sends_three(world, manager)
    world.new(manager.phone)
    manager.phone.photo(caption="this one")
    await world.settle()
    assert ["would get it" in text for text in world.texts(manager.phone)] == [True]
