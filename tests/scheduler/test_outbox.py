"""The outbox: who may leave when, and in which one state each row ends."""

from collections.abc import Callable
from typing import Any

import pytest

from messages.catalogue import Catalogue
from scheduler import departures, outbox, repeats, replies, silence, upkeep, waits
from scheduler.channel import Attachment, Button
from scheduler.database import Row, Store, Tx
from scheduler.enrollment import Enrolled
from scheduler.outbox import Lane, Owed
from scheduler.said import Said
from tests.scheduler.conftest import CLINIC, DAY, HOUR, NOW, PATIENT_CHAT, enroll_patient

NOBODY: frozenset[int] = frozenset()


def say(store: Store, chat_id: int, text: str = "hello", *, now: int = NOW, **more: Any) -> int:
    return store.write_now(lambda tx: outbox.say(tx, Said(text), chat_id=chat_id, now=now, **more))


def due(
    store: Store, *, now: int = NOW, limit: int = 10, busy: frozenset[int] = NOBODY
) -> list[int]:
    rows = store.write_now(departures.due, now=now, limit=limit, busy=busy)
    return [row["id"] for row in rows]


def next_ready(store: Store, now: int = NOW) -> int | None:
    return store.write_now(departures.next_ready, now=now)


def row(store: Store, row_id: int) -> Row:
    found = store.write_now(outbox.row, row_id)
    assert found is not None
    return found


def test_what_is_said_survives_the_way_through_the_database() -> None:
    said = Said(
        "<b>hello</b>",
        buttons=((Button("Yes", data="a:1"), Button("Map", url="https://example.org")),),
        attachment=Attachment("document", made="calendar", args={"at": NOW}),
        edits_row=7,
        reply_to=8,
        secret=True,
    )
    assert Said.from_json(said.to_json()) == said


def test_safety_goes_first_and_each_chat_once(store: Store) -> None:
    tip = say(store, 1, lane=Lane.BROADCAST)
    reminder = say(store, 2, lane=Lane.REMINDER)
    answer = say(store, 3)
    second = say(store, 3)
    alert = say(store, 1, kind="alert")
    assert due(store) == [alert, answer, reminder]
    assert due(store, busy=frozenset({3})) == [alert, reminder]
    assert due(store, limit=2) == [alert, answer]
    assert {tip, second}.isdisjoint(due(store))


def test_one_chat_with_very_much_to_hear_does_not_crowd_out_the_others(store: Store) -> None:
    many = [say(store, 1) for _ in range(50)]
    other = say(store, 2)
    assert due(store, limit=5) == [many[0], other]


def test_nothing_leaves_before_its_time_or_while_it_is_held(
    store: Store, enrolled: Enrolled
) -> None:
    first = enrolled.plan[0].ready_at
    assert due(store, now=first - 1) == []
    assert next_ready(store, first - 1) == first
    assert len(due(store, now=first)) == 1
    store.write_now(
        lambda tx: tx.run("UPDATE outbox SET held = 'stopped' WHERE clinic_id = :clinic_id")
    )
    assert due(store, now=first) == []
    assert next_ready(store, first) is None


def test_a_chat_that_waits_lets_the_others_pass(store: Store) -> None:
    say(store, 1)
    second = say(store, 2)
    store.write_now(waits.wait, 1, until=NOW + 500)
    assert due(store) == [second]
    assert due(store, now=NOW + 499) == [second]
    assert len(due(store, now=NOW + 500)) == 2


def test_a_pause_of_ours_does_not_hold_up_what_is_more_urgent(store: Store) -> None:
    say(store, 1, lane=Lane.REMINDER)
    answer = say(store, 1)
    store.write_now(waits.wait, 1, until=NOW + HOUR, lane=Lane.REMINDER)
    assert due(store) == [answer]
    store.write_now(waits.wait, waits.WHOLE_BOT, until=NOW + HOUR, lane=Lane.REMINDER)
    other = say(store, 2, lane=Lane.REMINDER)
    assert due(store) == [answer]
    assert other in due(store, now=NOW + HOUR)


def test_the_whole_bot_waits_as_one(store: Store) -> None:
    alert = say(store, 1, kind="alert")
    store.write_now(waits.wait, waits.WHOLE_BOT, until=NOW + 700)
    assert due(store) == []
    assert next_ready(store) == NOW + 700
    assert due(store, now=NOW + 700) == [alert]


def test_a_longer_wait_is_not_shortened(store: Store) -> None:
    say(store, 1)
    store.write_now(waits.wait, 1, until=NOW + 900)
    store.write_now(waits.wait, 1, until=NOW + 100)
    assert next_ready(store) == NOW + 900


def test_the_next_moment_is_a_rows_or_a_waits(store: Store, enrolled: Enrolled) -> None:
    first = enrolled.plan[0].ready_at
    assert next_ready(store) == first
    store.write_now(waits.wait, PATIENT_CHAT, until=first + 5)
    assert next_ready(store) == first + 5
    assert next_ready(store, first + 5) == first


