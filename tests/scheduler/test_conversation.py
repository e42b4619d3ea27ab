"""What staff write to patients, and what waits for an answer: the rules, without any chat."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler import conversation, events, outbox, patients, replies, settling, staff, unanswered
from scheduler.channel import Ambiguous, Delivered, Rejected, Retry, Unreachable
from scheduler.conversation import verdict, why_lost
from scheduler.said import Said
from tests.scheduler.conftest import DAY, DOCTOR_CHAT, HOUR, NOW, PATIENT_CHAT, enroll_patient

STATES = ("pending", "sending", "sent", "expired", "canceled", "refused", "uncertain")


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["sent"], "delivered"),
        (["sent", "sent"], "delivered"),
        (["sent", "pending"], "on_its_way"),
        (["refused", "sending"], "on_its_way"),
        (["sent", "refused"], "not_delivered"),
        (["uncertain", "canceled"], "not_delivered"),
        (["sent", "uncertain"], "uncertain"),
        (["expired"], "not_delivered"),
    ],
)
def test_a_message_fares_as_the_worst_of_its_parts(states, expected):
    assert verdict(states) == expected


@given(st.lists(st.sampled_from(STATES), min_size=1))
def test_only_a_message_of_which_all_arrived_is_delivered(states):
    assert (verdict(states) == "delivered") == (set(states) == {"sent"})


@pytest.mark.parametrize(
    ("patient", "rows", "expected"),
    [
        ("unreachable", [("refused", "blocked")], "unreachable"),
        ("active", [("sent", "ok"), ("refused", "the file is too big")], "refused"),
        ("active", [("expired", "not delivered within a day")], "too_late"),
        ("stopped", [("canceled", "the patient has stopped the messages")], "stopped"),
        ("active", [("canceled", "its writer has left the clinic")], "canceled"),
    ],
)
def test_the_reason_is_named_for_whoever_wrote(patient, rows, expected):
    found = [{"state": state, "reason": reason} for state, reason in rows]
    assert why_lost(patient, found) == expected


def says(tx, patient_id, text="?", *, now=NOW):
    return replies.free(
        tx, patient_id, "text", text=text, file_id=None, context=None, now=now, message_id=7
    )


def writes(tx, patient_id, text="!", *, message_id=50, now=NOW + HOUR, parts=1):
    """Have the practitioner write; returns the rows that take it to the patient."""
    member = staff.at_chat(tx, DOCTOR_CHAT)
    number = conversation.write(
        tx,
        member,
        patients.known(tx, patient_id),
        "text",
        text=text,
        file_id=None,
        message_id=message_id,
        now=now,
    )
    rows = [
        outbox.say(
            tx,
            Said(text),
            chat_id=PATIENT_CHAT,
            now=now,
            kind="relay",
            patient_id=patient_id,
            staff_message_id=number,
        )
        for _ in range(parts)
    ]
    receipt = outbox.say(tx, Said("…"), chat_id=DOCTOR_CHAT, now=now, patient_id=patient_id)
    conversation.acknowledged_by(tx, number, receipt)
    return [outbox.row(tx, row) for row in rows]


def fares(tx, row, outcome, *, now=NOW + HOUR):
    outbox.begin_attempt(tx, row, now=now)
    settling.settle(tx, row, None, outcome, now=now)


def told(tx):
    """The texts' keys of what the practitioner was told since."""
    found = tx.all(
        """SELECT content FROM outbox WHERE clinic_id = :clinic_id AND chat_id = :chat
             AND content LIKE '%notice%' ORDER BY id""",
        chat=DOCTOR_CHAT,
    )
    keys = [Said.from_json(each["content"]).form for each in found]
    return [key.split('"')[3].removeprefix("practitioner.conversation.") for key in keys]


def waits(tx):
    return [each.patient.label for each in unanswered.waiting(tx, boss(tx), offset=0, limit=9)]


