"""Consent per purpose: shown and taken back in /privacy, asked again for a new text."""

import pytest

from messages.catalogue import SHIPPED
from scheduler import consent, patients
from tests.conftest import moment
from tests.journeys.practitioner_chat import join, words
from tests.journeys.test_practitioner_cards import enrolled

NOTICE = "🔒 Your data and your choices"


@pytest.fixture
async def doctor(world):
    return await join(world, "Dr. Ruiz")


@pytest.fixture
async def ana(world, doctor):
    ana = await enrolled(world, doctor, "A.P.")
    world.new(ana.phone)
    world.new(doctor.phone)
    return ana


async def said(world, ana):
    """What the consents table holds of a patient, oldest first: purpose, yes or no, version."""
    patient = await world.store.read(patients.at_chat, ana.id)
    rows = await world.store.read(
        lambda tx: tx.all(
            "SELECT * FROM consents WHERE clinic_id = :clinic_id AND patient_id = :id ORDER BY id",
            id=patient.id,
        )
    )
    return [(row["purpose"], row["given"], row["version"].split(":")[0]) for row in rows]


async def test_the_notice_says_what_why_who_and_how_long_and_every_choice(world, ana):
    notice = await ana.says("/privacy")
    assert notice.splitlines()[0] == NOTICE
    for part in (
        "In charge: Alba Clinic, +34 911 234 567",
        "What is held:",
        "Why: to look after you",
        "Who sees it:",
        "12 months after a plan has ended",
        "kept for 7 days.",
        "✅ Messages after your visit: yes, since 4 May 2026",
        "▫️ Pictures for the clinic: not asked yet",
        "▫️ Tips now and then: not asked yet",
        "always read for danger signs",
    ):
        assert part in notice.replace("Mon, ", ""), part
    assert "By law" not in notice
    assert ana.buttons == [
        "🚫 Stop the messages",
        "✅ The clinic may see pictures",
        "✅ Send me tips",
        "📦 Get a copy of my data",
        "✏️ Something is wrong",
        "🗑 Erase my data",
    ]


async def test_each_consent_is_given_and_taken_back_by_one_tap(world, ana):
    await ana.says("/privacy")
    assert "✅ Tips now and then: yes" in await ana.taps("✅ Send me tips")
    assert "✅ Pictures for the clinic: yes" in await ana.taps("✅ The clinic may see pictures")
    assert "🚫 Tips now and then: no" in await ana.taps("🚫 No more tips")
    assert "🚫 Pictures for the clinic: no" in await ana.taps("🚫 No more pictures")
    assert await said(world, ana) == [
        ("aftercare", 1, "1 en"),
        ("tips", 1, "1 en"),
        ("photos", 1, "1 en"),
        ("tips", 0, "1 en"),
        ("photos", 0, "1 en"),
    ]


async def test_without_consent_to_messages_nothing_of_the_plan_is_sent(world, doctor, ana):
    await ana.says("/privacy")
    notice = ana.last()
    await ana.taps("🚫 Stop the messages", notice)
    assert "A.P. stopped all messages" in doctor.said
    world.new(ana.phone)
    await world.after(days=9)
    assert world.texts(ana.phone) == []
    shown = next(m for m in reversed(ana.messages()) if NOTICE in words(m))
    assert "🚫 Messages after your visit: no" in words(shown)
    await ana.taps("✅ Send me tips", shown)
    assert ("tips", 1, "1 en") not in await said(world, ana)
    await ana.taps("✅ Send me messages", shown)
    assert any("Your messages are on again" in words(m) for m in ana.messages())


async def test_staff_cannot_consent_for_a_patient(world, doctor, ana):
    for role in (doctor, await join(world, "Marta", role="manager")):
        assert "I do not know that command" in await role.says("/privacy")
    before = await said(world, ana)
    for data in (
        "my:on:photos",
        "my:on:tips",
        "my:pic:yes",
        "my:again:aftercare:yes",
        "c:tips:yes",
    ):
        await world.bot.receiver.keep([pressed(world, doctor, data)])
        await world.settle()
    assert await said(world, ana) == before


def pressed(world, chat, data):
    """An update in which somebody presses a button that they never got."""
    return {
        "update_id": 20_000_000 + hash(data) % 1_000_000,
        "callback_query": {
            "id": "1",
            "from": {"id": chat.id, "is_bot": False, "first_name": "X"},
            "chat_instance": "1",
            "data": data,
            "message": {
                "message_id": 1,
                "date": world.clock.now() // 1000,
                "chat": {"id": chat.id, "type": "private"},
            },
        },
    }


