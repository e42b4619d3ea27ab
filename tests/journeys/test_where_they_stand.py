"""How far a patient has come with the link: the card says it in one word for each case."""

import re
from typing import Any

from tests.journeys.practitioner_chat import Chat, join


async def head(doctor: Chat) -> str:
    """The first line of the card."""
    return (await doctor.says("/patient A.P.")).splitlines()[0]


async def link_from(doctor: Chat, button: str) -> str:
    found = re.search(r"https://t\.me/\S+", await doctor.taps(button))
    assert found is not None
    return found[0]


async def test_the_card_tells_an_unopened_link_from_a_no(world: Any) -> None:
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says('/enroll facial "A.P." face filler=no next=2w')
    link = await link_from(doctor, "✅ Confirm")
    assert await head(doctor) == "👤 A.P. · link not opened yet"
    ana = await join(world, "Ana", role="patient")
    ana.phone.open(link)
    await world.settle()
    assert await head(doctor) == "👤 A.P. · opened the link, no answer yet"
    await world.after(hours=1)
    await ana.taps("No")
    assert await head(doctor) == "👤 A.P. · said no to messages"
    await doctor.says("/patients")
    assert doctor.buttons[0].startswith("✋ A.P.")
    # Another plan, another question: the no was to the first one.
    await world.after(hours=1)
    await doctor.says('/enroll hair "A.P." scalp next=none')
    await doctor.taps("Same: A.P.")
    ana.phone.open(await link_from(doctor, "✅ Confirm"))
    await world.settle()
    assert await head(doctor) == "👤 A.P. · opened the link, no answer yet"
    await ana.taps("Yes")
    assert await head(doctor) == "👤 A.P. · active"


async def test_the_card_says_that_a_new_phone_waits_for_a_yes_and_that_it_said_no(
    world: Any,
) -> None:
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says('/enroll facial "A.P." face filler=no next=2w')
    ana = await join(world, "Ana", role="patient")
    ana.phone.open(await link_from(doctor, "✅ Confirm"))
    await world.settle()
    await ana.taps("No")
    await ana.taps("Yes")
    await world.after(hours=1)
    await doctor.says("/patient A.P.")
    await doctor.taps("👤 Patient")
    new = await join(world, "Ana (new)", role="patient")
    new.phone.open(await link_from(doctor, "📱 New phone"))
    await world.settle()
    assert await head(doctor) == "👤 A.P. · new phone, waits for their yes"
    await world.after(hours=1)
    heard = len(doctor.messages())
    await new.taps("No")
    assert "said no to aftercare messages" in doctor.said
    assert len(doctor.messages()) == heard + 1
    assert await head(doctor) == "👤 A.P. · said no to messages"


async def test_whoever_stopped_and_opens_another_link_has_not_said_no_to_it(world: Any) -> None:
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says('/enroll facial "A.P." face filler=no next=2w')
    ana = await join(world, "Ana", role="patient")
    ana.phone.open(await link_from(doctor, "✅ Confirm"))
    await world.settle()
    await ana.taps("Yes")
    await ana.says("/stop")
    assert await head(doctor) == "👤 A.P. · stopped by the patient"
    await world.after(hours=1)
    await doctor.says('/enroll hair "A.P." scalp next=none')
    await doctor.taps("Same: A.P.")
    ana.phone.open(await link_from(doctor, "✅ Confirm"))
    await world.settle()
    assert await head(doctor) == "👤 A.P. · opened the link, no answer yet"
