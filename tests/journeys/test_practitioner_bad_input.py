"""What a practitioner can get wrong while enrolling, and what is said about it."""

import pytest

from scheduler import staff
from tests.journeys.practitioner_chat import join


async def test_an_unknown_treatment_is_answered_with_the_nearest_one(world):
    doctor = await join(world, "Dr. Ruiz")
    said = await doctor.says('/enroll facail "A.P." face')
    assert "Did you mean Facial rejuvenation (facial)?" in said
    assert "/enroll facial" in said


async def test_all_faults_of_a_line_are_named_at_once(world):
    doctor = await join(world, "Dr. Ruiz")
    said = await doctor.says(
        "/enroll facial A.P. fase nxt=2w filler=perhaps session=someday label="
    )
    assert "“fase” is no area of Facial rejuvenation. Did you mean Face?" in said
    assert "“nxt” is no option. Did you mean next=?" in said
    assert "filler=: “perhaps” is neither yes nor no" in said
    assert "I can't read “someday” as a day and a time" in said
    assert "“label=” has no value" in said


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('/enroll facial "A.P face', "never closed"),
        ("/enroll hair scalp A.P. filler=yes", "filler= does not apply to Hair"),
        ('/enroll facial face "A" "B"', "is there twice"),
        ("/enroll facial face A.P. surprise", "I don't know what “surprise” is"),
        (f'/enroll facial face "{"x" * 3000}"', "3,000 characters long. Please keep to 40"),
        ("/enroll facial face 😀", "needs a letter or a digit"),
        ("/enroll facial face A.P. session=tomorrow", "is still to come"),
        ("/enroll facial face A.P. next=yesterday", "is too early"),
        ("/enroll facial face A.P. next=900w", "more than ten years away"),
        ("/enroll consultation A.P. session=tomorrow next=2w", "next= does not apply to Consult"),
        ("/enroll quantum", "“quantum” is no treatment. They are: "),
    ],
)
async def test_a_fault_in_the_line_is_named(world, line, fault):
    doctor = await join(world, "Dr. Ruiz")
    said = await doctor.says(line)
    assert fault in said
    assert doctor.buttons == []


async def ask_session(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says("/enroll")
    await doctor.taps("Hair")
    await doctor.taps("Scalp")
    await doctor.taps("Another day")
    return doctor


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("gibberish", "I can't read “gibberish” as a day and a time"),
        ("in 2 days", "Wed, 6 May 2026, 10:00 (Europe/Madrid) is still to come"),
        ("4 May 2010 10:00", "more than ten years away"),
        ("1 May 2025 10:00", "is too long ago: every message would come too late"),
        ("x" * 4096, "too long for a date"),
        ("😀", "I can't read “😀”"),
        ("<b>bold</b> & *so*", "I can't read “<b>bold</b> & *so*”"),
    ],
)
async def test_a_session_that_cannot_be_is_explained_and_asked_for_again(world, typed, answer):
    doctor = await ask_session(world)
    said = await doctor.says(typed)
    assert answer in said
    assert "When was the session?" in said
    assert "next session" in await doctor.says("yesterday 17:00")


async def ask_next(world):
    doctor = await ask_session(world)
    await doctor.says("yesterday 17:00")
    return doctor


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("1 May 2026 10:00", "is too early"),
        ("12 May 2040 10:00", "I understood Sat, 12 May 2040, 10:00"),
        ("soonish", "I can't read “soonish”"),
    ],
)
async def test_a_next_session_that_cannot_be_is_explained_and_asked_for_again(world, typed, answer):
    doctor = await ask_next(world)
    said = await doctor.says(typed)
    assert answer in said
    assert "When is the next session?" in said


async def test_a_time_that_the_clocks_skip_is_told(world):
    doctor = await ask_next(world)
    said = await doctor.says("28 March 2027 02:30")
    assert "skip that time" in said
    assert "Sun, 28 Mar 2027, 03:00" in said


