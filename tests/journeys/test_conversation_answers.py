"""Staff answer a patient through the bot, and the patient answers them."""

import pytest

from scheduler import events, patients, staff
from tests.journeys.practitioner_chat import join, may_see_pictures, words
from tests.journeys.test_practitioner_cards import enrolled

HOUR = 60 * 60 * 1000


def about(chat, part):
    """The bot's newest message in a chat that holds these words."""
    return next(m for m in reversed(chat.messages()) if part in words(m))


def reads(chat):
    return [words(m) for m in chat.messages()]


async def answers(world, chat, part, text):
    """Write a text in answer to the message that holds ``part``; returns the member's message."""
    message = chat.phone.text(text, reply_to=about(chat, part)["message_id"])
    await world.settle()
    return message


@pytest.fixture
async def doctor(world):
    return await join(world, "Dr. Ruiz")


@pytest.fixture
async def ana(world, doctor):
    """A patient who has asked something."""
    patient = await enrolled(world, doctor)
    patient.phone.text("Can I swim on Friday?")
    await world.settle()
    return patient


async def test_an_answer_goes_to_the_patient_and_the_practitioner_sees_that_it_arrived(
    world, doctor, ana
):
    mine = await answers(world, doctor, "Can I swim", "Better <wait> until Sunday.")
    assert doctor.said == "✓ Delivered to A.P."
    assert doctor.last()["reply_to_message"]["message_id"] == mine["message_id"]
    got = about(ana, "Better")
    assert words(got) == "💬 Your clinic:\nBetter <wait> until Sunday."
    assert got["reply_to_message"]["text"] == "Can I swim on Friday?"


async def test_neither_side_sees_the_others_name_or_account(world, doctor, ana):
    await answers(world, doctor, "Can I swim", "Better wait.")
    await answers(world, ana, "Better wait", "Thank you!")
    assert not [text for text in reads(ana) if "Ruiz" in text or str(doctor.id) in text]
    assert not [text for text in reads(doctor) if "Ana" in text or str(ana.id) in text]


async def test_a_patients_answer_comes_back_to_whoever_wrote_quoting_it(world, doctor, ana):
    boss = await join(world, "Dr. Gil", role="manager")
    await boss.says("/patient A.P.")
    await boss.taps("✍️ Write to A.P.")
    theirs = boss.phone.text("How did the swimming go?")
    await world.settle()
    await answers(world, ana, "How did the swimming go?", "Very well")
    for reader in (boss, doctor):
        assert "Very well" in reader.said
        assert "↪️ To Dr. Gil: “How did the swimming go?”" in reader.said
    assert boss.last()["reply_to_message"]["message_id"] == theirs["message_id"]
    assert "reply_to_message" not in doctor.last()


async def test_whoever_wrote_gets_a_danger_sign_in_answer_too(world, doctor, ana):
    boss = await join(world, "Dr. Gil", role="manager")
    await boss.says("/patient A.P.")
    await boss.taps("✍️ Write to A.P.")
    await boss.says("How is the cheek?")
    before = len(doctor.messages())
    await answers(world, ana, "How is the cheek?", "There is pus coming out")
    assert "↪️ To Dr. Gil: “How is the cheek?”" in boss.said
    assert "There is pus" in boss.said
    (alert,) = doctor.messages()[before:]
    assert "There is pus" in words(alert)


async def test_words_right_after_an_answer_belong_to_it_and_those_after_a_check_in_do_not(
    world, doctor, ana
):
    await answers(world, doctor, "Can I swim", "Better wait.")
    await ana.says("ok")
    assert "↪️ To Dr. Ruiz: “Better wait.”" in doctor.said
    await world.after(hours=25)
    await ana.says("all good")
    assert "↪️ Soreness check, day 1" in doctor.said
    assert "To Dr. Ruiz" not in doctor.said


