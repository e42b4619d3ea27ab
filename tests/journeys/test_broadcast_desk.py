"""Broadcasts to chosen people, in their language, at their hour, as a poll; paused, and told of."""

from typing import Any

import pytest

from scheduler import broadcast_copies, broadcasts, patients, staff
from tests.conftest import DAY, moment
from tests.journeys.test_manager_broadcast import compose, labels, patient, press, words

TIP = "Drink enough water today."
POLL = "Did you use sun cream?\nYes\nNo"


async def to_preview(world: Any, text: str = TIP) -> None:
    await compose(world, text)
    await press(world, world.manager, "b:go_on")


async def send(world: Any) -> None:
    await press(world, world.manager, "b:send")
    await press(world, world.manager, "b:yes")


async def pick(world: Any, kind: str, label: str) -> dict[str, Any]:
    """Open one kind of filter, tap a value, and go back; the message as it reads then."""
    await press(world, world.manager, f"b:filter:{_serial(world)}:{kind}")
    message = _last(world)
    world.manager.tap(message["message_id"], label)
    await world.settle()
    await press(world, world.manager, "b:done")
    return _last(world)


def _last(world: Any) -> dict[str, Any]:
    """The newest message of the manager's chat with buttons, as it reads now."""
    return next(
        dict(message)
        for message in reversed(world.manager.transcript())
        if message.get("reply_markup")
    )


def _serial(world: Any) -> str:
    rows = _last(world)["reply_markup"]["inline_keyboard"]
    return str(rows[0][0]["callback_data"].split(":")[2])


async def test_filters_are_combined_with_a_live_count(world: Any) -> None:
    anna = await patient(world, "Anna")
    berta = await patient(world, "Berta", treatment="hair")
    carla = await patient(world, "Carla", treatment="hair", language="es")
    await compose(world, TIP)
    asked = await pick(world, "treatment", "Hair restoration")
    assert "Hair restoration: 2 patients" in words(asked)
    asked = await pick(world, "language", "English")
    assert "Hair restoration · English: 1 patient" in words(asked)
    assert "Go on with 1 ›" in labels(asked)
    asked = await pick(world, "before", "30 days ago")
    assert "Nobody would get it now" in words(asked)
    assert not [label for label in labels(asked) if "Go on" in label]
    await pick(world, "before", "✓ 30 days ago")
    await press(world, world.manager, "b:go_on")
    await send(world)
    assert world.texts(berta) == [TIP]
    assert not world.new(anna)
    assert not world.new(carla)


async def test_each_reads_it_in_their_language_and_others_the_managers(world: Any) -> None:
    anna = await patient(world, "Anna")
    pablo = await patient(world, "Pablo", language="es")
    await to_preview(world)
    preview = _last(world)
    world.manager.tap(preview["message_id"], "🌐 Add Español")
    await world.settle()
    world.manager.text("Bebe agua hoy.")
    await world.settle()
    spanish = _last(world)
    assert words(spanish) == "Bebe agua hoy."
    assert labels(spanish)[:3] == ["🔕 No más consejos", "🌐 English", "🗑 Without Español"]
    await send(world)
    assert world.texts(anna) == [TIP]
    assert world.texts(pablo) == ["Bebe agua hoy."]


@pytest.mark.parametrize("kind", ["video", "document"])
async def test_a_video_or_a_file_goes_as_it_came(world: Any, kind: str) -> None:
    anna = await patient(world, "Anna")
    world.manager.text("/broadcast")
    await world.settle()
    world.manager.send_file(kind, caption="How to apply it.")
    await world.settle()
    await press(world, world.manager, "b:go_on")
    assert kind in _last(world)
    await send(world)
    (copy,) = world.new(anna)
    assert copy[kind]["file_unique_id"]
    assert words(copy) == "How to apply it."


async def test_a_file_that_is_too_large_is_refused_at_once(world: Any) -> None:
    await patient(world, "Anna")
    world.manager.text("/broadcast")
    await world.settle()
    world.manager.send_file("document", bytes(11 * 1024 * 1024), mime="image/png", name="a.png")
    await world.settle()
    assert "This picture has 11 MB" in words(world.manager.transcript()[-1])
    world.manager.text("x" * 5000)
    await world.settle()
    assert "904 characters too long" in words(world.manager.transcript()[-1])


