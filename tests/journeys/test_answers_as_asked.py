"""A tap means what stood on the phone, whatever the clinic has made of its protocols meanwhile."""

from typing import Any

import pytest

from bot.texts import SHIPPED
from scheduler import replies
from scheduler.database import Tx
from scheduler.wording import mark
from tests.journeys.practitioner_chat import Chat, join, words
from tests.journeys.test_practitioner_cards import enrolled

BREATHING = '[[step.question]]\nkey = "breathing"'
ARRIVED = '[[step.question]]\nkey = "arrived"\nkind = "yes_no"\n\n'
OPTIONS = 'options = ["none", "fading", "same", "bigger"]'
TEXTS = {
    "en": '"Did you get home well?"\nanswer = { yes = "Yes", no = "No" }',
    "es": '"¿Has llegado bien a casa?"\nanswer = { yes = "Sí", no = "No" }',
}


class Story:
    """A clinic with texts of its own, a doctor in charge and a patient."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.own = world.directory / "texts" / "common"
        self.own.mkdir(parents=True)
        self.doctor: Chat
        self.ana: Chat

    async def edits(self, shipped: str, own: str) -> None:
        """Have the clinic put something else into its protocol; its texts are asked for too."""
        core = (SHIPPED / "common" / "core.toml").read_text()
        assert core.count(shipped) == 1
        for language, text in TEXTS.items():
            (self.own / f"{language}.toml").write_text(
                f"[step.care.question.arrived]\ntext = {text}\n"
            )
        (self.own / "core.toml").write_text(core.replace(shipped, own))
        await self.world.bot.tick()
        await self.world.settle()

    async def given(self) -> list[tuple[str, str]]:
        """What was answered: question and answer."""

        def read(tx: Tx) -> list[Any]:
            return replies.of_patient(tx, 1)

        return [(row["question"], row["value"]) for row in await self.world.store.read(read)]


@pytest.fixture
async def story(make_world: Any) -> Story:
    world = make_world()
    made = Story(world)
    world._settings["protocols_dir"] = str(made.own.parent)
    await world.open()
    made.doctor = await join(world, "Dr. Ruiz")
    made.ana = await enrolled(world, made.doctor)
    return made


async def test_a_yes_is_to_the_question_that_was_read_and_not_to_one_put_before_it(
    story: Story,
) -> None:
    await story.world.after(hours=1.1)
    asked = next(m for m in story.ana.messages() if "Is it hard to breathe" in words(m))
    story.world.new(story.ana.phone)
    await story.edits(BREATHING, ARRIVED + BREATHING)
    await story.ana.taps("Yes", asked)
    assert story.world.texts(story.ana.phone)[0].startswith("🚨 Call 112 now.")
    assert await story.given() == [("breathing", "yes")]
    assert "EMERGENCY · A.P." in story.doctor.said
    shown = next(m for m in story.ana.messages() if m["message_id"] == asked["message_id"])
    assert "get home well" not in words(shown)


async def test_options_in_another_order_keep_their_meaning(story: Story) -> None:
    await story.world.after(days=7, hours=1)
    asked = next(m for m in story.ana.messages() if "One week since your visit" in words(m))
    await story.edits(OPTIONS, 'options = ["bigger", "same", "fading", "none"]')
    await story.ana.taps("No bruise", asked)
    assert await story.given() == [("bruise", "none")]
    assert not any("The bruise" in words(m) for m in story.doctor.messages())


async def test_a_question_that_is_asked_no_longer_is_an_old_button(story: Story) -> None:
    await story.world.after(days=7, hours=1)
    asked = next(m for m in story.ana.messages() if "One week since your visit" in words(m))
    await story.edits(OPTIONS, 'options = ["none", "fading", "bigger"]')
    story.world.new(story.ana.phone)
    await story.ana.taps("The same", asked)
    assert story.world.texts(story.ana.phone) == []
    assert await story.given() == []


async def test_a_button_of_an_earlier_version_still_works(story: Story) -> None:
    await story.world.after(hours=1.1)
    asked = next(m for m in story.ana.messages() if "Is it hard to breathe" in words(m))
    data = asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    row = data.split(":")[1]
    assert data == f"a:{row}:{mark('breathing')}:{mark('yes')}"
    story.world.new(story.ana.phone)
    story.ana.phone.tap(asked["message_id"], f"a:{row}:0:0", forged=True)
    await story.world.settle()
    assert story.world.texts(story.ana.phone)[0].startswith("🚨 Call 112 now.")
    assert await story.given() == [("breathing", "yes")]
