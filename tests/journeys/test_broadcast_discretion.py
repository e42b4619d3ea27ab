"""A broadcast begins with a manager's own words: what no locked phone should show is told first."""

from typing import Any

import pytest

from tests.journeys.test_manager_broadcast import compose, labels, patient, press, words

TOLD = "Your belly after the facial: walk a little.\nAnd drink water."
COVER = "🌿 A tip for you"


async def previewed(world: Any, text: str) -> dict[str, Any]:
    """Write a broadcast and go on to its preview, or to what comes before it."""
    await compose(world, text)
    await press(world, world.manager, "b:go_on")
    return dict(world.new(world.manager)[-1])


async def send(world: Any) -> None:
    await press(world, world.manager, "b:send")
    await press(world, world.manager, "b:yes")


async def test_a_first_line_that_gives_somebody_away_is_told_and_a_neutral_one_put_above(
    world: Any,
) -> None:
    anna = await patient(world, "Anna")
    pablo = await patient(world, "Pablo", language="es")
    asked = await previewed(world, TOLD)
    assert "In yours stands “Belly”, “Facial”:" in words(asked)
    assert "🔒 Your belly after the facial: walk a little.\n" in words(asked)
    assert "drink water" not in words(asked)
    assert labels(asked) == [
        "➕ Put a neutral line above",
        "Send it as it is ›",
        "‹ Back",
        "✖️ Cancel",
    ]

    await press(world, world.manager, "b:cover")
    preview = world.new(world.manager)[-1]
    assert words(preview) == f"{COVER}\n{TOLD}"
    await send(world)
    assert world.texts(anna) == [f"{COVER}\n{TOLD}"], "and nothing else was sent"
    assert world.texts(pablo) == [f"{COVER}\n{TOLD}"]


async def test_it_may_stay_as_it_is_and_is_not_asked_twice(world: Any) -> None:
    anna = await patient(world, "Anna")
    await previewed(world, TOLD)
    await press(world, world.manager, "b:as_it_is")
    assert words(world.new(world.manager)[-1]) == TOLD
    await press(world, world.manager, "b:send")
    await press(world, world.manager, "b:no")
    assert words(world.new(world.manager)[-1]) == TOLD, "the preview again, and no question"
    await send(world)
    assert world.texts(anna) == [TOLD]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("News from ALBA CLINIC", "Alba Clinic"),
        ("After your Facial rejuvenation", "Facial rejuvenation"),
        ("  \nYour thigh may itch", "Thigh"),
        ("Cellulite: what helps", "Cellulite"),
        ("Cuida tu papada: bebe agua", "Papada"),
    ],
)
async def test_the_clinic_a_treatment_and_a_part_of_the_body_are_told(
    world: Any, text: str, named: str
) -> None:
    await patient(world, "Anna")
    assert f"“{named}”" in words(await previewed(world, text))


@pytest.mark.parametrize(
    "text", ["Drink water.\nYour belly and Alba Clinic say thanks.", "Playback is on", "Sun is out"]
)
async def test_what_stands_below_or_says_nothing_of_it_goes_straight_to_the_preview(
    world: Any, text: str
) -> None:
    await patient(world, "Anna")
    assert words(await previewed(world, text)) == text


async def test_each_language_is_looked_at_and_covered_in_its_own_words(world: Any) -> None:
    anna = await patient(world, "Anna")
    pablo = await patient(world, "Pablo", language="es")
    await previewed(world, "Drink water today.")
    await press(world, world.manager, "b:language")
    world.manager.text("Para tu cuello: bebe agua.")
    await world.settle()
    asked = world.new(world.manager)[-1]
    assert "“Cuello”" in words(asked)
    assert "Drink water" not in words(asked)
    await press(world, world.manager, "b:cover")
    assert words(world.new(world.manager)[-1]) == (
        "🌿 Un consejo para ti\nPara tu cuello: bebe agua."
    )
    await send(world)
    assert world.texts(anna) == ["Drink water today."]
    assert world.texts(pablo) == ["🌿 Un consejo para ti\nPara tu cuello: bebe agua."]


async def test_a_neutral_line_never_becomes_the_question_of_a_poll(world: Any) -> None:
    await patient(world, "Anna")
    asked = await previewed(world, "How is your belly?\nGood\nNot so good")
    assert "“Belly”" in words(asked)
    await press(world, world.manager, "b:cover")
    assert "📊 Make it a poll" not in labels(world.new(world.manager)[-1])

    asked = await previewed(world, "How is your belly?\nGood\nNot so good")
    await press(world, world.manager, "b:as_it_is")
    await press(world, world.manager, "b:poll")
    await press(world, world.manager, "b:test")
    assert world.new(world.manager)[-1]["poll"]["question"] == "How is your belly?"


async def test_a_neutral_line_that_does_not_fit_is_not_offered(world: Any) -> None:
    await patient(world, "Anna")
    asked = await previewed(world, "belly " * 682)
    assert labels(asked)[0] == "Send it as it is ›"


async def test_new_words_are_looked_at_anew(world: Any) -> None:
    await patient(world, "Anna")
    await previewed(world, TOLD)
    await press(world, world.manager, "b:as_it_is")
    world.manager.text("Alba Clinic wishes you well")
    await world.settle()
    await press(world, world.manager, "b:go_on")
    assert "“Alba Clinic”" in words(world.new(world.manager)[-1])


async def test_a_moment_is_answered_where_meanwhile_nobody_would_get_it(world: Any) -> None:
    anna = await patient(world, "Anna")
    await previewed(world, "Drink water today.")
    await press(world, world.manager, "b:later")
    anna.text("/stop")
    await world.settle()
    world.new(world.manager)
    world.manager.text("tomorrow 10:00")
    await world.settle()
    (told,) = world.texts(world.manager)
    assert told.startswith("Nobody would get it now")
    await press(world, world.manager, "b:preview")
    assert words(world.new(world.manager)[-1]) == "Drink water today."
