"""When a silence is asked about: after three check-ins on three days that nobody answered."""

import pytest

from messages.catalogue import Catalogue
from scheduler import alert_record, outbox, silence
from scheduler.database import Row, Store, Tx
from scheduler.enrollment import Enrolled
from scheduler.prepare import Later, Never, Preparer
from tests.scheduler.conftest import CLINIC, DAY, HOUR, NOW, PATIENT_CHAT

ZONE = "Europe/Madrid"
# NOW is ten in the morning in Madrid; its midnight is fourteen hours later.
MIDNIGHT = NOW + 14 * HOUR


def watched(tx: Tx, enrolled: Enrolled, left: list[int], sign: int | None, now: int) -> list[Row]:
    """Let check-ins leave at these moments, the last at ``now``; return the silences owed."""
    rows = tx.all(
        """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND kind = 'reminder'
             AND enrollment_id = :enrollment_id ORDER BY id""",
        enrollment_id=enrolled.enrollment_id,
    )
    if sign is not None:
        tx.run(
            """INSERT INTO replies (clinic_id, patient_id, kind, text, at)
               VALUES (:clinic_id, :patient_id, 'text', 'hello', :at)""",
            patient_id=rows[0]["patient_id"],
            at=sign,
        )
    for row, at in zip(rows, left, strict=False):
        tx.run(
            """UPDATE outbox SET state = 'sent', settled_at = :at, reason = 'delivered'
               WHERE clinic_id = :clinic_id AND id = :id""",
            id=row["id"],
            at=at,
        )
    silence.watch(tx, rows[len(left)], ZONE, lambda _treatment, _step: True, now=now)
    return silences(tx, "answer", since=now)


def silences(tx: Tx, kind: str, *, since: int = 0) -> list[Row]:
    """The last questions ("answer") or the tasks ("alert") that are owed after a moment."""
    return tx.all(
        """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND chat_id = :chat
             AND kind = :kind AND lane = 2 AND ready_at > :since ORDER BY id""",
        chat=PATIENT_CHAT,
        kind=kind,
        since=since,
    )


@pytest.mark.parametrize(
    ("left", "sign", "now", "asked"),
    [
        ([], None, NOW, False),
        ([NOW], None, NOW + DAY, False),
        ([NOW, NOW + DAY], None, NOW + 2 * DAY, True),
        # Check-ins of one day count as one, to the last minute of it.
        ([NOW, NOW + HOUR], None, NOW + 2 * HOUR, False),
        ([NOW, NOW + HOUR], None, NOW + DAY, False),
        ([NOW, MIDNIGHT - 1], None, NOW + DAY, False),
        ([NOW, MIDNIGHT], None, NOW + 2 * DAY, True),
        # A sign of life begins the count anew; what left in the same moment was not after it.
        ([NOW, NOW + DAY], NOW, NOW + 2 * DAY, False),
        ([NOW, NOW + DAY], NOW - 1, NOW + 2 * DAY, True),
        ([NOW, NOW + DAY, NOW + 2 * DAY], NOW, NOW + 3 * DAY, True),
    ],
)
def test_three_days_of_check_ins_without_a_sign_of_life_are_a_silence(
    store: Store, enrolled: Enrolled, left: list[int], sign: int | None, now: int, asked: bool
) -> None:
    owed = store.write_now(watched, enrolled, left, sign, now)
    assert [row["ready_at"] for row in owed] == ([now + silence.ASK_AFTER_MS] if asked else [])


SILENT = [NOW, NOW + DAY]
ASKED_AT = NOW + 3 * DAY
"""The last question of a silence whose third check-in left two days after the first."""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("status = 'ended'", "the plan was ended"),
        ("paused_at = 1", "the plan is paused"),
    ],
)
def test_nobody_is_asked_about_a_plan_that_was_ended_or_paused_meanwhile(
    store: Store, catalogue: Catalogue, enrolled: Enrolled, change: str, reason: str
) -> None:
    def story(tx: Tx) -> None:
        (asked,) = watched(tx, enrolled, SILENT, None, NOW + 2 * DAY)
        tx.run(f"UPDATE enrollments SET {change} WHERE clinic_id = :clinic_id")
        prepare = Preparer(catalogue, CLINIC)
        for row in (asked, *silences(tx, "alert")):
            assert prepare(tx, row, now=row["ready_at"]) == Never("canceled", reason)

    store.write_now(story)


@pytest.mark.parametrize("end", ["expired", "uncertain", "sent"])
def test_staff_look_at_a_silence_whatever_became_of_the_last_question(
    store: Store, catalogue: Catalogue, enrolled: Enrolled, end: str
) -> None:
    def story(tx: Tx) -> None:
        (asked,) = watched(tx, enrolled, SILENT, None, NOW + 2 * DAY)
        if end == "sent":
            outbox.sent(tx, asked["id"], 9, now=ASKED_AT)
        else:
            outbox.end(tx, asked["id"], end, "an outage", now=ASKED_AT)  # type: ignore[arg-type]
        (task,) = silences(tx, "alert")
        assert task["ready_at"] == ASKED_AT + DAY
        found = Preparer(catalogue, CLINIC)(tx, task, now=ASKED_AT + DAY)
        assert found == Never("canceled", "became an alert to staff")
        alert = alert_record.unresolved(tx, enrolled.patient_id)
        assert alert is not None
        assert (alert.level, alert.spoken) == ("review", False)

    store.write_now(story)


def test_the_task_waits_until_the_last_question_has_had_its_day(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        (asked,) = watched(tx, enrolled, SILENT, None, NOW + 2 * DAY)
        outbox.postpone(tx, asked["id"], ready_at=ASKED_AT + DAY + HOUR, reason="no network")
        (task,) = silences(tx, "alert")
        prepare = Preparer(catalogue, CLINIC)
        waits = Later(ASKED_AT + 2 * DAY + HOUR, "a day after the last question")
        assert prepare(tx, task, now=ASKED_AT + DAY) == waits
        outbox.sent(tx, asked["id"], 9, now=ASKED_AT + DAY + HOUR)
        assert prepare(tx, task, now=ASKED_AT + DAY + HOUR) == waits

    store.write_now(story)


def test_a_silence_whose_question_was_taken_back_is_asked_about_when_it_goes_on(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        (asked,) = watched(tx, enrolled, SILENT, None, NOW + 2 * DAY)
        outbox.end(tx, asked["id"], "canceled", "the plan is paused", now=ASKED_AT)
        (task,) = silences(tx, "alert")
        found = Preparer(catalogue, CLINIC)(tx, task, now=ASKED_AT + DAY)
        assert found == Never("canceled", "the last question was taken back")
        again = watched(tx, enrolled, [*SILENT, NOW + 2 * DAY], None, NOW + 6 * DAY)
        assert [row["ready_at"] for row in again] == [NOW + 7 * DAY]
        assert watched(tx, enrolled, SILENT, None, NOW + 6 * DAY) == again

    store.write_now(story)