async def test_a_poll_is_voted_in_logged_and_counted(world: Any) -> None:
    anna = await patient(world, "Anna")
    berta = await patient(world, "Berta")
    pablo = await patient(world, "Pablo", language="es")
    await to_preview(world, POLL)
    await press(world, world.manager, "b:poll")
    await press(world, world.manager, "b:language")
    world.manager.text("¿Sí?")
    await world.settle()
    assert "2 to 12 answers" in words(world.manager.transcript()[-1])
    world.manager.text("¿Usaste crema solar?\nSí\nNo")
    await world.settle()
    assert _last(world)["poll"]["question"] == "¿Usaste crema solar?"
    await send(world)

    (copy,) = world.new(anna)
    assert copy["poll"]["question"] == "Did you use sun cream?"
    assert not copy["poll"]["is_anonymous"]
    assert labels(copy) == ["🔕 No more tips"]
    (spanish,) = world.new(pablo)
    anna.vote(copy["message_id"], 1)
    anna.vote(copy["message_id"], 0)
    pablo.vote(spanish["message_id"], 0)
    berta.vote(world.new(berta)[-1]["message_id"], 1)
    await world.settle()
    for phone in (anna, berta, pablo):
        assert not world.new(phone), "Telegram shows the vote itself"
    logged = await world.store.read(
        lambda tx: tx.all(
            """SELECT patient_id, value, text FROM replies
               WHERE clinic_id = :clinic_id AND question = 'poll' ORDER BY patient_id"""
        )
    )
    assert [(row["value"], row["text"]) for row in logged] == [
        ("0", "Yes"),
        ("1", "No"),
        ("0", "Sí"),
    ]

    berta.vote(berta.transcript()[-1]["message_id"])
    await world.settle()
    world.manager.text("/patient Berta")
    await world.settle()
    assert "vote taken back" in words(world.manager.transcript()[-1])

    world.new(world.manager)
    await world.after(days=3, hours=1)
    told = next(text for text in world.texts(world.manager) if "📬" in text)
    assert "📊 3 patients voted" in told
    assert "• Yes: 2\n• No: 0" in told


async def test_it_waits_for_the_same_hour_of_each_patients_own_day(world: Any) -> None:
    anna = await patient(world, "Anna")
    lima = await patient(world, "Lima")

    def moves(tx: Any) -> None:
        tx.run(
            "UPDATE patients SET timezone = 'America/Lima' WHERE clinic_id = :clinic_id AND id = 2"
        )

    await world.store.write(moves)
    await to_preview(world)
    await press(world, world.manager, "b:later")
    world.manager.text("yesterday 10:00")
    await world.settle()
    assert "or it is over" in words(world.manager.transcript()[-1])
    world.manager.text("tomorrow 10:00")
    await world.settle()
    assert "on Tue 5 May, 10:00?" in words(_last(world))
    await press(world, world.manager, "b:yes")
    planned = _last(world)
    assert "Broadcast planned" in words(planned)
    assert "It begins on Tue 5 May, 10:00" in words(planned)

    await world.until(moment("2026-05-05 09:59"))
    assert TIP not in world.texts(anna)
    await world.until(moment("2026-05-05 10:01"))
    assert TIP in world.texts(anna)
    assert TIP not in world.texts(lima)
    await world.until(moment("2026-05-05 09:59", "America/Lima"))
    assert TIP not in world.texts(lima)
    await world.until(moment("2026-05-05 10:01", "America/Lima"))
    assert TIP in world.texts(lima)


async def test_a_pause_holds_every_copy_and_lets_each_go_with_exact_counts(world: Any) -> None:
    phones = [await patient(world, name) for name in ("Anna", "Berta", "Carla", "Dora")]
    await to_preview(world)
    late = [phone.person.id for phone in phones[1:]]
    for chat_id in late:
        world.sandbox.faults.too_many(60, method="sendMessage", chat_id=chat_id, count=None)
    await send(world)
    progress = _last(world)
    assert labels(progress) == ["⏸ Pause", "✋ Cancel the rest"]
    await press(world, world.manager, "b:pause")
    world.sandbox.faults.lift()
    await world.after(days=2)
    assert [world.texts(phone).count(TIP) for phone in phones] == [1, 0, 0, 0]
    assert await world.store.read(broadcasts.counts, 1) == {"sent": 1, "pending": 3}
    assert "Broadcast paused" in words(world.manager.chat.messages[progress["message_id"]])

    # A colleague finds it under /broadcast, and lets it go on.
    other = world.person("Olga", role="manager")
    await world.store.write(
        staff.welcome,
        chat_id=other.person.id,
        name="Olga",
        role="manager",
        language="en",
        actor="system",
        now=world.clock.now(),
    )
    other.text("/start")
    other.text("/broadcast")
    await world.settle()
    await press(world, other, "b:show")
    await press(world, other, "b:resume")
    assert [world.texts(phone).count(TIP) for phone in phones] == [0, 1, 1, 1]
    assert "✅ 4 sent" in next(text for text in world.texts(world.manager) if "🏁" in text)


