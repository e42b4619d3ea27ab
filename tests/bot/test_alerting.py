"""An alert in words: what fits in a message, whatever was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import carried
from bot.layout import units
from bot.patient.concerns import higher
from messages.markup import escape, plain, problems
from scheduler.alert_words import CARD, folded


@given(st.text(max_size=5_000))
def test_whatever_was_written_stays_sendable_and_short_enough(text: str) -> None:
    shown = folded(f"💬\n<blockquote>{escape(text)}</blockquote>")
    assert problems(shown) == []
    assert units(plain(shown)) <= 1_500 + 1


def test_long_quotes_are_folded_and_short_ones_are_not() -> None:
    assert folded("<blockquote>ow</blockquote>") == "<blockquote>ow</blockquote>"
    assert folded(f"<blockquote>{'ow ' * 200}</blockquote>").startswith("<blockquote expandable>")


def test_the_button_under_an_alert_opens_the_card() -> None:
    assert f"{carried.CARD}:c" == CARD


@pytest.mark.parametrize("level", ["review", "urgent", "emergency"])
def test_nothing_is_graver_than_an_emergency(level: str) -> None:
    assert higher(level, "emergency") == "emergency"  # type: ignore[arg-type]  # plain strings of the table
