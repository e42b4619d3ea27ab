"""The stories by which the conversation is judged: the night, the holiday, two plans, a photo."""

from typing import Any

import pytest

from sandbox.phones import Phone
from scheduler import leave, staff
from tests.journeys.practitioner_chat import Chat, join, may_see_pictures

MINUTE = 60 * 1000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Story:
    """A clinic of three and a patient, Monday 4 May 2026, 10:00."""

    def __init__(self, world: Any, chats: Any, enrolls: Any) -> None:
        self.world, self.chats, self.enrolls = world, chats, enrolls

    async def begin(self) -> None:
        self.doctor = await join(self.world, "Dr. Ruiz")
        self.colleague = await join(self.world, "Dr. Sol")
        self.manager = Chat(self.world, self.world.manager)
        self.ana: Phone = self.world.person("Ana")
        await self.chats.consent(self.ana, await self.enrolls(self.doctor.phone))
        self.began = self.world.clock.now()

    async def at(self, hours: float) -> None:
        await self.world.until(self.began + int(hours * HOUR))
        self.forget()

    def forget(self) -> None:
        for phone in (self.doctor.phone, self.colleague.phone, self.world.manager, self.ana):
            self.world.new(phone)
        self.since = self.world.clock.now()

    async def writes(self, text: str) -> list[str]:
        self.ana.text(text)
        await self.world.settle()
        return list(self.world.texts(self.ana))

    def rang(self, chat: Chat, words: str = " · A.P.", *, silent: bool = False) -> list[int]:
        """After how many minutes a new message about the alert came, with a sound (or silently)."""
        return [
            (entry.at - self.since) // MINUTE
            for entry in self.world.sandbox.ledger.of(chat.id, "sendMessage")
            if words in entry.text.split("\n")[0]
            and entry.at >= self.since
            and entry.silent == silent
        ]

    async def is_away(self, chat: Chat, helper: Chat | None, days: int) -> None:
        now = self.world.clock.now()

        def plan(tx: Any) -> None:
            member = staff.at_chat(tx, chat.id)
            stand_in = staff.at_chat(tx, helper.id) if helper else None
            assert member is not None
            leave.take(
                tx,
                member,
                starts_at=now,
                ends_at=now + days * DAY,
                stand_in=stand_in,
                by=member,
                now=now,
            )

        await self.world.store.write(plan)
        await self.world.settle()
        self.forget()


@pytest.fixture
async def story(world: Any, chats: Any, enrolls: Any) -> Story:
    made = Story(world, chats, enrolls)
    await made.begin()
    return made


async def test_the_message_at_2340_and_the_hour_that_follows(story: Story) -> None:
    await story.at(13 + 2 / 3)
    answered = await story.writes("no fever but it's oozing")
    (safety,) = answered
    assert safety == (
        "📞 Call your clinic today: +34 911 234 567\n"
        "Open: Mon–Fri 09:00–18:00\n"
        "If you cannot reach us, go to urgent care.\n"
        "If it gets worse fast, or you feel very ill: 112"
    )
    # Nobody is on call: it is the managers', again and again, and nobody else is woken. Whoever is
    # in charge has it without a sound.
    await story.world.until(story.since + HOUR)
    assert story.rang(story.manager) == [0, 30, 60]
    assert story.rang(story.doctor) == story.rang(story.colleague) == []
    assert story.rang(story.doctor, silent=True) == [0]
    assert story.rang(story.colleague, silent=True) == []
    assert story.world.texts(story.ana) == []  # nothing says that anybody has read it
    await story.manager.taps("✋ I'm on it")
    assert [t.split(".")[0] for t in story.world.texts(story.ana)] == [
        "👀 A practitioner has now read what you sent"
    ]
    await story.world.after(hours=9)
    assert story.rang(story.manager) == [0, 30, 60]
    assert story.rang(story.doctor) == []


async def test_nobody_takes_it_at_night_and_in_the_morning_it_rings_with_who_is_in_charge(
    story: Story,
) -> None:
    await story.at(20)  # 06:00
    await story.writes("there is pus")
    await story.world.until(story.since + 4 * HOUR)
    assert story.rang(story.manager) == [0, 30, 60, 120, 180, 240]
    assert story.rang(story.doctor) == [180, 240]


async def test_an_emergency_at_night_rings_with_who_is_in_charge_whatever_their_hours(
    story: Story,
) -> None:
    await story.at(13 + 2 / 3)
    (answered,) = await story.writes("my throat is closing up")
    assert answered.startswith("🚨 Call 112 now.")
    await story.world.until(story.since + 5 * MINUTE)
    assert story.rang(story.doctor) == story.rang(story.manager) == [0, 5]
    assert story.rang(story.colleague) == [5]


