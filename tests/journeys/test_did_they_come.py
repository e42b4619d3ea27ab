"""Did they come? Who is asked may answer, and whatever else they are doing is not lost."""

from typing import Any

from scheduler import absences, staff
from tests.conftest import DAY, moment
from tests.journeys.practitioner_chat import Chat, join, words
from tests.journeys.test_plans_in_flight import enrolled, pending

AFTER_THE_SESSION = moment("2026-05-18 11:00")


def asked(chat: Chat) -> dict[str, Any]:
    """The question whether A.P. came, as it reads now."""
    return next(m for m in reversed(chat.messages()) if "Did A.P. come" in words(m))


async def away(world: Any, doctor: Chat, stand_in: Chat) -> None:
    """Have somebody be away from the day before the session on, and a colleague stand in."""
    gone = await world.store.read(staff.at_chat, doctor.id)
    helper = await world.store.read(staff.at_chat, stand_in.id)
    await world.store.write(
        absences.plan,
        gone.id,
        starts_at=moment("2026-05-17 00:00"),
        ends_at=moment("2026-05-17 00:00") + 14 * DAY,
        stand_in=helper.id,
        actor="system",
        now=world.clock.now(),
    )


async def test_whoever_stands_in_is_asked_and_their_answer_counts(world: Any) -> None:
    doctor, other = await join(world, "Dr. Ruiz"), await join(world, "Dr. Gil")
    await enrolled(world, doctor)
    await away(world, doctor, other)
    await world.until(moment("2026-05-17 12:00"))
    heard = len(doctor.messages())
    await world.until(AFTER_THE_SESSION)
    assert "When is the session?" in await other.taps("✅ Came · no filler", asked(other))
    await other.says("/cancel")
    # The session brings its own messages, and the colleague may plan the next one.
    assert ("soreness_day1", 0) in await pending(world)
    assert "Add a session:" in await other.says("/session A.P. 15 June 10:00")
    await other.taps("✅ Confirm")
    assert any("✅ Done: A.P." in words(m) for m in other.messages()[-2:])
    assert len(doctor.messages()) == heard


async def test_whoever_stood_in_may_change_nothing_once_the_colleague_is_back(world: Any) -> None:
    doctor, other = await join(world, "Dr. Ruiz"), await join(world, "Dr. Gil")
    await enrolled(world, doctor)
    await away(world, doctor, other)
    await world.until(moment("2026-05-17 12:00"))
    await other.says("/session A.P. 15 June 10:00")
    before = await pending(world)
    await world.until(moment("2026-05-31 00:00"))
    changed = await pending(world)
    await other.taps("✅ Confirm", next(m for m in other.messages() if "Add a" in words(m)))
    assert await pending(world) == changed
    assert before != {}
    # The silence of meanwhile had called them, so that they still see the patient.
    assert "has no plan that you could change" in await other.says("/session A.P. 16 June 10:00")


async def test_a_tap_on_a_question_does_not_throw_away_a_broadcast_in_the_making(
    world: Any,
) -> None:
    boss = Chat(world, world.manager)
    await enrolled(world, boss)
    await world.until(AFTER_THE_SESSION)
    toasts: list[str] = []
    world.sandbox.world.listen(
        lambda event, data: toasts.append(data["text"]) if event == "toast" else None
    )
    question = asked(boss)
    await boss.says("/patient A.P.")
    card = boss.last()
    await boss.says("/broadcast")
    draft = await boss.says("Sun is out: SPF 50 every morning.")
    assert "Everyone" in draft
    heard = len(boss.messages())
    await boss.taps("🔁 Was moved", question)
    await boss.taps("✏️ Change the plan", card)
    assert [toast[:31] for toast in toasts] == ["You are in the middle of someth"] * 2
    assert len(boss.messages()) == heard
    # Nobody came; the way to a new date waits until the broadcast is done.
    await boss.taps("🚫 Did not come", question)
    told = next(m for m in boss.messages() if m["message_id"] == question["message_id"])
    await boss.taps("📅 Set a new date", told)
    assert len(toasts) == 3
    assert "Everyone" in await boss.says("Hats help too.")
    await boss.says("/cancel")
    assert "When is the session?" in await boss.taps("📅 Set a new date", told)


async def test_a_question_to_write_that_nobody_answered_ends_nothing_half_an_hour_later(
    world: Any,
) -> None:
    doctor = await join(world, "Dr. Ruiz")
    await enrolled(world, doctor)
    await world.until(AFTER_THE_SESSION)
    question = asked(doctor)
    await doctor.says("/patient A.P.")
    await doctor.taps("✍️ Write to A.P.")
    heard = len(doctor.messages())
    await doctor.taps("🔁 Was moved", question)
    assert len(doctor.messages()) == heard, "the next words are the patient's"
    await world.after(hours=1)
    assert "To when?" in await doctor.taps("🔁 Was moved", question)


async def test_the_morning_message_lists_what_nobody_spoke_of_with_a_tap_to_answer(
    make_world: Any,
) -> None:
    world = make_world(digest_at="08:30")
    await world.open()
    doctor, other = await join(world, "Dr. Ruiz"), await join(world, "Dr. Gil")
    boss = Chat(world, world.manager)
    await enrolled(world, doctor)
    await world.until(moment("2026-05-18 10:30"))
    assert "nobody spoke of" not in await doctor.says("/digest"), "it is not over yet"
    await world.until(moment("2026-05-19 08:30"))
    for chat in (doctor, boss):
        morning = next(m for m in reversed(chat.messages()) if "Good morning" in words(m))
        assert "🗓 1 session nobody spoke of: did they come?\n• Mon 18 May, 10:00 · A.P." in words(
            morning
        )
    assert [m for m in other.messages() if "Good morning" in words(m)] == []
    morning = next(m for m in reversed(doctor.messages()) if "Good morning" in words(m))
    said = await doctor.taps("🗓 A.P. · Mon 18 May, 10:00: did they come?", morning)
    assert said.startswith("🗓 Did A.P. come to the session?")
    assert "Their reminders have ended" in await doctor.taps("🚫 Did not come")
    # Whoever taps later is told that somebody has said it, and the list is shorter.
    toasts: list[str] = []
    world.sandbox.world.listen(
        lambda event, data: toasts.append(data["text"]) if event == "toast" else None
    )
    heard = len(doctor.messages())
    await doctor.taps("🗓 A.P.", morning)
    assert toasts == ["Somebody has answered that already."]
    assert len(doctor.messages()) == heard
    assert "nobody spoke of" not in await doctor.says("/digest")


async def test_the_list_asks_only_those_who_may_answer(world: Any) -> None:
    doctor, other = await join(world, "Dr. Ruiz"), await join(world, "Dr. Gil")
    ana = await enrolled(world, doctor)
    await world.until(moment("2026-05-18 12:00"))
    await ana.says("I can't breathe, my throat is closing")
    await world.after(hours=1)
    assert "nobody spoke of" not in await other.says("/digest"), "called to the alert, no more"
    heard = len(other.messages())
    other.phone.tap(other.last()["message_id"], "pa:2:q", forged=True)
    await world.settle()
    assert len(other.messages()) == heard
    await away(world, doctor, other)
    await world.after(hours=1)
    assert "nobody spoke of" in await other.says("/digest"), "now they stand in"
