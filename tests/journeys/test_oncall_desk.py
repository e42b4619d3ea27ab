"""/oncall: hours by taps and in words, and days off with somebody who stands in."""

from typing import Any

import pytest

from scheduler import absences, oncall, staff
from scheduler.hours import written
from tests.journeys.practitioner_chat import Chat, join

DAY = 24 * 60 * 60 * 1000


@pytest.fixture
async def doctor(world: Any) -> Chat:
    return await join(world, "Dr. Ruiz")


@pytest.fixture
async def sol(world: Any) -> Chat:
    return await join(world, "Dr. Sol")


async def hours(world: Any, chat: Chat) -> str | None:
    member = await world.store.read(staff.at_chat, chat.id)
    found = await world.store.read(oncall.own_hours, member.id)
    return None if found is None else written(found)


async def test_hours_begin_as_the_clinics_and_are_set_in_words_by_each_for_themselves(
    world: Any, doctor: Chat
) -> None:
    assert await doctor.says("/oncall") == (
        "🕘 On call · Dr. Ruiz\nMon–Fri 09:00–18:00 (as the clinic)\n\n"
        "Urgent alerts ring in these hours. An emergency rings at any hour."
    )
    assert doctor.buttons == ["🕘 Change the hours", "🏖 Add days off"]
    await doctor.taps("🕘 Change the hours")
    assert "Dr. Ruiz: which hours?" in doctor.said
    assert doctor.buttons[0] == "Mon · 09:00–18:00"
    assert doctor.buttons[5] == "Sat · free"
    unclear = await doctor.says("9-6 mostly")
    assert unclear.startswith("I do not understand “9-6 mostly” as hours.")
    saved = await doctor.says("Mon-Thu 10-19, Sat 10am-2pm")
    assert saved.startswith(
        "✅ Saved.\n\n🕘 On call · Dr. Ruiz\nMon–Thu 10:00–19:00 · Sat 10:00–14:00"
    )
    assert await hours(world, doctor) == "Mo-Th 10:00-19:00; Sa 10:00-14:00"
    assert "No message" not in await doctor.says("and now?")
    assert await hours(world, doctor) == "Mo-Th 10:00-19:00; Sa 10:00-14:00"


async def test_hours_in_one_line(world: Any, doctor: Chat) -> None:
    assert "Mon–Fri 08:00–15:00" in await doctor.says("/oncall Mon-Fri 8-15")
    assert await hours(world, doctor) == "Mo-Fr 08:00-15:00"


async def test_a_day_is_set_by_taps_over_a_restart_and_the_clinics_hours_come_back(
    world: Any, doctor: Chat
) -> None:
    await doctor.says("/oncall")
    await doctor.taps("🕘 Change the hours")
    await doctor.taps("Sat · free")
    assert "Dr. Ruiz · Sat\nFrom when?" in doctor.said
    await doctor.taps("22")
    await world.stop_bot()
    await world.start_bot()
    assert "From 22:00 until when?" in doctor.said
    await doctor.taps("06")
    assert "Sat · 22:00–06:00" in doctor.buttons
    await doctor.taps("Mon · ")
    await doctor.taps("Free on Mon")
    assert await hours(world, doctor) == "Tu-Fr 09:00-18:00; Sa 22:00-06:00"
    await doctor.taps("‹ Back")
    await doctor.taps("↩️ As the clinic")
    assert await hours(world, doctor) is None
    assert "(as the clinic)" in doctor.said


async def test_days_off_in_words_with_a_stand_in_who_is_told_and_answers_meanwhile(
    world: Any, chats: Any, enrolls: Any, doctor: Chat, sol: Chat
) -> None:
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(doctor.phone))
    await doctor.says("/oncall")
    await doctor.taps("🏖 Add days off")
    assert "Dr. Ruiz: first day off?" in doctor.said
    assert (await doctor.says("sometime")).startswith("I do not understand “sometime” as days off")
    who = await doctor.says("tomorrow to 8 May")
    assert who.startswith("🏖 Dr. Ruiz: off Tue 5 May – Fri 8 May")
    assert doctor.buttons == ["Marta", "Dr. Sol", "👥 The managers", "‹ Back"]
    await doctor.taps("Dr. Sol")
    assert "🏖 Tue 5 May – Fri 8 May · stand-in: Dr. Sol" in doctor.said
    assert sol.said == (
        "🤝 You stand in for Dr. Ruiz from Tue 5 May to Fri 8 May. "
        "1 patient: you get what they write, and their alerts. /oncall"
    )
    assert "A.P." not in await sol.says("/patients")
    await world.after(days=1)
    assert "Standing in for Dr. Ruiz until Fri 8 May" in await sol.says("/oncall")
    ana.text("can I have wine tonight?")
    await world.settle()
    assert "can I have wine tonight?" in sol.said
    assert "can I have wine" not in doctor.said
    assert "A.P." in "".join(b for b in (await sol.says("/patients"), *sol.buttons))
    await world.after(days=4)
    ana.text("and tomorrow?")
    await world.settle()
    assert "and tomorrow?" in doctor.said
    assert "and tomorrow?" not in sol.said
    assert "Days off" not in await doctor.says("/oncall")
    assert "A.P." not in "".join(b for b in (await sol.says("/patients"), *sol.buttons))


