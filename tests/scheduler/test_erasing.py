"""What names a patient, and what goes with them or stays."""

import pytest

from scheduler import alerts, erasure, outbox, patients
from scheduler.erasing import names
from scheduler.keeping import Keeping
from scheduler.said import Said
from tests.scheduler.conftest import (
    CLINIC,
    DOCTOR_CHAT,
    HOUR,
    NOW,
    enroll_patient,
)

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
    ("size", "hour", "may"),
    [(1, 12, True), (64 * 1024 * 1024 + 1, 12, False), (64 * 1024 * 1024 + 1, 17, True)],
)
def test_a_large_file_is_written_anew_in_the_small_hours(size, hour, may):
    # NOW is 10:00 in Madrid; 17 hours later it is 03:00.
    assert erasure.may_rewrite(size, now=NOW + hour * HOUR, zone=ZONE) is may
