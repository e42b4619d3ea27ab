"""/inbox: what patients wrote, unanswered first."""

import re

import pytest

from tests.journeys.practitioner_chat import join, words
from tests.journeys.test_practitioner_cards import enrolled


def about(chat, part):
    return next(m for m in reversed(chat.messages()) if part in words(m))


@pytest.fixture
async def doctor(world):
    return await join(world, "Dr. Ruiz")


async def writes(world, chat, text):
    chat.phone.text(text)
    await world.settle()


async def test_unanswered_ones_come_first_the_longest_wait_on_top_with_their_age(world, doctor):
    ana = await enrolled(world, doctor, "A.P.")
    bea = await enrolled(world, doctor, "B.Q.")
    await writes(world, bea, "May I sunbathe?")
    await world.after(hours=2)
    await writes(world, ana, "Hello")
    await writes(world, ana, "Can I swim?")
    inbox = await doctor.says("/inbox")
    assert inbox == (
        "📥 2 patients wait for an answer\n\n"
        "1. B.Q. · 2 hours ago ❓\n“May I sunbathe?”\n\n"
        "2. A.P. · 1 minute ago ❓\n“Can I swim?” (and 1 more)"
    )
    assert doctor.buttons == [
        "💬 1. Answer",
        "📇 1. Card",
        "☑️ 1. No answer needed",
        "💬 2. Answer",
        "📇 2. Card",
        "☑️ 2. No answer needed",
    ]
    assert "👤 B.Q." in await doctor.taps("📇 1. Card")


async def test_an_answer_moves_a_patient_down_to_those_answered_last(world, doctor):
    ana = await enrolled(world, doctor, "A.P.")
    await writes(world, ana, "Can I swim?")
    await doctor.says("/inbox")
    await doctor.taps("💬 1. Answer")
    await doctor.says("Not yet")
    assert ana.said == "💬 Your clinic:\nNot yet"
    await world.after(hours=1)
    inbox = await doctor.says("/inbox")
    assert inbox == (
        "👌 Nobody waits for an answer.\n\nAnswered last\n\n1. ✓ A.P. · 1 hour ago · Dr. Ruiz"
    )
    await writes(world, ana, "And tomorrow?")
    assert (await doctor.says("/inbox")).startswith("📥 1 patient waits for an answer")


async def test_a_call_answers_what_the_alert_was_about_and_not_what_came_after(world, doctor):
    ana = await enrolled(world, doctor, "A.P.")
    await writes(world, ana, "no fever but it's oozing")
    alert = about(doctor, "oozing")
    await world.after(hours=1)
    await writes(world, ana, "Can I swim on Friday?")
    await doctor.taps("📞 Call done", alert)
    assert (await doctor.says("/inbox")).startswith(
        "📥 1 patient waits for an answer\n\n1. A.P. · 1 minute ago ❓\n“Can I swim on Friday?”"
    )
    bea = await enrolled(world, doctor, "B.Q.")
    await writes(world, bea, "there is pus")
    await doctor.taps("📞 Call done", about(doctor, "there is pus"))
    assert "1. A.P." in await doctor.says("/inbox")
    assert "2. 📞 B.Q. · 1 minute ago · Dr. Ruiz: called" in doctor.said


async def test_what_needs_no_answer_is_put_away_but_not_what_came_after(world, doctor):
    ana = await enrolled(world, doctor, "A.P.")
    await writes(world, ana, "Thanks!")
    await doctor.says("/inbox")
    await writes(world, ana, "One more question")
    shown = about(doctor, "“Thanks!”")
    inbox = next(m for m in reversed(doctor.messages()) if "1 patient waits" in words(m))
    await doctor.taps("☑️ 1. No answer needed", inbox)
    changed = next(m for m in doctor.messages() if m["message_id"] == inbox["message_id"])
    assert "“One more question”" in words(changed)
    assert shown["message_id"] == inbox["message_id"]
    await doctor.taps("☑️ 1. No answer needed", changed)
    changed = next(m for m in doctor.messages() if m["message_id"] == inbox["message_id"])
    assert "Nobody waits" in words(changed)
    assert "☑️ A.P. · 1 minute ago · Dr. Ruiz: needs no answer" in words(changed)
    assert "☑️ Dr. Ruiz: needs no answer" in await doctor.says("/patient A.P.")


