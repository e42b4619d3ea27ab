"""When the morning message is due, and what stands in it."""

import itertools
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler import digest, events, replies, staff, unanswered
from scheduler.clinic import Clinic
from scheduler.digest import USEFUL_FOR_MS, due_since
from scheduler.quiet import QuietHours
from tests.conftest import moment
from tests.scheduler.conftest import CLINIC, DAY, DOCTOR_CHAT, HOUR, NOW, enroll_patient

HALF_PAST_EIGHT = time(8, 30)
START = moment("2026-05-05 08:30")
ZONE = "Europe/Madrid"


def clinic(quiet=None, zone=ZONE):
    return Clinic("Alba", zone, "en", "1", "112", quiet or QuietHours())


@pytest.mark.parametrize(
    ("now", "last", "due"),
    [
        ("08:29", None, False),
        ("08:30", None, True),
        ("08:30", "2026-05-04 08:30", True),
        ("08:31", "2026-05-05 08:30", False),
        ("08:40", None, True),  # within the patients' quiet hours: the clinic chose its hour
        ("08:50", None, False),  # late, and still within them
        ("09:00", None, True),
        ("12:29", None, True),
        ("12:30", None, False),
    ],
)
def test_the_morning_message_is_due_once_from_its_hour_to_noon(now, last, due):
    found = due_since(
        HALF_PAST_EIGHT,
        clinic(),
        last=moment(last) if last else None,
        now=moment(f"2026-05-05 {now}"),
    )
    assert found == (START if due else None)


def test_an_hour_that_the_clocks_skip_is_taken_at_the_first_moment_after(store):
    now = moment("2026-03-29 03:00")
    assert due_since(time(2, 30), clinic(), last=None, now=now) == now
    assert due_since(time(2, 30), clinic(), last=None, now=now - 1) is None


@given(
    st.times().map(lambda at: at.replace(second=0, microsecond=0, tzinfo=None)),
    st.sampled_from([ZONE, "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu"]),
    st.integers(0, 400 * 24),
)
def test_looked_at_every_quarter_of_an_hour_it_comes_at_most_once_a_day(at, zone, from_hour):
    last, made = None, []
    for quarter in range(4 * 49):
        now = NOW + from_hour * HOUR + quarter * HOUR // 4
        since = due_since(at, clinic(zone=zone), last=last, now=now)
        if since is not None:
            assert since <= now < since + USEFUL_FOR_MS
            last = now
            made.append(now)
    assert len(made) in (2, 3)
    assert all(later - earlier > 18 * HOUR for earlier, later in itertools.pairwise(made))


def test_it_is_taken_in_hand_once(store):
    def story(tx):
        first = digest.begin(tx, HALF_PAST_EIGHT, clinic(), now=START)
        second = digest.begin(tx, HALF_PAST_EIGHT, clinic(), now=START + HOUR)
        return first, second, digest.begin(tx, HALF_PAST_EIGHT, clinic(), now=START + DAY)

    assert store.write_now(story) == (START, None, START + DAY)


def test_a_clock_that_was_ahead_once_costs_no_morning_message(store):
    def story(tx):
        events.mark(tx, "digest", now=START + 60 * DAY)
        return digest.begin(tx, HALF_PAST_EIGHT, clinic(), now=START)

    assert store.write_now(story) == START


def doctor(tx):
    return staff.at_chat(tx, DOCTOR_CHAT)


def steps(tx, made):
    """Any two reminders of an enrollment: a question is logged under its reminder."""
    return tx.all(
        """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND enrollment_id = :id
             AND step_key IS NOT NULL ORDER BY id""",
        id=made.enrollment_id,
    )


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([("pain", "3", None)], []),
        ([("pain", "8", "pain_severe")], [("pain_severe", "8")]),
        ([("pain", "2", None), ("pain", "4", "pain_rising")], [("pain_rising", "4")]),
        ([("pain", "8", "pain_severe"), ("pain", "1", None)], []),
        ([("pain", "8", "pain_severe"), ("bruise", "none", None)], [("pain_severe", "8")]),
        (
            [("pain", "8", "pain_severe"), ("bruise", "bigger", "bruise_bigger")],
            [("bruise_bigger", "bigger")],
        ),
    ],
)
def test_the_newest_answers_that_are_off_the_course_are_told(store, enrolled, answers, expected):
    def story(tx):
        for hours, (row, (question, value, finding)) in enumerate(
            zip(steps(tx, enrolled), answers, strict=False)
        ):
            replies.answer(tx, row, question, value, now=NOW + hours * HOUR)
            if finding:
                replies.off_course(tx, row, question, finding)
        found = digest.gather(tx, doctor(tx), ZONE, now=NOW + DAY)
        return [(each.finding, each.answer) for each in found.off_course]

    assert store.write_now(story) == expected


def test_an_answer_of_last_week_is_no_news(store, enrolled):
    def story(tx):
        row = steps(tx, enrolled)[0]
        replies.answer(tx, row, "pain", "8", now=NOW + DAY)
        replies.off_course(tx, row, "pain", "pain_severe")
        return digest.gather(tx, doctor(tx), ZONE, now=NOW + 5 * DAY)

    assert store.write_now(story).empty


@pytest.mark.parametrize(
    ("days", "state", "today", "unconfirmed"),
    [
        (0.2, "planned", 2, 0),
        (1, "planned", 1, 1),
        (1, "confirmed", 1, 0),
        (1, "change_wanted", 1, 1),
        (1, "canceled", 1, 0),
        (3, "planned", 1, 1),
        (3.5, "planned", 1, 1),
        (4, "planned", 1, 0),
    ],
)
def test_sessions_of_today_and_those_that_nobody_confirmed(
    store, catalogue, days, state, today, unconfirmed
):
    def story(tx):
        made = enroll_patient(tx, catalogue, next_at=NOW + int(days * DAY))
        tx.run(
            """UPDATE sessions SET state = :state WHERE clinic_id = :clinic_id
                 AND enrollment_id = :id AND state = 'planned'""",
            state=state,
            id=made.enrollment_id,
        )
        found = digest.gather(tx, doctor(tx), ZONE, now=NOW)
        return len(found.sessions), len(found.unconfirmed)

    assert store.write_now(story) == (today, unconfirmed)


def test_a_practitioner_reads_of_their_own_and_a_manager_of_all(store, enrolled):
    def story(tx):
        replies.free(tx, enrolled.patient_id, "text", text="?", file_id=None, context=None, now=NOW)
        roles = (("practitioner", 901), ("manager", 902))
        members = [
            staff.welcome(
                tx, chat_id=chat, name="N", role=role, language="en", actor="system", now=NOW
            )
            for role, chat in roles
        ]
        return [
            digest.gather(tx, member, ZONE, now=NOW).waiting_count
            for member in (doctor(tx), *members)
        ]

    assert store.write_now(story) == [1, 0, 1]


def test_once_all_is_dealt_with_there_is_nothing_to_say(store, enrolled):
    def story(tx):
        now = NOW + 2 * DAY
        reply = replies.free(
            tx, enrolled.patient_id, "text", text="?", file_id=None, context=None, now=now
        )
        before = digest.gather(tx, doctor(tx), CLINIC.timezone, now=now).empty
        unanswered.settle(tx, enrolled.patient_id, upto=reply, staff_id=1, now=now)
        return before, digest.gather(tx, doctor(tx), CLINIC.timezone, now=now).empty

    assert store.write_now(story) == (False, True)
    assert store.write_now(events.marked, "digest") is None
