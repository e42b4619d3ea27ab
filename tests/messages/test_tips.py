"""The library of tips: its days, and every fault in it told at once."""

from datetime import date
from pathlib import Path

import pytest

from messages.catalogue import SHIPPED, CatalogueInvalid, load
from messages.check import check
from messages.tips import LibraryTip


@pytest.mark.parametrize(
    ("every", "month", "day", "after", "following"),
    [
        ("month", 1, 5, "2026-05-04", "2026-05-05"),
        ("month", 1, 5, "2026-05-05", "2026-06-05"),
        ("month", 1, 5, "2026-12-05", "2027-01-05"),
        ("3 months", 2, 1, "2026-03-01", "2026-05-01"),
        ("3 months", 11, 1, "2026-12-01", "2027-02-01"),
        ("6 months", 4, 20, "2026-04-20", "2026-10-20"),
        ("year", 4, 20, "2026-04-20", "2027-04-20"),
        ("year", 4, 20, "2026-04-19", "2026-04-20"),
        ("year", 2, 28, "2026-03-01", "2027-02-28"),
    ],
)
def test_the_next_day_follows_from_how_often(
    every: str, month: int, day: int, after: str, following: str
) -> None:
    tip = LibraryTip.model_validate({"every": every, "month": month, "day": day})
    assert tip.next_day(date.fromisoformat(after)) == date.fromisoformat(following)


def write(directory: Path, **files: str) -> Path:
    for name, text in files.items():
        path = directory / "tips" / "mine" / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return directory


EN = 'name = "Mine"\ntext = "Drink water."'
ES = 'name = "El mío"\ntext = "Bebe agua."'


def test_a_clinics_own_tip_lies_beside_the_shipped_ones(tmp_path: Path) -> None:
    own = write(tmp_path, tip='every = "2 months"', en=EN, es=ES)
    assert check(SHIPPED, own) == []
    catalogue = load(SHIPPED, own)
    assert set(catalogue.tips) == {"diet", "mine", "sun-care", "water"}
    assert catalogue.tip_text("es", "mine") == "Bebe agua."
    assert catalogue.speaking("es").tip_text("fr", "mine") == "Bebe agua."


def test_a_shipped_tip_is_changed_key_by_key(tmp_path: Path) -> None:
    path = tmp_path / "tips" / "diet" / "tip.toml"
    path.parent.mkdir(parents=True)
    path.write_text("day = 9", encoding="utf-8")
    diet = load(SHIPPED, tmp_path).tips["diet"]
    assert (diet.day, diet.every) == (9, "month")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"tip": 'every = "week"', "en": EN, "es": ES}, "tip.toml: every"),
        ({"tip": 'every = "month"\nday = 31', "en": EN, "es": ES}, "tip.toml: day"),
        ({"tip": 'evry = "month"', "en": EN, "es": ES}, 'did you mean "every"'),
        (
            {"tip": 'every = "month"\n[segment]\ntreatment = ["fat"]', "en": EN, "es": ES},
            'segment.treatment: "fat" is not known',
        ),
        ({"tip": 'every = "month"\n[segment]\ncity = ["x"]', "en": EN, "es": ES}, "segment.city"),
        ({"tip": 'every = "month"\npoll = true', "en": EN, "es": ES}, "a poll is a question"),
        (
            {"tip": 'every = "month"', "en": f'name = "x"\ntext = "{"y" * 4097}"', "es": ES},
            "is 1 characters too long",
        ),
        (
            {"tip": 'every = "month"', "en": 'name = "x"\ntext = "Hi {clinic}"', "es": ES},
            "nothing is filled in",
        ),
        ({"tip": 'every = "month"', "en": 'name = "x"', "es": ES}, "en.toml: text: is missing"),
        ({"en": EN, "es": ES}, "tip.toml: file: is missing"),
        ({"tip": 'every = "month"', "en": EN}, "es.toml: file: is missing"),
    ],
)
def test_what_is_wrong_with_a_tip_is_told(tmp_path: Path, files: dict[str, str], told: str) -> None:
    found = [str(issue) for issue in check(SHIPPED, write(tmp_path, **files))]
    assert any(told in issue for issue in found), found


def test_a_tip_with_a_fault_is_refused_with_the_whole_set(tmp_path: Path) -> None:
    own = write(tmp_path, tip='every = "month"\nday = 0', en=EN, es=ES)
    with pytest.raises(CatalogueInvalid):
        load(SHIPPED, own)
