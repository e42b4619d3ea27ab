"""What only a person can decide: who sees it, what each choice does, and who is told when."""

from typing import Any

import pytest

from messages.catalogue import Catalogue
from scheduler import broadcasts, decisions, leave, outbox, review_notices, staff, upkeep
from scheduler.backup import begin_review
from scheduler.database import Row, Store, Tx
from scheduler.decisions import Decided, Waiting
from scheduler.enrollment import Enrolled
from scheduler.said import Said
from scheduler.segments import Segment
from scheduler.staff import Staff
from scheduler.tip import Tip
from tests.scheduler.conftest import CLINIC, DAY, DOCTOR_CHAT, HOUR, NOW, enroll_patient

MANAGER_CHAT, OTHER_CHAT = 502, 503
LATER = NOW + HOUR


def member(store: Store, chat_id: int, role: Any = "practitioner") -> Staff:
    return store.write_now(
        staff.welcome,
        chat_id=chat_id,
        name=f"Member {chat_id}",
        role=role,
        language="en",
        actor="system",
        now=NOW,
    )


@pytest.fixture
def manager(store: Store, enrolled: Enrolled) -> Staff:
    return member(store, MANAGER_CHAT, "manager")


@pytest.fixture
def doctor(store: Store, enrolled: Enrolled) -> Staff:
    return member(store, DOCTOR_CHAT)


def rows(store: Store, where: str = "1 = 1") -> list[Row]:
    return store.write_now(
        lambda tx: tx.all(
            f"SELECT * FROM outbox WHERE clinic_id = :clinic_id AND {where} ORDER BY id"
        )
    )


def one(store: Store, row_id: int) -> Row:
    return rows(store, f"id = {row_id}")[0]


def make_uncertain(store: Store, which: str, *, now: int = LATER) -> list[int]:
    """End rows as uncertain, as settling does after a doubtful answer; return their ids."""

    def end(tx: Tx) -> list[int]:
        found = tx.all(f"SELECT id FROM outbox WHERE clinic_id = :clinic_id AND {which}")
        for row in found:
            outbox.end(tx, row["id"], "uncertain", "no answer", now=now)
        return [row["id"] for row in found]

    ended = store.write_now(end)
    assert ended
    return ended


def seen(store: Store, who: Staff) -> list[Waiting]:
    return store.write_now(decisions.waiting, who, offset=0, limit=100)


def decide(store: Store, who: Staff, row_id: int, choice: Any, *, now: int = LATER) -> Decided:
    item = store.write_now(decisions.of_row, who, row_id)
    assert item is not None
    return store.write_now(decisions.decide, item, choice, actor=who.actor, now=now)


FIRST = "step_key = 'care'"


def test_sent_again_means_in_its_turn_at_once_and_marked_as_a_possible_duplicate(store, doctor):
    (row_id,) = make_uncertain(store, FIRST)
    assert decide(store, doctor, row_id, "send") == Decided(sent=1)
    row = one(store, row_id)
    assert (row["state"], row["ready_at"], row["held"]) == ("pending", LATER, None)
    assert row["possible_duplicate"] == 1
    assert seen(store, doctor) == []


def test_left_as_it_is_stays_uncertain_and_no_longer_waits(store, doctor):
    (row_id,) = make_uncertain(store, FIRST)
    assert decide(store, doctor, row_id, "leave") == Decided(left=1)
    row = one(store, row_id)
    assert row["state"] == "uncertain"
    assert doctor.actor in row["reason"]
    assert seen(store, doctor) == []


def test_what_is_no_longer_useful_expires_instead_of_being_sent(store, doctor):
    (row_id,) = make_uncertain(store, FIRST)
    useful_until = one(store, row_id)["useful_until"]
    assert decide(store, doctor, row_id, "send", now=useful_until) == Decided(expired=1)
    row = one(store, row_id)
    assert row["state"] == "expired"
    assert "an earlier try may have arrived" in row["reason"]
    assert seen(store, doctor) == []


def test_a_moment_before_it_is_useless_it_is_still_sent(store, doctor):
    (row_id,) = make_uncertain(store, FIRST)
    last = one(store, row_id)["useful_until"] - 1
    assert decide(store, doctor, row_id, "send", now=last) == Decided(sent=1)


