"""The judge itself: what it takes for a message, a copy, a change."""

import json

import pytest

from sandbox.ledger import Ledger
from scheduler.database import Row
from tests.faults.judge import judge

pytestmark = pytest.mark.fault

CHAT = 7


def row(number: int, state: str, message_id: int | None = None, **more: object) -> Row:
    return {
        "id": number,
        "kind": "answer",
        "state": state,
        "reason": "",
        "held": None,
        "ready_at": 0,
        "chat_id": CHAT,
        "step_key": None,
        "content": json.dumps({"html": "words"}),
        "attempts": 1,
        "possible_duplicate": 0,
        "message_id": message_id,
    } | more


def change(number: int, of: int, state: str, message_id: int | None = None) -> Row:
    return row(number, state, message_id, content=json.dumps({"edits_row": of}))


def accepted(*calls: tuple[str, int]) -> Ledger:
    ledger = Ledger()
    for method, message_id in calls:
        ledger.add(at=0, mono=0.0, method=method, chat_id=CHAT, message_id=message_id, text="")
    return ledger


def test_what_was_sent_and_changed_is_clean() -> None:
    rows = [row(1, "sent", 10), change(2, 1, "sent", 10)]
    assert judge(rows, accepted(("sendMessage", 10), ("editMessageText", 10)), now=1).clean


def test_a_change_of_which_the_ledger_has_nothing_is_unproven() -> None:
    rows = [row(1, "sent", 10), change(2, 1, "sent", 10)]
    assert judge(rows, accepted(("sendMessage", 10)), now=1).unproven == [rows[1]]


def test_a_change_of_a_message_that_nobody_can_name_is_a_message_of_its_own() -> None:
    rows = [
        row(1, "uncertain", attempts=2, possible_duplicate=1),
        change(2, 1, "sent", 12),
    ]
    ledger = accepted(("sendMessage", 10), ("sendMessage", 11), ("sendMessage", 12))
    verdict = judge(rows, ledger, now=1)
    assert verdict.clean
    assert len(verdict.extra) == 2


def test_a_message_that_no_row_owns_up_to_is_not_clean() -> None:
    ledger = accepted(("sendMessage", 10), ("sendMessage", 11))
    verdict = judge([row(1, "sent", 10)], ledger, now=1)
    assert [entry.message_id for entry in verdict.unexplained] == [11]
    assert not verdict.clean


def test_a_row_that_was_due_and_has_come_to_no_end_is_lost() -> None:
    rows = [row(1, "pending"), row(2, "sending"), row(3, "pending", ready_at=5)]
    assert judge(rows, accepted(), now=1).lost == rows[:2]


def test_a_row_marked_sent_of_which_the_ledger_has_nothing_is_unproven() -> None:
    rows = [row(1, "sent", 10)]
    assert judge(rows, accepted(), now=1).unproven == rows
