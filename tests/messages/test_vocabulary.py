"""The triage's files: a clinic's words over the shipped ones, and the examples they must read."""

from pathlib import Path

import pytest

from messages.catalogue import SHIPPED, CatalogueInvalid, load
from messages.check import check


def own(tmp_path: Path, text: str, name: str = "en.toml") -> Path:
    folder = tmp_path / "triage"
    folder.mkdir()
    (folder / name).write_text(text, encoding="utf-8")
    return tmp_path


def lines(directory: Path) -> list[str]:
    return [str(issue) for issue in check(SHIPPED, directory)]


def test_a_clinic_adds_words_and_loses_none(tmp_path: Path) -> None:
    made = load(SHIPPED, own(tmp_path, '[words]\npus = ["custard"]\n')).triage
    assert made.read("custard").level == "urgent"
    assert made.read("pus").level == "urgent"


def test_a_word_without_its_brackets_joins_the_list_and_replaces_nothing(tmp_path: Path) -> None:
    made = load(SHIPPED, own(tmp_path, '[words]\npus = "custard"\n')).triage
    assert made.read("custard").level == made.read("pus").level == "urgent"


def test_a_clinic_adds_a_language_of_its_own(tmp_path: Path) -> None:
    words = '[words]\npus = ["eiter*"]\nnegator = ["kein", "keine"]\nfever = ["fieber"]\n'
    made = load(SHIPPED, own(tmp_path, words, "de.toml"))
    assert made.triage.read("da kommt Eiter", "de").level == "urgent"
    assert made.triage.read("kein Fieber", "de").level == "routine"
    assert "de" not in made.languages


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '[[example]]\ntext = "see you on Friday"\nlevel = "urgent"\n',
            "“see you on Friday” is read as routine (no sign found), not urgent",
        ),
        (
            '[[example]]\ntext = "there is pus"\nlevel = "urgent"\nsigns = ["airway"]\n',
            "“there is pus” lacks the sign airway",
        ),
        ('[[example]]\ntext = "x"\nlevel = "grave"\n', "'grave' is not"),
        ('[words]\nfevr = ["hot"]\n', 'no sign uses this list: did you mean "fever"?'),
        ("[words]\nfever = [1]\n", "1 is no word: write letters in quotes"),
        ("[words]\nfever = 1\n", "1 is no word: write letters in quotes"),
        ('[word]\nfever = ["hot"]\n', 'did you mean "words"?'),
    ],
)
def test_check_says_what_is_wrong_with_a_word_or_an_example(
    tmp_path: Path, text: str, expected: str
) -> None:
    (line,) = lines(own(tmp_path, text))
    assert line.startswith("triage/en.toml: ")
    assert expected in line


def test_signs_with_a_fault_are_refused_rather_than_read_without_them(tmp_path: Path) -> None:
    broken = own(tmp_path, '[sign.airway]\nlevel = "grave"\n', "signs.toml")
    assert any("sign.airway.level" in line for line in lines(broken))
    with pytest.raises(CatalogueInvalid):
        load(SHIPPED, broken)


def test_the_shipped_words_read_their_own_examples_right() -> None:
    assert check(SHIPPED) == []
