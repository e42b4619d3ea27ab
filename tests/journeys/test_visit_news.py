"""The clinic moves or cancels a visit: one tap tells the patient, and Undo takes it back."""

from typing import Any

from scheduler import plan_memory
from tests.conftest import moment
from tests.journeys.practitioner_chat import Chat, join, keyboard, words
from tests.journeys.test_plans_in_flight import enrolled, menu

MOVED = "📅 Your visit is at another time now\nWed 20 May, 15:30"


async def moves(doctor: Chat, to: str = "20 May 15:30", visit: str = "📅 Mon 18 May") -> None:
    await menu(doctor)
    await doctor.taps(visit)
    await doctor.taps("🔁 Move it")
    await doctor.says(to)
    await doctor.taps("✅ Confirm")


async def cancels(doctor: Chat, visit: str = "📅 Mon 18 May") -> None:
    await menu(doctor)
    await doctor.taps(visit)
    await doctor.taps("❌ Cancel it")
    await doctor.taps("✅ Confirm")


def news(world: Any, patient: Chat) -> list[str]:
    """What the patient was told of a visit since the last time, without the plan's own steps."""
    return [
        text for text in world.texts(patient.phone) if "visit is" in text or "visita est" in text
    ]


def done(doctor: Chat) -> dict[str, Any]:
    """The message that says what was done, with its Undo."""
    return next(m for m in reversed(doctor.messages()) if words(m).startswith("✅ Done: A.P."))


async def test_a_moved_visit_is_told_with_one_tap_once_it_cannot_be_taken_back(world: Any) -> None:
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    await world.after(hours=26)
    await moves(doctor)
    assert doctor.said.startswith("📨 A.P. does not know of it yet. They would read, with a cal")
    assert MOVED in doctor.said
    assert doctor.buttons == ["📨 Tell the patient"]
    offer, button = doctor.last()["message_id"], keyboard(doctor.last())[0][0]["callback_data"]
    world.new(patient.phone)
    await doctor.taps("📨 Tell the patient")
    assert doctor.said.startswith("📤 Goes to A.P. on Tue 5 May, 12:05")
    assert doctor.said.endswith("Undo above takes it back as well, for five minutes.")
    assert doctor.last()["message_id"] == offer
    doctor.phone.tap(offer, button, forged=True)
    await world.after(hours=4 / 60)
    assert world.new(patient.phone) == []
    await world.after(hours=1 / 60)
    (told,) = world.new(patient.phone)
    assert words(told).startswith(MOVED)
    assert "The time before no longer holds." in words(told)
    assert told["document"]["file_name"] == "appointment.ics"
    assert doctor.said == "✓ Delivered to A.P."
    assert "💬 Dr. Ruiz → “📅 Your visit is at another time now" in await doctor.says(
        "/patient A.P."
    )
    # What they answer goes to whoever told them, and quotes it.
    await patient.says("That suits me, thank you")
    assert "↪️ To Dr. Ruiz: “📅 Your visit is at another time now" in doctor.said


async def test_a_canceled_visit_is_told_in_the_patients_language(world: Any) -> None:
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    await patient.says("/language")
    await patient.taps("🌐 Español")
    await cancels(doctor)
    assert "❌ Tu visita está cancelada\nlun, 18 may, 10:00" in doctor.said
    news(world, patient)
    await doctor.taps("📨 Tell the patient")
    await world.after(hours=6 / 60)
    (told,) = news(world, patient)
    assert told.startswith("❌ Tu visita está cancelada\nlun, 18 may, 10:00")


async def test_nobody_is_told_without_the_tap(world: Any) -> None:
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    world.new(patient.phone)
    await moves(doctor)
    await world.after(hours=1 / 2)
    assert world.new(patient.phone) == []
    # Half an hour later it still works, and goes at once: there is nothing to wait for.
    await doctor.taps("📨 Tell the patient")
    assert [text[:40] for text in world.texts(patient.phone)] == [MOVED[:40]]


async def test_undo_takes_back_what_has_not_left(world: Any) -> None:
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    world.new(patient.phone)
    await moves(doctor)
    await doctor.taps("📨 Tell the patient")
    heard = len(doctor.messages())
    await doctor.taps("↩️ Undo", done(doctor))
    assert doctor.said == "↩️ A.P. was not told: the change was taken back."
    assert doctor.buttons == []
    await world.after(hours=1)
    assert news(world, patient) == []
    assert len(doctor.messages()) == heard