# ---------------------------------------------------------------------------------- pictures


async def test_a_picture_without_consent_waits_and_the_clinic_hears_of_it(world, doctor, ana):
    ana.phone.photo(caption="my right side")
    await world.settle()
    (asked,) = world.new(ana.phone)
    assert words(asked).startswith("📷 May your clinic see your picture?")
    assert "Nobody has seen it yet." in words(asked)
    assert "112" in words(asked)
    (told,) = world.new(doctor.phone)
    assert "photo" not in told
    assert "my right side" in words(told)
    assert "a picture that waits for their yes" in words(told)
    await ana.taps("✅ Yes, show it to the clinic")
    (shown,) = world.new(doctor.phone)
    assert shown["photo"]
    assert words(shown) == "📷 A.P. said yes: here is the picture they sent."
    assert ana.said.startswith("📤 Passed on to your clinic.")
    ana.phone.photo()
    await world.settle()
    assert world.new(doctor.phone)[0]["photo"]


async def test_a_picture_with_a_danger_sign_reaches_a_human_at_once(world, doctor, ana):
    ana.phone.photo(caption="I cannot breathe")
    await world.settle()
    assert any("Call 112 now" in text for text in world.texts(ana.phone))
    told = world.new(doctor.phone)
    assert any("EMERGENCY" in words(m) for m in told)
    assert not any("photo" in m for m in told)


async def test_several_pictures_are_asked_about_once_and_no_drops_them_all(world, doctor, ana):
    for _ in range(3):
        ana.phone.photo()
    await world.settle()
    assert len(world.new(ana.phone)) == 1
    world.new(doctor.phone)
    await ana.taps("🚫 No, drop it")
    assert ana.said.startswith("👌 Nobody sees the picture.")
    assert world.texts(doctor.phone) == [
        "📷 A.P. keeps a picture to themselves. Please call if you need to see it."
    ]
    left = await world.store.read(
        lambda tx: tx.value(
            """SELECT COUNT(*) FROM replies WHERE clinic_id = :clinic_id
                 AND file_id IS NOT NULL"""
        )
    )
    waiting = await world.store.read(
        lambda tx: tx.value("SELECT COUNT(*) FROM waiting_pictures WHERE clinic_id = :clinic_id")
    )
    assert (left, waiting) == (0, 0)
    kept = await world.store.read(
        lambda tx: tx.all(
            "SELECT payload FROM inbox WHERE clinic_id = :clinic_id AND chat_id = :id", id=ana.id
        )
    )
    assert not any("file_id" in row["payload"] for row in kept)


async def test_a_picture_that_nobody_answers_for_is_dropped_after_two_days(world, doctor, ana):
    ana.phone.photo()
    await world.settle()
    asked = ana.last()
    await world.after(hours=49)
    await ana.taps("✅ Yes, show it to the clinic", asked)
    changed = next(m for m in ana.messages() if m["message_id"] == asked["message_id"])
    assert words(changed).startswith("📷 The picture waited too long")
    assert not any("photo" in m for m in world.new(doctor.phone))


async def test_taking_the_yes_back_hides_the_pictures_of_before(world, doctor, ana):
    await ana.says("/privacy")
    await ana.taps("✅ The clinic may see pictures")
    ana.phone.photo()
    await world.settle()
    notice = next(m for m in reversed(ana.messages()) if NOTICE in words(m))
    await ana.taps("🚫 No more pictures", notice)
    assert "no longer wants pictures shown here" in doctor.said
    await doctor.says("/patient A.P.")
    count = len(doctor.messages())
    await doctor.taps("📷 Photos")
    assert not any("photo" in m for m in doctor.messages()[count:])


# ------------------------------------------------------------------------------- a new version


async def new_text(world):
    """Have the clinic declare a new version of its consent to messages, while the bot runs."""
    own = world.directory / "texts" / "patient" / "rights"
    own.mkdir(parents=True)
    for language in ("en", "es"):
        source = (SHIPPED / "patient" / "rights" / f"{language}.toml").read_text()
        (own / f"{language}.toml").write_text(
            source.replace('aftercare = "1"', 'aftercare = "2"', 1)
        )
    await world.stop_bot()
    world._settings["protocols_dir"] = str(world.directory / "texts")
    await world.start_bot()


