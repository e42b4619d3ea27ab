"""What a patient writes, and what happens on their phone and on staff's in the next seconds."""

from typing import Any

import pytest

from sandbox.phones import Phone
from scheduler import replies

HOUR = 60 * 60 * 1000


class Story:
    """A patient with a plan, one day after the session, and the doctor in charge."""

    def __init__(self, world: Any, chats: Any, joins: Any, enrolls: Any) -> None:
        self.world, self.chats, self.joins, self.enrolls = world, chats, joins, enrolls
        self.doctor: Phone
        self.ana: Phone

    async def begin(self, *, hours: float) -> None:
        self.doctor = await self.joins()
        self.ana = self.world.person("Ana")
        await self.chats.consent(self.ana, await self.enrolls(self.doctor))
        await self.world.after(hours=hours)
        self.forget()

    def forget(self) -> None:
        for phone in (self.doctor, self.ana, self.world.manager):
            self.world.new(phone)

    async def writes(self, text: str) -> tuple[list[str], list[str]]:
        """Let her write; return what is new on her phone and on the doctor's."""
        self.ana.text(text)
        await self.world.settle()
        return self.world.texts(self.ana), self.world.texts(self.doctor)

    async def logged(self) -> list[Any]:
        found: list[Any] = await self.world.store.read(replies.of_patient, 1)
        return found


@pytest.fixture
def story(world: Any, chats: Any, joins: Any, enrolls: Any) -> Story:
    return Story(world, chats, joins, enrolls)


async def test_no_fever_but_it_is_oozing_at_2340_is_answered_and_alerts_at_once(
    story: Story,
) -> None:
    await story.begin(hours=37 + 2 / 3)
    answered, told = await story.writes("no fever but it's oozing")
    (safety,) = answered
    assert "Call your clinic today" in safety
    assert "+34 911 234 567" in safety
    assert "Open: Mon–Fri 09:00–18:00" in safety
    assert "Passed on" not in safety
    # The doctor is off call until nine, and so is everybody else: it rings with the manager.
    (alert,) = story.world.texts(story.world.manager)
    assert told == [alert]
    silent = {e.chat_id: e.silent for e in story.world.sandbox.ledger.sends() if e.text == alert}
    assert silent == {story.doctor.person.id: True, story.world.manager.person.id: False}
    assert "Urgent · A.P." in alert
    assert "no fever but it's oozing" in alert
    assert "Flagged for: “oozing”" in alert
    row = (await story.logged())[-1]
    assert row["level"] == "urgent"
    assert '"infection"' in row["reasons"]


async def test_stop_full_of_pus_ends_the_messages_and_alerts_all_the_same(story: Story) -> None:
    await story.begin(hours=30)
    answered, told = await story.writes("STOP it's full of pus")
    assert "Call your clinic today" in answered[0]
    assert "All messages are stopped" in answered[1]
    assert len(answered) == 2
    assert any("Urgent · A.P." in text for text in told)
    assert any("stopped all messages" in text for text in told)
    await story.world.after(days=20)
    assert not any("since your visit" in text for text in story.world.texts(story.ana))


async def test_thanks_alarms_nobody(story: Story) -> None:
    await story.begin(hours=30)
    answered, told = await story.writes("thanks!")
    assert ["Passed on to your clinic" in text for text in answered] == [True]
    (relayed,) = told
    assert "thanks!" in relayed
    assert "Urgent" not in relayed
    assert "EMERGENCY" not in relayed
    assert (await story.logged())[-1]["level"] == "routine"


async def test_cannot_breathe_is_answered_with_the_emergency_number_first(story: Story) -> None:
    await story.begin(hours=30)
    answered, told = await story.writes("i can't breath")
    (safety,) = answered
    assert safety.startswith("🚨 Call 112 now.")
    assert any("EMERGENCY · A.P." in text and "can't breath" in text for text in told)


async def test_a_typed_yes_to_a_danger_question_counts_like_the_button(story: Story) -> None:
    await story.begin(hours=1.1)
    answered, told = await story.writes("yes")
    assert answered[0].startswith("🚨 Call 112 now.")
    assert any("EMERGENCY · A.P." in text for text in told)


async def test_a_question_reaches_the_doctor_marked_as_one_and_gets_an_honest_answer(
    story: Story,
) -> None:
    await story.begin(hours=30)
    answered, told = await story.writes("can I have wine tonight?")
    (said,) = answered
    assert "A practitioner will answer in clinic hours." in said
    (relayed,) = told
    assert "❓ A question" in relayed


async def test_what_nobody_understands_is_relayed_without_an_alarm(story: Story) -> None:
    await story.begin(hours=30)
    answered, told = await story.writes("xqzt blorp")
    assert "Passed on" in answered[0]
    assert "xqzt blorp" in told[0]
    assert (await story.logged())[-1]["level"] == "review"


async def test_the_same_alarm_over_and_over_is_answered_once(story: Story) -> None:
    await story.begin(hours=30)
    first, _ = await story.writes("there is pus")
    assert "Call your clinic today" in first[0]
    for _ in range(5):
        again, _ = await story.writes("there is pus")
        assert not any("Call your clinic today" in text for text in again)
    graver, _ = await story.writes("now i can't breathe")
    assert graver[0].startswith("🚨 Call 112 now.")


async def test_a_danger_sign_in_a_flood_is_still_answered(story: Story) -> None:
    await story.begin(hours=30)
    for number in range(14):
        await story.writes(f"hello {number}")
    answered, told = await story.writes("my throat is closing up")
    assert answered[0].startswith("🚨 Call 112 now.")
    assert any("EMERGENCY · A.P." in text for text in told)
