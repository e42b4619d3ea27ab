"""A room's words may lie in folders of their own below it."""

from pathlib import Path

import pytest

from messages.catalogue import load
from messages.check import check

PART = {
    "practitioner/plans/en.toml": 'title = "The plan of {label}"',
    "practitioner/plans/es.toml": 'title = "El plan de {label}"',
}


@pytest.fixture
def parted(write, tree: Path) -> Path:
    """The sound directory with one room in two folders."""
    return write(PART)


def test_the_words_of_a_folder_below_a_room_are_found_by_its_name(parted: Path) -> None:
    assert check(parted) == []
    catalogue = load(parted)
    assert catalogue.text("es", "practitioner.plans.title", label="A.P.") == "El plan de A.P."
    assert catalogue.text("en", "practitioner.done") == "Done."


def test_a_clinics_own_directory_changes_the_words_of_such_a_folder(write, parted: Path) -> None:
    own = write({"practitioner/plans/en.toml": 'title = "{label}, planned"'}, "own")
    assert check(parted, own) == []
    assert load(parted, own).text("en", "practitioner.plans.title", label="A") == "A, planned"


def test_a_folder_that_only_the_clinic_has_is_told(write, parted: Path) -> None:
    own = write({"practitioner/plan/en.toml": 'title = "Plan"'}, "own")
    assert [str(issue) for issue in check(parted, own)] == [
        (
            "practitioner/plan/en.toml: file: is in no folder that the bot reads: "
            'did you mean "practitioner/plans"?'
        )
    ]


def test_a_language_that_such_a_folder_lacks_is_told(parted: Path) -> None:
    (parted / "practitioner/plans/es.toml").unlink()
    assert [str(issue) for issue in check(parted)] == [
        "practitioner/plans/es.toml: file: is missing: write its 1 texts to complete the language"
    ]


def test_words_in_both_places_are_refused(write, parted: Path) -> None:
    write({"practitioner/en.toml": 'done = "Done."\n[plans]\ntitle = "Twice"'})
    issues = check(parted)
    assert (
        "practitioner/en.toml: plans: is a folder, practitioner/plans/: move the texts there"
        in [str(issue) for issue in issues]
    )
    assert any(issue.blocks for issue in issues)


def test_a_folder_below_the_patients_room_is_read_as_patients_read_it(write, tree: Path) -> None:
    write(
        {
            "patient/visits/en.toml": 'text = "A visit is guaranteed."',
            "patient/visits/es.toml": 'text = "Una visita."',
        }
    )
    assert ["guaranteed" in issue.problem for issue in check(tree)] == [True]