async def test_a_new_text_is_asked_about_once_and_the_plan_waits_for_the_answer(world, doctor, ana):
    await new_text(world)
    await world.until(moment("2026-05-07 12:00"))
    asked = world.texts(ana.phone)
    assert len(asked) == 1
    assert asked[0].startswith("✋ One question, please")
    assert "112" in asked[0]
    told = [text for text in world.texts(doctor.phone) if "asked again" in text]
    assert len(told) == 1
    assert "❔" in await ana.says("/privacy")
    question = next(m for m in ana.messages() if words(m).startswith("✋"))
    await ana.taps("✅ Yes, go on", question)
    changed = next(m for m in ana.messages() if m["message_id"] == question["message_id"])
    assert words(changed).startswith("✅ Thank you. Your messages go on.")
    assert (await said(world, ana))[-1] == ("aftercare", 1, "2 en")
    assert "the plan goes on" in doctor.said
    world.new(ana.phone)
    await world.until(moment("2026-05-12 12:00"))
    assert world.texts(ana.phone)


async def test_what_a_patient_writes_is_answered_and_passed_on_while_the_plan_waits(
    world, doctor, ana
):
    await new_text(world)
    await world.until(moment("2026-05-05 12:00"))
    world.new(ana.phone)
    world.new(doctor.phone)
    await ana.says("I cannot breathe")
    assert any("Call 112 now" in text for text in world.texts(ana.phone))
    assert any("EMERGENCY" in text for text in world.texts(doctor.phone))


async def test_a_question_about_a_new_text_that_was_lost_is_asked_when_its_reader_is_back(
    world, doctor, ana
):
    await new_text(world)
    ana.phone.person.blocked = True
    await world.until(moment("2026-05-07 12:00"))
    assert world.texts(ana.phone) == []
    ana.phone.unblock()
    ana.phone.open()
    await world.settle()
    back, asked = world.texts(ana.phone)
    assert "Welcome back" in back
    assert asked.startswith("✋ One question, please")
    await ana.says("hello?")
    await world.after(days=1)
    assert sum(words(m).startswith("✋") for m in ana.messages()) == 1
    told = [text for text in world.texts(doctor.phone) if "asked again" in text]
    assert len(told) == 1
    await ana.taps("✅ Yes, go on", next(m for m in ana.messages() if words(m).startswith("✋")))
    world.new(ana.phone)
    await world.until(moment("2026-05-12 12:00"))
    assert world.texts(ana.phone)


async def test_a_question_about_a_new_text_that_expired_is_asked_with_the_next_message(
    world, doctor, ana
):
    await new_text(world)
    await world.until(moment("2026-05-05 12:00"))
    await world.store.write(
        lambda tx: tx.run(
            """UPDATE outbox SET state = 'expired', reason = 'not delivered within a day'
               WHERE clinic_id = :clinic_id AND content LIKE '%my:again%'"""
        )
    )
    world.new(ana.phone)
    await world.until(moment("2026-05-12 12:00"))
    (asked,) = world.texts(ana.phone)
    assert asked.startswith("✋ One question, please")


@pytest.mark.parametrize("way", ["/resume", "✅ Send me messages"])
async def test_a_yes_to_the_new_text_can_be_given_without_the_question(world, doctor, ana, way):
    await new_text(world)
    await world.until(moment("2026-05-05 12:00"))
    if way.startswith("/"):
        await ana.says(way)
    else:
        await ana.says("/privacy")
        await ana.taps(way)
    assert (await said(world, ana))[-1] == ("aftercare", 1, "2 en")
    world.new(ana.phone)
    await world.until(moment("2026-05-12 12:00"))
    assert world.texts(ana.phone)


async def test_a_no_to_the_new_text_stops_everything(world, doctor, ana):
    await new_text(world)
    await world.until(moment("2026-05-05 12:00"))
    question = next(m for m in ana.messages() if words(m).startswith("✋"))
    await ana.taps("🚫 No, stop", question)
    assert "All messages are stopped" in ana.said
    world.new(ana.phone)
    await world.after(days=9)
    assert world.texts(ana.phone) == []


@pytest.mark.parametrize(
    ("version", "declared"),
    [
        ("1 en:4f2a", "1"),
        ("2-alba es:00", "2-alba"),
        ("en:4f2a", "1"),
        ("another phone", "another"),
    ],
)
def test_a_version_names_what_was_declared(version, declared):
    assert consent.declared_in(version) == declared