@pytest.mark.parametrize("kind", ["photo", "voice", "video", "document", "sticker"])
async def test_files_pass_both_ways(world, doctor, ana, kind):
    await may_see_pictures(ana)
    relay = about(doctor, "Can I swim")
    content = b"moving pictures" if kind == "video" else None
    caption = {} if kind == "sticker" else {"caption": "look"}
    doctor.phone.send_file(kind, content, reply_to=relay["message_id"], **caption)
    await world.settle()
    assert doctor.said == "✓ Delivered to A.P."
    got = ana.last()
    assert kind in got
    assert words(got) == ("" if kind == "sticker" else "💬 Your clinic:\nlook")
    ana.phone.send_file(kind, content, reply_to=got["message_id"])
    await world.settle()
    came = doctor.last()
    assert kind in came
    assert "↪️ To" in words(came) or kind == "sticker"


async def test_a_text_as_long_as_telegram_takes_arrives_whole(world, doctor, ana):
    long = " ".join(f"word{number}" for number in range(480))[:4090]
    await answers(world, doctor, "Can I swim", long)
    got = [text for text in reads(ana) if "word" in text]
    assert len(got) == 2
    assert " ".join(got).removeprefix("💬 Your clinic:\n") == long
    assert doctor.said == "✓ Delivered to A.P."


async def test_a_quote_in_the_middle_of_another_dialogue_still_reaches_the_patient(
    world, doctor, ana
):
    relay = about(doctor, "Can I swim")
    await doctor.says("/enroll")
    await doctor.says("Better wait.", reply_to=relay["message_id"])
    assert "Better wait." in ana.said
    await doctor.taps("Hair restoration", about(doctor, "What was the treatment?"))
    assert "Which area?" in words(about(doctor, "New aftercare plan"))


@pytest.mark.parametrize("part", ["👤 A.P.", "opened the link"])
async def test_whatever_is_about_the_patient_can_be_quoted(world, doctor, ana, part):
    await doctor.says("/patient A.P.")
    await answers(world, doctor, part, "Hello from us")
    assert ana.said == "💬 Your clinic:\nHello from us"


async def test_ones_own_message_can_be_quoted_to_go_on(world, doctor, ana):
    first = await answers(world, doctor, "Can I swim", "Better wait.")
    await doctor.says("Until Sunday.", reply_to=first["message_id"])
    assert ana.said == "💬 Your clinic:\nUntil Sunday."


async def test_a_quote_of_something_else_goes_nowhere_and_says_so(world, doctor, ana):
    await doctor.says("/help")
    before = reads(ana)
    await answers(world, doctor, "aftercare desk", "hello?")
    assert "was not sent to the patient" in doctor.said
    assert reads(ana) == before


async def test_nobody_writes_to_a_patient_whom_they_may_not_see(world, doctor, ana):
    other = await join(world, "Dr. Gil")
    before = reads(ana)
    await other.says("/help")
    other.phone.tap(other.last()["message_id"], "t:w:1", forged=True)
    await world.settle()
    await other.says("hello")
    assert "I'm not sure what to do with that" in other.said
    member = await world.store.read(staff.at_chat, doctor.id)
    relay = about(doctor, "Can I swim")
    await world.store.write(staff.remove, member.id, actor="system", now=world.clock.now())
    doctor.phone.text("I still have this chat", reply_to=relay["message_id"])
    await world.settle()
    assert reads(ana) == before


# ------------------------------------------------------------------- by a button


async def test_the_button_of_a_relay_leads_to_the_patient_and_shows_whom(world, doctor, ana):
    await doctor.taps("💬 Answer", about(doctor, "Can I swim"))
    asked = doctor.last()
    assert words(asked).startswith("✍️ To A.P.\nYour next message goes to them")
    assert "They wrote: Can I swim on Friday?" in words(asked)
    assert doctor.buttons == ["✖ Send nothing"]
    await doctor.says("Sunday is fine")
    assert ana.said == "💬 Your clinic:\nSunday is fine"
    assert ana.last()["reply_to_message"]["text"] == "Can I swim on Friday?"
    prompt = next(m for m in doctor.messages() if m["message_id"] == asked["message_id"])
    assert words(prompt) == "✍️ To A.P.:"
    assert "reply_markup" not in prompt
    await doctor.says("and this one?")
    assert "I'm not sure what to do with that" in doctor.said
    assert ana.said == "💬 Your clinic:\nSunday is fine"


