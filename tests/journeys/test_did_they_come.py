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
    assert "✅ Done: A.P." in await other.taps("✅ Confirm")
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
    assert "I know no patient" in await other.says("/session A.P. 16 June 10:00")


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