async def test_the_later_report_tells_of_replies_and_of_who_left(world: Any) -> None:
    anna, berta, carla, _dora = [
        await patient(world, name) for name in ("Anna", "Berta", "Carla", "Dora")
    ]
    await to_preview(world)
    await send(world)
    anna.text("Thank you for this!")
    await press(world, berta, "c:tips:no")
    carla.text("/stop")
    await world.settle()
    world.new(world.manager)
    await world.after(days=3, hours=1)
    told = next(text for text in world.texts(world.manager) if "📬" in text)
    assert f"What came of “{TIP}”" in told
    assert "💬 1 patient wrote back" in told
    assert "🔕 1 wants no more tips" in told
    assert "✋ 1 stopped all messages" in told
    assert not [text for text in world.texts(world.manager) if "📬" in text]


async def test_a_patient_gets_no_second_tip_within_the_days_that_are_set(world: Any) -> None:
    anna = await patient(world, "Anna")
    await to_preview(world)
    await press(world, world.manager, "b:later")
    world.manager.text("in 2 days 10:00")
    await world.settle()
    await press(world, world.manager, "b:yes")
    await to_preview(world, "Another one.")
    await send(world)
    assert world.texts(anna) == ["Another one."]
    await compose(world, "A third one.")
    assert "1 got a tip only recently" in words(_last(world))
    await world.until(world.clock.now() + 2 * DAY + 3_600_000)
    assert TIP not in world.texts(anna), "asked again when the copy would leave"
    report = [text for text in world.texts(world.manager) if "🏁" in text][-1]
    assert "they had just had another tip" in report


async def test_the_copy_that_a_reply_came_upon_is_kept(world: Any) -> None:
    anna = await patient(world, "Anna")
    await to_preview(world)
    await send(world)
    tip = anna.transcript()[-1]["message_id"]
    found = await world.store.read(broadcast_copies.answered_copy, anna.person.id, reply_to=tip)
    newest = await world.store.read(broadcast_copies.answered_copy, anna.person.id, reply_to=None)
    assert found == newest is not None
    other = await world.store.read(broadcast_copies.answered_copy, anna.person.id, reply_to=tip - 1)
    assert other is None


async def test_a_vote_for_no_option_of_the_poll_is_not_logged(world: Any) -> None:
    anna = await patient(world, "Anna")
    await to_preview(world, POLL)
    await press(world, world.manager, "b:poll")
    await send(world)
    poll = anna.transcript()[-1]["poll"]
    for option in (-1, 2, 10**30):
        world.sandbox.desk.updates.push(
            "poll_answer",
            {"poll_id": poll["id"], "user": anna.person.user(), "option_ids": [option]},
        )
    await world.settle()
    logged = await world.store.read(
        lambda tx: tx.all("SELECT * FROM replies WHERE clinic_id = :clinic_id")
    )
    assert logged == []


async def test_a_vote_of_nobody_or_in_no_poll_of_ours_changes_nothing(world: Any) -> None:
    anna = await patient(world, "Anna")
    world.sandbox.desk.updates.push(
        "poll_answer", {"poll_id": "77", "user": anna.person.user(), "option_ids": [0]}
    )
    stranger = world.person("Eve")
    world.sandbox.desk.updates.push(
        "poll_answer", {"poll_id": "77", "user": stranger.person.user(), "option_ids": [0]}
    )
    await world.settle()
    assert not world.new(anna)
    assert not world.new(stranger)
    assert (await world.store.read(patients.at_chat, anna.person.id)).state == "active"


async def test_a_command_in_the_middle_of_a_broadcast_says_that_it_was_left(world: Any) -> None:
    await patient(world, "Anna")
    await to_preview(world)
    preview = _last(world)
    world.new(world.manager)
    world.manager.text("/enroll")
    await world.settle()
    left, enrolling = world.texts(world.manager)
    assert left.startswith("❎ You went on to something else. The broadcast")
    assert enrolling.startswith("📝 New aftercare plan")
    await press(world, world.manager, "b:send", at=preview)
    assert not any("Send to" in text for text in world.texts(world.manager)), "it is over"


async def test_a_broadcast_that_nobody_had_begun_to_write_is_left_without_a_word(
    world: Any,
) -> None:
    world.manager.text("/broadcast")
    await world.settle()
    world.new(world.manager)
    world.manager.text("/enroll")
    await world.settle()
    (enrolling,) = world.texts(world.manager)
    assert enrolling.startswith("📝 New aftercare plan")
