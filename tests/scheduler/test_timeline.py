import pytest

from scheduler import events, replies, timeline
from scheduler.timeline import Cursor
from tests.scheduler.conftest import HOUR, NOW, enroll_patient

SHOWN = ("enrolled", "patient_active", "patient_stopped")


def everything(tx, patient_id, *, now=NOW + 100 * HOUR, limit=100, before=None):
    return timeline.entries(tx, patient_id, now=now, limit=limit, events=SHOWN, before=before)


def settle_some(tx, patient_id, count, at):
    rows = tx.all(
        """SELECT id FROM outbox WHERE clinic_id = :clinic_id AND patient_id = :patient_id
           ORDER BY id LIMIT :count""",
        patient_id=patient_id,
        count=count,
    )
    for row in rows:
        tx.run(
            """UPDATE outbox SET state = 'expired', reason = 'no longer useful', settled_at = :at
               WHERE clinic_id = :clinic_id AND id = :id""",
            id=row["id"],
            at=at,
        )


def test_all_that_happened_comes_in_one_order_the_newest_first(store, enrolled):
    def story(tx):
        settle_some(tx, enrolled.patient_id, 1, NOW + HOUR)
        replies.free(
            tx,
            enrolled.patient_id,
            "text",
            text="ow",
            file_id=None,
            context=None,
            now=NOW + 2 * HOUR,
        )
        return everything(tx, enrolled.patient_id)

    found = store.write_now(story)
    assert [entry.kind for entry in found] == ["reply", "message", "event", "event", "session"]
    assert found[1].row["treatment"] == "facial"


def test_what_is_still_owed_is_coming_and_not_in_the_timeline(store, enrolled):
    found = store.write_now(everything, enrolled.patient_id)
    assert "message" not in {entry.kind for entry in found}
    coming = store.write_now(timeline.coming, enrolled.patient_id, limit=3)
    assert [row["ready_at"] for row in coming] == sorted(row["ready_at"] for row in coming)
    assert len(coming) == 3


def test_events_of_the_audit_alone_are_left_out(store, enrolled):
    def story(tx):
        events.note(tx, "token_looked_at", actor="x", now=NOW, patient_id=enrolled.patient_id)
        return everything(tx, enrolled.patient_id)

    kinds = {e.row["kind"] for e in store.write_now(story) if e.kind == "event"}
    assert kinds == {"enrolled", "patient_active"}


def test_a_session_to_come_is_not_in_the_timeline_yet(store, catalogue):
    made = store.write_now(enroll_patient, catalogue, next_at=NOW + 14 * 24 * HOUR)
    sessions = [e for e in store.write_now(everything, made.patient_id) if e.kind == "session"]
    assert [entry.at for entry in sessions] == [NOW]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_hold_every_entry_once_also_those_of_one_moment(store, enrolled, size):
    def story(tx):
        settle_some(tx, enrolled.patient_id, 8, NOW)
        for number in range(5):
            replies.free(
                tx,
                enrolled.patient_id,
                "text",
                text=str(number),
                file_id=None,
                context=None,
                now=NOW,
            )
        pages, before = [], None
        for _ in range(40):
            page = everything(tx, enrolled.patient_id, limit=size, before=before)
            if not page:
                break
            pages += page
            before = Cursor.parse(str(page[-1].cursor))
        return pages, everything(tx, enrolled.patient_id)

    paged, whole = store.write_now(story)
    assert paged == whole
    assert len(whole) == 8 + 5 + 2 + 1


def test_nothing_of_another_patient_is_in_it(store, enrolled, catalogue):
    other = store.write_now(enroll_patient, catalogue, chat_id=602, label="B.Q.")
    found = store.write_now(everything, other.patient_id)
    assert {entry.row.get("patient_id", other.patient_id) for entry in found} == {other.patient_id}


@pytest.mark.parametrize("text", ["", "1", "1.2", "1.2.x", "1.2.3.4", f"{1 << 70}.1.1"])
def test_a_forged_cursor_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        Cursor.parse(text)


def test_every_query_finds_its_rows_by_an_index_on_the_patient(store, enrolled):
    def plans(tx):
        explained = []
        for at, sql in timeline._SOURCES.values():
            rows = tx.all(
                f"EXPLAIN QUERY PLAN {sql} ORDER BY {at} DESC LIMIT 1",
                patient_id=enrolled.patient_id,
                now=NOW,
            )
            explained += [row["detail"] for row in rows]
        return explained

    assert not [line for line in store.write_now(plans) if line.startswith("SCAN")]
