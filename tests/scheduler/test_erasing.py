"""What names a patient, and what goes with them or stays."""

import pytest

from scheduler import (
    alerts,
    erasing,
    erasure,
    inbox,
    outbox,
    patients,
    settling,
    staff_group,
)
from scheduler.channel import Delivered
from scheduler.database import SqlcipherDriver, Store
from scheduler.erasing import names
from scheduler.inbox import Received
from scheduler.keeping import Keeping
from scheduler.migrations import migrate
from scheduler.said import Said
from tests.scheduler.conftest import (
    CLINIC,
    DOCTOR_CHAT,
    HOUR,
    KEY,
    NOW,
    PATIENT_CHAT,
    enroll_patient,
)

GROUP = -1_001_234_567_890

ZONE = "Europe/Madrid"


@pytest.mark.parametrize(
    ("text", "label", "named"),
    [
        ("<b>A.P.</b> is well", "A.P.", True),
        ("<b>A.P.2</b> is well", "A.P.", False),
        ("Ana María", "Ana", True),
        ("Anabel", "Ana", False),
        ("O&#39;Hara &amp; son", "O'Hara & son", True),
        ("nobody", "Ana", False),
        # So a restored backup has it of somebody who was erased since.
        ("what waits for others", "", False),
    ],
)
def test_a_label_is_named_as_a_whole(text, label, named):
    assert names(text, label) is named


def forget(store, patient_id, *, now=NOW + HOUR):
    return store.write_now(
        lambda tx: erasure.forget(
            tx,
            patients.known(tx, patient_id),
            why="asked",
            keeping=Keeping(),
            zone=ZONE,
            now=now,
        )
    )


def sent(store, said, *, patient_id=None, message_id):
    row = store.write_now(
        outbox.say, Said(said), chat_id=DOCTOR_CHAT, patient_id=patient_id, now=NOW
    )
    store.write_now(outbox.sent, row, message_id, now=NOW)
    return row


def taken_back(store):
    rows = store.write_now(
        lambda tx: tx.all(
            "SELECT content FROM outbox WHERE clinic_id = :clinic_id AND chat_id = :chat "
            "AND state = 'pending' ORDER BY id",
            chat=DOCTOR_CHAT,
        )
    )
    said = [Said.from_json(row["content"]) for row in rows if row["content"]]
    return [each.delete_message_id for each in said if each.delete_message_id]


def test_what_is_about_somebody_of_a_like_name_stays_on_phones_and_in_the_outbox(
    store, enrolled, catalogue
):
    other = store.write_now(enroll_patient, catalogue, chat_id=77, label="A.P. senior")
    store.write_now(
        alerts.raise_alert,
        "emergency",
        other.patient_id,
        alerts.Cause("words", "sign", {"en": "A.P. cannot breathe"}),
        enrollment_id=other.enrollment_id,
        session_at=None,
        clinic=CLINIC,
        now=NOW,
    )
    alarms = ringing(store)
    theirs = sent(store, "A.P. wrote", patient_id=enrolled.patient_id, message_id=41)
    sent(store, "A.P. senior wrote", patient_id=other.patient_id, message_id=42)
    sent(store, "a list: A.P., A.P. senior", message_id=43)
    forget(store, enrolled.patient_id)
    assert taken_back(store) == [41, 43]
    assert store.write_now(outbox.row, theirs) is None
    assert ringing(store) == alarms > 0


def test_a_label_that_is_a_number_keeps_no_message_from_being_taken_back(store, catalogue):
    made = store.write_now(enroll_patient, catalogue, chat_id=77, label="41")
    sent(store, "41 wrote", patient_id=made.patient_id, message_id=41)
    forget(store, made.patient_id)
    assert taken_back(store) == [41]


def ringing(store):
    """How many alerts are on their way to somebody."""
    return store.write_now(
        lambda tx: tx.value(
            "SELECT COUNT(*) FROM outbox WHERE clinic_id = :clinic_id "
            "AND kind = 'alert' AND state = 'pending'"
        )
    )


def test_what_is_on_its_way_at_that_moment_settles_without_a_trace(store, enrolled):
    row = store.write_now(
        lambda tx: tx.first(
            "SELECT * FROM outbox WHERE clinic_id = :clinic_id AND step_key IS NOT NULL LIMIT 1"
        )
    )
    store.write_now(outbox.begin_attempt, row, now=NOW)
    forget(store, enrolled.patient_id)
    store.write_now(outbox.finish_attempts, {row["id"]: "Delivered"}, now=NOW)
    store.write_now(outbox.sent, row["id"], 55, now=NOW)
    assert store.write_now(outbox.row, row["id"]) is None


@pytest.mark.parametrize(
    ("said", "chat_id", "taken"),
    [
        (Said("A.P. wrote"), DOCTOR_CHAT, Said("", delete_message_id=55)),
        (staff_group.topic_row(1), GROUP, Said("", thread_id=55, delete_topic=True)),
        (Said("Your clinic: hello"), PATIENT_CHAT, None),
    ],
)
def test_what_reaches_staff_after_an_erasure_is_taken_back(store, enrolled, said, chat_id, taken):
    store.write_now(staff_group.ask, GROUP, "Alba team", actor="system", now=NOW)
    row_id = store.write_now(
        outbox.say, said, chat_id=chat_id, kind="relay", patient_id=enrolled.patient_id, now=NOW
    )
    row = store.write_now(outbox.row, row_id)
    store.write_now(outbox.begin_attempt, row, now=NOW)
    forget(store, enrolled.patient_id)
    before = store.write_now(pending)
    store.write_now(settling.delivered, row, Delivered(55), now=NOW)
    owed = [one for one in store.write_now(pending) if one not in before]
    assert owed == ([(chat_id, taken)] if taken else [])


