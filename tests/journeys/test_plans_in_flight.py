"""Plans that change after they began: shown first, confirmed, taken back, and asked about."""

import re

import pytest

from scheduler import staff
from tests.conftest import HOUR, MANAGER_ID, moment
from tests.journeys.practitioner_chat import Chat, join, keyboard, words


async def enrolled(world, doctor, line='facial "A.P." face filler=no next=2w'):
    """Enroll a patient by one line; the patient opens the link and agrees."""
    await doctor.says(f"/enroll {line}")
    link = re.search(r"https://t\.me/\S+", await doctor.taps("✅ Confirm"))[0]
    patient = await join(world, "Ana", role="patient")
    patient.phone.open(link)
    await world.settle()
    await patient.taps("Yes")
    return patient


async def menu(doctor, label="A.P."):
    await doctor.says(f"/patient {label}")
    return await doctor.taps("✏️ Change the plan")


async def pending(world):
    return await world.store.read(
        lambda tx: {
            (row["step_key"], row["occurrence"]): row["due_at"]
            for row in tx.all(
                """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND state = 'pending'
                     AND kind = 'reminder'"""
            )
        }
    )


async def test_a_session_is_moved_by_the_calendar_shown_first_and_taken_back(world):
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    await world.after(hours=26)
    before = await pending(world)
    said = await menu(doctor)
    assert "• Mon, 18 May 2026, 10:00 (not confirmed yet)" in said
    assert "14 messages to come, the next on Tue 5 May, 17:50" in said
    dialogue = doctor.last()["message_id"]
    await doctor.taps("📅 Mon 18 May")
    await doctor.taps("🔁 Move it")
    await doctor.taps("📅 Open the calendar")
    assert doctor.buttons[:3] == ["May 2026", "›", "Mon"]
    await doctor.taps("20")
    shown = await doctor.taps("15:30")
    assert "from Mon 18 May, 10:00 to\nWed, 20 May 2026, 15:30 (Europe/Madrid)" in shown
    assert "7 moved, 7 as before, 3 already sent\nNothing new before Sun 17 May." in shown
    assert await pending(world) == before
    await doctor.taps("✅ Confirm")
    done = next(m for m in doctor.messages() if m["message_id"] == dialogue)
    assert words(done).startswith("✅ Done: A.P.")
    after = await pending(world)
    assert after["visit_in_1_day", 0] == moment("2026-05-19 11:30")
    heard = len(patient.messages())
    await doctor.taps("↩️ Undo", done)
    done = next(m for m in doctor.messages() if m["message_id"] == dialogue)
    assert "Taken back" in words(done)
    assert await pending(world) == before
    assert len(patient.messages()) == heard
    card = await doctor.taps("Open the card", done)
    assert "✏️ Dr. Ruiz moved the session to Wed 20 May, 15:30" in card
    assert "↩️ Dr. Ruiz took the change back" in card


async def test_a_course_goes_on_with_one_tap_after_the_session(world):
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    await patient.says("All well")
    await world.until(moment("2026-05-18 11:00"))
    asked = doctor.said
    assert asked.startswith("🗓 Did A.P. come to the session?\nMon, 18 May 2026, 10:00")
    assert doctor.buttons[:2] == ["✅ Came · with filler", "✅ Came · no filler"]
    question = doctor.last()
    assert "When is the session?" in await doctor.taps("✅ Came · no filler")
    answered = doctor.messages()[-2]
    assert answered["message_id"] == question["message_id"]
    assert "2 dropped, " in words(answered)
    assert [b for b in doctor.buttons if "after" in b] == [
        "2 weeks after · Mon 1 Jun, 10:00",
        "4 weeks after · Mon 15 Jun, 10:00",
    ]
    assert "Add a session:" in await doctor.taps("2 weeks after")
    await doctor.taps("✅ Confirm")
    due = await pending(world)
    assert due["visit_in_1_day", 0] == moment("2026-05-31 11:30")
    assert due["lump_day28", 0] in {moment("2026-06-01 10:30"), moment("2026-06-15 10:30")}
    # The first session's lump watch stays, its comfort steps are over, and nobody is asked again.
    heard = len(doctor.messages())
    await world.until(moment("2026-05-25 09:59"))
    assert [words(m) for m in doctor.messages()[heard:] if "Did A.P." in words(m)] == []
    assert "Photo at three weeks" not in patient.said


