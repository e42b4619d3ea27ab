"""Alerts that begin small: off the expected course, graver while taken, or a silence."""

from typing import Any

from tests.journeys.practitioner_chat import Chat, join

DAY = 24 * 60 * 60 * 1000


async def begin(world: Any, chats: Any, enrolls: Any, **more: Any) -> tuple[Chat, Any]:
    doctor = await join(world, "Dr. Ruiz")
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(doctor.phone, **more))
    return doctor, ana


def alerts(chat: Chat) -> list[str]:
    """Return the alerts on a phone, whatever else came there (the morning's message, say)."""
    marks = ("🟠", "🔴", "🚨")
    return [text for m in chat.messages() if (text := m.get("text") or "").startswith(marks)]


async def test_a_level_that_rises_while_somebody_is_on_it_calls_everybody_again(
    world: Any, chats: Any, enrolls: Any
) -> None:
    doctor, ana = await begin(world, chats, enrolls)
    await world.after(hours=25)
    await chats.tap(ana, "One day since your visit", "8")
    assert "Please look · A.P." in doctor.said
    assert "🔎 Severe pain: 7 or more." in doctor.said
    await doctor.taps("✋ I'm on it")
    await world.after(hours=24)
    world.new(ana)
    await chats.tap(ana, "Two days since your visit", "Yes")
    copies = [m["text"] for m in doctor.messages() if "· A.P." in (m.get("text") or "")][-2:]
    assert all("Urgent · A.P." in copy for copy in copies)
    assert all("is on it" not in copy for copy in copies)
    assert "→ 8" in copies[-1]
    assert "spreading" in copies[-1]
    assert "✋ I'm on it" in doctor.buttons
    await doctor.taps("✋ I'm on it")
    told = [text for text in world.texts(ana) if "has now read" in text]
    assert len(told) == 1


async def test_urgent_holds_back_comfort_and_booking_and_lets_the_lump_check_through(
    world: Any, chats: Any, enrolls: Any
) -> None:
    began = world.clock.now()
    doctor, ana = await begin(world, chats, enrolls, next_at=began + 32 * DAY)
    await world.after(hours=49)
    await chats.tap(ana, "Two days since your visit", "Yes")
    world.new(ana)
    await world.until(began + 27 * DAY)
    assert world.texts(ana) == []  # neither bruise nor bumps nor "what to expect"
    await world.until(began + 29 * DAY + DAY // 4)
    (shown,) = world.texts(ana)
    assert "lump" in shown
    await doctor.taps("📞 Call done")
    read, visit = world.texts(ana)  # three days ahead, and still of use
    assert "has now read" in read
    assert "Your next visit" in visit


async def test_the_list_shows_the_gravest_first_and_opens_each(
    world: Any, chats: Any, enrolls: Any
) -> None:
    doctor, ana = await begin(world, chats, enrolls)
    ben = world.person("Ben")
    await chats.consent(ben, await enrolls(doctor.phone, label="B.Q."))
    assert "No open alerts" in await doctor.says("/alerts")
    await world.after(hours=25)
    await chats.tap(ana, "One day since your visit", "8")
    await world.after(hours=24)
    await chats.tap(ben, "Two days since your visit", "Yes")
    listed = await doctor.says("/alerts")
    assert listed.startswith("2 open alerts\n\n🔴 Urgent · B.Q.\n⏰ Nobody is on it")
    assert "🟠 Please look · A.P." in listed
    assert doctor.buttons == ["🔴 Open B.Q.", "🟠 Open A.P."]
    await doctor.taps("🟠 Open A.P.")
    assert "Severe pain" in doctor.said
    await doctor.taps("Not urgent")
    assert (await doctor.says("/alerts")).startswith("1 open alert\n")
    refused = world.person("Stranger")
    refused.open()
    refused.text("/alerts")
    await world.settle()
    assert "I do not know that command" in world.texts(refused)[-1]


async def test_a_rise_of_two_is_looked_at_and_a_late_bruise_too(
    world: Any, chats: Any, enrolls: Any
) -> None:
    doctor, ana = await begin(world, chats, enrolls)
    await world.after(hours=25)
    await chats.tap(ana, "One day since your visit", "2")
    assert "Please look" not in doctor.said
    await world.after(hours=24)
    await chats.tap(ana, "Two days since your visit", "No")
    await chats.tap(ana, "Two days since your visit", "4")
    assert "🔎 2 or more points above the last answer." in doctor.said
    await doctor.taps("Not urgent")
    await world.after(days=8, hours=1)
    await chats.tap(ana, "One week since your visit", "Fading")
    assert "🔎 The bruise is not gone by day 10." in doctor.said
    assert "Passed on" in chats.shown(chats.last(ana, "One week since your visit"))


async def test_a_silence_is_asked_about_once_and_then_brought_to_staff(
    world: Any, chats: Any, enrolls: Any
) -> None:
    doctor, ana = await begin(world, chats, enrolls)
    await world.after(days=2, hours=23)
    assert not any("I have not heard from you" in text for text in world.texts(ana))
    before = len(alerts(doctor))
    await world.after(hours=12)
    (asked,) = [text for text in world.texts(ana) if "I have not heard from you" in text]
    assert len(alerts(doctor)) == before
    await world.after(days=1)
    assert "Please look · A.P." in alerts(doctor)[-1]
    assert "🔇 No answer to three messages in a row" in alerts(doctor)[-1]
    assert "A practitioner has" not in asked
    world.new(ana)
    (task,) = [m for m in doctor.messages() if "🔇 No answer" in (m.get("text") or "")]
    await doctor.taps("✋ I'm on it", task)
    assert world.texts(ana) == []  # they have said nothing that could have been read
    await world.after(days=4)
    assert any("One week since your visit" in text for text in world.texts(ana))


async def test_one_tap_ends_a_silence_and_a_wish_for_a_call_reaches_the_practitioner(
    world: Any, chats: Any, enrolls: Any
) -> None:
    doctor, ana = await begin(world, chats, enrolls)
    await world.after(days=3, hours=12)
    await chats.tap(ana, "I have not heard from you", "📞 Please call me")
    assert "Your wish for a call was passed on" in chats.shown(chats.last(ana, "wish for a call"))
    # At ten in the evening nobody is on call but the manager; the doctor sees it in the morning.
    manager = Chat(world, world.manager)
    assert "📞 After a long silence: please call me" in manager.said
    assert not any("please call me" in text for text in alerts(doctor))
    await world.after(hours=11)
    assert "📞 After a long silence: please call me" in doctor.said
    before = len(alerts(doctor))
    await world.after(days=2)
    assert len(alerts(doctor)) == before
    card = await doctor.says("/patient A.P.")
    assert "After a long silence → Please call me" in card


async def test_a_word_before_the_last_question_makes_it_pointless(
    world: Any, chats: Any, enrolls: Any
) -> None:
    _, ana = await begin(world, chats, enrolls)
    await world.after(hours=50)
    ana.text("All fine here")
    await world.settle()
    await world.after(days=4)
    assert not any("I have not heard" in text for text in world.texts(ana))
