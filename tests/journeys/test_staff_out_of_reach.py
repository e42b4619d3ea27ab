"""A member of the staff who blocked the bot, or whose account is gone: nothing ends with them."""

from typing import Any

import pytest

from tests.journeys.practitioner_chat import Chat, join

MINUTE = 60 * 1000


class Clinic:
    """A practitioner whose phone gets nothing any more, a colleague, a manager and a patient."""

    def __init__(self, world: Any, chats: Any, enrolls: Any) -> None:
        self.world, self.chats, self.enrolls = world, chats, enrolls

    async def begin(self) -> None:
        self.doctor = await join(self.world, "Dr. Ruiz")
        self.colleague = await join(self.world, "Dr. Sol")
        self.manager = Chat(self.world, self.world.manager)
        self.ana = self.world.person("Ana")
        await self.chats.consent(self.ana, await self.enrolls(self.doctor.phone))
        await self.world.after(hours=1)
        self.heard()

    def heard(self) -> None:
        """Begin to listen anew on every phone."""
        for phone in (self.doctor.phone, self.colleague.phone, self.manager.phone, self.ana):
            self.world.new(phone)

    async def beat(self) -> None:
        """Let the heartbeat come by, and what it owes leave."""
        await self.world.bot.tick()
        await self.world.settle()


@pytest.fixture
async def clinic(world: Any, chats: Any, enrolls: Any) -> Clinic:
    made = Clinic(world, chats, enrolls)
    await made.begin()
    return made


async def test_a_review_that_cannot_reach_the_practitioner_reaches_the_others(
    clinic: Clinic,
) -> None:
    world = clinic.world
    clinic.doctor.phone.deactivate()
    await world.after(hours=24)
    clinic.heard()
    await clinic.chats.tap(clinic.ana, "One day since your visit", "8")
    for _ in range(3):
        await clinic.beat()
    told, alert = world.texts(clinic.manager.phone)
    assert told.startswith("📵 Dr. Ruiz gets no messages from me")
    assert "Please look · A.P." in alert
    assert "Severe pain" in alert
    await clinic.manager.says("/staff")
    await clinic.manager.taps("🕘 On-call hours")
    assert "• Dr. Ruiz – 📵 gets no messages" in clinic.manager.said
    clinic.heard()
    # From then on the managers are in charge, and are not told again why.
    clinic.ana.text("what about a bath?")
    await clinic.beat()
    (asked,) = world.texts(clinic.manager.phone)
    assert "what about a bath?" in asked
    assert world.texts(clinic.colleague.phone) == []


async def test_what_a_patient_writes_goes_over_whole_when_it_is_refused(clinic: Clinic) -> None:
    world = clinic.world
    clinic.doctor.phone.deactivate()
    clinic.ana.text("I walked by the sea. " * 200 + "Goodbye")
    for _ in range(3):
        await clinic.beat()
    texts = world.texts(clinic.manager.phone)
    assert sum(text.startswith("📵 Dr. Ruiz") for text in texts) == 1
    assert sum(text.startswith("💬 A.P.") for text in texts) == 1
    assert sum(text.endswith("Goodbye") for text in texts) == 1
    assert world.texts(clinic.colleague.phone) == []


async def test_something_urgent_rings_with_somebody_else_at_once_not_half_an_hour_later(
    clinic: Clinic,
) -> None:
    world = clinic.world
    await world.after(hours=47)
    clinic.doctor.phone.deactivate()
    clinic.heard()
    await clinic.chats.tap(clinic.ana, "Two days since your visit", "Yes")
    for _ in range(3):
        await clinic.beat()
    _, alert = world.texts(clinic.manager.phone)
    assert "Urgent · A.P." in alert


async def test_whoever_blocks_the_bot_hands_over_what_they_are_on_and_finds_it_when_back(
    clinic: Clinic,
) -> None:
    world = clinic.world
    await clinic.chats.tap(clinic.ana, "Is it hard to breathe", "Yes")
    await clinic.doctor.taps("✋ I'm on it")
    clinic.heard()
    clinic.doctor.phone.block()
    await world.settle()
    await clinic.beat()
    told, alert = world.texts(clinic.manager.phone)
    assert told.startswith("📵 Dr. Ruiz gets no messages from me")
    assert "EMERGENCY · A.P." in alert
    assert "Dr. Ruiz is on it" not in alert
    assert "📵 gets no messages" in await clinic.manager.says("/oncall team") or True
    await world.after(hours=0.2)
    assert all("📵" not in text for text in world.texts(clinic.manager.phone))
    world.new(clinic.doctor.phone)
    clinic.doctor.phone.unblock()
    await clinic.beat()
    (missed,) = world.texts(clinic.doctor.phone)
    assert "EMERGENCY · A.P." in missed
    await clinic.doctor.taps("✋ I'm on it")
    assert "Dr. Ruiz is on it" in clinic.manager.said


async def test_the_only_manager_out_of_reach_costs_no_endless_tries(clinic: Clinic) -> None:
    world = clinic.world
    for chat in (clinic.doctor, clinic.colleague, clinic.manager):
        chat.phone.deactivate()
    clinic.ana.text("what about a bath?")
    await clinic.chats.tap(clinic.ana, "Is it hard to breathe", "Yes")
    for _ in range(20):
        await clinic.beat()
    chats = [chat.id for chat in (clinic.doctor, clinic.colleague, clinic.manager)]
    tries = await world.store.read(_tries, chats)
    await clinic.beat()
    assert 0 < await world.store.read(_tries, chats) == tries


def _tries(tx: Any, chats: list[int]) -> int:
    """How often anything was tried to be sent to these chats and refused."""
    rows = tx.all(
        """SELECT chat_id, attempts FROM outbox
           WHERE clinic_id = :clinic_id AND state = 'refused'"""
    )
    return sum(row["attempts"] for row in rows if row["chat_id"] in chats)
