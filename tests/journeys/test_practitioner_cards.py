"""The practitioner's list and cards: who sees whom, and what a card tells."""

import re

import pytest

from tests.journeys.practitioner_chat import Chat, join, may_see_pictures


async def enrolled(world, doctor, label="A.P.", *, opens=True):
    """Enroll a patient by one line; the patient opens the link and agrees."""
    await doctor.says(f'/enroll facial "{label}" face next=2w')
    link = re.search(r"https://t\.me/\S+", await doctor.taps("✅ Confirm"))[0]
    patient = await join(world, "Ana", role="patient")
    if opens:
        patient.phone.open(link)
        await world.settle()
        await patient.taps("Yes")
    return patient


async def test_a_card_tells_what_was_sent_and_answered_and_what_comes(world):
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    await world.after(hours=25)
    asked = next(m for m in patient.messages() if "How sore" in m.get("text", ""))
    await patient.taps("4", asked)
    await may_see_pictures(patient)
    patient.phone.text("A bit <sore> still")
    patient.phone.photo()
    await world.settle()
    card = await doctor.says("/patient A.P.")
    assert card.startswith("👤 A.P. · active\nFacial rejuvenation, Face · day 1")
    assert "Next session: Mon, 18 May 2026, 10:00 (not confirmed yet)" in card
    assert "📝 Enrolled: Facial rejuvenation" in card
    assert "🟢 Agreed: messages are on" in card
    assert "📤 Soreness check" in card
    assert "→ 4" in card
    assert "💬 “A bit <sore> still”" in card
    assert "📷 Photo" in card
    assert "Coming next\n• Tue 5 May, 17:50 – Small bumps" in card
    await doctor.taps("📷 Photos")
    assert doctor.last()["photo"]


async def test_the_chart_is_a_picture_or_says_that_there_is_nothing_to_draw(world):
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    await doctor.says("/patient A.P.")
    card = doctor.last()
    before = len(doctor.messages())
    await doctor.taps("📈 Chart", card)
    assert len(doctor.messages()) == before
    await world.after(hours=25)
    asked = next(m for m in patient.messages() if "How sore" in m.get("text", ""))
    await patient.taps("4", asked)
    await doctor.taps("📈 Chart", card)
    assert doctor.last()["photo"]
    assert "📈 A.P. · Facial rejuvenation" in doctor.said
    boss = Chat(world, world.manager)
    audit = await boss.says("/audit who saw")
    assert audit.count("👁 Dr. Ruiz looked at the chart of A.P.") == 1


async def test_a_bruise_alone_is_drawn_too(world):
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    await world.after(hours=24 * 7 + 2)
    asked = next(m for m in patient.messages() if "How is the bruise" in m.get("text", ""))
    await patient.taps("The same", asked)
    await doctor.says("/patient A.P.")
    await doctor.taps("📈 Chart")
    assert doctor.last()["photo"]


async def test_a_long_timeline_pages_backwards_without_a_gap(world):
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    for number in range(40):
        await world.after(hours=3)
        patient.phone.text(f"note {number:02} " + "x" * 150)
        await world.settle()
    seen = []
    await doctor.says("/patient A.P.")
    while True:
        assert len(doctor.said) <= 4096
        seen += re.findall(r"note (\d\d)", doctor.said)
        if "Earlier ›" not in doctor.buttons:
            break
        await doctor.taps("Earlier ›")
    assert seen == [f"{number:02}" for number in reversed(range(40))]
    assert "note 39" in await doctor.taps("‹ Newest")


async def test_a_new_link_replaces_the_one_that_was_not_opened(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says('/enroll facial "A.P." face next=2w')
    first = re.search(r"https://t\.me/\S+", await doctor.taps("✅ Confirm"))[0]
    await doctor.says("/patient A.P.")
    second = re.search(r"https://t\.me/\S+", await doctor.taps("🔗 New link"))[0]
    assert first != second
    ana = await join(world, "Ana", role="patient")
    ana.phone.open(first)
    await world.settle()
    assert "May I send" not in ana.said
    ana.phone.open(second)
    await world.settle()
    assert "May I send" in ana.said
    await ana.taps("Yes")
    await doctor.says("/patient A.P.")
    assert "🔗 New link" not in doctor.buttons


async def test_a_practitioner_sees_own_patients_and_a_manager_all(world):
    one, other = await join(world, "Dr. Ruiz"), await join(world, "Dr. Gil")
    await enrolled(world, one, "A.P.")
    await other.says('/enroll hair "B.Q." scalp')
    await other.taps("✅ Confirm")
    await one.says("/patients")
    assert one.buttons == ["🟢 A.P. · Facial rejuvenation · day 0", "🔎 Filter"]
    assert "no patient of yours" in await one.says("/patient B.Q.")
    assert "no patient of yours" in await one.says("/patient 2")
    boss = await join(world, "Boss", role="manager")
    await boss.says("/patients")
    assert boss.buttons == [
        "✉️ B.Q. · Hair restoration · day 0",
        "🟢 A.P. · Facial rejuvenation · day 0",
        "🔎 Filter",
    ]
    assert "👤 B.Q." in await boss.taps("✉️ B.Q.")


@pytest.mark.parametrize(
    "action", ["c:{id}", "r:{id}", "t:{id}:1.1.1", "g:{id}", "f:{id}", "k:{id}"]
)
async def test_no_button_opens_a_colleagues_patient(world, action):
    one, other = await join(world, "Dr. Ruiz"), await join(world, "Dr. Gil")
    await enrolled(world, one, "A.P.")
    await other.says("/patients")
    before = other.messages()
    other.phone.tap(other.last()["message_id"], "p:" + action.format(id=1), forged=True)
    await world.settle()
    assert other.messages() == before


async def test_the_list_pages_and_searches_by_a_part_of_the_label(world):
    doctor = await join(world, "Dr. Ruiz")
    for number in range(10):
        await doctor.says(f"/enroll facial face label=X{number:02}%")
        await doctor.taps("✅ Confirm")
    await doctor.says("/patients")
    assert len([label for label in doctor.buttons if "X" in label]) == 8
    assert "X09%" in doctor.buttons[0]
    await doctor.taps("Older ›")
    assert [label[3:7] for label in doctor.buttons[:2]] == ["X01%", "X00%"]
    await doctor.taps("‹ Newer")
    assert "X09%" in doctor.buttons[0]
    await doctor.says("x03")
    assert doctor.buttons[1:] == ["🔎 Filter"]
    assert "No patient of yours has “'%\";--”" in await doctor.says("'%\";--")
    await doctor.says("%")
    assert "Older ›" in doctor.buttons
    await doctor.taps("Older ›")
    assert "X01%" in doctor.buttons[0]
    await doctor.says("/patient X")
    assert "Several patients match" in doctor.said


async def test_a_list_of_nobody_says_how_to_begin(world):
    doctor = await join(world, "Dr. Ruiz")
    assert "/enroll starts with the first" in await doctor.says("/patients")
    assert "no patient of yours" in await doctor.says("/patient nobody")


async def test_a_search_of_long_ago_does_not_take_what_is_written_now(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says("/patients")
    await world.after(hours=1)
    assert "I'm not sure what to do with that" in await doctor.says("hello")
