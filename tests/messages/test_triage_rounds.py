"""The phrases that were written in rounds, each before the words that it needed: all are read."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from messages.catalogue import SHIPPED, load
from messages.triage import LEVELS, Context, Triage

ROUNDS = Path(__file__).parent / "triage_rounds"
LANGUAGES = ("en", "es", "pt", "ru", "fr")
ROWS = (
    "anaphylaxis", "occlusion", "collapse", "sepsis", "swallowing", "legs", "self_harm",
    "infection", "necrosis", "mycobacteria", "panniculitis", "hives", "bleeding", "pregnancy",
    "lump", "granuloma",
)  # fmt: skip
TRIAGE: Triage = load(SHIPPED).triage


def phrases(language: str) -> list[dict[str, Any]]:
    text = (ROUNDS / f"{language}.toml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["phrase"]
    return found


def read_as(phrase: dict[str, Any], language: str) -> int:
    context = Context(**phrase.get("context", {}))
    return LEVELS.index(TRIAGE.read(phrase["text"], language, context).level)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_emergency_and_nothing_urgent_is_taken_too_lightly(language: str) -> None:
    too_lightly = [
        phrase["text"]
        for phrase in phrases(language)
        if phrase["level"] in {"emergency", "urgent"}
        and read_as(phrase, language) < LEVELS.index(phrase["level"])
    ]
    assert too_lightly == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_routine_phrases_few_alarm_and_few_are_not_understood(language: str) -> None:
    routine = [phrase for phrase in phrases(language) if phrase["level"] == "routine"]
    alarmed = [p["text"] for p in routine if read_as(p, language) >= LEVELS.index("urgent")]
    shown = [p["text"] for p in routine if read_as(p, language) == LEVELS.index("review")]
    assert len(alarmed) <= len(routine) * 0.03, alarmed
    assert len(shown) <= len(routine) * 0.1, shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_row_of_the_danger_table_is_tried_in_a_dozen_ways(language: str) -> None:
    tried = {row: {p["text"] for p in phrases(language) if p["row"] == row} for row in ROWS}
    assert {row: len(texts) for row, texts in tried.items() if len(texts) < 12} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_capitals_and_missing_accents_change_nothing(language: str) -> None:
    for phrase in phrases(language):
        context = Context(**phrase.get("context", {}))
        once = TRIAGE.read(phrase["text"], language, context).level
        assert TRIAGE.read(phrase["text"].capitalize(), language, context).level == once