def test_nothing_owed_means_no_next_moment(store: Store) -> None:
    assert next_ready(store) is None


def test_a_step_is_owed_once_for_its_session(store: Store, enrolled: Enrolled) -> None:
    before = store.write_now(outbox.counts)
    steps = [
        Owed(1, step.step_key, step.occurrence, step.due_at, step.ready_at, step.useful_until)
        for step in enrolled.plan
    ]
    added = store.write_now(
        outbox.owe_steps,
        steps,
        patient_id=enrolled.patient_id,
        enrollment_id=enrolled.enrollment_id,
        chat_id=PATIENT_CHAT,
        held=None,
        now=NOW,
    )
    assert added == 0
    assert store.write_now(outbox.counts) == before


def test_a_row_that_is_tried_again_keeps_its_place(store: Store) -> None:
    first, second = say(store, 1), say(store, 1)
    store.write_now(outbox.again, first, reason="network")
    assert due(store, now=NOW + DAY) == [first]
    store.write_now(outbox.postpone, first, ready_at=NOW + 5, reason="quiet hours")
    assert due(store) == [second]


@pytest.mark.parametrize("state", ["expired", "canceled", "refused", "uncertain"])
def test_a_row_ends_once_with_its_reason(store: Store, state: Any) -> None:
    said = say(store, 1)
    store.write_now(outbox.end, said, state, "because", now=NOW + 1)
    ended = row(store, said)
    assert (ended["state"], ended["reason"], ended["settled_at"]) == (state, "because", NOW + 1)
    if state != "uncertain":
        store.write_now(outbox.end, said, "refused", "too late", now=NOW + 2)
        assert row(store, said) == ended


def possibly_sent(store: Store, **more: Any) -> int:
    said = say(store, 1, **more)
    store.write_now(outbox.again, said, reason="read timeout", possible_duplicate=True)
    return said


@pytest.mark.parametrize("state", ["expired", "canceled", "refused"])
def test_what_may_have_arrived_ends_as_uncertain_whatever_it_ends_for(
    store: Store, state: Any
) -> None:
    said = possibly_sent(store)
    store.write_now(outbox.end, said, state, "because", now=NOW)
    ended = row(store, said)
    assert (ended["state"], ended["reason"]) == ("uncertain", "may have arrived; because")


def test_what_may_have_arrived_does_not_expire_quietly(store: Store) -> None:
    said = possibly_sent(store)
    store.write_now(
        lambda tx: tx.run(
            "UPDATE outbox SET useful_until = :t WHERE clinic_id = :clinic_id", t=NOW + 1
        )
    )
    store.write_now(upkeep.beat, CLINIC, now=NOW + 1)
    assert row(store, said)["state"] == "uncertain"


def test_words_that_hold_a_secret_are_wiped_however_the_row_ends(store: Store) -> None:
    def secret(tx: Tx) -> int:
        return outbox.say(tx, Said("https://t.me/b?start=x", secret=True), chat_id=1, now=NOW)

    refused, parked = store.write_now(secret), store.write_now(secret)
    store.write_now(outbox.end, refused, "refused", "blocked", now=NOW)
    store.write_now(outbox.end, parked, "uncertain", "reset", now=NOW)
    assert row(store, refused)["content"] is None
    late = store.write_now(secret)
    store.write_now(outbox.prolong, late, NOW)
    store.write_now(outbox.expire_useless, now=NOW)
    assert (row(store, late)["state"], row(store, late)["content"]) == ("expired", None)
    # What may be sent again by a person's decision needs its words.
    assert row(store, parked)["content"] is not None


def test_a_beat_expires_what_is_of_no_use_any_more_held_or_not(
    store: Store, enrolled: Enrolled
) -> None:
    end = max(step.useful_until for step in enrolled.plan)
    store.write_now(
        lambda tx: tx.run(
            """UPDATE outbox SET held = 'stopped'
               WHERE clinic_id = :clinic_id AND id % 2 = 0 AND step_key IS NOT NULL"""
        )
    )
    store.write_now(upkeep.beat, CLINIC, now=end)
    rows = store.write_now(
        lambda tx: tx.all("SELECT * FROM outbox WHERE clinic_id = :clinic_id AND step_key <> ''")
    )
    assert {each["state"] for each in rows} == {"expired"}
    assert {each["reason"] for each in rows} == {
        "no longer useful",
        "no longer useful; held: stopped",
    }


def test_a_beat_forgets_waits_that_are_over(store: Store) -> None:
    store.write_now(waits.wait, 1, until=NOW + 1)
    store.write_now(waits.wait, 2, until=NOW + 2)
    store.write_now(upkeep.beat, CLINIC, now=NOW + 1)
    left = store.write_now(
        lambda tx: tx.all("SELECT chat_id FROM waits WHERE clinic_id = :clinic_id")
    )
    assert [each["chat_id"] for each in left] == [2]