async def test_a_day_without_a_time_takes_the_sessions_own_and_says_so(world):
    doctor = await ask_next(world)
    assert "You gave no time, so I took Tue, 12 May 2026, 17:00" in await doctor.says("12 May")


async def test_a_date_with_two_readings_offers_the_other_one(world):
    doctor = await ask_next(world)
    said = await doctor.says("12/6 10:00")
    assert "Next session: Fri, 12 Jun 2026, 10:00" in said
    said = await doctor.taps("No, I meant Sun 6 Dec")
    assert "Next session: Sun, 6 Dec 2026, 10:00" in said
    assert "Who is the patient?" in said


@pytest.mark.parametrize(
    ("label", "answer"),
    [
        ("x" * 41, "41 characters long. Please keep to 40"),
        ("😀😀", "needs a letter or a digit"),
        ("\u202e\u200b", "needs a letter or a digit"),
    ],
)
async def test_a_label_that_cannot_be_is_explained(world, label, answer):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says("/enroll facial face")
    assert answer in await doctor.says(label)


async def test_markup_in_a_label_is_shown_as_text_everywhere(world):
    doctor = await join(world, "Dr. Ruiz")
    label = "<b>*A_P*</b> & [x](y)"
    await doctor.says("/enroll facial face")
    assert f"Patient: {label}" in await doctor.says(label)
    assert f"Link for {label}" in await doctor.taps("✅ Confirm")
    assert f"👤 {label}" in await doctor.taps("Open the card")
    await doctor.says("/patients")
    assert label in doctor.buttons[0]


async def test_pictures_are_no_answer(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says("/enroll facial face")
    doctor.phone.photo()
    await world.settle()
    assert "I can only read text here" in doctor.said


async def test_a_button_of_last_month_and_a_forged_one_change_nothing(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says("/enroll")
    old = doctor.last()
    hair = next(
        b["callback_data"]
        for row in old["reply_markup"]["inline_keyboard"]
        for b in row
        if b["text"] == "Hair restoration"
    )
    await doctor.says("/enroll")
    doctor.phone.tap(old["message_id"], hair, forged=True)
    await world.settle()
    assert "What was the treatment?" in doctor.said
    serial = doctor.last()["reply_markup"]["inline_keyboard"][0][0]["callback_data"].split(":")[1]
    for data in (
        "e",
        "e:",
        f"e:{serial}:4:99",
        f"e:{serial}:99:x",
        f"e:{serial}:c:",
        f"e:{serial}:0:zz",
    ):
        doctor.phone.tap(doctor.last()["message_id"], data, forged=True)
        await world.settle()
        assert "What was the treatment?" in doctor.said


async def test_a_practitioners_answer_to_a_relay_is_not_lost_silently(world):
    doctor = await join(world, "Dr. Ruiz")
    hint = await doctor.says("hello?")
    assert "/enroll" in hint
    assert "/patients" in hint
    message = doctor.last()
    await doctor.says("/enroll facial face")
    said = await doctor.says("Take it easy", reply_to=message["message_id"])
    assert "was not sent to the patient" in said


async def test_a_removed_members_buttons_are_dead(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says('/enroll facial "A.P." face next=2w')
    member = await world.store.read(staff.at_chat, doctor.id)
    await world.store.write(staff.remove, member.id, actor="system", now=world.clock.now())
    await doctor.taps("✅ Confirm")
    assert (
        await world.store.read(
            lambda tx: tx.all("SELECT id FROM enrollments WHERE clinic_id = :clinic_id")
        )
        == []
    )


async def test_a_date_in_the_clinics_language_is_read_whatever_the_phone_speaks(make_world):
    world = make_world(clinic_language="es")
    await world.open()
    doctor = await join(world, "Dr. Ruiz", language="en")
    shown = await doctor.says('/enroll facial "A.P." face filler=no next="viernes 15:30"')
    assert "Next session: Fri, 8 May 2026, 15:30" in shown