def boss(tx):
    return staff.welcome(
        tx, chat_id=900, name="Boss", role="manager", language="en", actor="system", now=NOW
    )


@pytest.mark.parametrize(
    ("outcome", "expected", "still_waits"),
    [
        (Delivered(99), ["delivered"], []),
        (Rejected("too big"), ["not_delivered", "why.refused"], ["A.P."]),
        (Retry("429", after_ms=5), [], ["A.P."]),
        (Ambiguous("reset"), [], ["A.P."]),
    ],
)
def test_a_question_is_answered_once_the_answer_was_delivered(
    store, enrolled, outcome, expected, still_waits
):
    def story(tx):
        says(tx, enrolled.patient_id)
        (row,) = writes(tx, enrolled.patient_id)
        fares(tx, row, outcome)
        return told(tx), waits(tx)

    assert store.write_now(story) == (expected, still_waits)


def test_a_patient_who_is_lost_by_it_is_named_as_the_reason(store, enrolled):
    def story(tx):
        says(tx, enrolled.patient_id)
        (row,) = writes(tx, enrolled.patient_id)
        fares(tx, row, Unreachable("blocked"))
        return [key for key in told(tx) if "unreachable" in key or "delivered" in key]

    assert store.write_now(story)[-2:] == ["not_delivered", "why.unreachable"]


def test_two_answers_lost_on_the_way_are_told_as_perhaps_delivered(store, enrolled):
    def story(tx):
        says(tx, enrolled.patient_id)
        (row,) = writes(tx, enrolled.patient_id)
        fares(tx, row, Ambiguous("reset"))
        fares(tx, outbox.row(tx, row["id"]), Ambiguous("reset"))
        return told(tx), waits(tx)

    assert store.write_now(story) == (["uncertain"], ["A.P."])


def test_a_long_message_is_delivered_with_its_last_part(store, enrolled):
    def story(tx):
        says(tx, enrolled.patient_id)
        first, second = writes(tx, enrolled.patient_id, parts=2)
        fares(tx, first, Delivered(1))
        early = told(tx), waits(tx)
        fares(tx, second, Delivered(2))
        return early, (told(tx), waits(tx))

    assert store.write_now(story) == (([], ["A.P."]), (["delivered"], []))


def test_what_came_after_the_answer_was_written_still_waits(store, enrolled):
    def story(tx):
        says(tx, enrolled.patient_id)
        (row,) = writes(tx, enrolled.patient_id)
        says(tx, enrolled.patient_id, "and this?", now=NOW + HOUR)
        fares(tx, row, Delivered(1))
        (item,) = unanswered.waiting(tx, boss(tx), offset=0, limit=9)
        return item.first["text"], item.count

    assert store.write_now(story) == ("and this?", 1)


def test_a_tap_waits_for_nobody(store, enrolled):
    def story(tx):
        row = tx.first(
            """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND step_key IS NOT NULL
               ORDER BY id LIMIT 1"""
        )
        replies.answer(tx, row, "pain", "3", now=NOW)
        return unanswered.count(tx, boss(tx))

    assert store.write_now(story) == 0


@pytest.mark.parametrize(
    ("state", "said_ago", "answered", "expected"),
    [
        ("active", None, False, None),
        ("unreachable", HOUR, False, "unreachable"),
        ("stopped", None, False, "stopped"),
        ("stopped", 23 * HOUR, True, None),
        ("stopped", 25 * HOUR, True, "stopped"),
        ("stopped", 6 * DAY, False, None),
        ("stopped", 8 * DAY, False, "stopped"),
        ("invited", None, False, "not_agreed"),
        ("invited", HOUR, False, None),
    ],
)
def test_whoever_stopped_is_written_to_only_in_answer(
    store, enrolled, state, said_ago, answered, expected
):
    def story(tx):
        now = NOW + 30 * DAY
        if said_ago is not None:
            reply = says(tx, enrolled.patient_id, now=now - said_ago)
            if answered:
                unanswered.settle(tx, enrolled.patient_id, upto=reply, staff_id=1, now=now)
        patients.becomes(tx, enrolled.patient_id, state, actor="patient", now=now)
        return conversation.obstacle(tx, patients.known(tx, enrolled.patient_id), now=now)

    assert store.write_now(story) == expected