async def test_undo_takes_an_offer_away_that_nobody_took(world: Any) -> None:
    doctor = await join(world, "Dr. Ruiz")
    await enrolled(world, doctor)
    await moves(doctor)
    offer, button = doctor.last()["message_id"], keyboard(doctor.last())[0][0]["callback_data"]
    await doctor.taps("↩️ Undo", done(doctor))
    assert doctor.said == "↩️ A.P. was not told: the change was taken back."
    doctor.phone.tap(offer, button, forged=True)
    await world.settle()
    assert doctor.said.endswith("was not told of this: the plan has changed since.")


async def test_undo_of_what_was_told_already_says_that_somebody_has_to_tell_them(
    world: Any,
) -> None:
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    await world.until(moment("2026-05-18 09:00"))
    world.new(patient.phone)
    await moves(doctor)
    # An hour before the visit there is no time to wait.
    await doctor.taps("📨 Tell the patient")
    assert len(news(world, patient)) == 1
    await doctor.taps("↩️ Undo", done(doctor))
    taken_back = next(m for m in doctor.messages() if "Taken back" in words(m))
    assert "⚠️ A.P. was told of the change already." in words(taken_back)
    assert "✍️ Write to A.P." in [b["text"] for row in keyboard(taken_back) for b in row]


async def test_at_night_it_waits_for_the_morning_unless_the_visit_is_too_near(world: Any) -> None:
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    await world.until(moment("2026-05-16 22:30"))
    await moves(doctor)
    await doctor.taps("📨 Tell the patient")
    assert doctor.said.startswith("📤 Goes to A.P. on Sun 17 May, 09:00")
    world.new(patient.phone)
    await world.until(moment("2026-05-17 08:59"))
    assert world.new(patient.phone) == []
    await world.until(moment("2026-05-17 09:00"))
    assert MOVED in "\n".join(world.texts(patient.phone))
    # The next one is canceled in the night before, and would be left home for in vain.
    await world.until(moment("2026-05-19 23:00"))
    await doctor.says("/session A.P. 20 May 09:30")
    await doctor.taps("✅ Confirm")
    await cancels(doctor, "📅 Wed 20 May, 09:30")
    world.new(patient.phone)
    await doctor.taps("📨 Tell the patient")
    await world.after(hours=6 / 60)
    assert world.texts(patient.phone)[0].startswith("❌ Your visit is canceled\nWed 20 May, 09:30")
    sent = [e for e in world.sandbox.ledger.sends() if e.chat_id == patient.id]
    assert sent[-1].silent


async def test_a_visit_that_was_changed_once_more_is_told_as_it_is_then(world: Any) -> None:
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    world.new(patient.phone)
    await moves(doctor)
    await doctor.taps("📨 Tell the patient")
    await moves(doctor, "21 May 11:00", "📅 Wed 20 May")
    await doctor.taps("📨 Tell the patient")
    await world.after(hours=10 / 60)
    told = world.texts(patient.phone)
    assert [text.splitlines()[1] for text in told] == ["Thu 21 May, 11:00"]
    assert any("did not get this: it was withdrawn" in words(m) for m in doctor.messages())


async def test_who_cannot_be_told_is_to_be_called(world: Any) -> None:
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says('/enroll facial "B.Q." face filler=no next=2w')
    await doctor.taps("✅ Confirm")
    await menu(doctor, "B.Q.")
    await doctor.taps("📅 Mon 18 May")
    await doctor.taps("❌ Cancel it")
    await doctor.taps("✅ Confirm")
    assert doctor.said == "📞 I can't write to B.Q. about it. Please call them."
    # And whoever stops the messages in between gets none.
    patient = await enrolled(world, doctor)
    await moves(doctor)
    await doctor.taps("📨 Tell the patient")
    await patient.says("/stop")
    world.new(patient.phone)
    await world.after(hours=1)
    assert news(world, patient) == []
    assert "A.P. did not get this" in doctor.said


async def test_sessions_that_are_over_are_nobodys_news(world: Any) -> None:
    doctor = await join(world, "Dr. Ruiz")
    await enrolled(world, doctor)
    await world.until(moment("2026-05-18 11:30"))
    await menu(doctor)
    await doctor.taps("📅 Mon 4 May")
    await doctor.taps("❌ It did not take place")
    await doctor.taps("✅ Confirm")
    assert doctor.said.startswith("✅ Done: A.P.")
    await cancels(doctor)
    assert doctor.said.startswith("✅ Done: A.P.")


