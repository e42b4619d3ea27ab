"""A practice of years to measure the lists with: 50,000 patients, 1,000,000 rows of timelines.

A manager and ten practitioners; of each ten patients four have a plan under way and the others are
through with theirs. Of each hundred two cannot be reached; four wrote something that waits for an
answer, and one of two hundred has an alert that nobody has closed.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from benchmarks import clinic
from scheduler.database import Tx
from scheduler.patients import searchable

SENT: Final = 14
ANSWERS: Final = 4
EVENTS: Final = 2
"""Settled messages, replies and events of each patient: 20 rows of a timeline."""
PRACTITIONERS: Final = 10
MANAGER_CHAT: Final = 98_000_001
YEARS_MS: Final = 2 * 365 * clinic.DAY
STEPS: Final = ("care_hour1", "soreness_day1", "soreness_day2", "bruise_day7", "lump_day28")


def chat_of(practitioner: int) -> int:
    """The chat of a practitioner (1 to 10)."""
    return MANAGER_CHAT + practitioner


def fill(tx: Tx, count: int, *, now: int) -> int:
    """Write a practice of ``count`` patients up to ``now`` (epoch ms).

    Returns:
        How many rows of timelines there are.
    """
    _staff(tx, now=now)
    everyone = range(1, count + 1)
    born = {number: now - YEARS_MS + YEARS_MS * number // (count + 1) for number in everyone}
    tx.many(
        f"""INSERT INTO patients (id, clinic_id, label, searched, chat_id, language, timezone,
                state, created_at, changed_at)
            VALUES (:id, :clinic_id, :label, :searched, :chat, 'en', '{clinic.ZONE}', :state, :at,
                :at)""",
        (
            {
                "id": number,
                "label": label,
                "searched": searchable(label),
                "chat": clinic.FIRST_CHAT + number,
                "state": "unreachable" if number % 50 == 7 else "active",
                "at": born[number],
            }
            for number in everyone
            for label in [label_of(number)]
        ),
    )
    tx.many(
        """INSERT INTO enrollments (id, clinic_id, patient_id, staff_id, treatment, area,
               lipolytic, filler, status, created_at, started_at, ended_at)
           VALUES (:id, :clinic_id, :id, :staff, :treatment, 'face', 0, 0, :status, :at, :at,
               :ended)""",
        (
            {
                "id": number,
                "staff": 2 + number % PRACTITIONERS,
                "treatment": ("facial", "hair", "cellulite", "pain")[number % 4],
                "status": "active" if number % 10 < 4 else "completed",
                "at": born[number],
                "ended": None if number % 10 < 4 else min(now, born[number] + 84 * clinic.DAY),
            }
            for number in everyone
        ),
    )
    tx.many(
        f"""INSERT INTO sessions (id, clinic_id, enrollment_id, starts_at, timezone, state,
                created_at, changed_at)
            VALUES (:id, :clinic_id, :id, :at, '{clinic.ZONE}', 'held', :at, :at)""",
        ({"id": number, "at": born[number]} for number in everyone),
    )
    for purpose in ("aftercare", "tips"):
        tx.many(
            f"""INSERT INTO consents (clinic_id, patient_id, purpose, given, version, at)
                VALUES (:clinic_id, :id, '{purpose}', 1, '1', :at)""",
            ({"id": number, "at": born[number]} for number in everyone),
        )
    tx.many(
        """INSERT INTO outbox (id, clinic_id, kind, lane, chat_id, patient_id, enrollment_id,
               session_id, step_key, occurrence, due_at, ready_at, useful_until, state, reason,
               attempts, message_id, created_at, settled_at)
           VALUES (:id, :clinic_id, 'reminder', 2, :chat, :patient, :patient, :patient, :step,
               :occurrence, :at, :at, :at + 86400000, 'sent', 'accepted by Telegram', 1, :id,
               :born, :at)""",
        _sent(everyone, born, now),
    )
    tx.many(
        """INSERT INTO replies (clinic_id, patient_id, enrollment_id, session_id, outbox_id,
               step_key, question, kind, value, text, at, answered_at, finding)
           VALUES (:clinic_id, :patient, :patient, :patient, :outbox, 'soreness_day1', :question,
               :kind, :value, :text, :at, :answered, :finding)""",
        _replies(everyone, born, now),
    )
    tx.many(
        """INSERT INTO events (clinic_id, at, kind, actor, patient_id, enrollment_id, detail)
           VALUES (:clinic_id, :at, :kind, :actor, :patient, :patient, :detail)""",
        (
            {
                "patient": number,
                "at": born[number],
                "kind": kind,
                "actor": f"staff:{2 + number % PRACTITIONERS}",
                "detail": json.dumps({"treatment": "facial"}),
            }
            for number in everyone
            for kind in ("enrolled", "card_opened")
        ),
    )
    _alerts(tx, everyone, born, now=now)
    for table in ("patients", "enrollments", "outbox", "replies", "events"):
        tx.run(f"ANALYZE {table} /* clinic_id */")
    return count * (SENT + ANSWERS + EVENTS)


def label_of(number: int) -> str:
    """The label of a patient; some have accents."""
    letters = "ABCDEFGHIKLMNOPRSTUVZÁÉÑÖÇ"
    return f"{letters[number % 26]}.{letters[number // 26 % 26]}. {number}"


def _staff(tx: Tx, *, now: int) -> None:
    tx.many(
        """INSERT INTO staff (id, clinic_id, chat_id, name, role, language, created_at)
           VALUES (:id, :clinic_id, :chat, :name, :role, 'en', :now)""",
        (
            {
                "id": 1 + number,
                "chat": MANAGER_CHAT + number,
                "name": f"Dr. {number}",
                "role": "practitioner" if number else "manager",
                "now": now - YEARS_MS,
            }
            for number in range(PRACTITIONERS + 1)
        ),
    )


def _sent(everyone: range, born: dict[int, int], now: int) -> Iterator[dict[str, Any]]:
    for number in everyone:
        for nth in range(SENT):
            yield {
                "id": number * SENT + nth,
                "chat": clinic.FIRST_CHAT + number,
                "patient": number,
                "step": STEPS[nth % len(STEPS)],
                "occurrence": nth,
                "born": born[number],
                "at": min(now - 1, born[number] + (nth + 1) * clinic.DAY),
            }


def _replies(everyone: range, born: dict[int, int], now: int) -> Iterator[dict[str, Any]]:
    for number in everyone:
        for nth in range(ANSWERS):
            free = nth == ANSWERS - 1
            waits = free and number % 25 == 3
            at = born[number] + (nth + 1) * clinic.DAY + (number % 300 + 1) * 60_000
            yield {
                "patient": number,
                "outbox": number * SENT + nth,
                "question": None if free else "pain",
                "kind": "text" if free else "tap",
                "value": None if free else str(nth + number % 6),
                "text": "It itches a little, may I put cream on it?" if free else None,
                "at": min(now - 1, at),
                "answered": None if waits or not free else min(now, at + clinic.HOUR),
                "finding": "pain_severe" if not free and nth + number % 6 >= 7 else None,
            }


def _alerts(tx: Tx, everyone: range, born: dict[int, int], *, now: int) -> None:
    tx.many(
        """INSERT INTO alerts (clinic_id, patient_id, enrollment_id, session_at, level, spoken,
               state, opened_at, raised_at, told_at, acknowledged_by, acknowledged_at,
               resolved_by, resolved_at, resolution)
           VALUES (:clinic_id, :patient, :patient, :born, 'urgent', 1, :state, :at, :at, :at,
               :by, :taken, :by, :taken, :resolution)""",
        (
            {
                "patient": number,
                "born": born[number],
                "at": min(now - 1, born[number] + clinic.DAY),
                "state": "open" if number % 200 == 9 else "resolved",
                "by": None if number % 200 == 9 else 2 + number % PRACTITIONERS,
                "taken": None
                if number % 200 == 9
                else min(now, born[number] + clinic.DAY + 600_000),
                "resolution": None if number % 200 == 9 else "call_done",
            }
            for number in everyone
            if number % 20 == 9
        ),
    )
