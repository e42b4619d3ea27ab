"""Hours of the week as people type and read them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.hours_words import in_words, opening, read
from messages.catalogue import Catalogue, load
from scheduler.hours import parse, written

ZONE = "Europe/Madrid"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@pytest.mark.parametrize(
    ("language", "typed", "canonical"),
    [
        ("en", "Mon-Fri 9-18", "Mo-Fr 09:00-18:00"),
        ("en", "monday to friday from 9 to 18", "Mo-Fr 09:00-18:00"),
        ("en", "weekdays 9am-6pm", "Mo-Fr 09:00-18:00"),
        ("en", "Mon–Fri 9:30 – 18.15", "Mo-Fr 09:30-18:15"),
        ("en", "Mon, Wed & Fri 9-14", "Mo 09:00-14:00; We 09:00-14:00; Fr 09:00-14:00"),
        ("en", "Mon-Fri 9-18, Sat 10-14", "Mo-Fr 09:00-18:00; Sa 10:00-14:00"),
        ("en", "Mon-Fri 9-18 and Sat 10-14", "Mo-Fr 09:00-18:00; Sa 10:00-14:00"),
        ("en", "Tues 9-14 and 16-20", "Tu 09:00-14:00,16:00-20:00"),
        ("en", "Mon-Fri 9-18\nSat off", "Mo-Fr 09:00-18:00"),
        ("en", "daily 8-20", "Mo-Su 08:00-20:00"),
        ("en", "8-20", "Mo-Su 08:00-20:00"),
        ("en", "24/7", "Mo-Su 00:00-24:00"),
        ("en", "always", "Mo-Su 00:00-24:00"),
        ("en", "Fri 20-8", "Fr 20:00-08:00"),
        ("en", "Sat 9:00-6:00", "Sa 09:00-06:00"),
        ("en", "off", "off"),
        ("es", "lun a vie de 9 a 18", "Mo-Fr 09:00-18:00"),
        ("es", "de lunes a viernes, 9-14 y 16-20", "Mo-Fr 09:00-14:00,16:00-20:00"),
        ("es", "lunes y miércoles 10h-14h", "Mo 10:00-14:00; We 10:00-14:00"),
        ("es", "entre semana 9-18, sábado 10-14", "Mo-Fr 09:00-18:00; Sa 10:00-14:00"),
        ("es", "todos los días de 8 a 20 h", "Mo-Su 08:00-20:00"),
        ("es", "Mon-Fri 9-18", "Mo-Fr 09:00-18:00"),
        ("en", "lunes a viernes 9-18", "Mo-Fr 09:00-18:00"),
    ],
)
def test_hours_are_read_as_people_type_them(
    catalogue: Catalogue, language: str, typed: str, canonical: str
) -> None:
    found = read(typed, language, catalogue)
    assert found is not None
    assert written(found) == canonical


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "Mon-Fri",
        "Mon-Fri 9",
        "9-6",
        "Mon 8-8",
        "Mon-Fri 9-18 unless it rains",
        "Tuesday 9-25",
        "Mon 13pm-6pm",
        "T 9-18",
        "S 9-18",
        "9-18 Mon",
        "Mon 9-14 13-18",
        "x" * 300,
        "<b>Mon</b> 9-18",
    ],
)
def test_what_could_be_meant_otherwise_is_not_understood(catalogue: Catalogue, typed: str) -> None:
    assert read(typed, "en", catalogue) is None


@pytest.mark.parametrize(
    ("hours", "english", "spanish"),
    [
        ("Mo-Fr 09:00-18:00", "Mon–Fri 09:00–18:00", "lun–vie 09:00–18:00"),
        (
            "Mo-Fr 09:00-14:00,16:00-20:00; Sa 10:00-14:00",
            "Mon–Fri 09:00–14:00, 16:00–20:00 · Sat 10:00–14:00",
            "lun–vie 09:00–14:00, 16:00–20:00 · sáb 10:00–14:00",
        ),
        ("0-24", "day and night", "día y noche"),
        ("off", "no hours", "sin horario"),
    ],
)
def test_hours_are_shown_in_the_readers_language(
    catalogue: Catalogue, hours: str, english: str, spanish: str
) -> None:
    assert in_words(parse(hours), "en", catalogue) == english
    assert in_words(parse(hours), "es", catalogue) == spanish
    if hours != "off":
        assert read(english, "en", catalogue) == parse(hours)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-05-04 10:00", "in clinic hours"),
        ("2026-05-04 07:00", "in clinic hours, today from 09:00"),
        ("2026-05-04 23:40", "in clinic hours, tomorrow from 09:00"),
        ("2026-05-08 23:40", "in clinic hours, on Mon 11 May from 09:00"),
    ],
)
def test_the_next_opening_is_said_as_one_says_it(catalogue: Catalogue, at: str, words: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(ZONE))
    now = int(moment.timestamp() * 1000)
    assert opening(parse("Mo-Fr 9-18"), ZONE, "en", catalogue, now=now) == words
