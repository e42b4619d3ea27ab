"""Two patients of one label: whoever is meant is asked for, never guessed."""

from typing import Any

from tests.conftest import HOUR, moment
from tests.journeys.practitioner_chat import Chat, join, words
from tests.journeys.test_plans_in_flight import pending

NAMESAKE = 'hair "A.P." scalp next=none'


async def two_patients(world: Any, doctor: Chat) -> None:
    """Enroll two people of the label A.P.: no. 1 for her face, no. 2 a day later for her hair."""
    await doctor.says('/enroll facial "A.P." face filler=no next=none')
    await doctor.taps("✅ Confirm")
    await world.until(moment("2026-05-05 17:00"))
    await doctor.says(f"/enroll {NAMESAKE}")
    await doctor.taps("Another patient")
    assert "Link for A.P." in await doctor.taps("✅ Confirm")


async def test_a_session_goes_to_the_namesake_that_was_chosen(world: Any) -> None:
    doctor = await join(world, "Dr. Ruiz")
    await two_patients(world, doctor)
    before = await pending(world)
    said = await doctor.says("/session A.P. 18 May")
    assert said.startswith("✏️ Whose plan is it? There are several patients A.P.")
    assert doctor.buttons == [
        "No. 2 · Hair restoration · day 0",
        "No. 1 · Facial rejuvenation · day 1",
        "✖ Leave it",
    ]
    # The words wait for the choice: a day without a time is meant at the hour of that plan.
    shown = await doctor.taps("No. 1")
    assert "Plan of A.P.\nFacial rejuvenation, Face" in shown
    assert "Mon, 18 May 2026, 10:00 (Europe/Madrid)" in shown
    assert await pending(world) == before
    await doctor.taps("✅ Confirm")
    assert "💉 Session: Mon, 18 May" not in await doctor.says("/patient 2")
    assert "Next session: Mon, 18 May 2026, 10:00" in await doctor.says("/patient 1")


async def test_the_one_namesake_with_a_plan_is_not_taken_for_the_one_without(world: Any) -> None:
    doctor = await join(world, "Dr. Ruiz")
    await two_patients(world, doctor)
    await doctor.says("/patient 2")
    await doctor.taps("✏️ Change the plan")
    await doctor.taps("🏁 End the plan")
    await doctor.taps("✅ Confirm")
    await doctor.says("/session A.P. tomorrow 16:30")
    assert doctor.buttons == ["No. 1 · Facial rejuvenation · day 1", "✖ Leave it"]
    await doctor.says("gibberish")
    assert "tap one of the buttons" in doctor.said
    await doctor.says("/session A.P. gibberish")
    assert "I can't read “gibberish”" in await doctor.taps("No. 1")


async def test_the_audit_of_a_label_that_two_patients_share_asks_which(world: Any) -> None:
    doctor, boss = await join(world, "Dr. Ruiz"), Chat(world, world.manager)
    await two_patients(world, doctor)
    said = await boss.says("/audit A.P.")
    assert "Several fit “A.P.”. Which one?" in said
    assert [label for label in boss.buttons if "No. " in label] == [
        "✉️ A.P. · No. 2 · Hair restoration · day 0",
        "✉️ A.P. · No. 1 · Facial rejuvenation · day 1",
    ]
    shown = await boss.taps("✉️ A.P. · No. 1")
    assert "No. 1" in shown
    assert "enrolled A.P." in shown


async def test_the_audit_of_a_part_of_a_label_asks_as_well(world: Any) -> None:
    doctor, boss = await join(world, "Dr. Ruiz"), Chat(world, world.manager)
    await two_patients(world, doctor)
    await boss.says("/audit a.p")
    assert len([label for label in boss.buttons if "No. " in label]) == 2
    assert "I know nobody" in await boss.says("/audit Z.Z.")


async def test_the_audit_of_somebody_who_left_and_came_back_asks_which_of_the_two(
    world: Any,
) -> None:
    boss = Chat(world, world.manager)
    await join(world, "Dr. Ruiz")
    await world.until(world.clock.now() + 48 * HOUR)
    await join(world, "Dr. Ruiz")
    await boss.says("/audit Dr. Ruiz")
    assert [label for label in boss.buttons if label.startswith("Dr. Ruiz")] == [
        "Dr. Ruiz · since Wed 6 May",
        "Dr. Ruiz · since Mon 4 May",
    ]
    assert "Dr. Ruiz" in words(boss.last())