async def test_nobody_came_and_a_new_date_is_set(world):
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    await world.until(moment("2026-05-18 11:00"))
    question = next(m for m in reversed(doctor.messages()) if "Did A.P." in words(m))
    await doctor.taps("🚫 Did not come", question)
    told = next(m for m in doctor.messages() if m["message_id"] == question["message_id"])
    assert "Nobody came to the session" in words(told)
    assert "Their reminders have ended" in words(told)
    assert "visit_in_1_day" not in {step for step, _ in await pending(world)}
    await doctor.taps("📅 Set a new date", told)
    assert "5 Jun 2026, 15:30 (Europe/Madrid)" in await doctor.says("5 June 15:30")
    await doctor.taps("✅ Confirm")
    assert ("visit_in_1_day", 0) in await pending(world)
    # The old button says who was faster.
    await doctor.taps("↩️ Undo", told)
    assert "Nobody came" in words(
        next(m for m in doctor.messages() if m["message_id"] == question["message_id"])
    )
    assert patient.messages()


async def test_the_question_waits_for_the_morning_and_for_whoever_is_in_charge_then(world):
    doctor, other = await join(world, "Dr. Ruiz"), await join(world, "Dr. Gil")
    await enrolled(world, doctor, 'facial "A.P." face filler=no next="18 May 20:30"')
    await world.until(moment("2026-05-18 20:45"))
    await menu(doctor)
    await doctor.taps("🤝 Hand over")
    await doctor.taps("Dr. Gil")
    assert "Hand over to Dr. Gil." in doctor.said
    await doctor.taps("✅ Confirm")
    assert "Dr. Ruiz handed A.P. over to you" in other.said
    heard = len(doctor.messages())
    await world.until(moment("2026-05-19 08:59"))
    assert "Did A.P. come" not in other.said
    await world.until(moment("2026-05-19 09:01"))
    assert "Did A.P. come" in other.said
    assert len(doctor.messages()) == heard


async def test_the_second_of_two_people_is_told_what_changed_and_asked_again(world):
    doctor = await join(world, "Dr. Ruiz")
    boss = Chat(world, world.manager)
    assert boss.id == MANAGER_ID
    await enrolled(world, doctor)
    await menu(doctor)
    await doctor.taps("📅 Mon 18 May")
    await doctor.taps("🔁 Move it")
    await doctor.says("20 May 15:30")
    await menu(boss)
    await boss.taps("📅 Mon 18 May")
    await boss.taps("❌ Cancel it")
    await boss.taps("✅ Confirm")
    said = await doctor.taps("✅ Confirm")
    assert "is not possible any more" in said
    await doctor.taps("➕ Add a session")
    await doctor.says("22 May 10:00")
    await menu(boss)
    await boss.taps("⏸ Pause")
    await boss.taps("✅ Confirm")
    said = await doctor.taps("✅ Confirm")
    assert "The plan has changed meanwhile:\n10:00 ⏸ Marta paused the plan" in said
    assert "messages wait" in said
    await doctor.taps("✅ Confirm")
    assert any("✅ Done" in words(m) for m in doctor.messages()[-2:])


