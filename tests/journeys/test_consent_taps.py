"""Taps on questions of consent: twice, late, and what is written down as having been read."""

import hashlib
from typing import Any

import pytest

from scheduler import patients
from scheduler.database import Tx
from scheduler.said import Said
from tests.journeys.practitioner_chat import Chat, join, words
from tests.journeys.test_practitioner_cards import enrolled
from tests.journeys.test_staff_group import Story


@pytest.fixture
async def doctor(world: Any) -> Chat:
    return await join(world, "Dr. Ruiz")


async def consents(world: Any) -> list[tuple[str, bool, str]]:
    """What was written down: purpose, answer, and the hash of the words."""

    def read(tx: Tx) -> list[Any]:
        return tx.all("SELECT * FROM consents WHERE clinic_id = :clinic_id ORDER BY id")

    return [
        (row["purpose"], bool(row["given"]), row["version"].partition(":")[2])
        for row in await world.store.read(read)
    ]


async def sent(world: Any, message: dict[str, Any]) -> str:
    """The hash of a message's words as they left."""

    def read(tx: Tx) -> str:
        content: str = tx.value(
            """SELECT content FROM outbox WHERE clinic_id = :clinic_id AND chat_id = :chat
                 AND message_id = :message ORDER BY id DESC LIMIT 1""",
            chat=message["chat"]["id"],
            message=message["message_id"],
        )
        return content

    html = Said.from_json(await world.store.read(read)).html
    return hashlib.sha256(html.encode()).hexdigest()[:16]


async def test_a_second_tap_on_yes_says_nothing_untrue_and_writes_nothing_down(
    world: Any, doctor: Chat
) -> None:
    ana = await enrolled(world, doctor)
    ana.phone.photo()
    await world.settle()
    asked = ana.last()
    await ana.taps("✅ Yes, show it to the clinic", asked)
    before = await consents(world)
    world.new(doctor.phone)
    ana.phone.tap(asked["message_id"], "my:pic:yes", forged=True)
    await world.settle()
    shown = next(m for m in ana.messages() if m["message_id"] == asked["message_id"])
    assert words(shown).startswith("📤 Passed on to your clinic.")
    assert await consents(world) == before
    assert world.texts(doctor.phone) == []


async def test_a_picture_that_is_agreed_to_goes_where_the_conversation_lives(
    world: Any, chats: Any, enrolls: Any
) -> None:
    story = Story(world, chats, enrolls)
    await story.begin()
    await story.named()
    story.ana.photo(caption="my left side")
    await world.settle()
    await chats.tap(story.ana, "May your clinic see", "✅ Yes, show it to the clinic")
    (_, waits), (topic, shown) = story.new()
    assert "waits for their yes" in waits
    assert topic == "A.P."
    assert shown == "📷 A.P. said yes: here is the picture they sent."
    assert story.said()[-1]["photo"]
    assert world.texts(story.doctor.phone) == []
    assert world.texts(world.manager) == []


async def test_a_yes_to_a_plan_that_the_clinic_has_ended_is_no_yes(
    world: Any, doctor: Chat, enrolls: Any
) -> None:
    ana = await join(world, "Ana", role="patient")
    ana.phone.open(await enrolls(doctor.phone))
    await world.settle()
    greeting = ana.last()
    await doctor.says("/patient A.P.")
    await doctor.taps("✏️ Change the plan")
    await doctor.taps("🏁 End the plan")
    await doctor.taps("✅")
    for chat in (ana, doctor):
        world.new(chat.phone)
    await ana.taps("Yes, send me aftercare messages", greeting)
    shown = next(m for m in ana.messages() if m["message_id"] == greeting["message_id"])
    assert "too old" in words(shown)
    assert world.texts(ana.phone) == []
    assert world.texts(doctor.phone) == []
    assert await consents(world) == []
    patient = await world.store.read(patients.by_id, 1)
    assert patient.state == "invited"
    for first in ("/resume", "/start"):
        assert "too old" in await ana.says(first)
    assert world.texts(doctor.phone) == []
    assert await consents(world) == []


async def test_what_is_written_down_names_the_words_over_the_button(
    world: Any, doctor: Chat, enrolls: Any
) -> None:
    ana = await join(world, "Ana", role="patient")
    ana.phone.open(await enrolls(doctor.phone))
    await world.settle()
    greeting = await sent(world, ana.last())
    await ana.taps("Yes, send me aftercare messages")
    await ana.says("/stop")
    stopped = await sent(world, ana.last())
    await ana.taps("▶️")
    await ana.says("/stop")
    await ana.says("/resume")
    await ana.says("/privacy")
    notice = await sent(world, ana.last())
    await ana.taps("✅ The clinic may see pictures")
    found = await consents(world)
    typed = [hashlib.sha256(text).hexdigest()[:16] for text in (b"/stop", b"/resume")]
    assert found == [
        ("aftercare", True, greeting),
        ("aftercare", False, typed[0]),
        ("tips", False, typed[0]),
        ("aftercare", True, stopped),
        ("aftercare", False, typed[0]),
        ("tips", False, typed[0]),
        ("aftercare", True, typed[1]),
        ("photos", True, notice),
    ]


async def test_an_old_question_of_forgetting_is_asked_again_as_things_are_now(
    world: Any, doctor: Chat
) -> None:
    ana = await enrolled(world, doctor)
    await ana.says("/forgetme")
    old = ana.last()
    await world.after(hours=26)
    await ana.says("there is pus")
    world.new(ana.phone)
    await ana.taps("🗑 Yes, erase everything", old)
    assert await world.store.read(patients.by_id, 1) is not None
    (again,) = world.texts(ana.phone)
    assert again.startswith("🗑 Erase everything about you?")
    assert "Somebody at the clinic still has to look at what you wrote." in again
    shown = next(m for m in ana.messages() if m["message_id"] == old["message_id"])
    assert words(shown) == "👌 Nothing was erased."
    await ana.taps("🗑 Yes, erase everything")
    assert await world.store.read(patients.by_id, 1) is None


async def test_a_question_of_an_earlier_version_is_asked_again_too(
    world: Any, doctor: Chat
) -> None:
    ana = await enrolled(world, doctor)
    await ana.says("/forgetme")
    asked = ana.last()
    world.new(ana.phone)
    ana.phone.tap(asked["message_id"], "my:erase:yes:1", forged=True)
    await world.settle()
    assert await world.store.read(patients.by_id, 1) is not None
    (again,) = world.texts(ana.phone)
    assert again.startswith("🗑 Erase everything about you?")