async def test_a_practitioner_on_holiday_is_left_alone_and_the_stand_in_has_it(
    story: Story,
) -> None:
    await story.at(24)
    await story.is_away(story.doctor, story.colleague, days=5)
    await story.writes("there is pus")
    assert story.rang(story.colleague) == [0]
    assert "Urgent · A.P." in story.colleague.said
    await story.colleague.taps("📇 Open the card")
    assert story.colleague.said.startswith("🔴 Urgent · A.P.")
    await story.writes("now i can't breathe")
    assert story.rang(story.colleague, "EMERGENCY") == story.rang(story.manager, "EMERGENCY") == [0]
    await story.world.until(story.since + 30 * MINUTE)
    assert story.world.texts(story.doctor.phone) == []
    assert "✋ I'm on it" in story.colleague.buttons
    await story.colleague.taps("✋ I'm on it")
    await story.world.after(hours=4)
    story.ana.text("ok, thank you")
    await story.world.settle()
    assert story.world.texts(story.doctor.phone) == []


async def test_without_a_stand_in_the_managers_have_it(story: Story) -> None:
    await story.at(24)
    await story.is_away(story.doctor, None, days=5)
    await story.writes("can I have wine tonight?")
    assert "can I have wine tonight?" in story.manager.said
    await story.writes("there is pus")
    assert story.rang(story.manager) == [0]
    assert story.world.texts(story.doctor.phone) == []


async def test_a_patient_with_two_open_sessions_reaches_both_who_are_in_charge(
    story: Story,
) -> None:
    token = await story.enrolls(story.colleague.phone, treatment="hair", area="scalp", patient_id=1)
    story.ana.open(token)
    await story.at(30)
    (answered,) = await story.writes("i can't breathe")
    assert answered.startswith("🚨 Call 112 now.")
    for chat in (story.doctor, story.colleague):
        assert story.rang(chat) == [0]
    await story.colleague.taps("📞 Call done")
    # What is written under a check-in belongs to the plan of that check-in alone.
    await story.world.after(hours=20)
    for plan, chat, other in (
        (1, story.doctor, story.colleague),
        (2, story.colleague, story.doctor),
    ):
        check_in = await story.world.store.read(_newest_check_in, plan)
        words = f"this is about plan {plan}"
        story.ana.text(words, reply_to=check_in)
        await story.world.settle()
        assert words in chat.said
        assert words not in other.said


async def test_a_photo_goes_to_a_human_unjudged_and_waits_for_an_answer(story: Story) -> None:
    await story.at(30)
    await may_see_pictures(Chat(story.world, story.ana))
    story.world.texts(story.ana)
    story.ana.photo()
    await story.world.settle()
    (answered,) = story.world.texts(story.ana)
    assert answered.startswith("📤 Passed on to your clinic. They answer in clinic hours.")
    (shown,) = [m for m in story.doctor.messages() if "photo" in m]
    assert "A.P." in shown["caption"]
    assert story.rang(story.doctor) == []
    assert "📷 Photo" in await story.doctor.says("/inbox")


async def test_a_review_at_night_makes_no_sound_and_rings_in_the_morning(story: Story) -> None:
    await story.at(37)  # 23:00
    await story.chats.tap(story.ana, "One day since your visit", "8")
    assert "Please look · A.P." in story.manager.said
    await story.world.until(story.since + 10 * HOUR)
    sent = {
        entry.chat_id: ((entry.at - story.since) // MINUTE, entry.silent)
        for entry in story.world.sandbox.ledger.entries
        if entry.text.startswith("🟠 Please look")
    }
    assert sent == {story.manager.id: (0, True), story.doctor.id: (10 * 60, False)}


async def test_the_open_ones_are_listed_by_level_and_then_by_age(story: Story) -> None:
    await story.at(24)
    for label, words in (
        ("B.B.", "there is pus"),
        ("C.C.", "my skin is black"),
        ("D.D.", "i can't breathe"),
    ):
        phone = story.world.person(label)
        await story.chats.consent(phone, await story.enrolls(story.doctor.phone, label=label))
        phone.text(words)
        await story.world.settle()
        await story.world.after(hours=0.01)
    listed = await story.doctor.says("/alerts")
    places = [listed.index(label) for label in ("D.D.", "B.B.", "C.C.")]
    assert places == sorted(places)


async def test_every_step_of_an_alert_stands_in_the_card(story: Story) -> None:
    await story.at(25)
    await story.chats.tap(story.ana, "One day since your visit", "8")
    await story.writes("there is pus")
    await story.world.after(hours=0.6)
    await story.doctor.taps("✋ I'm on it")
    await story.writes("i can't breathe")
    await story.doctor.taps("📞 Call done")
    card = await story.doctor.says("/patient A.P.")
    steps = (
        "🔔 Alert opened: please look",
        "⬆️ The alert became graver: urgent",
        "⏰ Nobody was on the alert: more people were called",
        "✋ Dr. Ruiz is on the alert",
        "⬆️ The alert became graver: emergency",
        "✅ Dr. Ruiz closed the alert: call done",
    )
    places = [card.index(step) for step in steps]
    assert places in (sorted(places), sorted(places, reverse=True))


def _newest_check_in(tx: Any, enrollment_id: int) -> int:
    found: int = tx.value(
        """SELECT message_id FROM outbox WHERE clinic_id = :clinic_id AND state = 'sent'
             AND enrollment_id = :id AND step_key IS NOT NULL ORDER BY settled_at DESC LIMIT 1""",
        id=enrollment_id,
    )
    return found
