"""When the next session is proposed: the table of CLINICAL facts, treatment by treatment."""

import pytest

from messages.cadence import proposed
from messages.catalogue import SHIPPED, Catalogue, load
from messages.check import check


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The shipped content."""
    return load(SHIPPED)


@pytest.mark.parametrize(
    ("treatment", "held", "distances"),
    [
        ("facial", 1, ["2 weeks", "4 weeks"]),
        ("facial", 2, ["2 weeks", "4 weeks"]),
        ("facial", 3, ["2 weeks", "4 weeks", "13 weeks", "26 weeks"]),
        ("facial", 4, ["13 weeks", "26 weeks"]),
        ("facial", 12, ["13 weeks", "26 weeks"]),
        ("fat-reduction", 3, ["4 weeks", "8 weeks"]),
        ("fat-reduction", 4, []),
        ("cellulite", 7, ["1 week"]),
        ("cellulite", 8, ["1 week", "4 weeks", "26 weeks", "35 weeks"]),
        ("cellulite", 15, ["4 weeks", "26 weeks", "35 weeks"]),
        ("hair", 3, ["1 week", "2 weeks"]),
        ("hair", 8, ["4 weeks", "13 weeks"]),
        ("pain", 2, ["1 week"]),
        ("pain", 3, ["2 weeks"]),
        ("pain", 4, []),
    ],
)
def test_what_is_proposed_after_so_many_sessions(
    catalogue: Catalogue, treatment: str, held: int, distances: list[str]
) -> None:
    cadence = catalogue.protocols[treatment].cadence
    assert cadence is not None
    assert [str(offset) for offset in proposed(cadence, held)] == distances


@pytest.mark.parametrize(
    ("phase", "problem"),
    [
        ('every = ["0 weeks", "4 weeks"]', "an interval of zero never passes"),
        ('every = ["4 weeks", "2 weeks"]', "the smaller one comes first"),
        ('every = ["1 week", "1 week"]\nsessions = [0, 2]', "a course has at least one"),
        ('evry = ["1 week", "1 week"]', "evry"),
    ],
)
def test_a_faulty_part_of_a_course_is_told(edited, phase: str, problem: str) -> None:
    maintenance = 'maintenance = ["13 weeks", "26 weeks"]'
    root = edited(
        (
            "protocols/skin/protocol.toml",
            maintenance,
            f"{maintenance}\n[[cadence.then]]\n{phase}",
        )
    )
    issues = [str(issue) for issue in check(root)]
    assert any("cadence.then" in issue and problem in issue for issue in issues), issues
