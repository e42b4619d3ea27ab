"""/digest and the morning message."""

import pytest

from scheduler import staff
from tests.conftest import moment
from tests.journeys.practitioner_chat import join, words
from tests.journeys.test_practitioner_cards import enrolled

HOUR = 60 * 60 * 1000


@pytest.fixture
async def clinic(make_world):
    """A clinic with the morning message at its usual hour. It is Monday 4 May 2026, 10:00."""
    world = make_world(digest_at="08:30")
    await world.open()
    return world


@pytest.fixture
async def doctor(clinic):
    return await join(clinic, "Dr. Ruiz")


def mornings(chat):
    return [words(m) for m in chat.messages() if "Good morning" in words(m)]


async def test_the_day_at_a_glance_names_all_that_needs_a_human(clinic, doctor):
    ana = await enrolled(clinic, doctor, "A.P.")
    await doctor.says('/enroll facial "B.Q." face next=3d')
    await doctor.taps("✅ Confirm")
    await clinic.after(hours=25)
    asked = next(m for m in ana.messages() if "How sore" in words(m))
    await ana.taps("3", asked)
    ana.phone.text("May I run?")
    await clinic.settle()
    digest = await doctor.says("/digest")
    assert digest.startswith("🗒 Tue 5 May")
    assert "📥 1 patient waits for an answer · /inbox\n• A.P. · 1 minute ago" in digest
    assert "📅 Not confirmed, next 3 days\n• Thu 7 May, 10:00 · B.Q." in digest
    assert "Today's sessions" not in digest


async def test_sessions_of_today_stand_with_their_time_and_state(clinic, doctor):
    await enrolled(clinic, doctor, "A.P.")
    digest = await doctor.says("/digest")
    assert (
        digest == "🗒 Mon 4 May\n\n💉 Today's sessions\n• 10:00 · A.P. · Facial rejuvenation (held)"
    )


async def test_a_digest_of_nothing_says_so(clinic, doctor):
    assert "Nothing needs you" in await doctor.says("/digest")


async def test_the_morning_message_comes_once_a_day_at_its_hour(clinic, doctor):
    ana = await enrolled(clinic, doctor, "A.P.")
    ana.phone.text("May I run?")
    await clinic.until(moment("2026-05-05 08:29"))
    assert mornings(doctor) == []
    await clinic.until(moment("2026-05-05 08:30"))
    (morning,) = mornings(doctor)
    assert morning == (
        "☀️ Good morning, Tue 5 May\n\n"
        "📥 1 patient waits for an answer · /inbox\n• A.P. · 23 hours ago"
    )
    await clinic.stop_bot()
    await clinic.start_bot()
    for at in ("08:31", "09:30", "12:29", "23:00"):
        await clinic.until(moment(f"2026-05-05 {at}"))
    assert len(mornings(doctor)) == 1
    await clinic.until(moment("2026-05-06 08:30"))
    assert len(mornings(doctor)) == 2


async def test_a_day_with_nothing_to_say_is_left_in_peace(clinic, doctor):
    await enrolled(clinic, doctor, "A.P.")
    await clinic.until(moment("2026-05-05 08:30"))
    await clinic.until(moment("2026-05-06 08:30"))
    assert mornings(doctor) == []


async def test_each_member_reads_of_their_own_patients_and_in_their_language(clinic, doctor):
    other = await join(clinic, "Dra. Gil", language="es")
    ana = await enrolled(clinic, doctor, "A.P.")
    bea = await enrolled(clinic, doctor, "B.Q.")
    ana.phone.text("May I run?")
    bea.phone.text("May I swim?")
    await clinic.settle()
    await other.says('/enroll facial "C.R." face next=5d')
    await other.taps("✅ Confirm")
    await clinic.until(moment("2026-05-05 08:30"))
    assert "A.P." in mornings(doctor)[0]
    assert "B.Q." in mornings(doctor)[0]
    assert "C.R." not in mornings(doctor)[0]
    await clinic.until(moment("2026-05-06 08:30"))
    theirs = [words(m) for m in other.messages() if "Buenos días" in words(m)]
    assert len(theirs) == 1
    assert "Sin confirmar" in theirs[0]
    assert "C.R." in theirs[0]
    assert "A.P." not in theirs[0]


async def test_after_an_outage_it_comes_while_it_is_still_morning_and_not_later(clinic, doctor):
    ana = await enrolled(clinic, doctor, "A.P.")
    ana.phone.text("May I run?")
    await clinic.settle()
    for day, start, expected in (("05", "11:00", 1), ("06", "12:31", 1)):
        await clinic.until(moment(f"2026-05-{day} 08:00"))
        await clinic.stop_bot()
        clinic.clock.set(moment(f"2026-05-{day} {start}"))
        await clinic.start_bot()
        await clinic.after(hours=0.1)
        assert len(mornings(doctor)) == expected


async def test_no_hour_means_no_morning_message(make_world):
    world = make_world(digest_at="none")
    await world.open()
    doctor = await join(world, "Dr. Ruiz")
    ana = await enrolled(world, doctor, "A.P.")
    ana.phone.text("May I run?")
    await world.until(moment("2026-05-05 08:30"))
    assert mornings(doctor) == []
    assert "A.P." in await doctor.says("/digest")


async def test_an_open_alert_stands_on_top(clinic, doctor):
    ana = await enrolled(clinic, doctor, "A.P.")
    await clinic.after(hours=1.5)
    asked = next(m for m in ana.messages() if "breathe" in words(m))
    await ana.taps("Yes", asked)
    digest = await doctor.says("/digest")
    assert digest.startswith("🗒 Mon 4 May\n\n🚨 1 open alert · /alerts\n• ")
    assert "A.P." in digest


@pytest.mark.parametrize("removed", [True, False])
async def test_a_morning_message_that_waits_reaches_only_who_is_still_on_the_staff(
    clinic, doctor, removed
):
    ana = await enrolled(clinic, doctor, "A.P.")
    ana.phone.text("May I run?")
    await clinic.settle()
    # Telegram is out of reach in the morning, so the message is owed while its reader is removed.
    clinic.sandbox.faults.drop_before(method="sendMessage", chat_id=doctor.id, count=None)
    await clinic.until(moment("2026-05-05 08:31"))
    if removed:
        member = await clinic.store.read(staff.at_chat, doctor.id)
        await clinic.store.write(staff.remove, member.id, actor="system", now=clinic.clock.now())
    clinic.sandbox.faults.lift()
    await clinic.after(hours=2)
    assert len(mornings(doctor)) == (0 if removed else 1)