def pending(tx):
    rows = tx.all("SELECT * FROM outbox WHERE clinic_id = :clinic_id AND state = 'pending'")
    return [(row["chat_id"], Said.from_json(row["content"])) for row in rows if row["content"]]


@pytest.mark.parametrize(
    ("size", "hour", "may"),
    [(1, 12, True), (64 * 1024 * 1024 + 1, 12, False), (64 * 1024 * 1024 + 1, 17, True)],
)
def test_a_large_file_is_written_anew_in_the_small_hours(size, hour, may):
    # NOW is 10:00 in Madrid; 17 hours later it is 03:00.
    assert erasure.may_rewrite(size, now=NOW + hour * HOUR, zone=ZONE) is may


# ------------------------------------------------------------- how long everybody else has to wait

LARGE = ("outbox", "attempts", "replies", "events")


def test_an_erasure_reads_no_large_table_whole(tmp_path, catalogue):
    driver = SqlcipherDriver(tmp_path / "aftercare.db", KEY)
    migrate(driver)
    seen = []

    class Watched:
        """Notes every statement that runs through the driver."""

        def __getattr__(self, name):
            return getattr(driver, name)

        def execute(self, sql, params):
            seen.append(sql)
            return driver.execute(sql, params)

        def execute_many(self, sql, params):
            seen.append(sql)
            return driver.execute_many(sql, params)

    store = Store(Watched())
    made = store.write_now(enroll_patient, catalogue)
    seen.clear()
    store.write_now(erasing.remove_patient, made.patient_id, now=NOW)
    for sql in [*seen]:
        if sql.startswith(("DELETE FROM patients", "DELETE FROM enrollments")):
            continue  # one row: what points to it is looked for once
        for step in driver.execute(f"EXPLAIN QUERY PLAN {sql}", Anything())[0]:
            assert not step["detail"].startswith(tuple(f"SCAN {table}" for table in LARGE)), sql
    store.close()


class Anything(dict):
    """Every parameter of a statement that is only looked at."""

    def __missing__(self, key):
        return None


def test_what_points_to_a_row_that_goes_is_found_by_an_index(store):
    def read(tx):
        found = set()
        for name in [
            row["name"]
            for row in tx.all("SELECT name FROM sqlite_master WHERE type = 'table' -- clinic_id")
        ]:
            leading = {
                tx.all(f"PRAGMA index_info({index['name']}) -- clinic_id")[0]["name"]
                for index in tx.all(f"PRAGMA index_list({name}) -- clinic_id")
                # Of those that leave rows out only one that leaves out empty columns helps.
                if not index["partial"] or is_whole(tx, index["name"])
            }
            found |= {
                (name, tie["from"])
                for tie in tx.all(f"PRAGMA foreign_key_list({name}) -- clinic_id")
                if tie["table"] in ("outbox", "replies", "sessions", "alerts", "staff_messages")
                and tie["from"] not in leading
            }
        return found

    assert store.write_now(read) == set(), "each row that is deleted would read the whole table"


def is_whole(tx, index):
    (sql,) = (
        row["sql"]
        for row in tx.all(
            "SELECT sql FROM sqlite_master WHERE name = :name -- clinic_id", name=index
        )
    )
    column = tx.all(f"PRAGMA index_info({index}) -- clinic_id")[0]["name"]
    return sql.endswith(f"WHERE {column} IS NOT NULL")


# ------------------------------------------------------------------------- what still waits


def test_what_they_wrote_is_answered_before_it_is_wiped(store, enrolled):
    words = Received(1, PATIENT_CHAT, '{"message": {"text": "I cannot breathe"}}')
    store.write_now(inbox.receive, [words], now=NOW)
    gone = forget(store, enrolled.patient_id)

    def row(tx):
        return tx.first("SELECT * FROM inbox WHERE clinic_id = :clinic_id")

    assert store.write_now(row)["payload"] == words.payload
    assert store.write_now(erasure.close_told, gone.erasure_id, now=NOW + HOUR) is False
    store.write_now(inbox.done, 1, now=NOW + HOUR)
    after = store.write_now(row)
    assert (after["payload"], after["chat_id"]) == ("{}", None)
    assert store.write_now(erasure.close_told, gone.erasure_id, now=NOW + HOUR) is True


def test_what_a_patient_wrote_stays_for_its_days(store, enrolled):
    words = Received(1, PATIENT_CHAT, '{"message": {"text": "thanks"}}')
    store.write_now(inbox.receive, [words], now=NOW)
    store.write_now(inbox.done, 1, now=NOW)
    row = store.write_now(lambda tx: tx.first("SELECT * FROM inbox WHERE clinic_id = :clinic_id"))
    assert (row["payload"], row["chat_id"]) == (words.payload, PATIENT_CHAT)
