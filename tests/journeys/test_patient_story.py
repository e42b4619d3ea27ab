"""The patient's way: from the link to the last answer."""

import re
from typing import Any

from tests.journeys.practitioner_chat import Chat, may_see_pictures

DAY = 24 * 60 * 60 * 1000


async def test_three_taps_lead_from_the_link_to_an_active_plan(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    doctor = await joins()
    token = await enrolls(doctor)
    ana = world.person("Ana")
    world.new(doctor)

    ana.open(token)  # the first tap
    await world.settle()
    (greeting,) = world.texts(ana)
    assert "Alba Clinic" in greeting
    assert "Not for emergencies" in greeting
    assert "112" in greeting
    assert "+34 911 234 567" in greeting

    await chats.tap(ana, "May I send", "Yes, send me aftercare messages")  # the second
    assert "You get aftercare messages" in chats.shown(chats.last(ana, "Next message"))
    assert world.texts(doctor) == ["✅ A.P. opened the link and said yes: the plan is active."]

    await chats.tap(ana, "One more question", "Yes, send tips")  # the third
    assert chats.labels(chats.last(ana, "You get tips")) == ["🔕 Stop the tips"]

    await world.after(hours=2)
    assert "You can go on with your day" in chats.shown(chats.last(ana))


async def test_the_greeting_is_in_the_language_of_the_app_and_can_be_switched(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    token = await enrolls(await joins())
    ana = world.person("Ana", language="es")
    ana.open(token)
    await world.settle()
    assert "¿Puedo enviarte" in chats.shown(chats.last(ana))
    await chats.tap(ana, "¿Puedo enviarte", "🌐 English")
    assert "May I send you" in chats.shown(chats.last(ana))
    assert len(world.texts(ana)) == 1
    await chats.tap(ana, "May I send", "Yes, send me aftercare messages")
    await world.after(hours=2)
    assert "You can go on" in chats.shown(chats.last(ana))


async def test_a_no_is_honored_and_can_be_taken_back(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    doctor = await joins()
    token = await enrolls(doctor)
    ana = world.person("Ana")
    ana.open(token)
    await world.settle()
    world.new(doctor)
    await chats.tap(ana, "May I send", "No, thank you")
    assert "/resume" in chats.shown(chats.last(ana, "You get no messages"))
    assert "said no" in world.texts(doctor)[0]
    world.new(ana)
    await world.after(days=3)
    assert world.texts(ana) == []
    ana.text("/resume")
    await world.settle()
    assert "on again" in chats.shown(chats.last(ana))
    await world.after(days=5)
    assert "One week since your visit" in chats.shown(chats.last(ana))


async def test_a_tap_is_logged_once_and_shown_in_the_message(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    doctor = await joins()
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(doctor))
    await world.after(hours=25)
    asked = chats.last(ana, "One day since your visit")
    world.new(ana)
    world.new(doctor)
    for _ in range(2):
        ana.tap(asked["message_id"], "3")
    await world.settle()
    answered = chats.last(ana, "One day since your visit")
    assert "✓ 3" in chats.shown(answered)
    assert "Thank you" in chats.shown(answered)
    assert "Next message" in chats.shown(answered)
    assert chats.labels(answered) == []
    assert world.texts(ana) == []
    assert world.texts(doctor) == []


async def test_a_danger_answer_brings_the_number_first_and_alerts_the_team(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    doctor = await joins()
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(doctor))
    await world.after(hours=1)
    world.new(doctor)
    world.new(world.manager)
    world.new(ana)
    # Three taps, as from copies of the same message: the first stands, and alarms once.
    asked = chats.last(ana, "Is it hard to breathe")["message_id"]
    for answer in ("Yes", "Yes", "No"):
        ana.tap(asked, answer)
    await world.settle()
    (safety,) = world.texts(ana)
    assert safety.startswith("🚨 Call 112 now.")
    edited = chats.shown(chats.last(ana, "Is it hard to breathe"))
    assert "✓ Yes" in edited
    assert "Thank you" not in edited
    assert "Passed on" in edited
    for phone in (doctor, world.manager):
        (alert,) = world.texts(phone)
        assert "EMERGENCY · A.P." in alert
        assert "Is it hard to breathe" in alert
        assert "→ Yes" in alert
        assert "Session today" in alert


async def test_severe_pain_is_looked_at_by_the_practitioner_alone(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    doctor = await joins()
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(doctor))
    await world.after(hours=25)
    world.new(doctor)
    world.new(world.manager)
    await chats.tap(ana, "One day since your visit", "8")
    assert "A practitioner will look at this" in chats.shown(chats.last(ana))
    (alert,) = world.texts(doctor)
    assert "Please look · A.P." in alert
    assert "1 day ago" in alert
    assert world.texts(world.manager) == []


async def test_words_pictures_voice_and_stickers_are_passed_on_with_the_step(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    doctor = await joins()
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(doctor))
    await may_see_pictures(Chat(world, ana))
    await world.after(hours=25)
    world.new(doctor)
    world.new(ana)

    ana.text("I <b>slept</b> & ate well 😊")
    await world.settle()
    (relay,) = world.new(doctor)
    assert chats.shown(relay).startswith("💬 A.P.\n↪️ Soreness check, day 1 after Mon")
    assert "I <b>slept</b> & ate well 😊" in chats.shown(relay)
    (ack,) = world.new(ana)
    assert "Passed on to your clinic" in chats.shown(ack)
    assert "112" in chats.shown(ack)
    assert ack["reply_to_message"]["text"] == "I <b>slept</b> & ate well 😊"

    ana.photo(caption="here")
    ana.voice()
    ana.sticker()
    ana.document()
    await world.settle()
    photo, voice, head, sticker, document = world.new(doctor)
    assert "photo" in photo
    assert "A.P." in chats.shown(photo)
    assert "here" in chats.shown(photo)
    assert "voice" in voice
    assert "A.P." in chats.shown(head)
    assert "sticker" in sticker
    assert "document" in document
    assert world.new(ana) == []  # what comes in one go was acknowledged with its first


async def test_an_edited_message_is_passed_on_as_edited(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    doctor = await joins()
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(doctor))
    message = ana.text("all good")
    await world.settle()
    world.new(doctor)
    ana.edit(message["message_id"], "not so good")
    await world.settle()
    (relay,) = world.texts(doctor)
    assert relay.startswith("✏️ A.P. changed a message")
    assert "not so good" in relay


async def test_a_flood_is_answered_once_and_told_once(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    doctor = await joins()
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(doctor))
    world.new(doctor)
    for number in range(100):
        ana.text(f"auto reply {number}")
    await world.settle()
    to_staff = world.texts(doctor)
    assert len(to_staff) == 11
    assert "a great many messages" in to_staff[-1]
    (to_patient,) = world.texts(ana)
    assert "That is a lot at once" in to_patient
    kept = await world.store.read(
        lambda tx: tx.value("SELECT COUNT(*) FROM replies WHERE clinic_id = :clinic_id")
    )
    assert kept == 100
    await world.after(hours=1)
    world.new(doctor)
    ana.text("Sorry, that was my phone")
    await world.settle()
    assert "Sorry, that was my phone" in world.texts(doctor)[-1]


async def test_stop_ends_everything_at_once_and_resume_brings_nothing_stale(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    doctor = await joins()
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(doctor))
    await world.after(hours=2)
    world.new(ana)
    world.new(doctor)
    ana.text("/stop")
    ana.text("/stop")
    await world.settle()
    first, second = world.texts(ana)
    assert "All messages are stopped" in first
    assert "stopped already" in second
    assert world.texts(doctor) == [
        "⏹ A.P. stopped all messages. Nothing is sent until they come back."
    ]
    await world.after(days=8)
    assert world.texts(ana) == []
    await chats.tap(ana, "All messages are stopped", "▶️ Send me messages again")
    assert "on again" in chats.shown(chats.last(ana, "on again"))
    assert "wants messages again" in world.texts(doctor)[-1]
    world.new(ana)
    await world.after(hours=2)
    # The soreness checks of day 1 and 2 are gone for good; the bruise check is of use until day 10.
    assert all("soreness" not in text for text in world.texts(ana))


async def test_only_the_tips_can_be_stopped(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(await joins()))
    await chats.tap(ana, "One more question", "Yes, send tips")
    ana.text("/stop")
    await world.settle()
    await chats.tap(ana, "All messages are stopped", "🔕 Stop only the tips")
    assert "No more tips" in chats.shown(chats.last(ana))
    await world.after(hours=2)
    assert "You can go on" in chats.shown(chats.last(ana))


async def test_the_plan_shows_what_comes_when_and_the_next_visit(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    ana = world.person("Ana")
    token = await enrolls(await joins(), next_at=world.clock.now() + 14 * DAY)
    await chats.consent(ana, token)
    ana.text("/plan")
    await world.settle()
    plan = chats.shown(chats.last(ana))
    assert plan.startswith("🗓 What is coming\n\nFacial")
    assert "Next visit: Mon 18 May, 10:00, not confirmed yet" in plan
    assert "• Mon 4 May, 11:00 — Aftercare advice" in plan
    assert "• Mon 4 May, 14:00 — Hands off, no makeup" in plan  # two of one topic read apart
    assert plan.count("•") == 5
    assert "more until" in plan


async def test_what_waits_for_an_alert_is_not_promised_for_now(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(await joins()))
    await world.after(hours=2)
    await chats.tap(ana, "You can go on with your day", "Yes")
    await world.after(hours=24)
    ana.text("/start")
    await world.settle()
    greeting = chats.shown(chats.last(ana))
    assert greeting.startswith("👋 Good to see you")
    assert "in a moment" not in greeting
    assert "📨 Next message:" in greeting


async def test_the_plan_names_the_year_where_it_is_another(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    ana = world.person("Ana")
    token = await enrolls(await joins(), next_at=world.clock.now() + 300 * DAY)
    await chats.consent(ana, token)
    ana.text("/plan")
    await world.settle()
    assert re.search(r"more until \w+, \d+ \w+ 2027$", chats.shown(chats.last(ana)))


async def test_tips_switched_under_the_plan_leave_the_plan_to_be_read(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(await joins()))
    ana.text("/plan")
    await world.settle()
    await chats.tap(ana, "What is coming", "💡 Send me tips too")
    assert "Mon 4 May, 11:00" in chats.shown(chats.last(ana, "What is coming"))
    assert chats.shown(chats.last(ana)) == "💡 You get tips now and then."
    before = len(ana.transcript())
    await chats.tap(ana, "What is coming", "💡 Send me tips too")  # once more, the old button
    assert len(ana.transcript()) == before


async def test_tips_are_offered_again_to_whoever_comes_back_by_button(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(await joins()))
    ana.text("/stop")
    await world.settle()
    await chats.tap(ana, "All messages are stopped", "▶️ Send me messages again")
    assert chats.labels(chats.last(ana, "on again")) == ["💡 Send me tips too"]


async def test_a_blocked_bot_pauses_the_plan_and_start_brings_it_back(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    doctor = await joins()
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(doctor))
    world.new(doctor)
    ana.block()
    await world.settle()
    assert world.texts(doctor) == [
        (
            "📵 A.P. cannot be reached: the bot was blocked. The plan is paused. "
            "Please call if it matters."
        )
    ]
    await world.after(days=3)
    assert world.texts(doctor) == []
    world.new(ana)
    ana.open()
    await world.settle()
    (welcome,) = world.texts(ana)
    assert "Welcome back" in welcome
    assert "can be reached again" in world.texts(doctor)[0]
    await world.after(days=5)
    assert "One week since your visit" in chats.shown(chats.last(ana))


async def test_staff_are_told_once_that_a_chat_is_lost_whichever_word_of_it_comes_first(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    doctor = await joins()
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(doctor))
    world.new(doctor)
    # A message is refused before Telegram's own word of it has come.
    ana.person.blocked = True
    await world.after(hours=2)
    (told,) = world.texts(doctor)
    assert told.startswith("⚠️ A.P. can't be reached")
    ana.person.blocked = False
    ana.block()
    await world.settle()
    assert world.texts(doctor) == []
    ana.open()
    await world.settle()
    world.new(doctor)
    ana.block()
    await world.settle()
    assert len(world.texts(doctor)) == 1


async def test_language_changes_what_comes_next(
    world: Any, joins: Any, enrolls: Any, chats: Any
) -> None:
    ana = world.person("Ana")
    await chats.consent(ana, await enrolls(await joins()))
    ana.text("/language")
    await world.settle()
    await chats.tap(ana, "Which language", "🌐 Español")
    assert "Español" in chats.shown(chats.last(ana, "Desde ahora"))
    await world.after(hours=2)
    assert "Puedes seguir con tu día" in chats.shown(chats.last(ana))
