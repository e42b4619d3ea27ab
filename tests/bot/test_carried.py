"""Numbers that come back with a button: only what can be an id of ours is one."""

import pytest

from bot.carried import holds_no_id, is_number, number


@pytest.mark.parametrize(("text", "expected"), [("0", 0), ("42", 42), ("9" * 18, 10**18 - 1)])
def test_digits_are_a_number(text: str, expected: int) -> None:
    assert number(text) == expected
    assert is_number(text)


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.5", "x", " 1", "٣", "²", "1_0", "9" * 19])
def test_what_no_button_of_ours_carries_is_none(text: str) -> None:
    assert number(text) is None
    assert not is_number(text)


def test_a_number_larger_than_any_id_is_found_wherever_it_stands() -> None:
    assert holds_no_id(f"pa:{'9' * 19}:y")
    assert not holds_no_id(f"pa:{'9' * 18}:y")
