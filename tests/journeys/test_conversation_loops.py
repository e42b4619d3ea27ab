"""Nothing that answers by itself is answered for ever: bots, auto-responders, stuck phones."""

import pytest

from tests.journeys.practitioner_chat import join, words
from tests.journeys.test_practitioner_cards import enrolled

MINUTE = 60 * 1000


@pytest.fixture
async def doctor(world):
    return await join(world, "Dr. Ruiz")


@pytest.fixture
async def ana(world, doctor):
    patient = await enrolled(world, doctor)
    await patient.taps("No tips")
    world.new(patient.phone)
    world.new(doctor.phone)
    return patient


async def kept(world):
    return await world.store.read(
        lambda tx: tx.value("SELECT COUNT(*) FROM replies WHERE clinic_id = :clinic_id")
    )


async def test_a_hundred_messages_a_minute_get_one_answer_and_staff_are_told_once(
    world, doctor, ana
):
    for number in range(100):
        ana.phone.text(f"tick {number}")
        await world.settle()
        world.clock.set(world.clock.now() + MINUTE // 100)
    (answer,) = world.texts(ana.phone)
    assert answer.startswith("✋ That is a lot at once")
    assert "112" in answer
    to_staff = world.texts(doctor.phone)
    assert len([text for text in to_staff if "a great many messages" in text]) == 1
    assert len(to_staff) == 11
    assert await kept(world) == 100
    inbox = await doctor.says("/inbox")
    assert "1 patient waits for an answer" in inbox
    assert "“tick 99” (and 99 more)" in inbox


async def test_an_auto_responder_that_answers_each_answer_ends_after_one(world, doctor, ana):
    ana.phone.text("I am on holiday until Monday.")
    for _ in range(20):
        await world.settle()
        if not world.new(ana.phone):
            break
        world.clock.set(world.clock.now() + 5 * MINUTE)
        ana.phone.text("I am on holiday until Monday.")
    else:
        raise AssertionError("it never ended")
    assert await kept(world) == 2


async def test_an_auto_responder_does_not_loop_with_a_human_either(world, doctor, ana):
    ana.phone.text("Out of office")
    await world.settle()
    relay = next(m for m in doctor.messages() if "Out of office" in words(m))
    world.new(ana.phone)
    await doctor.says("Please call us", reply_to=relay["message_id"])
    assert world.texts(ana.phone) == ["💬 Your clinic:\nPlease call us"]
    ana.phone.text("Out of office")
    await world.settle()
    assert world.texts(ana.phone) == []
    assert "Out of office" in doctor.said


async def test_what_a_bot_sends_is_never_answered_and_only_counted(world, doctor, ana):
    robot = world.person("Robot")
    robot.open()
    await world.settle()
    said = len([m for m in robot.transcript() if m["from"]["id"] != robot.person.id])
    robot.person.user = lambda: {"id": robot.person.id, "is_bot": True, "first_name": "Robot"}
    for _ in range(5):
        robot.text("beep")
    await world.settle()
    assert len([m for m in robot.transcript() if m["from"]["id"] != robot.person.id]) == said
    held = await world.store.read(
        lambda tx: tx.all(
            "SELECT state, payload FROM inbox WHERE clinic_id = :clinic_id ORDER BY id DESC LIMIT 5"
        )
    )
    assert [(row["state"], row["payload"]) for row in held] == [("done", "{}")] * 5


async def test_several_messages_in_one_go_are_acknowledged_once_and_all_passed_on(
    world, doctor, ana
):
    for text in ("One thing", "and another", "and a third"):
        ana.phone.text(text)
    await world.settle()
    (answer,) = world.texts(ana.phone)
    assert answer.startswith("📤 Passed on to your clinic")
    assert len(world.texts(doctor.phone)) == 3
    await world.after(hours=0.1)
    world.new(ana.phone)
    ana.phone.text("Something new")
    await world.settle()
    assert len(world.texts(ana.phone)) == 1
