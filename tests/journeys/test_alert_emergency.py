"""An emergency that nobody takes, and then somebody does: who is called when, who is told what."""

from typing import Any

import pytest

from scheduler import broadcasts, events, patients, staff
from scheduler.segments import EVERYONE
from scheduler.tip import Tip
from tests.journeys.practitioner_chat import Chat, join

MINUTE = 60 * 1000
HOUR = 60 * MINUTE


class Story:
    """A clinic of four, and a patient who cannot breathe an hour after the session."""

    def __init__(self, world: Any, chats: Any, enrolls: Any) -> None:
        self.world, self.chats, self.enrolls = world, chats, enrolls

    async def begin(self) -> None:
        self.doctor = await join(self.world, "Dr. Ruiz")
        self.colleague = await join(self.world, "Dr. Sol")
        self.manager = Chat(self.world, self.world.manager)
        self.ana = self.world.person("Ana")
        await self.chats.consent(self.ana, await self.enrolls(self.doctor.phone))
        await self.world.after(hours=1)
        for phone in (self.doctor.phone, self.colleague.phone, self.world.manager, self.ana):
            self.world.new(phone)
        self.began = self.world.clock.now()

    async def alarm(self) -> None:
        await self.chats.tap(self.ana, "Is it hard to breathe", "Yes")

    def rang(self, chat: Chat) -> list[int]:
        """After how many minutes since the alarm a new message about the alert came."""
        return [
            (entry.at - self.began) // MINUTE
            for entry in self.world.sandbox.ledger.of(chat.id, "sendMessage")
            if "EMERGENCY · A.P." in entry.text and entry.at >= self.began
        ]

    def alerts(self, chat: Chat) -> list[dict[str, Any]]:
        """Every copy on a phone, as it reads now."""
        return [m for m in chat.messages() if "EMERGENCY · A.P." in (m.get("text") or "")]


@pytest.fixture
async def story(world: Any, chats: Any, enrolls: Any) -> Story:
    made = Story(world, chats, enrolls)
    await made.begin()
    return made


async def test_an_emergency_that_three_people_ignore_calls_again_at_rising_intervals(
    story: Story,
) -> None:
    await story.alarm()
    for chat in (story.doctor, story.manager, story.colleague):  # all three are on call
        assert story.rang(chat) == [0]
    await story.world.until(story.began + 5 * MINUTE - 1)
    assert story.rang(story.doctor) == [0]
    await story.world.after(hours=3)
    assert story.rang(story.doctor) == [0, 5, 10, 20, 40, 80, 140]
    assert story.rang(story.manager) == story.rang(story.doctor)
    assert story.rang(story.colleague) == story.rang(story.doctor)
    newest = story.alerts(story.doctor)[-1]["text"]
    assert "Still open since 11:00 (2 hours)" in newest
    assert "Nobody is on it yet" in newest
    # Nobody has read it, and nobody says so.
    (safety,) = story.world.texts(story.ana)
    assert safety.startswith("🚨 Call 112 now.")


async def test_when_somebody_takes_it_every_copy_says_so_and_the_patient_is_told(
    story: Story,
) -> None:
    await story.alarm()
    await story.world.after(hours=0.2)
    story.world.new(story.ana)
    await story.colleague.taps("✋ I'm on it", story.alerts(story.colleague)[-1])
    for chat in (story.doctor, story.colleague, story.manager):
        copies = story.alerts(chat)
        assert len(copies) >= 2
        for copy in copies:
            assert "✋ Dr. Sol is on it since 11:12" in copy["text"]
            labels = [b["text"] for row in copy["reply_markup"]["inline_keyboard"] for b in row]
            assert labels == ["📞 Call done", "Not urgent", "📇 Open the card"]
    (told,) = story.world.texts(story.ana)
    assert told.startswith("👀 A practitioner has now read what you sent.")
    rang = story.rang(story.doctor)
    await story.world.after(hours=5)
    assert story.rang(story.doctor) == rang


async def test_check_ins_pause_until_it_is_resolved_and_then_go_on(story: Story) -> None:
    await story.alarm()
    await story.doctor.taps("✋ I'm on it", story.alerts(story.doctor)[-1])
    story.world.new(story.ana)
    await story.world.after(hours=26)
    assert story.world.texts(story.ana) == []
    await story.doctor.taps("📞 Call done", story.alerts(story.doctor)[-1])
    (check_in,) = story.world.texts(story.ana)
    assert "How sore is the treated area now?" in check_in
    for chat in (story.doctor, story.manager):
        (copy,) = story.alerts(chat)
        assert "✅ Call done · Dr. Ruiz" in copy["text"]
        assert "Please call them now" not in copy["text"]
    await story.world.after(hours=24)
    assert any("Two days since your visit" in text for text in story.world.texts(story.ana))


async def test_two_who_press_at_once_do_not_both_have_it(story: Story) -> None:
    await story.alarm()
    taken = {"doctor": story.alerts(story.doctor)[-1], "manager": story.alerts(story.manager)[-1]}
    story.doctor.phone.tap(taken["doctor"]["message_id"], "✋ I'm on it")
    story.manager.phone.tap(taken["manager"]["message_id"], "✋ I'm on it")
    await story.world.settle()
    assert "Dr. Ruiz is on it" in story.alerts(story.manager)[-1]["text"]
    noted = await story.world.store.read(_kinds, "A.P.")
    assert noted.count("alert_taken") == 1
    told = [text for text in story.world.texts(story.ana) if "has now read" in text]
    assert len(told) == 1


