"""The second reading: what a message is like, and how well that holds for phrases unseen."""

import tomllib
from array import array
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.catalogue import SHIPPED, load
from messages.learning import Phrase, in_grains, is_held_back, learn, phrases_of
from messages.likeness import BITS, Likeness, features, place_of, shipped
from messages.signs import SignTable
from messages.triage import LEVELS, Context, Triage

PHRASES: Final = tuple(phrases_of(Path(__file__).parent / "triage_phrases"))
JUDGED: Final = tuple(phrases_of(Path(__file__).parent / "triage_judged"))
HELD_BACK: Final = tuple(phrase for phrase in PHRASES if is_held_back(phrase.text))
TRIAGE: Final = load(SHIPPED).triage
BARE: Final = Triage({}, SignTable())


def names(text: str, triage: Triage = TRIAGE) -> set[str]:
    return {feature.name for feature in features(triage.reading(text, "en"))}


def phrases(**levels: tuple[str, ...]) -> list[Phrase]:
    """English phrases to learn from, by level."""
    return [
        Phrase(text, "en", level, Context()) for level, texts in levels.items() for text in texts
    ]


def rank(phrase: Phrase) -> int:
    return LEVELS.index(TRIAGE.read(phrase.text, phrase.language, phrase.context).level)


def test_there_are_thousands_of_phrases_of_every_language_and_level_and_none_twice() -> None:
    assert len(PHRASES) >= 10_000
    assert {(p.language, p.level) for p in PHRASES} == {
        (language, level) for language in ("en", "es", "pt", "ru", "fr") for level in LEVELS
    }
    assert len({(p.language, p.text) for p in PHRASES}) == len(PHRASES)


def test_of_phrases_never_learned_from_few_dangers_are_missed_and_few_harmless_ones_alarm() -> None:
    """The bounds are what was reached (docs/TRIAGE.md), with little room."""
    danger = [p for p in HELD_BACK if p.level in {"urgent", "emergency"}]
    harmless = [p for p in HELD_BACK if p.level == "routine"]
    assert len(danger) > 900
    assert len(harmless) > 500
    too_lightly = [p for p in danger if rank(p) < LEVELS.index(p.level)]  # type: ignore[arg-type]
    alarmed = [p for p in harmless if rank(p) >= LEVELS.index("urgent")]
    assert len(too_lightly) / len(danger) < 0.05
    assert len(alarmed) / len(harmless) < 0.11


def test_of_what_a_stranger_wrote_few_dangers_are_taken_too_lightly() -> None:
    """The bounds are what was reached (docs/TRIAGE.md, round 13), with little room."""
    danger = [p for p in JUDGED if p.level in {"urgent", "emergency"}]
    harmless = [p for p in JUDGED if p.level == "routine"]
    assert (len(danger), len(harmless)) == (350, 200)
    too_lightly = [p for p in danger if rank(p) < LEVELS.index(p.level)]  # type: ignore[arg-type]
    alarmed = [p for p in harmless if rank(p) >= LEVELS.index("urgent")]
    assert len(too_lightly) <= 9
    assert len(alarmed) <= 31


def test_it_raises_what_is_like_a_danger_and_lowers_to_no_less_than_a_look_of_a_human() -> None:
    lists_alone = load(SHIPPED).triage.without_likeness()
    for phrase in HELD_BACK:
        listed = lists_alone.read(phrase.text, phrase.language, phrase.context).level
        lowest = min(LEVELS.index(listed), LEVELS.index("review"))
        assert rank(phrase) >= lowest


def test_what_only_sounds_like_a_danger_is_looked_at_and_alarms_nobody() -> None:
    lists = {"en": {"black": ["black"]}}
    table = SignTable.model_validate(
        {
            "sign": {"necrosis": {"level": "urgent", "patterns": ["black"]}},
            "alike": {
                "routine": 0.8, "unknown": 0.8, "review": 0.8, "emergency": 0.8,
                "calm": 0.5, "calm_emergency": 0.5,
            },
        }
    )  # fmt: skip
    alone = Triage(lists, table)
    shown = phrases(
        routine=("my phone screen went black", "the screen is black again"),
        review=("a dark patch is there",),
        urgent=("the skin went black there", "my skin is turning black"),
        emergency=("air does not come in",),
    )
    triage = Triage(lists, table, likeness=in_grains(*learn(shown, alone)))
    assert triage.read("the skin went black").level == "urgent"
    harmless = triage.read("the phone screen went black")
    assert alone.read("the phone screen went black").level == "urgent"
    assert harmless.level == "review"
    assert [(reason.sign, reason.level) for reason in harmless.reasons] == [("necrosis", "review")]
    asked = Context(question="Is the skin black?")
    assert triage.read("the phone screen went black", "en", asked).level == "urgent"
    assert triage.read("screen black").level == "urgent", "of two words nothing is harmless"


