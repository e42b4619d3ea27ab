"""A message of which nobody knows whether it arrived: staff are told, and decide."""

import pytest

from scheduler import replies
from tests.conftest import moment


@pytest.fixture
async def doctor(world, joins):
    return await joins()


@pytest.fixture
async def anna(world, doctor, enrolls, chats):
    """A patient since Monday 10:00."""
    anna = world.person("Anna")
    await chats.consent(anna, await enrolls(doctor))
    return anna


@pytest.fixture
async def lost(world, doctor, anna):
    """The first message reached Anna twice, and both times Telegram's answer was lost."""
    world.new(doctor)
    world.sandbox.faults.drop_after(method="sendMessage", chat_id=anna.person.id, count=2)
    await world.until(moment("2026-05-04 11:30"))
    return anna


async def decide(world, chats, phone, label):
    phone.text("/review")
    await world.settle()
    await chats.tap(phone, "needs your decision", label)


async def test_the_practitioner_is_told_once_and_sees_what_it_is_about(world, lost, doctor, chats):
    told = [text for text in world.texts(doctor) if "/review" in text]
    assert told == ["❔ 1 message may not have arrived. Please decide: /review"]
    doctor.text("/review")
    await world.settle()
    listed = chats.shown(chats.last(doctor, "needs your decision"))
    assert "A.P." in listed
    assert "Mon 4 May, 11:00" in listed
    assert "did not say whether it arrived" in listed


async def test_every_copy_of_a_question_leads_to_one_reply(world, lost, doctor, chats):
    await decide(world, chats, doctor, "🔁 1. Send again")
    copies = [
        message
        for message in lost.transcript()
        if message["from"]["is_bot"] and "No" in chats.labels(message)
    ]
    assert len(copies) == 3
    for message, label in zip(copies, ("No", "Yes", "No"), strict=True):
        lost.tap(message["message_id"], label)
        await world.settle()
    patient_id = await world.store.read(
        lambda tx: tx.value("SELECT MAX(id) FROM patients WHERE clinic_id = :clinic_id")
    )
    answered = [
        reply
        for reply in await world.store.read(replies.of_patient, patient_id)
        if reply["question"] is not None
    ]
    assert [reply["value"] for reply in answered] == ["no"]


async def test_leave_it_sends_nothing_and_is_final(world, lost, doctor, chats):
    world.new(lost)
    await decide(world, chats, doctor, "✋ 1. Leave it")
    assert "Nothing needs your decision" in chats.shown(chats.last(doctor))
    await world.until(moment("2026-05-04 13:00"))
    assert world.texts(lost) == []


async def test_too_late_means_not_sent(world, lost, doctor, chats):
    await world.until(moment("2026-05-04 16:30"))
    world.new(lost)
    await decide(world, chats, doctor, "🔁 1. Send again")
    assert world.texts(lost) == []
    assert "Nothing needs your decision" in chats.shown(chats.last(doctor))


async def test_two_who_decide_at_once_decide_once(world, lost, doctor, chats):
    world.manager.text("/review")
    await world.settle()
    await decide(world, chats, doctor, "✋ 1. Leave it")
    world.new(lost)
    await chats.tap(world.manager, "needs your decision", "🔁 1. Send again")
    assert world.texts(lost) == []
    assert "Nothing needs your decision" in chats.shown(chats.last(world.manager))


async def test_a_colleague_sees_and_decides_nothing(world, lost, joins, chats, doctor):
    other = await joins("Dr. Vega")
    other.text("/review")
    await world.settle()
    assert chats.shown(chats.last(other)) == "👌 Nothing needs your decision."


async def test_a_patient_is_not_told_that_the_command_exists(world, lost, chats):
    lost.text("/review")
    await world.settle()
    assert "decision" not in chats.shown(chats.last(lost))


async def test_a_crash_in_the_middle_is_told_as_that(world, anna, doctor, chats):
    world.sandbox.faults.drop_after(method="sendMessage", chat_id=anna.person.id, count=1)
    await world.until(moment("2026-05-04 11:00"))
    row_id = await world.store.read(
        lambda tx: tx.value(
            """SELECT id FROM outbox WHERE clinic_id = :clinic_id AND possible_duplicate = 1"""
        )
    )
    await world.store.write(
        lambda tx: tx.run(
            "UPDATE outbox SET state = 'sending' WHERE clinic_id = :clinic_id AND id = :id",
            id=row_id,
        )
    )
    await world.stop_bot()
    await world.start_bot()
    doctor.text("/review")
    await world.settle()
    listed = chats.shown(chats.last(doctor, "needs your decision"))
    assert "I was stopped while it was on its way" in listed
