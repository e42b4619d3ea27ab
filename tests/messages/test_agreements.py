"""The versions of the texts that ask for consent, as `aftercare check` wants them."""

from pathlib import Path

import pytest

from messages.catalogue import SHIPPED
from messages.check import check

RIGHTS = "patient/rights/{}.toml"


def issues(own: Path) -> list[str]:
    return [str(issue) for issue in check(SHIPPED, own)]


def write(own: Path, file: str, words: str) -> None:
    path = own / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(words)


def test_a_text_of_ones_own_needs_a_number_of_its_own(tmp_path):
    for language in ("en", "es"):
        write(tmp_path, f"patient/{language}.toml", '[tips]\nask = "Tips?"\n')
    assert issues(tmp_path) == [
        f"patient/rights/{language}.toml: version.tips: names the shipped text, and tips.ask is "
        "your own: give it your own number"
        for language in ("en", "es")
    ]
    for language in ("en", "es"):
        write(tmp_path, RIGHTS.format(language), '[version]\ntips = "1-alba"\n')
    assert issues(tmp_path) == []


def test_a_number_is_the_same_in_every_language(tmp_path):
    write(tmp_path, RIGHTS.format("es"), '[version]\nphotos = "2"\n')
    assert issues(tmp_path) == [
        "patient/rights/es.toml: version.photos: must be the same in every language"
    ]


@pytest.mark.parametrize("number", ["", "2 b"])
def test_a_number_is_one_word(tmp_path, number):
    for language in ("en", "es"):
        write(tmp_path, RIGHTS.format(language), f'[version]\nphotos = "{number}"\n')
    assert any("must be one word" in issue for issue in issues(tmp_path))
