"""The figures: each counted by hand in a small story."""

from collections import Counter
from datetime import date

import pytest

from scheduler import alerts, figures, outbox, patients, replies, staff
from scheduler.alerts import Cause
from tests.scheduler.conftest import CLINIC, DAY, DOCTOR_CHAT, HOUR, NOW, enroll_patient

ZONE = "Europe/Madrid"
MAY, APRIL = date(2026, 5, 1), date(2026, 4, 1)
CHECK_IN = "soreness_day1"


def gather(store, catalogue, member=None, *, now=NOW + 10 * DAY):
    who = member or store.write_now(manager)
    return figures.gather(store.write_now, who, catalogue, ZONE, now=now)


def manager(tx):
    return staff.welcome(
        tx, chat_id=999, name="Boss", role="manager", language="en", actor="system", now=NOW
    )


def reminders(tx, made):
    return tx.all(
        """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND enrollment_id = :id
             AND step_key IS NOT NULL ORDER BY due_at, id""",
        id=made.enrollment_id,
    )


def asking(tx, made, catalogue):
    """The check-ins of a plan, that ask something, by time."""
    facial = catalogue.protocols["facial"]
    return [row for row in reminders(tx, made) if facial.step(row["step_key"]).questions]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ({}, None),
        ({7: 1}, 7),
        ({1: 1, 9: 1}, 1),
        ({1: 1, 5: 1, 9: 1}, 5),
        ({1: 10, 5: 1, 90: 10}, 5),
        ({3: 2, 4: 3}, 4),
    ],
)
def test_the_median_is_the_middle_one(minutes, expected):
    assert figures.median(minutes) == expected


def test_months_begin_where_the_clinic_is_and_go_over_the_year():
    first_minute = NOW - 4 * DAY + 14 * HOUR  # 1 May 2026, 00:00 in Madrid
    assert figures.months_until(first_minute, ZONE, 2) == (APRIL, MAY)
    assert figures.months_until(first_minute - 1, ZONE, 2) == (date(2026, 3, 1), APRIL)
    assert figures.months_until(NOW, ZONE)[0] == date(2025, 6, 1)


def test_what_was_delivered_and_answered(store, catalogue):
    def story(tx):
        made = enroll_patient(tx, catalogue)
        asked = asking(tx, made, catalogue)
        plain = [row for row in reminders(tx, made) if row not in asked]
        for row in (asked[0], asked[1], plain[0]):
            outbox.sent(tx, row["id"], 1, now=NOW + DAY)
        outbox.end(tx, asked[2]["id"], "refused", "blocked", now=NOW + DAY)
        outbox.end(tx, plain[1]["id"], "canceled", "moved", now=NOW + DAY)
        for minutes, question in ((30, "one"), (31, "two")):
            replies.answer(tx, asked[0], question, "3", now=NOW + DAY + minutes * 60_000)
        replies.off_course(tx, asked[0], "two", "pain_late")

    store.write_now(story)
    whole = gather(store, catalogue).of(treatment="facial", month=MAY)
    assert (whole.delivered, whole.not_delivered) == (3, 1)
    assert (whole.asked, whole.answered, whole.answer_minutes) == (2, 1, Counter({30: 1}))
    assert whole.answer_rate == 0.5
    assert whole.off_course == 1


def test_what_has_not_happened_yet_is_not_counted(store, catalogue):
    def story(tx):
        made = enroll_patient(tx, catalogue)
        outbox.sent(tx, reminders(tx, made)[0]["id"], 1, now=NOW + DAY)

    store.write_now(story)
    assert gather(store, catalogue, now=NOW + HOUR).of().delivered == 0
    assert gather(store, catalogue, now=NOW + 2 * DAY).of().delivered == 1