@pytest.mark.parametrize("choice", ["send", "leave"])
def test_who_comes_second_changes_nothing(store, doctor, manager, choice):
    (row_id,) = make_uncertain(store, FIRST)
    item = store.write_now(decisions.of_row, manager, row_id)
    assert item is not None
    decide(store, doctor, row_id, "leave")
    before = one(store, row_id)
    again = store.write_now(decisions.decide, item, choice, actor=manager.actor, now=LATER + 1)
    assert again == Decided()
    assert one(store, row_id) == before
    assert store.write_now(decisions.of_row, manager, row_id) is None


@pytest.mark.parametrize("choice", ["send", "leave"])
def test_each_decision_is_written_down_with_who_took_it(store, doctor, enrolled, choice):
    (row_id,) = make_uncertain(store, FIRST)
    decide(store, doctor, row_id, choice)
    (event,) = store.write_now(
        lambda tx: tx.all(
            "SELECT * FROM events WHERE clinic_id = :clinic_id AND kind = :kind",
            kind=f"review_{choice}",
        )
    )
    assert event["actor"] == doctor.actor
    assert event["patient_id"] == enrolled.patient_id
    assert f'"row": {row_id}' in event["detail"]


def test_a_practitioner_sees_their_own_patients_rows_only_and_a_manager_all(store, doctor, manager):
    (row_id,) = make_uncertain(store, FIRST)
    other = member(store, OTHER_CHAT)
    assert [item.row["id"] for item in seen(store, doctor)] == [row_id]
    assert [item.row["id"] for item in seen(store, manager)] == [row_id]
    assert seen(store, other) == []
    assert store.write_now(decisions.of_row, other, row_id) is None
    assert store.write_now(decisions.count, other) == 0


def test_words_that_held_a_secret_are_wiped_when_they_are_left(store, manager):
    row_id = store.write_now(outbox.say, Said("a link", secret=True), chat_id=MANAGER_CHAT, now=NOW)
    make_uncertain(store, f"id = {row_id}")
    assert one(store, row_id)["content"] is not None
    decide(store, manager, row_id, "leave")
    assert one(store, row_id)["content"] is None


# ------------------------------------------------------------------------------- broadcasts


@pytest.fixture
def copies(store: Store, catalogue: Catalogue, enrolled: Enrolled, manager: Staff) -> int:
    """A broadcast to four patients, two copies of which are uncertain; its id."""
    for number in range(3):
        store.write_now(enroll_patient, catalogue, chat_id=700 + number, label=f"P{number}")
    started = store.write_now(
        broadcasts.start,
        Tip("Drink water"),
        Segment(),
        member=manager,
        clinic=CLINIC,
        progress_message=1,
        now=NOW,
    )
    assert isinstance(started, broadcasts.Started)
    for row in rows(store, "kind = 'broadcast'")[:2]:
        store.write_now(outbox.end, row["id"], "uncertain", "no answer", now=LATER)
        store.write_now(broadcasts.row_settled, row, now=LATER)
    return started.broadcast_id


def test_the_copies_of_a_broadcast_are_one_item_for_managers_only(store, copies, manager, doctor):
    (item,) = seen(store, manager)
    assert (item.is_broadcast, item.count, item.why) == (True, 2, "uncertain")
    assert store.write_now(decisions.count, manager) == 2
    assert store.write_now(decisions.items, manager) == 1
    assert seen(store, doctor) == []


def test_one_choice_sends_all_uncertain_copies_again_and_no_other(store, copies, manager):
    (item,) = seen(store, manager)
    pending = {row["id"] for row in rows(store, "kind = 'broadcast' AND state = 'pending'")}
    assert decide(store, manager, item.row["id"], "send") == Decided(sent=2)
    again = {row["id"] for row in rows(store, "kind = 'broadcast' AND state = 'pending'")}
    assert len(again - pending) == 2


