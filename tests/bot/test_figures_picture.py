"""The picture of the figures: whatever they are, it is drawn, and in the reader's language."""

from collections import Counter
from datetime import date
from types import SimpleNamespace

import pytest

from bot.figures_chart import draw
from bot.figures_made import _Words
from messages.catalogue import load
from scheduler.figures import Figures, Report
from scheduler.staff import Staff

CATALOGUE = load()
MONTHS = tuple(date(2025 + n // 12, n % 12 + 1, 1) for n in range(5, 17))


def words(language="en", role="manager", before=None):
    clinic = SimpleNamespace(name="Alba $Clinic$ 😀", no_shows_before=before)
    house = SimpleNamespace(catalogue=CATALOGUE, clinic=clinic)
    return _Words(house, Staff(1, 1, "N", role, language))


def report(treatments):
    made = Report(MONTHS, active=Counter(treatments))
    for n, treatment in enumerate(treatments):
        made.cells[MONTHS[-1], treatment] = Figures(
            enrolled=10 * (n + 1), asked=4, answered=3, answer_minutes=Counter({61: 3})
        )
    return made


def test_many_treatments_share_a_color_and_nothing_is_left_out():
    treatments = [f"t{n}" for n in range(9)]
    picture = words().picture(report(treatments), "")
    bars = dict(picture["charts"][0]["bars"])
    assert len(bars) == 6
    assert bars["t8"][-1] == 90
    assert bars["Others"][-1] == 10 + 20 + 30 + 40
    assert sum(values[-1] for values in bars.values()) == 450
    assert picture["charts"][1]["share"] == [None] * 11 + [0.75]


def test_it_is_told_in_the_readers_words():
    tiles = {
        tile["name"]: (tile["value"], tile["note"])
        for tile in words("es").picture(report(["facial"]), "facial")["tiles"]
    }
    assert tiles["Altas"] == ("10", "planes")
    assert tiles["Respondidos"] == ("75%", "de 4 controles")
    assert tiles["Hasta responder"][0] == "61 minutos"
    assert tiles["Ausencias"][0] == "–"


def test_no_shows_stand_beside_those_of_before_where_the_clinic_knows_them():
    made = report(["facial"])
    made.cells[MONTHS[-1], "facial"].attended = 19
    made.cells[MONTHS[-1], "facial"].missed = 1
    (tile,) = [
        tile for tile in words(before=0.12).picture(made, "")["tiles"] if tile["name"] == "No-shows"
    ]
    assert (tile["value"], tile["note"]) == ("5%", "of 20 visits · before: 12%")


@pytest.mark.parametrize("treatments", [[], ["facial"], [f"t{n}" for n in range(9)]])
def test_it_can_always_be_drawn(treatments):
    assert draw(words().picture(report(treatments), "")).startswith(b"\x89PNG")