async def test_one_button_leaves_and_nothing_goes_out(world, doctor, ana):
    before = reads(ana)
    await doctor.taps("💬 Answer", about(doctor, "Can I swim"))
    await doctor.taps("✖ Send nothing")
    assert doctor.said == "❎ Left: nothing goes to A.P."
    await doctor.says("A private remark")
    assert reads(ana) == before


@pytest.mark.parametrize("command", ["/patients", "/cancel", "/inbox", "/nonsense"])
async def test_a_command_leaves_so_that_no_search_goes_to_the_patient(world, doctor, ana, command):
    before = reads(ana)
    await doctor.taps("💬 Answer", about(doctor, "Can I swim"))
    prompt = doctor.last()
    await doctor.says(command)
    await doctor.says("B.Q.")
    assert reads(ana) == before
    read = next(m for m in doctor.messages() if m["message_id"] == prompt["message_id"])
    assert words(read) == "❎ Left: nothing goes to A.P."


async def test_words_of_an_hour_later_do_not_go_to_the_patient(world, doctor, ana):
    before = reads(ana)
    await doctor.taps("💬 Answer", about(doctor, "Can I swim"))
    await world.after(hours=0.75)
    await doctor.says("milk, bread, eggs")
    assert "was not sent" in doctor.said
    assert [text for text in reads(ana) if "milk" in text] == []
    assert reads(ana)[: len(before)] == before
    await doctor.taps("✍️ Write to A.P.")
    await doctor.says("Sunday is fine")
    assert ana.said == "💬 Your clinic:\nSunday is fine"


async def test_a_half_made_enrollment_is_not_thrown_away(world, doctor, ana):
    relay = about(doctor, "Can I swim")
    await doctor.says("/enroll")
    await doctor.taps("💬 Answer", relay)
    await doctor.taps("Hair restoration", about(doctor, "What was the treatment?"))
    assert "Which area?" in doctor.said


async def test_a_dialogue_survives_a_restart(world, doctor, ana):
    await doctor.taps("💬 Answer", about(doctor, "Can I swim"))
    await world.stop_bot()
    await world.start_bot()
    await doctor.says("Sunday is fine")
    assert ana.said == "💬 Your clinic:\nSunday is fine"


async def test_a_quote_of_another_patient_ends_the_dialogue(world, doctor, ana):
    bea = await enrolled(world, doctor, "B.Q.")
    bea.phone.text("And I?")
    await world.settle()
    relay = about(doctor, "And I?")
    await doctor.taps("💬 Answer", about(doctor, "Can I swim"))
    await doctor.says("You too", reply_to=relay["message_id"])
    assert bea.said == "💬 Your clinic:\nYou too"
    await doctor.says("what now")
    assert "Your clinic" not in ana.said


# ------------------------------------------------------------------- when it cannot go there


async def test_a_patient_who_has_not_opened_the_link_cannot_be_reached(world, doctor):
    await doctor.says('/enroll facial "A.P." face next=2w')
    await doctor.taps("✅ Confirm")
    await doctor.says("/patient A.P.")
    await answers(world, doctor, "👤 A.P.", "hello")
    assert "A.P. has not opened the link yet" in doctor.said


async def test_after_stop_only_what_the_patient_wrote_is_answered(world, doctor, ana):
    await ana.says("/stop")
    relay = about(doctor, "Can I swim")
    await world.after(days=2)
    await answers(world, doctor, "Can I swim", "Yes, you can.")
    assert ana.said == "💬 Your clinic:\nYes, you can."
    assert "A.P. gets no aftercare messages now" in " ".join(reads(doctor)[-2:])
    assert words(about(doctor, "Delivered")) == "✓ Delivered to A.P."
    before = reads(ana)
    await doctor.says("And come and see us!", reply_to=relay["message_id"])
    assert "A.P. has stopped all messages" in doctor.said
    assert reads(ana) == before