def test_a_clock_set_back_makes_nobody_wait_longer(store: Store, enrolled: Enrolled) -> None:
    store.write_now(upkeep.beat, CLINIC, now=NOW)
    answer = say(store, 1)
    postponed = say(store, 3, kind="alert")
    store.write_now(outbox.postpone, postponed, ready_at=NOW + 20_000, reason="reset")
    store.write_now(waits.wait, 2, until=NOW + 30_000)
    waiting = say(store, 2)
    reminder = enrolled.plan[0].ready_at

    back = NOW - HOUR
    store.write_now(upkeep.beat, CLINIC, now=back)
    assert due(store, now=back) == [answer]
    assert postponed not in due(store, now=back + 19_999)
    assert postponed in due(store, now=back + 20_000)
    assert waiting not in due(store, now=back + 29_999)
    assert waiting in due(store, now=back + 30_000)
    # A reminder is owed at a time of day.
    for done in (answer, postponed, waiting):
        store.write_now(outbox.end, done, "canceled", "done", now=back)
    assert reminder == next_ready(store, back + HOUR)


@pytest.mark.parametrize("many", [3, 300])
def test_many_rows_of_a_busy_chat_do_not_stand_in_the_way_of_others(
    store: Store, many: int
) -> None:
    for _ in range(many):
        say(store, 1)
        say(store, 2)
    behind = [say(store, chat) for chat in (3, 2, 4, 3, 5)]
    first_of_2 = 2
    assert due(store, limit=3, busy=frozenset({1})) == [first_of_2, behind[0], behind[2]]
    assert due(store, limit=9, busy=frozenset({1, 2})) == [behind[0], behind[2], behind[4]]


def test_counts_tell_the_states(store: Store) -> None:
    say(store, 1)
    store.write_now(outbox.end, say(store, 2), "refused", "blocked", now=NOW)
    assert store.write_now(outbox.counts) == {"pending": 1, "refused": 1}


def test_a_row_without_a_chat_cannot_be_let_go(store: Store, enrolled: Enrolled) -> None:
    with pytest.raises(Exception, match="CHECK"):
        store.write_now(
            lambda tx: tx.run("UPDATE outbox SET chat_id = NULL WHERE clinic_id = :clinic_id")
        )


def crowd(tx: Tx) -> None:
    """Rows, enough of them for a full scan to be a fault."""
    for chat in range(1, 200):
        outbox.say(tx, Said("x"), chat_id=chat, now=NOW)


@pytest.mark.parametrize(
    "look",
    [
        lambda tx: departures.due(tx, now=NOW, limit=10, busy=frozenset({1, 2})),
        lambda tx: departures.next_ready(tx, now=NOW),
        lambda tx: outbox.expire_useless(tx, now=NOW),
        outbox.left_sending,
        lambda tx: outbox.row(tx, 1),
        lambda tx: repeats.also_due(tx, {"patient_id": 1, "id": 1}, now=NOW),
        lambda tx: silence.watch(
            tx, {"patient_id": 1, "id": 1}, CLINIC.timezone, lambda *_: True, now=NOW
        ),
        lambda tx: replies.context_of(tx, 1, chat_id=1, reply_to=None, now=NOW, within_ms=DAY),
        lambda tx: outbox.withdraw_copies(tx, 1, "canceled", now=NOW),
        lambda tx: outbox.withdraw_from(tx, 1, "removed", now=NOW),
        lambda tx: outbox.end(tx, 1, "canceled", "x", now=NOW),
        lambda tx: upkeep.beat(tx, CLINIC, now=NOW - HOUR),
    ],
)
def test_no_look_at_the_outbox_reads_all_of_it(
    store: Store, catalogue: Catalogue, look: Callable[[Tx], object]
) -> None:
    def plans(tx: Tx) -> list[str]:
        enroll_patient(tx, catalogue)
        crowd(tx)
        upkeep.beat(tx, CLINIC, now=NOW)
        found: list[str] = []
        execute = tx._driver.execute

        class Explaining:
            def execute(self, sql: str, params: Any) -> tuple[list[Row], int]:
                explained = execute(f"EXPLAIN QUERY PLAN {sql}", params)[0]
                found.extend(f"{each['detail']} | {sql}" for each in explained)
                return execute(sql, params)

        look(Tx(Explaining(), tx.clinic_id))  # type: ignore[arg-type]  # only what a look needs
        return found

    steps = store.write_now(plans)
    assert steps
    large = ("outbox", "inbox", "attempts", "events", "replies")
    scans = [step for step in steps if step.startswith(tuple(f"SCAN {name}" for name in large))]
    assert scans == []
    # All that was ever settled, or what a clinic has, is no less than all of it.
    whole = [step for step in steps if "(clinic_id=? AND settled_at>?)" in step]
    assert whole == []
