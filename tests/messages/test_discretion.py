"""First lines stand on lock screens: the check finds what gives somebody away."""

from pathlib import Path

import pytest

from messages.catalogue import SHIPPED
from messages.check import check


def found(own: Path, words: str) -> list[str]:
    path = own / "patient" / "en.toml"
    path.parent.mkdir(parents=True)
    path.write_text(words)
    return [issue.problem for issue in check(SHIPPED, own) if issue.key.startswith("stop.")]


@pytest.mark.parametrize("name", ["Facial rejuvenation", "Scalp"])
def test_a_treatment_or_an_area_in_a_first_line_is_told(tmp_path, name):
    told = found(tmp_path, f'[stop]\nalready = "⏹ {name}: stopped. /resume turns it on."\n')
    assert told == [f'names "{name}" in the first line, which lock screens show: move it down']


def test_further_down_it_may_be_named(tmp_path):
    assert found(tmp_path, '[stop]\nalready = "⏹ Stopped.\\nFacial rejuvenation."\n') == []


def test_a_common_word_that_is_also_an_area_is_none(tmp_path):
    assert found(tmp_path, '[stop]\nalready = "⏹ Come back with /resume."\n') == []