def test_what_is_like_a_review_is_not_harmless() -> None:
    """Somebody rates pain as a practitioner's matter, and yet "unbearable" is for today."""
    assert TRIAGE.read("dor insuportável que não alivia", "pt").level == "urgent"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            (
                "Hi, got the bus home fine, fed the cat, watched the telly with my sister, {} and "
                "anyway am I still booked for the 14th at five, thanks so much for everything"
            ),
        ),
        (
            "es",
            (
                "Hola, llegué bien a casa, cené con mi hermana y vi la tele, {} y por cierto "
                "sigue en pie la cita del 14 a las cinco, muchas gracias por todo"
            ),
        ),
        (
            "pt",
            (
                "Oi, cheguei bem em casa, jantei com minha irmã e vi televisão, {} e aliás a "
                "consulta do dia 14 às cinco continua marcada, muito obrigada por tudo"
            ),
        ),
        (
            "ru",
            (
                "Здравствуйте, доехала хорошо, поужинала с сестрой и посмотрела телевизор, {} и "
                "кстати запись на 14 в пять остаётся, спасибо вам за всё"
            ),
        ),
        (
            "fr",
            (
                "Bonjour, bien rentrée, j'ai mangé avec ma soeur et regardé la télé, {} et au "
                "fait le rendez-vous du 14 à cinq heures tient toujours, merci pour tout"
            ),
        ),
    ],
)
def test_a_danger_is_not_thinned_out_by_what_is_said_around_it(language: str, text: str) -> None:
    file = SHIPPED / "triage" / f"{language}.toml"
    examples = tomllib.loads(file.read_text("utf-8"))["example"]
    grave = [row for row in examples if row["level"] == "emergency" and "context" not in row]
    assert len(grave) > 10
    lists_alone = TRIAGE.without_likeness()
    for row in grave:
        message = text.format(row["text"])
        listed = lists_alone.read(message, language).level
        assert LEVELS.index(TRIAGE.read(message, language).level) >= LEVELS.index(listed), message


def test_what_is_in_no_list_alarms_and_names_the_clause_that_weighed_most() -> None:
    text = "hi its me again, the air just wont go down into me"
    verdict = TRIAGE.read(text)
    assert verdict.level == "emergency"
    (reason, *_) = verdict.reasons
    assert "air" in reason.words
    assert text[reason.start : reason.end] == reason.words


def test_a_word_that_is_denied_is_another_feature() -> None:
    assert "c:fever" in names("I have a fever")
    assert "c:!fever" in names("no fever")
    assert "c:fever" not in names("no fever")
    assert "w:!fever" in names("no fever")


def test_how_long_ago_the_session_was_weighs_with_each_concept() -> None:
    reading = TRIAGE.reading("a small lump", "en")
    early = {f.name for f in features(reading, hours=100, lipolytic=True)}
    late = {f.name for f in features(reading, hours=1000, lipolytic=True)}
    assert "h:2l lump" in early
    assert "h:4l lump" in late


def test_the_place_of_a_feature_never_moves() -> None:
    assert place_of("w:pus") == 202338
    assert 0 <= place_of("что угодно") < 1 << BITS


def test_weights_come_back_from_a_file_as_they_went() -> None:
    likeness = Likeness(array("b", [1, -2, 3, -4] * (1 << BITS)), 0.5, [0.0, 0.1, -0.1, 0.2])
    again = Likeness.from_bytes(likeness.to_bytes())
    reading = BARE.reading("there is pus again", "en")
    assert list(again.of(reading)) == list(likeness.of(reading))


@pytest.mark.parametrize("text", ["", "pus", "🙂", "pus! pus!", "and a third"])
def test_a_sentence_of_three_words_is_like_nothing(text: str) -> None:
    assert list(shipped().of(TRIAGE.reading(text, "en"))) == []


def test_each_sentence_is_weighed_by_itself() -> None:
    one = next(iter(shipped().of(TRIAGE.reading("the air will not go in", "en"))))
    reading = TRIAGE.reading(
        "thanks for everything today. the air will not go in! see you on Friday", "en"
    )
    alikes = list(shipped().of(reading))
    assert len(alikes) == 3
    assert alikes[1].shares == one.shares


@given(st.text(max_size=300))
def test_the_shares_of_any_text_make_one(text: str) -> None:
    for alike in shipped().of(TRIAGE.reading(text, "en")):
        assert sum(alike.shares) == pytest.approx(1)
        assert 0 <= alike.first <= alike.last


def test_learning_tells_what_it_was_shown_apart() -> None:
    shown = phrases(
        routine=("many thanks to you", "see you all soon"),
        review=("a dark patch there", "the patch is dark"),
        urgent=("it oozes all day", "it is oozing a lot"),
        emergency=("no air at all now", "the air will not come"),
    )
    learned = in_grains(*learn(shown, BARE))
    for phrase in shown:
        (alike,) = learned.of(BARE.reading(phrase.text, "en"))
        assert LEVELS[alike.shares.index(max(alike.shares))] == phrase.level
