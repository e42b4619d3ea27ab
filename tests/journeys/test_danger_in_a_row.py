"""Danger signs that come close together, or again: each is answered and each reaches the clinic."""

from typing import Any

import pytest

from scheduler import alert_record
from tests.journeys.practitioner_chat import Chat, join

MINUTE = 60 * 1000
CALL = "🚨 Call 112 now."
TODAY = "Call your clinic today"


class Story:
    """A patient with a plan, 30 hours after the session, and the doctor in charge, on call."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.doctor: Chat
        self.ana: Any

    async def writes(self, text: str) -> tuple[list[str], list[str]]:
        """Let her write; return what is new on her phone and on the doctor's."""
        self.ana.text(text)
        await self.world.settle()
        return self.world.texts(self.ana), self.world.texts(self.doctor.phone)

    async def pause(self, minutes: float) -> None:
        """Let time pass; what was said meanwhile is read."""
        await self.world.after(hours=minutes / 60)
        self.world.new(self.ana)
        self.world.new(self.doctor.phone)

    async def reasons(self) -> list[str]:
        """What the open alert says that alarmed."""

        def read(tx: Any) -> list[str]:
            alert = alert_record.unresolved(tx, 1)
            assert alert is not None
            return [reason.words["en"] for reason in alert_record.reasons(tx, alert.id)]

        found: list[str] = await self.world.store.read(read)
        return found


@pytest.fixture
async def story(world: Any, chats: Any, enrolls: Any) -> Story:
    made = Story(world)
    made.doctor = await join(world, "Dr. Ruiz")
    made.ana = world.person("Ana")
    await chats.consent(made.ana, await enrolls(made.doctor.phone))
    await made.pause(30 * 60)
    return made


async def test_new_signs_right_after_a_greeting_are_answered_while_an_alert_is_open(
    story: Story,
) -> None:
    await story.writes("there is pus")
    await story.pause(50)
    await story.writes("Hello")
    story.world.clock.set(story.world.clock.now() + MINUTE // 3)
    answered, told = await story.writes("now I have fever and the redness is spreading")
    assert [TODAY in text for text in answered] == [True]
    assert len(await story.reasons()) == 2
    # It rings again, and says nothing a second time in another message.
    assert ["Urgent · A.P." in text for text in told] == [True]
    assert "redness is spreading" in told[0]


async def test_another_emergency_within_seconds_is_answered_and_stands_in_the_alert(
    story: Story,
) -> None:
    await story.writes("I can't breathe")
    story.world.clock.set(story.world.clock.now() + MINUTE // 2)
    answered, told = await story.writes("my lips are swelling and my throat is closing")
    assert [text.startswith(CALL) for text in answered] == [True]
    assert told == []  # the doctor's phone has rung half a minute ago
    assert "throat is closing" in story.doctor.said
    assert len(await story.reasons()) == 2


async def test_the_same_words_hours_later_are_answered_and_ring_with_whoever_is_on_it(
    story: Story,
) -> None:
    await story.writes("I can't breathe")
    await story.doctor.taps("✋ I'm on it")
    await story.pause(4 * 60)
    answered, told = await story.writes("I can't breathe")
    assert [text.startswith(CALL) for text in answered] == [True]
    assert ["EMERGENCY · A.P." in text for text in told] == [True]
    assert len(await story.reasons()) == 2


async def test_the_same_words_within_minutes_are_added_without_an_answer_or_a_sound(
    story: Story,
) -> None:
    await story.writes("there is pus")
    for _ in range(3):
        story.world.clock.set(story.world.clock.now() + 3 * MINUTE)
        assert await story.writes("there is pus") == ([], [])
    assert len(await story.reasons()) == 4
    # Counted from the answer, not from the last time that they came.
    story.world.clock.set(story.world.clock.now() + 3 * MINUTE)
    answered, told = await story.writes("there is pus")
    assert [TODAY in text for text in answered] == [True]
    assert len(told) == 1


async def test_in_a_flood_a_new_sign_is_answered_and_a_machine_is_not_answered_for_ever(
    story: Story,
) -> None:
    for number in range(40):
        story.ana.text(f"Ticket {number}: there is pus")
        await story.world.settle()
        story.world.clock.set(story.world.clock.now() + MINUTE // 40)
    said = story.world.texts(story.ana)
    assert len([text for text in said if TODAY in text]) <= 12
    assert TODAY not in said[-1]
    assert len(await story.reasons()) == 40
    answered, _ = await story.writes("Ticket 41: now there are hives too")
    assert [TODAY in text for text in answered] == [True]
