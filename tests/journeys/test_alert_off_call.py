"""Something urgent when nobody in charge is on call: it rings elsewhere, they have it quietly."""

from typing import Any

from scheduler import absences, staff
from tests.conftest import DAY, moment
from tests.journeys.practitioner_chat import Chat, join
from tests.journeys.test_plans_in_flight import enrolled


def rang(world: Any, chat: Chat) -> list[bool]:
    """For each alert that a phone got: whether it made a sound."""
    return [
        not entry.silent
        for entry in world.sandbox.ledger.sends()
        if entry.chat_id == chat.id and "Urgent · A.P." in entry.text
    ]


async def test_the_practitioner_in_charge_has_it_without_a_sound(world: Any) -> None:
    doctor, other = await join(world, "Dr. Ruiz"), await join(world, "Dr. Gil")
    boss = Chat(world, world.manager)
    ana = await enrolled(world, doctor)
    await world.until(moment("2026-05-05 22:30"))
    await ana.says("there is pus coming out")
    assert rang(world, boss) == [True]
    assert rang(world, doctor) == [False]
    assert rang(world, other) == []
    # The calls go on with those whose turn it is.
    await world.after(hours=0.6)
    assert rang(world, boss) == [True, True]
    assert rang(world, doctor) == [False]
    await ana.says("and it smells bad now, more pus")
    assert rang(world, boss) == [True, True, True]
    assert rang(world, doctor) == [False, False]
    # Whoever looks at it all the same may take it.
    await doctor.taps("✋ I'm on it")
    assert "✋ Dr. Ruiz is on it" in boss.messages()[-1].get("text", "")


async def test_it_rings_with_them_in_their_hours_and_not_with_whoever_is_away(world: Any) -> None:
    doctor, other = await join(world, "Dr. Ruiz"), await join(world, "Dr. Gil")
    ana = await enrolled(world, doctor)
    await world.until(moment("2026-05-05 10:30"))
    gone = await world.store.read(staff.at_chat, doctor.id)
    helper = await world.store.read(staff.at_chat, other.id)
    await ana.says("there is pus coming out")
    assert rang(world, doctor) == [True]
    await doctor.taps("Not urgent")
    await world.store.write(
        absences.plan,
        gone.id,
        starts_at=moment("2026-05-06 00:00"),
        ends_at=moment("2026-05-06 00:00") + 7 * DAY,
        stand_in=helper.id,
        actor="system",
        now=world.clock.now(),
    )
    await world.until(moment("2026-05-06 22:30"))
    await ana.says("the pus is back, and more of it")
    assert rang(world, doctor) == [True]
    assert rang(world, other) == [False]