async def test_a_message_that_waits_is_not_sent_to_somebody_who_stopped_meanwhile(
    world, doctor, ana
):
    await answers(world, doctor, "Can I swim", "Better wait.")
    await world.after(days=2)
    member = await world.store.read(staff.at_chat, doctor.id)

    def stop(tx):
        patient = patients.at_chat(tx, ana.id)
        patients.becomes(tx, patient.id, "stopped", actor="patient", now=world.clock.now())

    before = reads(ana)
    doctor.phone.text("Please call us", reply_to=about(doctor, "Can I swim")["message_id"])
    await world.bot.receiver.poll_once(0)
    await world.bot.receiver.handle_open()
    await world.store.write(stop)
    await world.settle()
    assert reads(ana) == before
    assert "✗ Not delivered to A.P." in reads(doctor)
    assert "they stopped all messages before it could leave" in doctor.said
    assert member is not None


async def test_a_blocked_bot_is_told_to_whoever_wrote_and_the_question_still_waits(
    world, doctor, ana
):
    ana.phone.person.blocked = True  # Telegram's own notice of it has not come yet
    relay = about(doctor, "Can I swim")
    mine = await answers(world, doctor, "Can I swim", "Better wait.")
    assert "✗ Not delivered to A.P." in reads(doctor)
    lost = about(doctor, "did not get this")
    assert "the bot is blocked" in words(lost)
    assert lost["reply_to_message"]["message_id"] == mine["message_id"]
    assert "1 patient waits" in await doctor.says("/inbox")
    await doctor.says("Better wait.", reply_to=relay["message_id"])
    assert "has blocked the bot" in doctor.said


async def test_a_change_after_sending_is_said_to_stay_here(world, doctor, ana):
    mine = await answers(world, doctor, "Can I swim", "Better wait.")
    doctor.phone.edit(mine["message_id"], "Better not.")
    await world.settle()
    assert "Your change was not passed on" in doctor.said
    assert ana.said == "💬 Your clinic:\nBetter wait."


async def test_somebody_who_is_staff_and_a_patient_answers_the_clinic_as_a_patient(world, doctor):
    nurse = await join(world, "Nurse")
    await doctor.says('/enroll facial "N.N." face next=2w')
    await doctor.taps("✅ Confirm")
    token = words(about(doctor, "🔗 Link for N.N.")).split("start=")[1].split()[0]
    nurse.phone.open(token)
    await world.settle()
    await nurse.taps("Open as a patient")
    await nurse.taps("Yes")
    await doctor.says("/patient N.N.")
    await answers(world, doctor, "👤 N.N.", "How are you?")
    await answers(world, nurse, "How are you?", "Very well")
    assert "💬 N.N." in doctor.said
    assert "Very well" in doctor.said


# ------------------------------------------------------------------- what is kept of it


async def test_the_card_tells_the_conversation_with_who_wrote(world, doctor, ana):
    await answers(world, doctor, "Can I swim", "Better wait.")
    relay = about(doctor, "Can I swim")
    doctor.phone.photo(reply_to=relay["message_id"], caption="like this")
    await world.settle()
    card = await doctor.says("/patient A.P.")
    assert "💬 “Can I swim on Friday?”" in card
    assert "💬 Dr. Ruiz → “Better wait.” ✓" in card
    assert "📎 Dr. Ruiz → 📷 Photo: “like this” ✓" in card


async def test_who_wrote_to_whom_is_in_the_audit_without_the_words(world, doctor, ana):
    await answers(world, doctor, "Can I swim", "Better wait.")
    member = await world.store.read(staff.at_chat, doctor.id)
    noted = await world.store.read(events.of_patient, 1)
    (wrote,) = [each for each in noted if each["kind"] == "staff_wrote"]
    assert wrote["actor"] == member.actor
    assert "Better" not in str(wrote)


async def test_a_spanish_patient_reads_the_head_in_spanish(world, doctor):
    ana = await enrolled(world, doctor, opens=False)
    await doctor.says("/patient A.P.")
    await doctor.taps("🔗 New link")
    ana.phone.person.language_code = "es"
    ana.phone.open(words(about(doctor, "🔗 Link for A.P.")).split("start=")[1].split()[0])
    await world.settle()
    await ana.taps("Sí")
    await answers(world, doctor, "🔗 Link for A.P.", "Hola")
    assert doctor.said == "✓ Delivered to A.P."
    assert ana.said == "💬 Tu clínica:\nHola"
