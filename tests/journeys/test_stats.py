"""/stats: the figures as a picture and as a table, each person their own."""

import csv
import io

from tests.journeys.practitioner_chat import join


async def enroll(world, doctor, label, treatment="facial face"):
    await doctor.says(f'/enroll {treatment} "{label}"')
    await doctor.taps("✅ Confirm")


def table(world, chat):
    files = world.sandbox.world.files
    content = files.content(files.get(chat.last()["document"]["file_id"]))
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


async def test_the_figures_come_as_a_picture_and_as_a_table(world):
    doctor, other = await join(world, "Dr. Ruiz"), await join(world, "Dr. Gil")
    boss = await join(world, "Boss", role="manager")
    await enroll(world, doctor, "A.P.")
    await enroll(world, other, "B.Q.", "hair scalp")
    assert await doctor.says("/stats") == "📊 Figures · the last 12 months"
    assert doctor.last()["photo"]
    assert doctor.buttons[:2] == ["📄 As a table", "ℹ️ What is counted"]
    assert "Hair restoration" in doctor.buttons
    picture = doctor.last()
    await doctor.taps("📄 As a table")
    (row,) = table(world, doctor)
    assert (row["month"], row["treatment"], row["enrolled"]) == ("2026-05", "facial", "1")
    assert row["answer_rate"] == ""
    assert "What is counted" in await doctor.taps("ℹ️", picture)
    await doctor.taps("Facial rejuvenation", picture)
    assert doctor.last()["photo"]
    assert "All treatments" in doctor.buttons
    await doctor.taps("All treatments")
    assert "All treatments" not in doctor.buttons
    await boss.says("/stats")
    await boss.taps("📄 As a table")
    assert [row["treatment"] for row in table(world, boss)] == ["facial", "hair"]
    await boss.says("/audit who saw")
    assert "📊 Dr. Ruiz looked at the figures" in boss.said


async def test_a_clinic_without_anything_has_a_picture_too_and_a_forged_button_none(world):
    doctor = await join(world, "Dr. Ruiz")
    await doctor.says("/stats")
    assert doctor.last()["photo"]
    before = doctor.messages()
    for data in ("f:of:0", "f:x", "f:of", "f:of:facial"):
        doctor.phone.tap(doctor.last()["message_id"], data, forged=True)
        await world.settle()
    assert doctor.messages() == before
