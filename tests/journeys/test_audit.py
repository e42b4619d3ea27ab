"""/audit: who saw, changed and sent what, in sentences."""

import re

import pytest

from tests.journeys.practitioner_chat import join


@pytest.fixture
async def clinic(world):
    """A manager, two practitioners with a patient each, and what they did."""
    boss = await join(world, "Boss", role="manager")
    ruiz, gil = await join(world, "Dr. Ruiz"), await join(world, "Dr. Gil")
    for doctor, label in ((ruiz, "A.P."), (gil, "B.Q.")):
        await doctor.says(f'/enroll facial "{label}" face')
        await doctor.taps("✅ Confirm")
        await doctor.says(f"/patient {label}")
    return boss, ruiz, gil


def lines(chat):
    return [line for line in chat.said.splitlines() if re.match(r"\d\d:\d\d ", line)]


async def test_it_says_in_sentences_who_did_what(world, clinic):
    boss, _, gil = clinic
    await gil.taps("👤 Patient")
    await gil.taps("✏️ Correct")
    await gil.says("B.Q. 7")
    await gil.says("/audit")
    await boss.says("/audit")
    assert lines(boss)[:5] == [
        "10:00 ⛔ Dr. Gil tried /audit, which is not theirs",
        "10:00 ✏️ Dr. Gil corrected the label of B.Q. 7 (it was B.Q.)",
        "10:00 👁 Dr. Gil opened the card of B.Q. 7",
        "10:00 📝 Dr. Gil enrolled B.Q. 7: Facial rejuvenation",
        "10:00 👁 Dr. Ruiz opened the card of A.P.",
    ]
    assert boss.said.startswith("🗂 Audit\n\nMon, 4 May 2026\n")


async def test_it_is_narrowed_down_by_person_patient_and_kind(world, clinic):
    boss, _, _ = clinic
    await boss.says("/audit dr. ruiz")
    assert lines(boss) == [
        "10:00 👁 Dr. Ruiz opened the card of A.P.",
        "10:00 📝 Dr. Ruiz enrolled A.P.: Facial rejuvenation",
    ]
    assert "🔎 Dr. Ruiz" in boss.said
    await boss.taps("🔎 Filter")
    await boss.taps("Who saw")
    assert lines(boss) == ["10:00 👁 Dr. Ruiz opened the card of A.P."]
    await boss.taps("🔎 Filter")
    await boss.taps("✓ Dr. Ruiz")
    assert len(lines(boss)) == 2
    await boss.says("/audit B.Q.")
    assert all("B.Q." in line for line in lines(boss))
    assert len(lines(boss)) == 2
    await boss.says("/audit exports")
    assert "Nothing of that kind has happened." in boss.said
    assert "I know nobody and nothing called “zzz”" in await boss.says("/audit zzz")


async def test_long_ago_is_paged_to_without_a_gap(world, clinic):
    boss, ruiz, _gil = clinic
    for _ in range(30):
        await world.after(hours=1)
        await ruiz.says("/patient A.P.")
    seen = []
    await boss.says("/audit who saw")
    while True:
        seen += lines(boss)
        if "Earlier ›" not in boss.buttons:
            break
        await boss.taps("Earlier ›")
    assert len(seen) == 32
    assert [line[:5] for line in seen[:2]] == ["16:00", "15:00"]
    await boss.taps("‹ Newest")
    assert lines(boss) == seen[:12]


async def test_somebody_who_left_is_still_named_and_forged_buttons_do_nothing(world, clinic):
    boss, _, _ = clinic
    await boss.says("/staff")
    await boss.taps("✖️ Remove Dr. Ruiz")
    await boss.taps("Boss · 0")
    await boss.taps("Yes, remove")
    await boss.says("/audit dr. ruiz")
    assert lines(boss)[-1] == "10:00 📝 Dr. Ruiz enrolled A.P.: Facial rejuvenation"
    before = boss.messages()
    for data in ("u:l:9:-:-:-", "u:l:x:-:-:-", "u:l:-:-:-:1.2.3", "u:l:-:-:-:1", "u:z:-:-:-:-"):
        boss.phone.tap(boss.last()["message_id"], data, forged=True)
        await world.settle()
    assert boss.messages() == before


async def test_it_is_for_managers_only(world, clinic):
    _, ruiz, _ = clinic
    before = ruiz.messages()
    ruiz.phone.tap(ruiz.last()["message_id"], "u:l:-:-:-:-", forged=True)
    await world.settle()
    assert ruiz.messages() == before


async def test_it_reads_well_in_spanish(world, clinic):
    jefa = await join(world, "Jefa", role="manager", language="es")
    await jefa.says("/audit cambios")
    assert "10:00 📝 Dr. Gil dio de alta a B.Q.: Rejuvenecimiento facial" in lines(jefa)


async def test_a_look_at_an_old_card_and_at_a_chart_is_a_look(world, clinic):
    boss, ruiz, _ = clinic
    card = ruiz.last()
    await ruiz.taps("↻ Refresh", card)
    await boss.says("/audit who saw")
    assert len(lines(boss)) == 2, "what follows within the hour belongs to the same look"
    await world.after(days=30)
    await ruiz.taps("↻ Refresh", card)
    await ruiz.taps("📈 Chart", card)
    await world.after(hours=2)
    await ruiz.taps("👤 Patient", card)
    await ruiz.taps(
        "‹ The card", next(m for m in ruiz.messages() if m["message_id"] == card["message_id"])
    )
    await boss.says("/audit who saw")
    assert [line[6:] for line in lines(boss)[:2]] == ["👁 Dr. Ruiz opened the card of A.P."] * 2
    assert len(lines(boss)) == 4, "there was nothing to draw yet, so no chart was seen"