def test_somebody_without_a_chat_has_not_opened_the_link(store):
    def story(tx):
        number = patients.add(tx, label="B", language="en", timezone="Europe/Madrid", now=NOW)
        return conversation.obstacle(tx, patients.known(tx, number), now=NOW)

    assert store.write_now(story) == "not_opened"


def test_the_last_look_stops_what_a_former_member_wrote(store, enrolled):
    def story(tx):
        boss(tx)
        (row,) = writes(tx, enrolled.patient_id)
        before = conversation.why_not(tx, row, now=NOW)
        staff.remove(tx, staff.at_chat(tx, DOCTOR_CHAT).id, actor="system", now=NOW)
        return before, conversation.why_not(tx, row, now=NOW)

    assert store.write_now(story) == (None, "its writer has left the clinic")


def test_whose_the_message_is_that_a_patients_words_answer(store, enrolled):
    def story(tx):
        patient = patients.known(tx, enrolled.patient_id)
        (row,) = writes(tx, enrolled.patient_id, "How are you?")
        fares(tx, row, Delivered(77))

        def answered(reply_to, *, later=HOUR):
            thread = conversation.answered_by(
                tx, patient, chat_id=PATIENT_CHAT, reply_to=reply_to, now=NOW + later
            )
            return thread and thread.message["text"]

        found = [answered(77), answered(None), answered(76), answered(None, later=9 * DAY)]
        found.append(answered(77, later=90 * DAY))
        reminder = tx.first(
            """SELECT id FROM outbox WHERE clinic_id = :clinic_id AND step_key IS NOT NULL
               ORDER BY id LIMIT 1"""
        )
        outbox.sent(tx, reminder["id"], 78, now=NOW + 2 * HOUR)
        return [*found, answered(None)]

    asked = "How are you?"
    assert store.write_now(story) == [asked, asked, None, None, asked, None]


def test_a_message_of_another_patient_is_not_quoted_by_number(store, enrolled, catalogue):
    def story(tx):
        other = enroll_patient(tx, catalogue, chat_id=602, label="B.Q.")
        (row,) = writes(tx, enrolled.patient_id)
        fares(tx, row, Delivered(77))
        patient = patients.known(tx, other.patient_id)
        return conversation.quoted(tx, patient, chat_id=602, message_id=77)

    assert store.write_now(story) is None


def test_a_word_that_nothing_is_needed_holds_for_what_was_seen_and_is_an_event(store, enrolled):
    def story(tx):
        member = staff.at_chat(tx, DOCTOR_CHAT)
        seen = says(tx, enrolled.patient_id, "thanks")
        says(tx, enrolled.patient_id, "but one more thing", now=NOW + 1)
        first = unanswered.needs_no_answer(
            tx, member, enrolled.patient_id, upto=seen, now=NOW + HOUR
        )
        again = unanswered.needs_no_answer(
            tx, member, enrolled.patient_id, upto=seen, now=NOW + HOUR
        )
        noted = [e["kind"] for e in events.of_patient(tx, enrolled.patient_id)]
        return first, again, waits(tx), noted.count("no_answer_needed")

    assert store.write_now(story) == (1, 0, ["A.P."], 1)


def test_what_waits_is_found_by_the_index_of_what_waits(store, enrolled):
    def plan(tx):
        return [
            row["detail"]
            for row in tx.all(
                """EXPLAIN QUERY PLAN SELECT replies.patient_id, MIN(replies.id) FROM replies
                   WHERE replies.clinic_id = :clinic_id AND replies.question IS NULL
                     AND replies.answered_at IS NULL GROUP BY replies.patient_id"""
            )
        ]

    assert "replies_waiting" in " ".join(store.write_now(plan))