async def test_one_line_adds_a_session_and_asks_what_kind_it_was(world):
    doctor = await join(world, "Dr. Ruiz")
    await enrolled(world, doctor, 'fat-reduction "B. 7" abdomen lipolytic=no next=none')
    await world.until(moment("2026-06-01 18:00"))
    assert "I know no patient" in await doctor.says("/session Nobody tomorrow")
    assert "Write the label and when" in await doctor.says("/session")
    shown = await doctor.says('/session "B. 7" today 17:00')
    assert "What kind of session was it?" in shown
    shown = await doctor.taps("Fat-dissolving")
    assert "Mon, 1 Jun 2026, 17:00 (Europe/Madrid) · fat-dissolving" in shown
    await doctor.taps("✅ Confirm")
    assert ("soreness_day1_lipolytic", 0) in await pending(world)
    assert "When is the session?" in doctor.said
    assert doctor.buttons[0] == "4 weeks after · Mon 29 Jun, 17:00"


async def test_dates_are_read_in_the_practitioners_language_and_echoed(world):
    doctor = await join(world, "Dra. Gil", language="es")
    await doctor.says('/enroll facial "A.P." cara filler=no next=2s')
    await doctor.taps("✅ Confirmar")
    shown = await doctor.says("/session A.P. el martes")
    assert "mar, 5 may 2026, 10:00 (Europe/Madrid)" in shown
    assert "No diste la hora" in shown
    await doctor.taps("✅ Confirmar")
    assert "Hecho: A.P." in doctor.said


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("yesterday 10:00", "is over already"),
        ("1 May 2040 10:00", "more than ten years away"),
        ("18 May 10:00", "That is how it is already"),
        ("gibberish", "I can't read “gibberish”"),
        ("in 0 weeks", "I can't read “in 0 weeks”"),
        ("4 May 10:00", "is over already"),
    ],
)
async def test_a_moment_that_cannot_be_is_explained_and_asked_for_again(world, typed, answer):
    doctor = await join(world, "Dr. Ruiz")
    await enrolled(world, doctor)
    await world.after(hours=1)
    await menu(doctor)
    await doctor.taps("📅 Mon 18 May")
    asked = doctor.last()["message_id"]
    await doctor.taps("🔁 Move it")
    said = await doctor.says(typed)
    assert answer in said
    assert "To when?" in said
    # Below what was typed, and the one above has no buttons any more.
    assert doctor.last()["message_id"] > asked
    above = next(m for m in doctor.messages() if m["message_id"] == asked)
    assert keyboard(above) == []


async def test_a_time_that_the_clocks_skip_is_told_and_not_offered(world):
    doctor = await join(world, "Dr. Ruiz")
    await enrolled(world, doctor)
    shown = await doctor.says("/session A.P. 28 March 2027 02:30")
    assert "skip that time" in shown
    assert "Sun, 28 Mar 2027, 03:00" in shown


async def test_two_sessions_at_one_moment_are_refused(world):
    doctor = await join(world, "Dr. Ruiz")
    await enrolled(world, doctor)
    assert "at that very moment" in await doctor.says("/session A.P. 18 May 10:00")


async def test_a_plan_is_paused_goes_on_changes_its_treatment_and_ends(world):
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    await menu(doctor)
    await doctor.taps("⏸ Pause")
    assert "messages wait" in doctor.said
    await doctor.taps("✅ Confirm")
    heard = len(patient.messages())
    await world.after(days=3)
    assert len(patient.messages()) == heard
    assert "Paused by the clinic" in await menu(doctor)
    await doctor.taps("▶️ Let it go on")
    await doctor.taps("✅ Confirm")
    await menu(doctor)
    await doctor.taps("💉 Treatment")
    await doctor.taps("Change treatment")
    await doctor.taps("Hair")
    shown = await doctor.taps("Scalp")
    assert "Facial rejuvenation, Face, no filler →\nHair restoration, Scalp" in shown
    await doctor.taps("✅ Confirm")
    assert ("patch_day30", 0) in await pending(world)
    await menu(doctor)
    await doctor.taps("🏁 End the plan")
    await doctor.taps("✅ Confirm")
    assert await pending(world) == {}
    # The timeline says it once.
    card = await doctor.says("/patient A.P.")
    assert "🏁 Dr. Ruiz ended the plan" in card
    assert "not sent, canceled" not in card
    heard = len(patient.messages())
    await world.after(days=30)
    assert len(patient.messages()) == heard


