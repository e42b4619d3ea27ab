"""The downtime report: told once, for outages worth telling, with figures that are right."""

from typing import Any

import pytest

from messages.catalogue import Catalogue
from scheduler import downtime, events, notices, outbox, staff
from scheduler.database import Row, Store
from scheduler.enrollment import Enrolled
from scheduler.said import Said
from tests.scheduler.conftest import CLINIC, HOUR, NOW

MINUTE = HOUR // 60
MANAGERS = (502, 503)
BACK = NOW + 10 * HOUR
STEP = "step_key = 'care'"


@pytest.fixture(autouse=True)
def managers(store: Store, enrolled: Enrolled) -> None:
    for chat_id in MANAGERS:
        store.write_now(
            staff.welcome,
            chat_id=chat_id,
            name="Marta",
            role="manager",
            language="en",
            actor="system",
            now=NOW,
        )


def rows(store: Store, where: str) -> list[Row]:
    return store.write_now(
        lambda tx: tx.all(
            f"SELECT * FROM outbox WHERE clinic_id = :clinic_id AND {where} ORDER BY id"
        )
    )


def stop_at(store: Store, now: int) -> None:
    store.write_now(events.mark, "tick", now=now)


def start(store: Store, now: int) -> bool:
    began = store.write_now(downtime.notice, now=now)
    store.write_now(events.mark, "tick", now=now)
    return began


def settle_all(store: Store, now: int, until: int) -> None:
    """Do what dispatch does after a start: late ones go, useless ones expire."""
    for row in rows(store, f"state = 'pending' AND ready_at <= {until} AND held IS NULL"):
        if row["useful_until"] is not None and row["useful_until"] <= now:
            store.write_now(outbox.end, row["id"], "expired", "no longer useful", now=now)
        else:
            store.write_now(outbox.sent, row["id"], 1, now=now)


def report(store: Store, now: int) -> bool:
    return store.write_now(downtime.report_if_over, now=now)


def told(store: Store) -> list[int]:
    return [row["chat_id"] for row in rows(store, "kind = 'alert'")]


def words(store: Store, catalogue: Catalogue) -> str:
    def worded(tx: Any) -> str:
        row = tx.first(
            "SELECT * FROM outbox WHERE clinic_id = :clinic_id AND kind = 'alert' ORDER BY id"
        )
        form = Said.from_json(row["content"]).form
        assert form is not None
        return notices.word(tx, form, row["chat_id"], catalogue, CLINIC)

    return store.write_now(worded)


def test_the_report_tells_each_manager_what_went_out_late_and_what_expired(store, catalogue):
    stop_at(store, NOW)
    assert start(store, BACK)
    late = rows(store, f"ready_at <= {BACK} AND state = 'pending'")
    expired = [row for row in late if row["useful_until"] <= BACK]
    assert expired
    settle_all(store, BACK, BACK)
    assert report(store, BACK + 5)
    assert told(store) == list(MANAGERS)
    text = words(store, catalogue)
    assert "Mon 4 May, 10:00" in text
    assert "Mon 4 May, 20:00" in text
    assert f"Sent late: {len(late) - len(expired)}" in text
    assert f"its time was over: {len(expired)}" in text
    assert "for the morning: 0" in text


def test_nothing_is_reported_before_all_that_was_owed_has_settled(store):
    stop_at(store, NOW)
    start(store, BACK)
    assert not report(store, BACK + 5)
    settle_all(store, BACK + 6, BACK)
    assert report(store, BACK + 10)


def test_nothing_is_told_twice(store):
    stop_at(store, NOW)
    start(store, BACK)
    settle_all(store, BACK, BACK)
    assert report(store, BACK + 5)
    assert not report(store, BACK + 10)
    assert told(store) == list(MANAGERS)


@pytest.mark.parametrize(
    ("away", "worth"),
    [(0, False), (10 * MINUTE - 1, False), (10 * MINUTE, True), (-HOUR, False)],
)
def test_a_short_restart_is_no_outage(store, away, worth):
    stop_at(store, NOW)
    assert start(store, NOW + away) is worth
    settle_all(store, NOW + away, NOW + away)
    assert report(store, NOW + away + 5) is worth


def test_the_very_first_start_is_no_outage(store):
    assert start(store, NOW) is False


def test_two_starts_in_one_outage_make_one_report_from_the_first_stop_on(store, catalogue):
    stop_at(store, NOW)
    start(store, NOW + 5 * HOUR)  # it fell again before anything had left
    start(store, BACK)
    settle_all(store, BACK, BACK)
    assert report(store, BACK + 5)
    assert told(store) == list(MANAGERS)
    text = words(store, catalogue)
    assert "from Mon 4 May, 10:00 until Mon 4 May, 20:00" in text


def test_what_waits_for_the_morning_is_counted_apart(store, catalogue):
    stop_at(store, NOW)
    start(store, BACK)
    first = rows(store, STEP)[0]
    store.write_now(outbox.postpone, first["id"], ready_at=BACK + 12 * HOUR, reason="quiet hours")
    settle_all(store, BACK, BACK)
    assert report(store, BACK + 5)
    assert "for the morning: 1" in words(store, catalogue)


def test_what_was_held_for_a_patients_own_stop_is_not_the_outages_doing(store, catalogue):
    stop_at(store, NOW)
    for row in rows(store, "state = 'pending'"):
        store.write_now(outbox.hold, row["id"], "stopped")
    start(store, BACK)
    store.write_now(outbox.expire_useless, now=BACK)
    assert rows(store, "state = 'expired'")
    assert report(store, BACK + 5)
    assert "its time was over: 0" in words(store, catalogue)


def test_a_broadcast_under_way_does_not_hold_the_report_back(store):
    stop_at(store, NOW)
    start(store, BACK)
    settle_all(store, BACK, BACK)
    row_id = store.write_now(outbox.say, Said("tip"), chat_id=9, now=BACK - 1, kind="broadcast")
    row = store.write_now(outbox.row, row_id)
    store.write_now(outbox.begin_attempt, row, now=BACK)
    assert report(store, BACK + 5)


def test_only_what_still_needs_a_decision_counts_as_uncertain(store, catalogue):
    stop_at(store, NOW)
    start(store, BACK)
    settle_all(store, BACK, BACK)
    left, waiting = rows(store, "state = 'pending'")[:2]
    for row in (left, waiting):
        store.write_now(outbox.end, row["id"], "uncertain", "no answer", now=BACK)
    store.write_now(
        lambda tx: tx.run(
            "UPDATE outbox SET reviewed_at = 1 WHERE clinic_id = :clinic_id AND id = :id",
            id=left["id"],
        )
    )
    assert report(store, BACK + 5)
    assert "/review: 1" in words(store, catalogue)