async def test_a_second_tap_changes_nothing(world, doctor):
    ana = await enrolled(world, doctor, "A.P.")
    await writes(world, ana, "Thanks!")
    await doctor.says("/inbox")
    shown = doctor.last()
    data = shown["reply_markup"]["inline_keyboard"][1][0]["callback_data"]
    for _ in range(2):
        doctor.phone.tap(shown["message_id"], data, forged=True)
    await world.settle()
    noted = await world.store.read(
        lambda tx: tx.value(
            """SELECT COUNT(*) FROM events WHERE clinic_id = :clinic_id
                 AND kind = 'no_answer_needed'"""
        )
    )
    assert noted == 1


async def test_practitioners_see_their_own_patients_and_managers_all(world, doctor):
    other, boss = await join(world, "Dr. Gil"), await join(world, "Boss", role="manager")
    ana = await enrolled(world, doctor, "A.P.")
    await writes(world, ana, "Can I swim?")
    assert await other.says("/inbox") == "👌 Nobody waits for an answer."
    assert "A.P." in await boss.says("/inbox")
    other.phone.tap(other.last()["message_id"], "i:n:1:999:0", forged=True)
    await world.settle()
    assert "1 patient waits" in await doctor.says("/inbox")


async def test_a_long_inbox_pages_by_button_without_a_gap(world, doctor):
    for number in range(9):
        chat = await enrolled(world, doctor, f"P{number}")
        await writes(world, chat, f"question {number} " + "x" * 900)
    seen = re.findall(r"P\d", await doctor.says("/inbox"))
    while "More ›" in doctor.buttons:
        assert len(doctor.said) < 4096
        seen += re.findall(r"P\d", await doctor.taps("More ›"))
    assert seen == [f"P{number}" for number in range(9)]
    assert "P4" in await doctor.taps("‹ Back")


async def test_a_question_and_a_wish_for_another_time_are_marked(world, doctor):
    ana = await enrolled(world, doctor, "A.P.")
    await writes(world, ana, "Thanks!")
    assert "1. A.P. · 1 minute ago\n" in await doctor.says("/inbox")
    await writes(world, ana, "Can I drink wine tonight?")
    assert "1. A.P. · 1 minute ago ❓\n" in await doctor.says("/inbox")
    await writes(world, ana, "I need another day for my appointment")
    assert "1. A.P. · 1 minute ago ❓ 🔁\n" in await doctor.says("/inbox")


async def test_a_photo_and_a_voice_note_are_named(world, doctor):
    ana = await enrolled(world, doctor, "A.P.")
    ana.phone.photo(caption="is this <fine>?")
    await world.settle()
    assert "📷 Photo “is this <fine>?”" in await doctor.says("/inbox")
    ana.phone.voice()
    await world.settle()
    assert "🎤 Voice note (and 1 more)" in await doctor.says("/inbox")


async def test_the_inbox_is_for_staff_only(world, doctor):
    ana = await enrolled(world, doctor, "A.P.")
    assert "do not know that command" in await ana.says("/inbox")
    assert "do not know that command" in await ana.says("/digest")


@pytest.mark.parametrize("data", ["i", "i:", "i:l:x", "i:n:1:2", "i:n:1:x:0", "t", "t:w:", "t:x:z"])
async def test_a_forged_button_is_refused(world, doctor, data):
    await doctor.says("/inbox")
    before = doctor.messages()
    doctor.phone.tap(doctor.last()["message_id"], data, forged=True)
    await world.settle()
    assert doctor.messages() == before
