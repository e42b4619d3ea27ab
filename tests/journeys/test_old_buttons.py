"""Buttons under what was said long ago: they lead to whom they named then, or to nobody."""

import re

from tests.journeys.practitioner_chat import join, keyboard, words
from tests.journeys.test_people_put_right import enroll


async def link_to(doctor, label):
    await doctor.says(f'/enroll facial face next=2w "{label}"')
    return re.search(r"https://t\.me/\S+", await doctor.taps("✅ Confirm"))[0]


async def presses_all(doctor, message):
    """Press each button under a message as it was once shown."""
    for row in keyboard(message):
        for button in row:
            doctor.phone.tap(message["message_id"], button["callback_data"])
            await doctor.world.settle()


async def test_a_card_of_a_record_that_became_another_writes_to_nobody_else(world):
    doctor = await join(world, "Dr. Ruiz")
    ana = await enroll(world, doctor, "A.P.")
    link = await link_to(doctor, "Ana")
    await doctor.says("/patient Ana")
    card = doctor.last()
    ana.phone.open(link)
    await world.settle()
    ben = await enroll(world, doctor, "B.Q.")
    for phone in (ana.phone, ben.phone, doctor.phone):
        world.new(phone)
    await presses_all(doctor, card)
    assert "B.Q." not in "".join(words(m) for m in world.new(doctor.phone))
    await doctor.says("Dear A.P., your biopsy is here.")
    assert world.texts(ben.phone) == []


async def test_an_alert_of_somebody_erased_resolves_nobody_elses(world):
    doctor = await join(world, "Dr. Ruiz")
    ana = await enroll(world, doctor, "A.P.")
    await ana.says("there is pus")
    alert = next(m for m in doctor.messages() if "pus" in words(m) and "reply_markup" in m)
    await world.after(hours=72)
    await ana.says("/forgetme")
    await ana.taps("🗑 Yes, erase everything")
    await world.bot.tick()
    await world.settle()
    ben = await enroll(world, doctor, "B.Q.")
    await ben.says("there is pus")
    # A copy that is older than two days cannot be taken back: its buttons are still on the phone.
    await presses_all(doctor, alert)
    states = await world.store.read(
        lambda tx: tx.all("SELECT state FROM alerts WHERE clinic_id = :clinic_id")
    )
    assert [row["state"] for row in states] == ["open"]