def test_copies_that_are_sent_again_count_once_in_a_broadcast_that_still_runs(
    store, copies, manager
):
    (item,) = seen(store, manager)
    assert settled(store, copies) == 2
    decide(store, manager, item.row["id"], "send")
    assert settled(store, copies) == 0
    for row in rows(store, "kind = 'broadcast'"):
        store.write_now(outbox.sent, row["id"], 5, now=LATER)
        store.write_now(broadcasts.row_settled, row, now=LATER)
    (broadcast,) = store.write_now(
        lambda tx: tx.all("SELECT * FROM broadcasts WHERE clinic_id = :clinic_id")
    )
    assert (broadcast["settled"], broadcast["total"], broadcast["state"]) == (4, 4, "finished")
    assert store.write_now(broadcasts.counts, copies) == {"sent": 4}


def test_a_copy_that_is_sent_again_and_then_canceled_is_not_said_to_have_stayed(
    store, copies, manager
):
    (item,) = seen(store, manager)
    decide(store, manager, item.row["id"], "send")
    assert store.write_now(outbox.withdraw_copies, copies, "canceled", now=LATER) == 2
    states = [row["state"] for row in rows(store, "kind = 'broadcast'")]
    assert states == ["uncertain", "uncertain", "canceled", "canceled"]


def settled(store: Store, broadcast_id: int) -> int:
    broadcast = store.write_now(broadcasts.by_id, broadcast_id)
    assert broadcast is not None
    return int(broadcast["settled"])


# ----------------------------------------------------------------------------- after a restore


@pytest.fixture
def restored(store: Store, enrolled: Enrolled, manager: Staff) -> int:
    return store.write_now(begin_review, now=NOW + DAY)


def test_restored_rows_wait_for_managers_only(store, restored, manager, doctor):
    assert restored == len(seen(store, manager)) > 1
    assert {item.why for item in seen(store, manager)} == {"restored"}
    assert seen(store, doctor) == []


def test_sending_all_restored_sends_the_useful_ones_and_expires_the_others(
    store, restored, manager
):
    waiting = rows(store, "held = 'review'")
    useful = [row for row in waiting if row["useful_until"] > NOW + DAY]
    assert 0 < len(useful) < len(waiting)
    done = store.write_now(decisions.decide_restored, "send", actor=manager.actor, now=NOW + DAY)
    assert done == Decided(sent=len(useful), expired=len(waiting) - len(useful))
    now = {row["id"]: row["state"] for row in rows(store)}
    assert {now[row["id"]] for row in useful} == {"pending"}
    assert {now[row["id"]] for row in waiting if row not in useful} == {"expired"}
    assert rows(store, "held = 'review'") == []


def test_skipping_all_restored_cancels_them_and_what_comes_later_stays(store, restored, manager):
    waiting = {row["id"] for row in rows(store, "held = 'review'")}
    done = store.write_now(decisions.decide_restored, "leave", actor=manager.actor, now=NOW + DAY)
    assert done == Decided(left=restored)
    assert {row["state"] for row in rows(store) if row["id"] in waiting} == {"canceled"}
    assert {row["state"] for row in rows(store) if row["id"] not in waiting} == {"pending"}


def test_a_restored_row_that_was_on_its_way_is_never_called_canceled(store, enrolled, manager):
    row = rows(store, FIRST)[0]
    store.write_now(outbox.begin_attempt, row, now=LATER)
    store.write_now(begin_review, now=LATER)
    decide(store, manager, row["id"], "leave")
    assert one(store, row["id"])["state"] == "uncertain"
    assert seen(store, manager) == []


def test_restored_rows_that_nobody_decides_about_expire(store, restored, manager):
    store.write_now(upkeep.beat, CLINIC, now=NOW + 400 * DAY)
    assert seen(store, manager) == []
    assert {row["state"] for row in rows(store, "kind = 'reminder'")} == {"expired"}


def test_managers_are_told_of_a_restore_once(store, restored, manager, doctor):
    assert store.write_now(review_notices.tell_of_restore, now=NOW + DAY) is True
    assert store.write_now(review_notices.tell_of_restore, now=NOW + DAY) is False
    (notice,) = rows(store, "kind = 'alert'")
    assert notice["chat_id"] == MANAGER_CHAT
    assert f'"n": {restored}' in notice["content"].replace("\\", "")


def test_without_a_manager_the_notice_of_a_restore_is_kept_for_the_first_one(store, enrolled):
    store.write_now(begin_review, now=NOW + DAY)
    assert store.write_now(review_notices.tell_of_restore, now=NOW + DAY) is False
    member(store, MANAGER_CHAT, "manager")
    assert store.write_now(review_notices.tell_of_restore, now=NOW + DAY) is True