async def test_whoever_is_called_may_open_the_card_until_it_is_resolved(story: Story) -> None:
    await story.alarm()
    await story.world.after(hours=0.1)
    card = await story.colleague.taps("📇 Open the card", story.alerts(story.colleague)[-1])
    assert card.startswith("🚨 EMERGENCY · A.P.\n⏰ Nobody is on it · since 11:00 (6 minutes)")
    assert "🚨 Open A.P." in story.colleague.buttons
    await story.colleague.taps("🚨 Open A.P.")
    assert "EMERGENCY · A.P." in story.colleague.said
    await story.doctor.taps("Not urgent", story.alerts(story.doctor)[-1])
    assert "☑️ Not urgent · Dr. Ruiz" in story.colleague.said
    assert story.colleague.buttons == []
    assert "A.P." not in await story.colleague.says("/patients")


async def test_a_crash_loses_neither_the_alert_nor_its_next_round(story: Story) -> None:
    await story.alarm()
    await story.world.until(story.began + 3 * MINUTE)
    app = story.world.bot
    await app.bot.shutdown()
    app.store.close()  # as the end of a process does; nothing is drained
    await story.world.start_bot()
    await story.world.until(story.began + 5 * MINUTE)
    assert story.rang(story.doctor) == [0, 5]
    assert story.rang(story.colleague) == [0, 5]
    await story.colleague.taps("✋ I'm on it", story.alerts(story.colleague)[-1])
    assert "Dr. Sol is on it" in story.alerts(story.doctor)[0]["text"]


async def test_what_a_patient_adds_reaches_whoever_stands_in_for_the_one_who_had_the_alert(
    story: Story,
) -> None:
    sol = await join(story.world, "Dr. Stand")
    await story.alarm()
    await story.doctor.taps("✋ I'm on it", story.alerts(story.doctor)[-1])
    await story.doctor.says("/oncall")
    await story.doctor.taps("🏖 Add days off")
    await story.doctor.says("tomorrow to 8 May")
    await story.doctor.taps("Dr. Stand")
    midnight = story.began + 13 * HOUR
    await story.world.until(midnight)
    await story.world.until(midnight + HOUR)
    # Nobody is on it any more, and it rings as it did at the beginning.
    assert story.rang(sol) == [0, *(13 * 60 + after for after in (0, 5, 10, 20, 40))]
    assert story.rang(story.doctor) == [0]
    assert "Nobody is on it yet" in story.alerts(sol)[-1]["text"]
    await sol.taps("✋ I'm on it", story.alerts(sol)[-1])
    for chat in (story.doctor, sol, story.manager):
        story.world.new(chat.phone)
    story.ana.text("it is back: I cannot breathe again")
    await story.world.settle()
    (rang,) = story.world.texts(sol.phone)
    assert "it is back: I cannot breathe again" in rang
    assert story.world.texts(story.doctor.phone) == []
    assert story.world.texts(story.manager.phone) == []


async def test_new_words_do_not_wait_for_a_heartbeat_to_reach_whoever_stands_in(
    story: Story,
) -> None:
    await story.alarm()
    await story.doctor.taps("✋ I'm on it", story.alerts(story.doctor)[-1])
    await story.world.after(hours=0.1)
    await story.doctor.says("/oncall")
    await story.doctor.taps("🏖 Add days off")
    await story.doctor.says("today")
    await story.doctor.taps("Dr. Sol")
    for chat in (story.doctor, story.colleague):
        story.world.new(chat.phone)
    story.ana.text("it is back: I cannot breathe again")
    await story.world.settle()
    assert "it is back" in story.world.texts(story.colleague.phone)[-1]
    assert story.world.texts(story.doctor.phone) == []


async def test_an_alert_leaves_before_a_broadcast_that_is_under_way(story: Story) -> None:
    for number in range(20):
        phone = story.world.person(f"P{number}")
        await story.chats.consent(
            phone, await story.enrolls(story.doctor.phone, label=f"P{number}")
        )
        await story.chats.tap(phone, "One more question", "Yes, send tips")
    await story.chats.tap(story.ana, "One more question", "Yes, send tips")
    before = len(story.world.sandbox.ledger)
    manager = await story.world.store.read(staff.at_chat, story.world.manager.person.id)
    started = await story.world.store.write(
        broadcasts.start,
        Tip("Sun cream!"),
        EVERYONE,
        member=manager,
        clinic=story.world.bot.clinic,
        progress_message=None,
        now=story.world.clock.now(),
    )
    assert started.total == 21
    await story.alarm()
    sent = [entry.text for entry in story.world.sandbox.ledger.entries[before:]]
    first_tip = next(i for i, text in enumerate(sent) if text.startswith("Sun cream!"))
    alarmed = [i for i, text in enumerate(sent) if "EMERGENCY" in text or "Call 112" in text]
    assert len(alarmed) == 4
    assert max(alarmed) < first_tip
    # The one whom it is about gets no tip on top of it.
    assert not any("Sun cream" in text for text in story.world.texts(story.ana))
    assert sum(text.startswith("Sun cream!") for text in sent) == 20


async def test_a_clinic_sets_its_own_pause(make_world: Any) -> None:
    world = make_world(escalate_emergency_minutes="2")
    await world.open()
    assert world.bot.clinic.escalation.pause("emergency", 0) == 2 * MINUTE


def _kinds(tx: Any, label: str) -> list[str]:
    (patient,) = patients.labelled(tx, label)
    return [event["kind"] for event in events.of_patient(tx, patient.id)]