def test_enrolled_by_month_and_active_now(store, catalogue):
    def story(tx):
        enroll_patient(tx, catalogue, chat_id=701)
        enroll_patient(tx, catalogue, chat_id=702, now=NOW - 20 * DAY)
        ended = enroll_patient(tx, catalogue, chat_id=703, now=NOW - 500 * DAY)
        tx.run(
            "UPDATE enrollments SET status = 'ended' WHERE clinic_id = :clinic_id AND id = :id",
            id=ended.enrollment_id,
        )

    store.write_now(story)
    report = gather(store, catalogue)
    assert (report.of(month=MAY).enrolled, report.of(month=APRIL).enrolled) == (1, 1)
    assert report.of().enrolled == 2, "what is older than a year is left out"
    assert report.active == Counter({"facial": 2})


def test_alerts_and_how_long_until_somebody_took_one(store, catalogue):
    def story(tx):
        doctor = None
        for number, minutes in enumerate((4, 10, None)):
            made = enroll_patient(tx, catalogue, chat_id=701 + number)
            doctor = staff.at_chat(tx, DOCTOR_CHAT)
            alert = alerts.raise_alert(
                tx,
                "urgent",
                made.patient_id,
                Cause("words", "pus", {"en": "pus"}),
                enrollment_id=made.enrollment_id,
                session_at=NOW,
                clinic=CLINIC,
                now=NOW,
            )
            if minutes is not None:
                alerts.take(tx, alert, doctor, now=NOW + minutes * 60_000)

    store.write_now(story)
    whole = gather(store, catalogue).of(month=MAY)
    assert (whole.alerts, whole.taken_minutes) == (3, Counter({4: 1, 10: 1}))


def test_no_shows_of_the_visits_that_were_planned_ahead(store, catalogue):
    def story(tx):
        for number, (state, why) in enumerate(
            (("held", None), ("held", None), ("canceled", "missed"), ("canceled", None))
        ):
            made = enroll_patient(tx, catalogue, chat_id=701 + number, next_at=NOW + 3 * DAY)
            tx.run(
                """UPDATE sessions SET state = :state, why = :why
                   WHERE clinic_id = :clinic_id AND enrollment_id = :id AND starts_at > :now""",
                id=made.enrollment_id,
                state=state,
                why=why,
                now=NOW,
            )

    store.write_now(story)
    whole = gather(store, catalogue).of()
    assert (whole.attended, whole.missed) == (2, 1)
    assert whole.no_show_rate == pytest.approx(1 / 3)


def test_who_stopped_all_messages(store, catalogue):
    def story(tx):
        made = enroll_patient(tx, catalogue)
        patients.becomes(tx, made.patient_id, "stopped", actor="patient", now=NOW + DAY)
        patients.becomes(tx, made.patient_id, "active", actor="patient", now=NOW + 2 * DAY)
        patients.becomes(tx, made.patient_id, "stopped", actor="staff:1", now=NOW + 3 * DAY)

    store.write_now(story)
    assert gather(store, catalogue).of(treatment="facial").opt_outs == 1


def test_a_practitioner_counts_their_own_plans(store, catalogue):
    def story(tx):
        enroll_patient(tx, catalogue)
        other = staff.welcome(
            tx,
            chat_id=998,
            name="Dr. Gil",
            role="practitioner",
            language="en",
            actor="system",
            now=NOW,
        )
        return staff.at_chat(tx, DOCTOR_CHAT), other

    mine, other = store.write_now(story)
    assert gather(store, catalogue, mine).of().enrolled == 1
    theirs = gather(store, catalogue, other)
    assert theirs.of().enrolled == 0
    assert theirs.treatments == ()


def test_stretches_lose_and_double_nothing(store, catalogue, monkeypatch):
    def story(tx):
        for number in range(7):
            made = enroll_patient(tx, catalogue, chat_id=701 + number)
            for row in asking(tx, made, catalogue)[:3]:
                outbox.sent(tx, row["id"], 1, now=NOW + DAY)
                for question in ("one", "two"):
                    replies.answer(tx, row, question, "1", now=NOW + DAY + 60_000)

    store.write_now(story)
    whole = gather(store, catalogue).of()
    monkeypatch.setattr(figures, "SPAN", 2)
    assert gather(store, catalogue).of() == whole
    assert (whole.enrolled, whole.asked, whole.answered) == (7, 21, 21)
