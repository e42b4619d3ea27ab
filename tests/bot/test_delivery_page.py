"""docs/DELIVERY.md says what the code does: its tables are compared with the policies."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, TelegramError

from bot.outcomes import POLICY, judge
from bot.request import HttpStatusError, NotSentError, TooManyRequestsError, UnansweredError
from scheduler import outbox, settling
from scheduler.channel import Ambiguous, Message
from scheduler.database import SqlcipherDriver, Store
from scheduler.migrations import migrate
from scheduler.outbox import LANE_OF, SETTLED, Lane
from scheduler.said import Said

PAGE = (Path(__file__).parents[2] / "docs" / "DELIVERY.md").read_text(encoding="utf-8")
NOW = 1_777_881_600_000


def table(heading: str) -> list[list[str]]:
    """The rows of the table whose first heading this is."""
    lines = PAGE.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def because(error: TelegramError, cause: Exception) -> TelegramError:
    error.__cause__ = cause
    return error


# An error for each rule whose outcome is made from the error.
SAMPLES: dict[str, TelegramError] = {
    "too many requests": TooManyRequestsError(timedelta(seconds=3)),
    "the group became a supergroup": ChatMigrated(-100),
    "the chat is a bot's": Forbidden("Forbidden: bot can't send messages to bots"),
    "an edit that changes nothing": BadRequest("Message is not modified"),
    "any other bad request": BadRequest("message is too long"),
    "too many requests, for how long is not said": HttpStatusError(429),
    "turned away before Telegram acted (4xx but 408)": HttpStatusError(418),
    "a server error, a redirect, anything else": HttpStatusError(502),
    "the network is down: nothing left": because(
        NetworkError("x"), NotSentError("down", begun=False)
    ),
    "an upload was cut midway": because(NetworkError("x"), NotSentError("cut", begun=True)),
    "the answer was lost": because(NetworkError("x"), UnansweredError("lost")),
}


def outcome_of(case: str) -> str:
    rule = next(rule for rule in POLICY if rule.case == case)
    if not callable(rule.outcome):
        return type(rule.outcome).__name__
    return type(judge(SAMPLES[case], Message(7, "x", edit_message_id=5))).__name__


def test_every_case_of_the_policy_stands_there_in_its_order_with_its_outcome():
    written = [[case, outcome.strip("`")] for case, outcome in table("case")]
    assert written == [[rule.case, outcome_of(rule.case)] for rule in POLICY]


def test_each_outcome_is_explained():
    for outcome in {outcome.strip("`") for _, outcome in table("case")} - {"Delivered"}:
        assert re.search(rf"^- `{outcome}`: ", PAGE, re.MULTILINE)


def test_every_final_state_is_explained():
    assert [state for state, _ in table("state")] == list(SETTLED)


def test_the_lanes_are_the_codes():
    assert [int(number) for number, _ in table("lane")] == [int(lane) for lane in Lane]


def test_every_kind_has_its_line():
    assert {kind for kind, *_ in table("kind")} == set(LANE_OF)


@pytest.mark.parametrize(("kind", "first", "second"), table("kind"))
def test_a_doubtful_answer_leads_where_the_page_says(tmp_path, kind, first, second):
    driver = SqlcipherDriver(tmp_path / "aftercare.db", "ab" * 32)
    migrate(driver)
    store = Store(driver)
    row_id = store.write_now(outbox.say, Said("x"), chat_id=7, now=NOW, kind=kind)
    for words in filter(None, (first, second)):
        row = store.write_now(outbox.row, row_id)
        assert row is not None
        store.write_now(outbox.begin_attempt, row, now=NOW)
        doubt = Ambiguous("no answer")
        store.write_now(settling.settle, row, Message(7, "x"), doubt, now=NOW)
        row = store.write_now(outbox.row, row_id)
        assert row is not None
        assert row["state"] == {"once more": "pending", "uncertain": "uncertain"}[words]
    store.close()
