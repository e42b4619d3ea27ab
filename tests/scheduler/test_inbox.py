"""The inbox: each update once, in order within its chat, and no one in another's way."""

from typing import Any

import pytest

from scheduler import inbox
from scheduler.database import Row, Store, Tx
from scheduler.inbox import MAX_TRIES, Received
from tests.scheduler.conftest import DAY, HOUR, NOW


def receive(store: Store, *updates: tuple[int, int | None], now: int = NOW) -> int:
    received = [Received(number, chat, f'{{"update_id": {number}}}') for number, chat in updates]
    return store.write_now(inbox.receive, received, now=now)


def waiting(store: Store, now: int = NOW, **more: Any) -> list[Row]:
    return store.write_now(inbox.open_updates, now=now, **more)


def numbers(store: Store, now: int = NOW, **more: Any) -> list[int]:
    return [row["update_id"] for row in waiting(store, now, **more)]


def ids(store: Store) -> dict[int, int]:
    rows = store.write_now(
        lambda tx: tx.all("SELECT id, update_id FROM inbox WHERE clinic_id = :clinic_id")
    )
    return {row["update_id"]: row["id"] for row in rows}


def next_try(tx: Tx) -> int | None:
    moment: int | None = tx.value(
        "SELECT MIN(try_at) FROM inbox WHERE clinic_id = :clinic_id AND state = 'new'"
    )
    return moment


def test_an_update_that_arrives_again_is_dropped(store: Store) -> None:
    assert receive(store, (10, 1), (11, 1)) == 2
    assert receive(store, (11, 1), (12, 1), (10, 1)) == 1
    assert numbers(store) == [10, 11, 12]


def test_an_update_that_arrives_again_after_it_took_effect_is_dropped_too(store: Store) -> None:
    receive(store, (10, 1))
    store.write_now(inbox.done, ids(store)[10], now=NOW)
    assert receive(store, (10, 1)) == 0
    assert numbers(store) == []
    assert not store.write_now(inbox.is_open, ids(store)[10])


def test_the_offset_follows_the_newest_update(store: Store) -> None:
    assert store.write_now(inbox.next_offset) is None
    receive(store, (10, 1), (11, 2))
    assert store.write_now(inbox.next_offset) == 12
    # After a quiet week Telegram goes on with a number of its choice.
    receive(store, (4, 1), now=NOW + 8 * DAY)
    assert store.write_now(inbox.next_offset) == 5


def test_a_chat_whose_update_failed_waits_whole_while_others_go_on(store: Store) -> None:
    receive(store, (10, 1), (11, 2), (12, 1), (13, None))
    assert store.write_now(inbox.failed, ids(store)[10], "KeyError", now=NOW) is False
    assert numbers(store) == [11, 13]
    again = store.write_now(next_try)
    assert again == NOW
    for number in (11, 13):
        store.write_now(inbox.done, ids(store)[number], now=NOW)
    assert numbers(store, NOW + HOUR) == [10, 12]


def test_an_update_that_fails_again_and_again_is_parked_and_frees_its_chat(store: Store) -> None:
    receive(store, (10, 1), (11, 1))
    now = NOW
    for number in range(1, MAX_TRIES + 1):
        parked = store.write_now(inbox.failed, ids(store)[10], "KeyError", now=now)
        assert parked is (number == MAX_TRIES)
        now += HOUR
    assert numbers(store, now) == [11]
    (row,) = store.write_now(
        lambda tx: tx.all("SELECT * FROM inbox WHERE clinic_id = :clinic_id AND state = 'parked'")
    )
    assert (row["update_id"], row["tries"], row["error"]) == (10, MAX_TRIES, "KeyError")


def test_each_try_waits_longer_than_the_one_before(store: Store) -> None:
    receive(store, (10, 1))
    waits = []
    for _ in range(MAX_TRIES - 1):
        store.write_now(inbox.failed, ids(store)[10], "KeyError", now=NOW)
        at = store.write_now(next_try)
        assert at is not None
        waits.append(at - NOW)
        assert numbers(store, at - 1) == []
        assert numbers(store, at) == [10]
    assert waits == sorted(waits)
    assert waits[0] > 0


def test_an_update_that_was_handled_in_the_end_shows_no_error(store: Store) -> None:
    receive(store, (10, 1))
    store.write_now(inbox.failed, ids(store)[10], "KeyError", now=NOW)
    store.write_now(inbox.done, ids(store)[10], now=NOW + HOUR)
    row = store.write_now(
        lambda tx: tx.first("SELECT state, error FROM inbox WHERE clinic_id = :clinic_id")
    )
    assert row == {"state": "done", "error": None}


def test_not_more_are_returned_than_were_asked_for(store: Store) -> None:
    receive(store, *((number, number) for number in range(10, 20)))
    assert numbers(store, limit=3) == [10, 11, 12]


@pytest.mark.parametrize("state", ["done", "parked"])
def test_what_was_dealt_with_long_ago_is_forgotten_but_for_the_newest(
    store: Store, state: str
) -> None:
    receive(store, (10, 1), (11, 1), (12, 1))
    for number in (10, 12):
        for _ in range(MAX_TRIES if state == "parked" else 0):
            store.write_now(inbox.failed, ids(store)[number], "KeyError", now=NOW)
        if state == "done":
            store.write_now(inbox.done, ids(store)[number], now=NOW)
    assert store.write_now(inbox.forget_old, days=7, now=NOW + 7 * DAY) == 0
    assert store.write_now(inbox.forget_old, days=7, now=NOW + 7 * DAY + 1) == 1
    # 11 was never dealt with; 12 tells where to go on.
    assert set(ids(store)) == {11, 12}
    assert store.write_now(inbox.next_offset) == 13


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT MIN(try_at) FROM inbox WHERE clinic_id = :clinic_id AND state = 'new'",
        "SELECT update_id FROM inbox WHERE clinic_id = :clinic_id ORDER BY id DESC LIMIT 1",
        "SELECT MAX(id) FROM inbox WHERE clinic_id = :clinic_id",
    ],
)
def test_what_is_asked_at_every_beat_is_answered_by_an_index(store: Store, statement: str) -> None:
    plan = store.write_now(lambda tx: tx.all(f"EXPLAIN QUERY PLAN {statement}"))
    assert [step["detail"].split(" (")[0] for step in plan] in (
        ["SEARCH inbox USING COVERING INDEX inbox_open"],
        ["SEARCH inbox USING INDEX inbox_newest"],
        ["SEARCH inbox USING COVERING INDEX inbox_newest"],
    )