async def test_days_off_are_read_as_people_write_them(world: Any) -> None:
    for number, (language, words, shown) in enumerate(
        (
            ("en", "10-14 May", "Sun 10 May – Thu 14 May"),
            ("en", "from 10 to 14 May", "Sun 10 May – Thu 14 May"),
            ("en", "2026-05-10 - 2026-05-14", "Sun 10 May – Thu 14 May"),
            ("en", "friday", "Fri 8 May – Fri 8 May"),
            ("en", "28 December - 6 January", "Mon 28 Dec – Wed, 6 Jan 2027"),
            ("es", "del 10 al 14 de mayo", "dom, 10 may – jue, 14 may"),
            ("es", "10 mayo - 14 mayo", "dom, 10 may – jue, 14 may"),
        )
    ):
        chat = await join(world, f"Dr. {number}", language=language)
        await chat.says("/oncall")
        await chat.taps("🏖")
        assert f" {shown}\n" in await chat.says(words)


async def test_the_morning_message_goes_to_whoever_stands_in(
    make_world: Any,
) -> None:
    world = make_world(digest_at="08:30")
    await world.open()
    doctor, sol = await join(world, "Dr. Ruiz"), await join(world, "Dr. Sol")
    await doctor.says("/oncall")
    await doctor.taps("🏖 Add days off")
    await doctor.says("tomorrow to friday")
    await doctor.taps("Dr. Sol")
    world.new(doctor.phone)
    await world.after(hours=24)
    assert "☀️ Good morning" in sol.said
    assert "🤝 You stand in for Dr. Ruiz until Fri 8 May" in sol.said
    assert world.texts(doctor.phone) == []


async def test_days_off_by_taps_and_taken_back(world: Any, doctor: Chat, sol: Chat) -> None:
    await doctor.says("/oncall")
    await doctor.taps("🏖 Add days off")
    await doctor.taps("Today")
    assert "off from Mon 4 May" in doctor.said
    assert "off Mon 4 May – Fri 15 May" in await doctor.says("15 May")
    await doctor.taps("‹ Back")
    await doctor.taps("Thu 7 May")
    await doctor.taps("👥 The managers")
    assert "🏖 Mon 4 May – Thu 7 May · stand-in: the managers" in doctor.said
    assert Chat(world, world.manager).said.startswith("🤝 Dr. Ruiz is away from Mon 4 May")
    await doctor.taps("🏖 Add days off")
    overlapping = await doctor.says("6 May - 20 May")
    assert "Dr. Ruiz is off Mon 4 May – Thu 7 May already" in overlapping
    assert "These days do not work" in await doctor.says("10 May 2026 - 10 June 2027")
    await doctor.says("/oncall")
    await doctor.taps("✖️ Take back: off from Mon 4 May")
    assert "stand" not in doctor.said
    assert "were taken back" not in sol.said


async def test_a_manager_sets_the_hours_and_days_of_all_from_staff(
    world: Any, doctor: Chat, sol: Chat
) -> None:
    manager = Chat(world, world.manager)
    await manager.says("/staff")
    await manager.taps("🕘 On-call hours and days off")
    assert manager.said == (
        "🕘 Who is on call\n"
        "• Marta – Mon–Fri 09:00–18:00 · 🟢 now\n"
        "• Dr. Ruiz – Mon–Fri 09:00–18:00 · 🟢 now\n"
        "• Dr. Sol – Mon–Fri 09:00–18:00 · 🟢 now"
    )
    await manager.taps("Dr. Sol")
    await manager.taps("🕘 Change the hours")
    assert "Dr. Sol: which hours?" in manager.said
    await manager.says("every day 20-8")
    assert await hours(world, sol) == "Mo-Su 20:00-08:00"
    assert await hours(world, Chat(world, world.manager)) is None
    await manager.taps("🏖 Add days off")
    await manager.says("today")
    await manager.taps("Dr. Ruiz")
    assert sol.said.startswith("🏖 You are off from Mon 4 May to Mon 4 May.")
    await manager.taps("👥 The team")
    assert "• Dr. Sol – 🏖 until Mon 4 May · stand-in: Dr. Ruiz" in manager.said


async def test_nobody_sets_the_hours_of_a_colleague(world: Any, doctor: Chat, sol: Chat) -> None:
    other = await world.store.read(staff.at_chat, sol.id)
    await doctor.says("/oncall")
    screen = doctor.last()["message_id"]
    for data in (f"oc:e:{other.id}:0:9:18", f"oc:c:{other.id}", f"oc:v:{other.id}", "oc:t:0"):
        doctor.phone.tap(screen, data, forged=True)
        await world.settle()
    assert await hours(world, sol) is None
    assert doctor.said.startswith("🕘 On call · Dr. Ruiz")
    mine = await world.store.read(staff.at_chat, doctor.id)
    forged = (
        "e:{}:9:9:18",
        "e:{}:1:99:18",
        "s:{}:1",
        "f:{}:20269999",
        "k:{}:1:2:3",
        "x:{}:77",
        "z:{}",
    )
    for data in forged:
        doctor.phone.tap(screen, "oc:" + data.format(mine.id), forged=True)
        await world.settle()
    assert await hours(world, doctor) is None
    assert await world.store.read(absences.coming, mine.id) == []


async def test_a_patient_has_no_such_command(
    world: Any, chats: Any, enrolls: Any, doctor: Chat
) -> None:
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(doctor.phone))
    ana.text("/oncall")
    await world.settle()
    assert "I do not know that command" in world.texts(ana)[-1]