async def test_old_buttons_foreign_plans_and_removed_members_change_nothing(world):
    doctor, other = await join(world, "Dr. Ruiz"), await join(world, "Dr. Gil")
    await enrolled(world, doctor)
    await menu(doctor)
    old = doctor.last()
    data = keyboard(old)[0][0]["callback_data"]
    await menu(doctor)
    before = await pending(world)
    doctor.phone.tap(old["message_id"], data, forged=True)
    serial = keyboard(doctor.last())[0][0]["callback_data"].split(":")[1]
    await world.settle()
    await other.says("/patients")
    await doctor.taps("➕ Add a session")
    await doctor.says("22 May 10:00")
    for forged in (
        "pl",
        "pl:",
        f"pl:{serial}:s:1",
        f"pl:{serial}:k:202613",
        f"pl:{serial}:t:x",
        f"pl:{serial}:w:99999",
        "pu:1",
        "pu:x",
        "pn:1",
        "pa:2:n",
        "pa:2:zz",
        "p:e:1",
    ):
        for chat in (other, doctor) if forged.startswith("pl") else (other,):
            chat.phone.tap(chat.last()["message_id"], forged, forged=True)
            await world.settle()
    assert await pending(world) == before
    member = await world.store.read(staff.at_chat, doctor.id)
    await world.store.write(staff.remove, member.id, actor="system", now=world.clock.now())
    await doctor.taps("✅ Confirm")
    assert await pending(world) == before


async def test_what_leaves_while_a_change_is_shown_is_told_before_it_is_confirmed(world):
    doctor = await join(world, "Dr. Ruiz")
    await enrolled(world, doctor)
    await menu(doctor)
    await doctor.taps("🏁 End the plan")
    await world.until(world.clock.now() + 5 * HOUR)
    shown = await doctor.taps("✅ Confirm")
    assert "Time went on" in shown
    assert "2 already sent" in shown
    assert "✅ Done" in await doctor.taps("✅ Confirm")


async def test_two_plans_of_one_patient_ask_the_same_question_once(world):
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor, 'facial "A.P." face filler=no next=none')
    await world.after(hours=1)
    await doctor.says('/enroll facial "A.P." hands filler=no next=none')
    said = await doctor.taps("Same: A.P.")
    assert "/session adds a session to the running plan" in said
    link = re.search(r"https://t\.me/\S+", await doctor.taps("✅ Confirm"))[0]
    patient.phone.open(link)
    await world.settle()
    heard = len(patient.messages())
    await world.until(moment("2026-05-05 11:01"))
    asked = [words(m) for m in patient.messages()[heard:] if "How sore" in words(m)]
    assert len(asked) == 1


async def test_the_question_whether_somebody_came_outlives_a_crash_and_is_asked_once(world):
    doctor = await join(world, "Dr. Ruiz")
    await enrolled(world, doctor)
    await world.until(moment("2026-05-18 09:00"))
    await world.stop_bot()
    world.clock.set(moment("2026-05-18 12:00"))
    await world.start_bot()
    await world.after(hours=3)
    asked = [m for m in doctor.messages() if "Did A.P. come" in words(m)]
    assert len(asked) == 1


async def test_answering_the_question_does_not_end_an_enrollment_in_the_middle(world):
    doctor = await join(world, "Dr. Ruiz")
    await enrolled(world, doctor)
    await world.until(moment("2026-05-18 11:00"))
    question = next(m for m in reversed(doctor.messages()) if "Did A.P." in words(m))
    await doctor.says("/enroll hair scalp")
    said = await doctor.taps("✅ Came · no filler", question)
    assert said == "📅 When does A.P. come next?"
    assert "Patient: B.Q." in await doctor.says("B.Q.")
    asked = next(m for m in doctor.messages() if "come next?" in words(m))
    assert "Patient: B.Q." in await doctor.taps("📅 Set a new date", asked)
    await doctor.says("/cancel")
    assert "When is the session?" in await doctor.taps("📅 Set a new date", asked)
