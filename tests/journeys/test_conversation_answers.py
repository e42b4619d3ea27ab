"""Staff answer a patient through the bot, and the patient answers them."""

import pytest

from tests.journeys.practitioner_chat import join, words
from tests.journeys.test_practitioner_cards import enrolled


def about(chat, part):
    """The bot's newest message in a chat that holds these words."""
    return next(m for m in reversed(chat.messages()) if part in words(m))


@pytest.fixture
async def doctor(world):
    return await join(world, "Dr. Ruiz")


@pytest.fixture
async def ana(world, doctor):
    """A patient who has asked something."""
    patient = await enrolled(world, doctor)
    patient.phone.text("Can I swim on Friday?")
    await world.settle()
    return patient


def reads(chat):
    return [words(m) for m in chat.messages()]


async def test_an_answer_goes_to_the_patient_and_the_practitioner_sees_that_it_arrived(
    world, doctor, ana
):
    relay = about(doctor, "Can I swim")
    await doctor.says("Better wait until Sunday.", reply_to=relay["message_id"])
    assert doctor.said == "✓ Delivered to A.P."
    got = about(ana, "Better wait")
    assert words(got) == "💬 Your clinic:\nBetter wait until Sunday."
    assert got["reply_to_message"]["text"] == "Can I swim on Friday?"
    assert not [text for text in reads(ana) if "Ruiz" in text]
