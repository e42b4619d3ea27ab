"""A practitioner enrolls a patient: by buttons, by one line, with second thoughts."""

import re

import pytest

from scheduler import enrollment, outbox
from tests.journeys.practitioner_chat import join, words

LINE = '/enroll facial "A.P." face next=2w'


def link_in(text):
    return re.search(r"https://t\.me/\S+", text)[0]


async def plans(world):
    return await world.store.read(
        lambda tx: tx.all("SELECT * FROM enrollments WHERE clinic_id = :clinic_id ORDER BY id")
    )


async def test_by_buttons_in_one_message_up_to_the_patients_active_plan(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says("/enroll")
    dialogue = doctor.last()["message_id"]
    await doctor.taps("Facial")
    await doctor.taps("Face")
    await doctor.taps("No")
    await doctor.taps("Now")
    await doctor.taps("In 2 weeks · Mon 18 May, 10:00")
    assert doctor.last()["message_id"] == dialogue
    plan = await doctor.says("A.P.")
    # Below what was typed; the one above keeps no buttons.
    above = next(m for m in doctor.messages() if m["message_id"] == dialogue)
    assert "reply_markup" not in above
    dialogue = doctor.last()["message_id"]
    assert "Session: Mon, 4 May 2026, 10:00 (Europe/Madrid)" in plan
    assert "Next session: Mon, 18 May 2026, 10:00" in plan
    assert "Mon 4 May\n11:00 Care advice ❓\n14:00 Hands off, no makeup\n" in plan
    assert "Sun 17 May 11:30 Appointment reminder" in plan
    assert await plans(world) == []

    caption = await doctor.taps("✅ Confirm")
    assert doctor.last()["photo"]
    assert "Show this code to the patient" in caption
    assert "until Mon 11 May, 10:00" in caption
    done = doctor.messages()[-2]
    assert done["message_id"] == dialogue
    assert "A.P. is enrolled" in done["text"]
    assert "reply_markup" not in done

    ana = await join(world, "Ana", role="patient")
    ana.phone.open(link_in(caption))
    await world.settle()
    await ana.taps("Yes")
    (row,) = await plans(world)
    assert row["status"] == "active"
    assert "A.P." in doctor.said


async def test_by_one_line_straight_to_the_plan(world):
    doctor = await join(world, "Dr. Ruiz")
    plan = await doctor.says(LINE)
    assert "This is the plan" in plan
    assert "Patient: A.P." in plan
    assert "Filler: no" in plan
    await doctor.taps("✅ Confirm")
    (row,) = await plans(world)
    assert (row["treatment"], row["area"], row["status"]) == ("facial", "face", "invited")
    planned = await world.store.read(enrollment.sessions_of, row["id"])
    assert [each["state"] for each in planned] == ["held", "planned"]


@pytest.mark.parametrize(
    ("line", "label", "session"),
    [
        ("/enroll P1 facial face today 9:00", "P1", "Mon, 4 May 2026, 09:00"),
        ("/enroll facial yesterday 17:00 face 1042", "1042", "Sun, 3 May 2026, 17:00"),
        ("/enroll facial face May", "May", "Mon, 4 May 2026, 10:00"),
    ],
)
async def test_the_sessions_moment_may_stand_in_the_line_by_itself(world, line, label, session):
    doctor = await join(world, "Dr. Ruiz")
    plan = await doctor.says(line)
    assert f"Patient: {label}" in plan
    assert session in plan


async def test_a_plan_that_was_confirmed_is_not_shown_again_as_if_it_had_not_arrived(world):
    doctor = await join(world, "Dr. Ruiz")
    world.sandbox.faults.drop_after(method="sendMessage", chat_id=doctor.id, count=1)
    assert "This is the plan" in await doctor.says(LINE)
    shown = doctor.last()
    await doctor.taps("✅ Confirm")
    await world.after(hours=1)
    said = [words(message) for message in doctor.messages()]
    assert [text for text in said if "This is the plan" in text] == []
    edited = [m for m in doctor.messages() if m["message_id"] == shown["message_id"]]
    assert "is enrolled" in words(edited[0]), "the very message that was pressed says so"
    assert len([text for text in said if "is enrolled" in text]) == 1
    assert len(await plans(world)) == 1


async def test_the_line_in_spanish_with_typographic_quotes_in_any_order(world):
    doctor = await join(world, "Dra. Gil", language="es")
    plan = await doctor.says(
        "/enroll próxima=“18 de mayo 12:00” cara sesion=«ayer 17:00» “B. 7” facial"
    )
    assert "Este es el plan" in plan
    assert "Zona: Cara" in plan
    assert "Paciente: B. 7" in plan
    assert "dom, 3 may 2026, 17:00" in plan
    assert "lun, 18 may 2026, 12:00" in plan


async def test_what_the_line_leaves_out_is_asked_by_buttons(world):
    doctor = await join(world, "Dr. Ruiz")
    assert "fat-dissolving" in await doctor.says("/enroll fat-reduction chin 1042")
    plan = await doctor.taps("Yes")
    assert "Fat-dissolving: yes" in plan
    assert "Patient: 1042" in plan
    assert "Which area?" in await doctor.says('/enroll pain "C."')


async def test_words_typed_where_a_button_is_awaited_are_understood(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says("/enroll")
    await doctor.says("Facial")
    assert "Area: Face" in await doctor.says("FACE")
    hint = await doctor.says("perhaps")
    assert "tap one of the buttons" in hint
    assert "When was the session?" in await doctor.says("yes")


async def test_back_and_change_lead_anywhere_without_losing_the_rest(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says("/enroll facial face")
    assert "Who is the patient?" in doctor.said
    assert "next session?" in await doctor.taps("‹ Back")
    await doctor.taps("No next session")
    assert "Next session: none" in await doctor.says("A.P.")
    assert "What would you like to change?" in await doctor.taps("✏️ Change")
    await doctor.taps("Change filler")
    assert "Filler: yes" in await doctor.taps("Yes")
    await doctor.taps("✏️ Change")
    assert "This is the plan" in await doctor.taps("‹ Back")
    await doctor.taps("✏️ Change")
    assert "What was the treatment?" in await doctor.taps("Change treatment")
    plan = await doctor.taps("Hair")
    assert "Which area?" in plan
    assert "Filler" not in plan


async def test_a_visit_to_come_is_asked_for_a_consultation(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says("/enroll")
    assert "When is the visit?" in await doctor.taps("Consultation")
    assert "is over already" in await doctor.says("yesterday 10:00")
    assert "Who is the patient?" in await doctor.says("tomorrow 16:30")
    plan = await doctor.says("D.")
    assert "Visit: Tue, 5 May 2026, 16:30 (Europe/Madrid)" in plan
    assert "Not sent:" in plan


async def test_the_dialogue_goes_on_after_a_restart(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says("/enroll")
    await doctor.taps("Facial")
    await world.stop_bot()
    await world.start_bot()
    assert "Area: Face" in await doctor.taps("Face")


async def test_cancel_leaves_by_button_and_by_command(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says("/enroll")
    assert "Nothing was saved" in await doctor.taps("✖ Cancel")
    assert "nothing to leave" in await doctor.says("/cancel")
    await doctor.says(LINE)
    assert "Left" in await doctor.says("/cancel")
    assert "Nothing was saved" in doctor.messages()[-2]["text"]
    assert await plans(world) == []


async def test_a_plan_shown_yesterday_is_shown_again_before_it_is_confirmed(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says(LINE)
    await world.after(days=2)
    assert "Please look again" in await doctor.taps("✅ Confirm")
    assert await plans(world) == []
    await doctor.taps("✅ Confirm")
    assert len(await plans(world)) == 1


async def test_a_second_tap_on_confirm_enrolls_once(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says(LINE)
    under = doctor.last()
    confirm = next(
        b["callback_data"]
        for row in under["reply_markup"]["inline_keyboard"]
        for b in row
        if b["text"] == "✅ Confirm"
    )
    doctor.phone.tap(under["message_id"], confirm)
    doctor.phone.tap(under["message_id"], confirm)
    await world.settle()
    assert len(await plans(world)) == 1
    doctor.phone.tap(under["message_id"], confirm, forged=True)
    await world.settle()
    assert len(await plans(world)) == 1


async def test_a_late_tap_on_a_step_gone_by_changes_no_answer(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says("/enroll")
    await doctor.taps("Facial")
    under = doctor.last()
    face, neck = under["reply_markup"]["inline_keyboard"][0][:2]
    doctor.phone.tap(under["message_id"], face["callback_data"])
    doctor.phone.tap(under["message_id"], neck["callback_data"])
    await world.settle()
    assert "Area: Face" in doctor.said
    assert "hyaluronic filler" in doctor.said


async def test_the_same_patient_again_keeps_one_record_and_is_warned_of(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says(LINE)
    await doctor.taps("✅ Confirm")
    assert "There is a patient A.P. already" in await doctor.says(LINE)
    plan = await doctor.taps("Same: A.P. · Facial")
    assert "already has a running plan" in plan
    await doctor.taps("✅ Confirm")
    first, second = await plans(world)
    assert first["patient_id"] == second["patient_id"]
    await doctor.says(LINE)
    await doctor.taps("Another patient")
    await doctor.taps("✅ Confirm")
    assert (await plans(world))[2]["patient_id"] != first["patient_id"]


async def test_a_colleagues_patient_of_the_same_label_is_not_revealed(world):
    one, other = await join(world, "Dr. Ruiz"), await join(world, "Dr. Gil")
    await one.says(LINE)
    await one.taps("✅ Confirm")
    assert "This is the plan" in await other.says(LINE)


async def test_the_link_is_wiped_from_the_outbox_once_it_is_sent(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says(LINE)
    token = link_in(await doctor.taps("✅ Confirm")).partition("start=")[2]
    rows = await world.store.read(
        lambda tx: tx.all("SELECT content FROM outbox WHERE clinic_id = :clinic_id")
    )
    assert not any(token in (row["content"] or "") for row in rows)
    assert (await world.store.read(outbox.counts))["pending"] > 0


async def test_the_day_and_time_are_tapped_in_a_calendar(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says("/enroll")
    dialogue = doctor.last()["message_id"]
    for label in ("Facial", "Face", "No", "Another day"):
        await doctor.taps(label)
    await doctor.taps("📅 Open the calendar")
    # Today is Monday the 4th: no day that is still to come can be tapped.
    assert doctor.buttons[:2] == ["‹", "May 2026"]
    assert "5" not in doctor.buttons
    await doctor.taps("‹")
    assert "April 2026" in doctor.buttons
    await doctor.taps("30")
    assert "Session: Thu, 30 Apr 2026, 16:30 (Europe/Madrid)" in await doctor.taps("16:30")
    await doctor.taps("Another day and time")
    await doctor.taps("📅 Open the calendar")
    await doctor.taps("21")
    assert "‹ May 2026" in doctor.buttons
    assert "Next session: Thu, 21 May 2026, 09:30" in await doctor.taps("09:30")
    assert doctor.last()["message_id"] == dialogue
