"""Alerts: one for each episode, who is called when, and what it holds back."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.catalogue import Catalogue
from scheduler import alert_copies, alert_record, alerts, events, outbox, rounds, staff, upkeep
from scheduler.alert_record import Alert
from scheduler.alerts import Cause, change_of
from scheduler.channel import Message
from scheduler.database import Row, Store, Tx
from scheduler.enrollment import Enrolled
from scheduler.escalation import CAP, Escalation
from scheduler.prepare import Preparer, holds_back
from scheduler.staff import Staff
from tests.scheduler.conftest import CLINIC, DOCTOR_CHAT, NOW, enroll_patient

MINUTE = 60_000
SAID = Cause("answer", "breathing=yes", {"en": "Is it hard to breathe?", "es": "¿Te cuesta?"})
WROTE = Cause("words", "words", {"en": "<blockquote>it hurts</blockquote>"})

AN_ALERT = Alert(
    id=1,
    patient_id=1,
    label="A.P.",
    enrollment_id=1,
    session_at=NOW,
    level="urgent",
    spoken=True,
    state="open",
    opened_at=NOW,
    raised_at=NOW,
    told_at=NOW,
    round=0,
    next_escalation_at=None,
    holder=None,
    held_at=None,
    closer=None,
    resolved_at=None,
    resolution=None,
)


@pytest.mark.parametrize(
    ("level", "minutes"),
    [
        ("emergency", [5, 5, 10, 20, 40, 60, 60, 60]),
        ("urgent", [30, 30, 60, 60, 60]),
        ("review", [None, None]),
    ],
)
def test_the_pauses_between_rounds_rise_to_an_hour(level: Any, minutes: list[int | None]) -> None:
    pauses = [Escalation().pause(level, round_) for round_ in range(len(minutes))]
    assert pauses == [None if m is None else m * MINUTE for m in minutes]


@given(st.integers(1, 720), st.integers(0, 10_000))
def test_pauses_never_shrink_and_stay_below_the_cap_or_the_clinics_own(
    first: int, round_: int
) -> None:
    escalation = Escalation(emergency_ms=first * MINUTE)
    one = escalation.pause("emergency", round_)
    other = escalation.pause("emergency", round_ + 1)
    assert one is not None
    assert other is not None
    assert first * MINUTE <= one <= other <= max(CAP, first * MINUTE)


@pytest.mark.parametrize(
    ("level", "source", "after_ms", "expected"),
    [
        ("emergency", "answer", 0, "rise"),
        ("emergency", "words", 0, "rise"),
        ("urgent", "answer", 10 * MINUTE, "add"),
        ("urgent", "words", MINUTE, "ring"),
        ("urgent", "words", MINUTE - 1, "add"),
        ("review", "words", 10 * MINUTE, "ring"),
        ("review", "silence", 10 * MINUTE, "add"),
    ],
)
def test_one_more_cause_rises_rings_or_is_added(
    level: Any, source: Any, after_ms: int, expected: str
) -> None:
    cause = Cause(source, "key", {})
    assert change_of(AN_ALERT, level, cause, now=NOW + after_ms) == expected
    assert change_of(None, level, cause, now=NOW) == "open"


@pytest.mark.parametrize(("level", "expected"), [("emergency", "rise"), ("urgent", "add")])
def test_what_has_just_been_answered_makes_no_sound_unless_it_is_graver(
    level: Any, expected: str
) -> None:
    again = Cause("words", "words=infection", {}, again=True)
    assert change_of(AN_ALERT, level, again, now=NOW + 10 * MINUTE) == expected


@pytest.mark.parametrize(
    ("level", "held"),
    [
        ("emergency", {"care", "bruise", "lump_day56", "result_day28", "visit_in_1_day"}),
        ("urgent", {"care", "bruise", "result_day28", "visit_in_1_day"}),
        ("review", {"result_day28", "visit_in_1_day"}),
    ],
)
def test_what_waits_while_an_alert_is_open(
    catalogue: Catalogue, level: Any, held: set[str]
) -> None:
    steps = [
        catalogue.protocols["facial"].step(key)
        for key in ("care", "bruise", "lump_day56", "result_day28", "visit_in_1_day")
    ]
    alert = replace(AN_ALERT, level=level)
    assert {step.key for step in steps if holds_back(alert, step)} == held
    taken = replace(alert, state="acknowledged")
    assert {step.key for step in steps if holds_back(taken, step)} == held
    assert not any(holds_back(replace(alert, spoken=False), step) for step in steps)
    assert not any(holds_back(replace(alert, state="resolved"), step) for step in steps)
    assert not any(holds_back(None, step) for step in steps)


def member(tx: Tx, chat: int, name: str, role: Any = "practitioner") -> Staff:
    return staff.welcome(
        tx, chat_id=chat, name=name, role=role, language="en", actor="system", now=NOW
    )


def raised(
    tx: Tx, who: Enrolled, level: Any = "emergency", cause: Cause = SAID, at: int = NOW
) -> Alert:
    return alerts.raise_alert(
        tx,
        level,
        who.patient_id,
        cause,
        enrollment_id=who.enrollment_id,
        session_at=NOW,
        clinic=CLINIC,
        now=at,
    )


def calls(tx: Tx, alert: Alert) -> list[tuple[int, int, str]]:
    """Who is called when: chat, minutes from now, state of the row."""
    return [
        (row["chat_id"], (row["ready_at"] - NOW) // MINUTE, row["state"])
        for row in tx.all(
            """SELECT outbox.* FROM alert_messages JOIN outbox ON outbox.clinic_id = :clinic_id
                 AND outbox.id = alert_messages.outbox_id
               WHERE alert_messages.clinic_id = :clinic_id AND alert_messages.alert_id = :id
               ORDER BY outbox.id""",
            id=alert.id,
        )
    ]


def leave(tx: Tx, catalogue: Catalogue, now: int) -> list[Message]:
    """Have everything that is due leave, as the dispatcher does."""
    left = []
    for row in tx.all(
        """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND kind = 'alert'
             AND state = 'pending' AND ready_at <= :now ORDER BY lane, ready_at, id""",
        now=now,
    ):
        prepared = Preparer(catalogue, CLINIC)(tx, row, now=now)
        assert isinstance(prepared, Message), prepared
        outbox.begin_attempt(tx, row, now=now)
        outbox.sent(tx, row["id"], 7_000 + row["id"], now=now)
        left.append(prepared)
    return left


def test_an_episode_has_one_alert_however_much_alarms(store: Store, enrolled: Enrolled) -> None:
    def story(tx: Tx) -> None:
        first = raised(tx, enrolled, "urgent")
        second = raised(tx, enrolled, "urgent", WROTE)
        assert first.id == second.id
        assert [r.cause for r in alert_record.reasons(tx, first.id)] == ["breathing=yes", "words"]
        doctor = staff.at_chat(tx, DOCTOR_CHAT)
        assert doctor is not None
        assert alerts.resolve(tx, second, doctor, "call_done", now=NOW)
        third = raised(tx, enrolled, "review")
        assert third.id != first.id

    store.write_now(story)


def test_each_level_calls_its_own_line(store: Store, enrolled: Enrolled) -> None:
    def story(tx: Tx, level: Any) -> list[tuple[int, int, str]]:
        member(tx, 502, "Dr. Sol")
        member(tx, 503, "Marta", "manager")
        alert = raised(tx, enrolled, level)
        doctor = staff.at_chat(tx, DOCTOR_CHAT)
        assert doctor is not None
        found = calls(tx, alert)
        alerts.resolve(tx, alert, doctor, "call_done", now=NOW)
        return found

    waiting = "pending"
    assert store.write_now(story, "emergency") == [
        (DOCTOR_CHAT, 0, waiting),
        (503, 0, waiting),
        (502, 0, waiting),
        (DOCTOR_CHAT, 5, waiting),
        (503, 5, waiting),
        (502, 5, waiting),
    ]
    assert store.write_now(story, "urgent") == [
        (DOCTOR_CHAT, 0, waiting),
        (DOCTOR_CHAT, 30, waiting),
        (502, 30, waiting),
    ]
    assert store.write_now(story, "review") == [(DOCTOR_CHAT, 0, waiting)]


def test_a_round_owes_the_next_when_it_begins_and_only_once(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        member(tx, 503, "Marta", "manager")
        alert = raised(tx, enrolled, "urgent")
        leave(tx, catalogue, NOW)
        assert len(leave(tx, catalogue, NOW + 30 * MINUTE)) == 2
        assert [call for call in calls(tx, alert) if call[2] == "pending"] == [
            (DOCTOR_CHAT, 60, "pending"),
            (503, 60, "pending"),
        ]
        found = alert_record.by_id(tx, alert.id)
        assert found is not None
        assert (found.round, found.next_escalation_at) == (1, NOW + 60 * MINUTE)
        # An attempt that failed prepares the same row again.
        rounds.begin(tx, alert.id, 1, CLINIC, now=NOW + 31 * MINUTE)
        assert len([call for call in calls(tx, alert) if call[2] == "pending"]) == 2

    store.write_now(story)


def test_whoever_takes_it_first_has_it_and_nobody_else_is_called(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        other = member(tx, 503, "Marta", "manager")
        alert = raised(tx, enrolled)
        leave(tx, catalogue, NOW)
        doctor = staff.at_chat(tx, DOCTOR_CHAT)
        assert doctor is not None
        assert alerts.take(tx, alert, doctor, now=NOW + 1) == "taken"
        held = alert_record.by_id(tx, alert.id)
        assert held is not None
        assert alerts.take(tx, held, other, now=NOW + 1) == "held"
        assert alerts.take(tx, held, doctor, now=NOW + 2) == "mine"
        assert {call[2] for call in calls(tx, alert)} == {"sent", "canceled"}
        edits = leave(tx, catalogue, NOW + 2)
        assert {edit.chat_id for edit in edits} == {DOCTOR_CHAT, 503}
        assert all(edit.edit_message_id and "Dr. Ruiz" in edit.html for edit in edits)
        assert alerts.resolve(tx, held, other, "not_urgent", now=NOW + 3)
        assert not alerts.resolve(tx, held, doctor, "call_done", now=NOW + 4)

    store.write_now(story)


def test_a_graver_level_opens_it_again_for_everybody(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        member(tx, 503, "Marta", "manager")
        alert = raised(tx, enrolled, "review")
        leave(tx, catalogue, NOW)
        doctor = staff.at_chat(tx, DOCTOR_CHAT)
        assert doctor is not None
        alerts.take(tx, alert, doctor, now=NOW)
        again = raised(tx, enrolled, "emergency", WROTE, NOW + MINUTE)
        assert (again.id, again.state, again.level) == (alert.id, "open", "emergency")
        assert again.holder is None
        fresh = [m for m in leave(tx, catalogue, NOW + MINUTE) if m.edit_message_id is None]
        assert {m.chat_id for m in fresh} == {DOCTOR_CHAT, 503}
        lower = raised(tx, enrolled, "review", SAID, NOW + 2 * MINUTE)
        assert (lower.level, lower.state) == ("emergency", "open")

    store.write_now(story)


def test_new_words_ring_with_whoever_is_on_it_alone(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        member(tx, 503, "Marta", "manager")
        alert = raised(tx, enrolled)
        leave(tx, catalogue, NOW)
        doctor = staff.at_chat(tx, DOCTOR_CHAT)
        assert doctor is not None
        alerts.take(tx, alert, doctor, now=NOW)
        leave(tx, catalogue, NOW)
        for seconds in (60, 61, 62):
            raised(tx, enrolled, "urgent", WROTE, NOW + seconds * 1000)
        messages = leave(tx, catalogue, NOW + 2 * MINUTE)
        assert [m.chat_id for m in messages if m.edit_message_id is None] == [DOCTOR_CHAT]
        edited = [m for m in messages if m.edit_message_id is not None]
        assert {m.chat_id for m in edited} == {DOCTOR_CHAT, 503}
        assert all(m.html.count("it hurts") == 3 for m in edited)

    store.write_now(story)


def test_an_alert_whose_holder_left_the_clinic_begins_anew(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        member(tx, 503, "Marta", "manager")
        other = member(tx, 502, "Dr. Sol")
        alert = raised(tx, enrolled)
        leave(tx, catalogue, NOW)
        alerts.take(tx, alert, other, now=NOW)
        leave(tx, catalogue, NOW)
        staff.remove(tx, other.id, actor="system", now=NOW + MINUTE)
        upkeep.beat(tx, CLINIC, now=NOW + MINUTE)
        fresh = [m for m in leave(tx, catalogue, NOW + MINUTE) if m.edit_message_id is None]
        assert {m.chat_id for m in fresh} == {DOCTOR_CHAT, 503}
        found = alert_record.by_id(tx, alert.id)
        assert found is not None
        assert (found.state, found.round) == ("open", 0)
        assert found.next_escalation_at == NOW + 6 * MINUTE

    store.write_now(story)


def test_a_round_whose_rows_are_gone_is_owed_again(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        alert = raised(tx, enrolled, "urgent")
        leave(tx, catalogue, NOW)
        outbox.withdraw_from(tx, DOCTOR_CHAT, "no longer on the staff", now=NOW)
        upkeep.beat(tx, CLINIC, now=NOW + 30 * MINUTE - 1)
        assert leave(tx, catalogue, NOW + 30 * MINUTE) == []
        upkeep.beat(tx, CLINIC, now=NOW + 30 * MINUTE)
        upkeep.beat(tx, CLINIC, now=NOW + 30 * MINUTE)
        assert len(leave(tx, catalogue, NOW + 30 * MINUTE)) == 1
        assert "Still open" in alert_text(tx, catalogue, alert, NOW + 30 * MINUTE)

    store.write_now(story)


def alert_text(tx: Tx, catalogue: Catalogue, alert: Alert, now: int) -> str:
    alert_copies.refresh(tx, alert.id, now=now)
    return leave(tx, catalogue, now)[0].html


def test_every_step_of_its_life_is_in_the_timeline(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> list[str]:
        alert = raised(tx, enrolled, "urgent")
        leave(tx, catalogue, NOW)
        leave(tx, catalogue, NOW + 30 * MINUTE)
        doctor = staff.at_chat(tx, DOCTOR_CHAT)
        assert doctor is not None
        alert = raised(tx, enrolled, "emergency", WROTE, NOW + 31 * MINUTE)
        alerts.take(tx, alert, doctor, now=NOW + 32 * MINUTE)
        alerts.resolve(tx, alert, doctor, "call_done", now=NOW + 33 * MINUTE)
        kinds = [event["kind"] for event in events.of_patient(tx, enrolled.patient_id)]
        return [kind for kind in kinds if kind.startswith("alert")]

    assert store.write_now(story) == [
        "alert_opened",
        "alert_escalated",
        "alert_rose",
        "alert_taken",
        "alert_call_done",
    ]


def test_a_practitioner_sees_only_the_alerts_of_their_patients_and_those_they_were_called_to(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        other = member(tx, 502, "Dr. Sol")
        doctor = staff.at_chat(tx, DOCTOR_CHAT)
        assert doctor is not None
        second = enroll_patient(tx, catalogue, chat_id=602, label="B.Q.")
        raised(tx, enrolled, "review")
        urgent = raised(tx, second, "urgent", SAID, NOW + 1)
        leave(tx, catalogue, NOW + 1)
        seen = alert_record.waiting(tx, doctor, offset=0, limit=9)
        assert [alert.label for alert in seen] == ["B.Q.", "A.P."]
        assert alert_record.count_waiting(tx, other) == 0
        leave(tx, catalogue, NOW + 1 + 30 * MINUTE)
        assert [a.id for a in alert_record.waiting(tx, other, offset=0, limit=9)] == [urgent.id]

    store.write_now(story)


def test_a_heartbeat_reads_none_of_the_alerts_that_are_resolved(
    store: Store, enrolled: Enrolled
) -> None:
    def plans(tx: Tx) -> list[str]:
        sol = member(tx, 502, "Dr. Sol")
        raised(tx, enrolled, "review")
        staff.becomes_lost(tx, sol.id, now=NOW)
        found: list[str] = []
        execute = tx._driver.execute

        class Explaining:
            def execute(self, sql: str, params: Any) -> tuple[list[Row], int]:
                found.extend(
                    row["detail"] for row in execute(f"EXPLAIN QUERY PLAN {sql}", params)[0]
                )
                return execute(sql, params)

        upkeep.beat(Tx(Explaining(), tx.clinic_id), CLINIC, now=NOW)  # type: ignore[arg-type]
        return found

    steps = store.write_now(plans)
    alike = [step for step in steps if "alerts" in step or "alert_messages" in step]
    assert any("alerts_open" in step for step in alike)
    whole = ("SCAN", "alerts_by_patient (clinic_id=?)", "by_staff (clinic_id=? AND staff_id>?)")
    assert [step for step in alike if any(sign in step for sign in whole)] == []
