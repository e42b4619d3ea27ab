"""The staff's group: its pace, its order, and what Telegram's refusals mean for it."""

import pytest

from messages.catalogue import Catalogue
from scheduler import departures, outbox, staff, staff_group, topics
from scheduler.channel import Delivered, Message, NoTopic, Rejected, Unreachable
from scheduler.database import Store, Tx
from scheduler.enrollment import Enrolled
from scheduler.outbox import Lane
from scheduler.pacer import Limits, Pacer
from scheduler.prepare import Preparer
from scheduler.prepared import Later, Never
from scheduler.said import Said
from scheduler.settling import TOPIC_TRIES, settle
from tests.scheduler.conftest import CLINIC, DOCTOR_CHAT, NOW

GROUP = -1_001_234_567_890


def named(tx: Tx) -> None:
    staff.welcome(
        tx, chat_id=503, name="Marta", role="manager", language="en", actor="system", now=NOW
    )
    staff_group.ask(tx, GROUP, "Alba team", actor="system", now=NOW)
    (row,) = pending(tx, "chat_id = :group", group=GROUP)
    outbox.begin_attempt(tx, row, now=NOW)
    settle(tx, row, Message(GROUP, html="", topic="How"), Delivered(2), now=NOW)
    for welcome in pending(tx, "chat_id = :group", group=GROUP):
        outbox.end(tx, welcome["id"], "canceled", "not in this story", now=NOW)


def pending(tx: Tx, where: str, **bound: object) -> list[dict[str, object]]:
    return tx.all(
        f"""SELECT * FROM outbox WHERE clinic_id = :clinic_id AND state = 'pending'
              AND step_key IS NULL AND {where} ORDER BY lane, ready_at, id""",
        **bound,
    )


def relay(tx: Tx, patient: int, words: str = "hello", **more: object) -> int:
    return outbox.say(
        tx, Said(words), chat_id=GROUP, now=NOW, kind="relay", patient_id=patient, **more
    )


def test_a_topic_is_opened_once_just_ahead_of_what_needs_it(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        named(tx)
        prepare = Preparer(catalogue, CLINIC)
        first, second = (outbox.row(tx, relay(tx, enrolled.patient_id)) for _ in "12")
        assert first is not None
        assert second is not None
        assert isinstance(prepare(tx, first, now=NOW), Later)
        assert isinstance(prepare(tx, first, now=NOW), Later)
        assert isinstance(prepare(tx, second, now=NOW), Later)
        due = departures.due(tx, now=NOW, limit=9, busy=frozenset())
        (opening,) = [row for row in due if row["chat_id"] == GROUP]
        request = prepare(tx, opening, now=NOW)
        assert request == Message(GROUP, html="", topic="A.P.")
        outbox.begin_attempt(tx, opening, now=NOW)
        settle(tx, opening, request, Delivered(77), now=NOW)
        for row in (first, second):
            said = prepare(tx, row, now=NOW)
            assert isinstance(said, Message)
            assert said.thread_id == 77
        assert topics.patient_of(tx, GROUP, 77) == enrolled.patient_id
        assert topics.patient_of(tx, GROUP, 78) is None

    store.write_now(story)


def test_an_alert_overtakes_what_waits_in_the_group_at_twenty_a_minute(
    store: Store, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        named(tx)
        for _ in range(45):
            relay(tx, enrolled.patient_id)
        pacer, now, alert = Pacer(Limits()), 0.0, 0
        left: list[tuple[int, float]] = []
        while len(left) < 46:
            if len(left) == 10 and not alert:
                alert = relay(tx, enrolled.patient_id, "alert", lane=Lane.SAFETY)
            due = departures.due(tx, now=NOW, limit=1, busy=pacer.resting(now))
            if due:
                outbox.sent(tx, due[0]["id"], 1, now=NOW)
                pacer.take(now, GROUP)
                left.append((due[0]["id"], now))
            now += 0.25
        assert left[10][0] == alert
        assert left[10][1] - left[9][1] <= 3.25
        times = [at for _, at in left]
        assert all(b - a >= 60 for a, b in zip(times, times[20:], strict=False))

    store.write_now(story)


@pytest.mark.parametrize(
    ("reason", "trouble"),
    [
        ("Bad Request: the chat is not a forum", "no_topics"),
        ("Bad Request: not enough rights to create a topic", "no_right"),
        ("not enough rights to send text messages to the chat", "no_right"),
        ("CHAT_WRITE_FORBIDDEN", "no_right"),
        ("message text is empty", None),
    ],
)
def test_what_a_refusal_says_of_the_group(reason: str, trouble: str | None) -> None:
    assert staff_group.trouble_of(reason) == trouble


@pytest.mark.parametrize(
    "outcome", [Unreachable("kicked"), Rejected("not enough rights to send text messages")]
)
def test_what_the_group_no_longer_takes_goes_to_the_private_chats(
    store: Store, catalogue: Catalogue, enrolled: Enrolled, outcome: Unreachable | Rejected
) -> None:
    def story(tx: Tx) -> None:
        named(tx)
        row = outbox.row(tx, relay(tx, enrolled.patient_id, "first"))
        relay(tx, enrolled.patient_id, "second")
        assert row is not None
        outbox.begin_attempt(tx, row, now=NOW)
        settle(tx, row, Message(GROUP, "first", thread_id=77), outcome, now=NOW)
        private = pending(tx, "chat_id = :doctor", doctor=DOCTOR_CHAT)
        assert [Said.from_json(str(each["content"])).html for each in private] == [
            "first",
            "second",
        ]
        assert pending(tx, "chat_id = :group AND patient_id IS NOT NULL", group=GROUP) == []
        assert len(pending(tx, "chat_id = 503")) == 1
        assert staff_group.in_use(tx) is None
        late = outbox.row(tx, relay(tx, enrolled.patient_id))
        assert late is not None
        assert isinstance(Preparer(catalogue, CLINIC)(tx, late, now=NOW), Never)

    store.write_now(story)


def test_topics_that_vanish_again_and_again_are_not_opened_for_ever(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        named(tx)
        prepare = Preparer(catalogue, CLINIC)
        row_id = relay(tx, enrolled.patient_id)
        opened = 0
        for _ in range(10 * TOPIC_TRIES):
            due = departures.due(tx, now=NOW, limit=9, busy=frozenset())
            group = [row for row in due if row["chat_id"] == GROUP]
            if not group:
                break
            made = prepare(tx, group[0], now=NOW)
            if not isinstance(made, Message):
                continue
            outbox.begin_attempt(tx, group[0], now=NOW)
            opened += made.topic is not None
            outcome = Delivered(100 + opened) if made.topic is not None else NoTopic()
            settle(tx, group[0], made, outcome, now=NOW)
        assert opened == TOPIC_TRIES + 1
        ended = outbox.row(tx, row_id)
        assert ended is not None
        assert ended["state"] == "refused"
        assert len(pending(tx, "chat_id = :doctor", doctor=DOCTOR_CHAT)) == 1

    store.write_now(story)
