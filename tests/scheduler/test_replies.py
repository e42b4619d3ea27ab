"""Replies: one answer to a question, whichever copy was pressed, and what a free word answers."""

from scheduler import enrollment, outbox, replies
from scheduler.database import Row, Store
from scheduler.enrollment import Enrolled
from tests.scheduler.conftest import DAY, HOUR, NOW, PATIENT_CHAT


def reminders(store: Store, enrolled: Enrolled) -> list[Row]:
    return store.write_now(enrollment.reminders_of, enrolled.enrollment_id)


def context(store: Store, enrolled: Enrolled, reply_to: int | None, now: int) -> str | None:
    found = store.write_now(
        replies.context_of,
        enrolled.patient_id,
        chat_id=PATIENT_CHAT,
        reply_to=reply_to,
        now=now,
        within_ms=DAY,
    )
    return found.step_key if found else None


def test_the_first_answer_stands_whichever_copy_was_pressed(
    store: Store, enrolled: Enrolled
) -> None:
    first = reminders(store, enrolled)[0]
    assert store.write_now(replies.answer, first, "pain", "3", now=NOW)
    assert not store.write_now(replies.answer, first, "pain", "9", now=NOW + 1)
    assert store.write_now(replies.answer, first, "redness", "no", now=NOW + 2)
    assert store.write_now(replies.answers_to, first["id"]) == {"pain": "3", "redness": "no"}


def test_the_same_question_of_another_step_is_another_question(
    store: Store, enrolled: Enrolled
) -> None:
    first, second, *_ = reminders(store, enrolled)
    assert store.write_now(replies.answer, first, "pain", "3", now=NOW)
    assert store.write_now(replies.answer, second, "pain", "5", now=NOW)
    pains = store.write_now(replies.answered, enrolled.enrollment_id)
    assert [(each["value"], each["session_at"]) for each in pains] == [("3", NOW), ("5", NOW)]


def test_a_free_word_answers_what_it_quotes_else_the_newest_that_was_sent(
    store: Store, enrolled: Enrolled
) -> None:
    first, second, third, *_ = reminders(store, enrolled)
    assert context(store, enrolled, None, NOW) is None
    store.write_now(outbox.sent, first["id"], 41, now=NOW + HOUR)
    store.write_now(outbox.sent, second["id"], 42, now=NOW + 2 * HOUR)
    now = NOW + 3 * HOUR
    assert context(store, enrolled, 41, now) == first["step_key"]
    assert context(store, enrolled, None, now) == second["step_key"]
    # A quoted message that is no reminder, and one that was never sent, answer the newest too.
    assert context(store, enrolled, 999, now) == second["step_key"]
    assert third["step_key"] != second["step_key"]
    # Days later nobody can tell what it is about.
    assert context(store, enrolled, None, NOW + 3 * DAY) is None


def test_what_was_said_freely_is_kept_with_what_it_answers(
    store: Store, enrolled: Enrolled
) -> None:
    first = reminders(store, enrolled)[0]
    answers = replies.Context(
        first["id"], enrolled.enrollment_id, first["session_id"], first["step_key"]
    )
    for text, about in (("it itches", answers), ("hello", None)):
        store.write_now(
            replies.free,
            enrolled.patient_id,
            "text",
            text=text,
            file_id=None,
            context=about,
            now=NOW,
        )
    said = store.write_now(replies.of_patient, enrolled.patient_id)
    assert [(each["text"], each["step_key"]) for each in said] == [
        ("it itches", first["step_key"]),
        ("hello", None),
    ]