# ----------------------------------------------------------------------------------- notices


def notices(store: Store) -> list[int]:
    return [row["chat_id"] for row in rows(store, "kind = 'alert'")]


def look(store: Store, now: int) -> None:
    store.write_now(review_notices.tell_of_uncertain, now=now)


def test_who_is_in_charge_is_told_and_nobody_else(store, doctor, manager):
    make_uncertain(store, FIRST)
    look(store, LATER)
    assert notices(store) == [DOCTOR_CHAT]


def away(store: Store, who: Staff, stand_in: Staff) -> None:
    store.write_now(
        leave.take,
        who,
        starts_at=NOW,
        ends_at=NOW + 5 * DAY,
        stand_in=stand_in,
        by=who,
        now=NOW,
    )


def test_whoever_stands_in_is_told_and_sees_what_they_are_told_of(store, doctor, manager):
    other = member(store, OTHER_CHAT)
    away(store, doctor, other)
    (row_id,) = make_uncertain(store, FIRST)
    told = len(notices(store))
    look(store, LATER)
    (chat_id,) = notices(store)[told:]
    assert chat_id == OTHER_CHAT
    assert [item.row["id"] for item in seen(store, other)] == [row_id]
    assert store.write_now(decisions.count, other, "uncertain") == 1
    assert decide(store, other, row_id, "leave") == Decided(left=1)


def test_whoever_made_the_last_plan_is_told_where_none_is_under_way(store, doctor, manager):
    make_uncertain(store, FIRST)
    store.write_now(
        lambda tx: tx.run("UPDATE enrollments SET status = 'ended' WHERE clinic_id = :clinic_id")
    )
    look(store, LATER)
    assert notices(store) == [DOCTOR_CHAT]


def test_managers_are_told_of_copies_of_a_broadcast(store, copies, doctor):
    look(store, LATER)
    assert notices(store) == [MANAGER_CHAT]


def test_more_uncertain_rows_bring_no_second_notice_while_one_is_open(store, doctor):
    make_uncertain(store, FIRST)
    look(store, LATER)
    make_uncertain(store, "step_key = 'bruise'", now=LATER + 5)
    look(store, LATER + 5)
    assert notices(store) == [DOCTOR_CHAT]


def test_after_opening_review_only_a_new_row_brings_a_new_notice(store, doctor):
    make_uncertain(store, FIRST)
    look(store, LATER)
    store.write_now(review_notices.opened, doctor, now=LATER + 10)
    look(store, LATER + 2 * DAY)
    assert notices(store) == [DOCTOR_CHAT]
    make_uncertain(store, "step_key = 'bruise'", now=LATER + 2 * DAY + 1)
    look(store, LATER + 2 * DAY + 1)
    assert notices(store) == [DOCTOR_CHAT] * 2


def test_a_notice_that_nobody_followed_for_a_day_comes_again(store, doctor):
    make_uncertain(store, FIRST)
    look(store, LATER)
    look(store, LATER + DAY - 1)
    assert notices(store) == [DOCTOR_CHAT]
    look(store, LATER + DAY + HOUR)
    assert notices(store) == [DOCTOR_CHAT] * 2


def test_a_clock_that_was_ahead_once_keeps_no_notice_back(store, doctor):
    ahead = LATER + 60 * DAY
    (row_id,) = make_uncertain(store, FIRST)
    look(store, ahead)
    store.write_now(review_notices.opened, doctor, now=ahead)
    decide(store, doctor, row_id, "leave")
    make_uncertain(store, "step_key = 'lump_day28'", now=LATER + HOUR)
    told = len(notices(store))
    look(store, LATER + HOUR)
    assert len(notices(store)) == told + 1


def test_what_was_decided_before_the_look_brings_no_notice(store, doctor):
    (row_id,) = make_uncertain(store, FIRST)
    decide(store, doctor, row_id, "leave")
    look(store, LATER)
    assert notices(store) == []


def test_the_heartbeat_looks(store, doctor):
    make_uncertain(store, FIRST)
    store.write_now(upkeep.beat, CLINIC, now=LATER)
    assert notices(store) == [DOCTOR_CHAT]