async def test_the_button_works_for_whoever_made_the_change_and_nobody_else(world: Any) -> None:
    doctor, boss = await join(world, "Dr. Ruiz"), Chat(world, world.manager)
    other = await join(world, "Dr. Gil")
    patient = await enrolled(world, doctor)
    await moves(doctor)
    await boss.says("/patients")
    await other.says("/patients")
    world.new(patient.phone)
    made = await world.store.read(plan_memory.change, 1)
    for chat in (boss, other):
        for data in (f"pt:{made['id']}", "pt:", "pt:x", "pt:99", f"pt:{'9' * 30}"):
            chat.phone.tap(chat.last()["message_id"], data, forged=True)
            await world.settle()
    await world.after(hours=1)
    assert news(world, patient) == []


async def test_the_news_of_a_visit_stays_in_a_chat_that_is_cleared(make_world: Any) -> None:
    world = make_world(delete_after_hours=12)
    await world.open()
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    await moves(doctor)
    await doctor.taps("📨 Tell the patient")
    await doctor.says("/patient A.P.")
    await doctor.taps("✍️ Write to A.P.")
    await doctor.says("See you soon")
    await world.after(hours=30)
    left = "\n".join(words(m) for m in patient.messages())
    assert "See you soon" not in left
    assert MOVED in left


async def test_the_news_goes_with_a_patient_who_erases_themselves(world: Any) -> None:
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    await moves(doctor)
    await doctor.taps("📨 Tell the patient")
    await world.after(hours=6 / 60)
    await moves(doctor, "21 May 11:00", "📅 Wed 20 May")
    await doctor.taps("📨 Tell the patient")
    await patient.says("/forgetme")
    await patient.taps("🗑 Yes, erase everything")
    world.new(patient.phone)
    await world.after(hours=1)
    assert news(world, patient) == []
    assert "I know no patient" in await doctor.says("/patient A.P.")


async def test_a_new_phone_gets_the_news_that_waits(world: Any) -> None:
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    await world.until(moment("2026-05-16 22:30"))
    await moves(doctor)
    await doctor.taps("📨 Tell the patient")
    await doctor.says("/patient A.P.")
    await doctor.taps("👤 Patient")
    made = await doctor.taps("📱 New phone")
    new = await join(world, "Ana (new)", role="patient")
    new.phone.open(next(word for word in made.split() if word.startswith("https://t.me/")))
    await world.settle()
    await new.taps("Yes")
    world.new(patient.phone)
    world.new(new.phone)
    await world.until(moment("2026-05-17 09:00"))
    assert news(world, patient) == []
    assert len(news(world, new)) == 1


async def test_an_added_visit_is_told_with_its_calendar_file_and_one_that_was_held_is_not(
    world: Any,
) -> None:
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    await world.after(hours=26)
    await doctor.says("/session A.P. 1 June 15:30")
    await doctor.taps("✅ Confirm")
    assert "They would read, with a calendar file:\n📅 Your next visit" in doctor.said
    world.new(patient.phone)
    await doctor.taps("📨 Tell the patient")
    assert doctor.said.startswith("📤 Goes to A.P. on Tue 5 May, 12:05")
    await world.after(hours=5 / 60)
    (told,) = world.new(patient.phone)
    assert words(told).startswith("📅 Your next visit\nMon 1 Jun, 15:30")
    assert told["document"]["file_name"] == "appointment.ics"
    await doctor.says("/session A.P. yesterday 17:00")
    await doctor.taps("No filler")
    await doctor.taps("✅ Confirm")
    assert "They would read" not in "".join(words(m) for m in doctor.messages()[-2:])


async def test_an_added_visit_that_was_moved_meanwhile_is_told_as_it_is_then(world: Any) -> None:
    doctor = await join(world, "Dr. Ruiz")
    patient = await enrolled(world, doctor)
    await world.after(hours=26)
    await doctor.says("/session A.P. 1 June 15:30")
    await doctor.taps("✅ Confirm")
    await doctor.taps("📨 Tell the patient")
    world.new(patient.phone)
    await moves(doctor, to="2 June 15:30", visit="📅 Mon 1 Jun")
    await doctor.taps("📨 Tell the patient")
    await world.after(hours=10 / 60)
    (told,) = world.texts(patient.phone)
    assert "Tue 2 Jun, 15:30" in told
