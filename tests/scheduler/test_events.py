"""Events and marks: what happened, and when something last did."""

from scheduler import events
from scheduler.database import Store
from scheduler.enrollment import Enrolled
from tests.scheduler.conftest import NOW


def note(store: Store, kind: str, at: int, patient_id: int | None) -> None:
    store.write_now(
        lambda tx: events.note(tx, kind, actor="system", now=at, patient_id=patient_id, n=at - NOW)
    )


def test_a_patients_events_come_in_order_with_their_detail(
    store: Store, enrolled: Enrolled
) -> None:
    patient = enrolled.patient_id
    for at, kind in ((NOW + 2, "later"), (NOW + 1, "earlier")):
        note(store, kind, at, patient)
    note(store, "of nobody", NOW, None)
    last = store.write_now(events.of_patient, patient)[-2:]
    assert [(each["kind"], each["detail"]) for each in last] == [
        ("earlier", {"n": 1}),
        ("later", {"n": 2}),
    ]


def test_a_mark_keeps_the_last_time_and_may_go_back(store: Store) -> None:
    assert store.write_now(events.marked, "tick") is None
    for at in (NOW, NOW + 5, NOW - 5):
        store.write_now(events.mark, "tick", now=at)
        assert store.write_now(events.marked, "tick") == at
    assert store.write_now(events.marked, "poll") is None


def test_a_mark_can_be_taken_away(store: Store) -> None:
    store.write_now(events.mark, "outage_from", now=NOW)
    store.write_now(events.unmark, "outage_from")
    assert store.write_now(events.marked, "outage_from") is None
