"""Finding people: the list narrowed down by words and by buttons."""

from tests.journeys.practitioner_chat import join


async def some_patients(world):
    doctor = await join(world, "Dr. Ruiz")
    for line in ("facial face label=Ángel", "hair scalp label=Anna", "facial face label=Boris"):
        await doctor.says(f"/enroll {line}")
        await doctor.taps("✅ Confirm")
    return doctor


def names(chat):
    return [label.split()[1] for label in chat.buttons if " · " in label]


async def test_words_are_read_as_a_treatment_a_status_and_a_part_of_the_label(world):
    doctor = await some_patients(world)
    await doctor.says("/patients AN facial")
    assert doctor.said.startswith("🔎 Patients with “AN”\n🔎 Facial rejuvenation\n\nTap one")
    assert names(doctor) == ["Ángel"]
    await doctor.says("hair restoration")
    assert names(doctor) == ["Anna"]
    assert await doctor.says("off course") == "🔎 Off course\n\nNobody fits that."
    await doctor.taps("Show all")
    assert names(doctor) == ["Boris", "Anna", "Ángel"]


async def test_buttons_narrow_the_list_down_and_open_it_again(world):
    doctor = await some_patients(world)
    await doctor.says("/patients")
    before = len(doctor.messages())
    await doctor.taps("🔎 Filter")
    assert doctor.buttons[:5] == ["Active", "Unreachable", "Off course", "Unanswered", "Ended"]
    await doctor.taps("Facial rejuvenation")
    assert names(doctor) == ["Boris", "Ángel"]
    assert "🔎 Facial rejuvenation" in doctor.said
    await doctor.taps("🔎 Filter")
    await doctor.taps("Ended")
    assert doctor.said == "🔎 Facial rejuvenation · Ended\n\nNobody fits that."
    await doctor.taps("🔎 Filter")
    await doctor.taps("✓ Ended")
    assert names(doctor) == ["Boris", "Ángel"]
    await doctor.taps("🔎 Filter")
    await doctor.taps("‹ Back")
    assert names(doctor) == ["Boris", "Ángel"]
    assert len(doctor.messages()) == before, "everything happens in one message"


async def test_pages_lead_there_and_back_whoever_comes_meanwhile(world):
    doctor = await join(world, "Dr. Ruiz")

    async def enroll(label):
        await doctor.says(f"/enroll facial face label={label}")
        await doctor.taps("✅ Confirm")

    for number in range(17):
        await enroll(f"N{number:02}")
    await doctor.says("/patients")
    the_list = doctor.last()
    first = names(doctor)
    assert first == [f"N{number:02}" for number in range(16, 8, -1)]

    def shown():
        now = next(m for m in doctor.messages() if m["message_id"] == the_list["message_id"])
        rows = now["reply_markup"]["inline_keyboard"]
        return [b["text"].split()[1] for row in rows for b in row if " · " in b["text"]], now

    await doctor.taps("Older ›", the_list)
    second, now = shown()
    assert second == [f"N{number:02}" for number in range(8, 0, -1)]
    await enroll("New")
    await doctor.taps("Older ›", now)
    third, now = shown()
    assert third == ["N00"]
    await doctor.taps("‹ Newer", now)
    assert shown()[0] == second


async def test_a_button_of_a_search_that_is_over_or_was_forged_does_nothing(world):
    doctor = await some_patients(world)
    await doctor.says("/patients an")
    old = doctor.last()
    await doctor.says("/patients boris")
    said = doctor.messages()
    for data in ("p:l:9:-:n:0", "p:l:-:zz:n:0", "p:l:-:-:b:0", "p:l:-:-:bx:0", "p:o:1", "p:l"):
        doctor.phone.tap(old["message_id"], data, forged=True)
        await world.settle()
    await doctor.taps("🔎 Filter", old)
    assert doctor.messages() == said
