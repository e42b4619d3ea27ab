"""What has been kept long enough is erased by itself, and the managers hear how much."""

from dataclasses import replace

import pytest

from scheduler import alerts, enrollment, inbox, outbox, retention, staff
from scheduler.enrollment import Choice
from scheduler.inbox import Received
from scheduler.keeping import Keeping, months_later
from scheduler.said import Said
from scheduler.wallclock import local
from tests.scheduler.conftest import CLINIC, DAY, HOUR, NOW, PATIENT_CHAT, doctor, enroll_patient

ZONE = "Europe/Madrid"
FOUR = 4 * HOUR - 10 * HOUR  # from NOW, 10:00 in Madrid, to 04:00 of the same day
KEEPING = replace(CLINIC, keeping=Keeping(ended_months=12, update_days=7))


def end(store, enrollment_id, *, now):
    def ended(tx):
        tx.run(
            """UPDATE enrollments SET status = 'ended', ended_at = :now
               WHERE clinic_id = :clinic_id AND id = :id""",
            id=enrollment_id,
            now=now,
        )
        tx.run(
            """UPDATE outbox SET state = 'canceled', reason = 'over', settled_at = :now
               WHERE clinic_id = :clinic_id AND enrollment_id = :id AND state = 'pending'""",
            id=enrollment_id,
            now=now,
        )

    store.write_now(ended)


def left(store, table="patients"):
    return store.write_now(
        lambda tx: tx.value(f"SELECT COUNT(*) FROM {table} WHERE clinic_id = :clinic_id")
    )


def daily(store, now):
    while store.write_now(retention.daily, KEEPING, now=now):
        pass


def test_plans_go_one_by_one_so_that_nobody_waits_for_all_of_them(store, catalogue):
    for number in range(3):
        made = store.write_now(enroll_patient, catalogue, chat_id=700 + number, label=f"P{number}")
        end(store, made.enrollment_id, now=NOW)
    later = NOW + 367 * DAY
    counted = []
    while store.write_now(retention.daily, KEEPING, now=later):
        counted.append(left(store))
    assert counted == [2, 1, 0]
    assert store.write_now(retention.daily, KEEPING, now=later) is False


@pytest.mark.parametrize(
    ("months", "day"),
    [(1, "2026-06-04"), (-1, "2026-04-04"), (12, "2027-05-04"), (-15, "2025-02-04")],
)
def test_months_are_counted_as_calendars_do(months, day):
    moment = local(months_later(NOW, months, ZONE), ZONE)
    assert (moment.date().isoformat(), moment.hour) == (day, 0)


def test_the_last_day_of_a_month_stays_one():
    end_of_january = NOW - 94 * DAY - 9 * HOUR  # 30 January 2026
    assert months_later(end_of_january + DAY, 1, ZONE) == months_later(end_of_january, 1, ZONE)


def test_a_plan_goes_a_year_after_its_end_and_the_patient_with_the_last_one(store, enrolled):
    end(store, enrolled.enrollment_id, now=NOW)
    daily(store, NOW + 364 * DAY)
    assert left(store) == 1
    daily(store, NOW + 367 * DAY)
    assert [left(store, table) for table in ("patients", "enrollments", "outbox", "replies")] == [
        0,
        0,
        0,
        0,
    ]
    assert left(store, "erasures") == 1


def test_an_older_plan_of_somebody_who_has_another_goes_alone(store, enrolled, catalogue):
    end(store, enrolled.enrollment_id, now=NOW)
    store.write_now(
        enrollment.enroll,
        Choice("hair", "scalp", "A.P.", session_at=NOW + 300 * DAY),
        protocol=catalogue.protocols["hair"],
        clinic=CLINIC,
        staff=store.write_now(doctor),
        now=NOW + 300 * DAY,
        patient_id=enrolled.patient_id,
    )
    daily(store, NOW + 367 * DAY)
    assert (left(store), left(store, "enrollments")) == (1, 1)
    kept = store.write_now(enrollment.of_patient, enrolled.patient_id)
    assert [row["treatment"] for row in kept] == ["hair"]


def test_a_plan_that_goes_on_or_has_an_open_alert_stays(store, enrolled):
    daily(store, NOW + 700 * DAY)
    assert left(store) == 1
    end(store, enrolled.enrollment_id, now=NOW)
    store.write_now(
        alerts.raise_alert,
        "urgent",
        enrolled.patient_id,
        alerts.Cause("words", "sign", {"en": "pus"}),
        enrollment_id=enrolled.enrollment_id,
        session_at=None,
        clinic=CLINIC,
        now=NOW,
    )
    daily(store, NOW + 701 * DAY)
    assert left(store) == 1


def test_a_link_that_nobody_opened_is_over_too(store, catalogue):
    store.write_now(
        enrollment.enroll,
        Choice("facial", "face", "Never", session_at=NOW),
        protocol=catalogue.protocols["facial"],
        clinic=CLINIC,
        staff=store.write_now(doctor),
        now=NOW,
    )
    store.write_now(outbox.expire_useless, now=NOW + 230 * DAY)
    daily(store, NOW + 367 * DAY)
    assert left(store) == 1  # its reminders expired only 137 days ago
    daily(store, NOW + 600 * DAY)
    assert left(store) == 0


def test_it_is_done_once_a_day_in_the_small_hours(store, enrolled):
    end(store, enrolled.enrollment_id, now=NOW)
    daily(store, NOW + 366 * DAY + FOUR - 1)
    assert left(store) == 1
    daily(store, NOW + 367 * DAY + FOUR)
    assert left(store) == 0


def test_managers_are_told_once_a_month_and_only_of_something(store, enrolled):
    chat = 900
    store.write_now(
        staff.welcome,
        chat_id=chat,
        name="Marta",
        role="manager",
        language="en",
        actor="system",
        now=NOW,
    )
    daily(store, NOW)
    end(store, enrolled.enrollment_id, now=NOW)
    for number in (1, 2, 3):
        store.write_now(inbox.receive, [Received(number, PATIENT_CHAT, "{}")], now=NOW)
        store.write_now(inbox.done, number, now=NOW)
    for days in range(1, 430):
        daily(store, NOW + days * DAY)

    def notices(tx):
        return [
            Said.from_json(row["content"]).form
            for row in tx.all(
                """SELECT content FROM outbox WHERE clinic_id = :clinic_id AND chat_id = :chat
                   ORDER BY id""",
                chat=chat,
            )
        ]

    told = [form for form in store.write_now(notices) if form and "retention" in form]
    assert len(told) == 2
    assert '"plans": 0, "updates": 2' in told[0]
    assert '"plans": 1, "updates": 0' in told[1]
