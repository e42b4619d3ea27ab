"""What a plan was like before each change, so that a change can be taken back for five minutes."""

import json
from typing import Any, Final, Literal

from scheduler import enrollment, events, holding, outbox, patients, plan_rows
from scheduler.database import Row, Tx
from scheduler.outbox import Owed
from scheduler.replanning import DROPPED, TAKEN_BACK, is_free
from scheduler.staff import Staff
from scheduler.wallclock import MINUTE

UNDO_FOR_MS: Final = 5 * MINUTE

_OF_ENROLLMENT: Final = (
    "treatment", "area", "lipolytic", "filler", "staff_id", "status", "paused_at", "ended_at",
)  # fmt: skip
_OF_SESSION: Final = ("id", "starts_at", "state", "why", "lipolytic", "filler", "asked_row")
_OF_ROW: Final = (
    "id", "session_id", "step_key", "occurrence", "due_at", "ready_at", "useful_until",
)  # fmt: skip

Refused = Literal["late", "changed", "done", "gone"]


def remember(
    tx: Tx,
    enrollment_id: int,
    kind: str,
    *,
    session_id: int | None,
    moment: int | None,
    member: Staff,
    now: int,
) -> int:
    """Write down a plan as it is just before a change of it; returns the change's id.

    Args:
        tx: the open transaction.
        enrollment_id: the plan.
        kind: what is done.
        session_id: the session that it is done to, if to one that is there.
        moment: when that session is after it, or would have been (UTC epoch ms).
        member: who does it.
        now: UTC epoch ms.
    """
    row = enrollment.get(tx, enrollment_id)
    if row is None:
        raise LookupError(f"enrollment {enrollment_id} does not exist")
    before = {
        "enrollment": {name: row[name] for name in _OF_ENROLLMENT},
        "sessions": [
            {name: each[name] for name in _OF_SESSION}
            for each in enrollment.sessions_of(tx, enrollment_id)
        ],
        "rows": [
            {name: each[name] for name in _OF_ROW}
            for each in enrollment.reminders_of(tx, enrollment_id)
            if is_free(each)
        ],
    }
    change_id: int = tx.value(
        """INSERT INTO plan_changes (clinic_id, enrollment_id, staff_id, at, kind, version, before,
               session_id, moment)
           VALUES (:clinic_id, :enrollment_id, :staff_id, :now, :kind, :version, :before,
               :session_id, :moment)
           RETURNING id""",
        enrollment_id=enrollment_id,
        staff_id=member.id,
        kind=kind,
        version=row["version"] + 1,
        before=json.dumps(before),
        session_id=session_id,
        moment=moment,
        now=now,
    )
    return change_id


def change(tx: Tx, change_id: int) -> Row | None:
    """Return a change that was made, or None."""
    return tx.first(
        "SELECT * FROM plan_changes WHERE clinic_id = :clinic_id AND id = :id", id=change_id
    )


def take_back(tx: Tx, change_id: int, *, member: Staff, now: int) -> Refused | None:
    """Make a plan what it was before a change; what has left meanwhile stays as it is.

    Args:
        tx: the open transaction.
        change_id: from ``plans.carry_out``.
        member: who takes it back: only who made the change may.
        now: UTC epoch ms.

    Returns:
        None where it was done; else why not: too "late", the plan was "changed" again since, it
        was "done" already, or there is no such change of theirs ("gone").
    """
    made = change(tx, change_id)
    row = enrollment.get(tx, made["enrollment_id"]) if made else None
    if made is None or row is None or made["staff_id"] != member.id:
        return "gone"
    if made["undone_at"] is not None:
        return "done"
    if now - made["at"] > UNDO_FOR_MS:
        return "late"
    if row["version"] != made["version"]:
        return "changed"
    before = json.loads(made["before"])
    _restore_enrollment(tx, row, before["enrollment"])
    _restore_sessions(tx, row["id"], before["sessions"], now=now)
    _restore_rows(tx, row["id"], before["rows"], now=now)
    tx.run(
        "UPDATE plan_changes SET undone_at = :now WHERE clinic_id = :clinic_id AND id = :id",
        id=change_id,
        now=now,
    )
    events.note(
        tx,
        "plan_taken_back",
        actor=member.actor,
        now=now,
        patient_id=row["patient_id"],
        enrollment_id=row["id"],
        change=made["kind"],
    )
    tx.wake()
    return None


def _restore_enrollment(tx: Tx, row: Row, before: dict[str, Any]) -> None:
    patient = patients.known(tx, row["patient_id"])
    status = before["status"]
    if status in ("active", "paused") or (status == "invited" and row["started_at"] is not None):
        # The patient may have stopped, come back or begun meanwhile; that is theirs to say.
        going = patient.state == "active" and before["paused_at"] is None
        status = "active" if going else "paused"
    tx.run(
        """UPDATE enrollments SET treatment = :treatment, area = :area, lipolytic = :lipolytic,
               filler = :filler, staff_id = :staff_id, status = :status, paused_at = :paused_at,
               ended_at = :ended_at, version = version + 1
           WHERE clinic_id = :clinic_id AND id = :id""",
        **{**before, "status": status, "id": row["id"]},
    )


def _restore_sessions(
    tx: Tx, enrollment_id: int, before: list[dict[str, Any]], *, now: int
) -> None:
    known = {each["id"]: each for each in before}
    for each in enrollment.sessions_of(tx, enrollment_id):
        was = known.get(each["id"])
        if was is None:
            was = {**{name: each[name] for name in _OF_SESSION}, "state": "canceled"}
            was["why"] = "undone"
        if was == {name: each[name] for name in _OF_SESSION}:
            continue
        tx.run(
            """UPDATE sessions SET starts_at = :starts_at, state = :state, why = :why,
                   lipolytic = :lipolytic, filler = :filler, asked_row = :asked_row,
                   changed_at = :now
               WHERE clinic_id = :clinic_id AND id = :id""",
            **was,
            now=now,
        )


def _restore_rows(tx: Tx, enrollment_id: int, before: list[dict[str, Any]], *, now: int) -> None:
    row = enrollment.get(tx, enrollment_id)
    if row is None:
        return
    patient = patients.known(tx, row["patient_id"])
    held = holding.hold_of(patient, row["status"], paused=row["paused_at"] is not None)
    was = {each["id"]: each for each in before}
    for each in enrollment.reminders_of(tx, enrollment_id):
        old = was.get(each["id"])
        if old is None:
            if is_free(each):
                outbox.end(tx, each["id"], "canceled", TAKEN_BACK, now=now)
            continue
        owed = Owed(**{name: value for name, value in old.items() if name != "id"})
        if is_free(each):
            plan_rows.move(tx, each["id"], owed)
            if held != "paused":
                plan_rows.go_on(tx, each["id"], held, chat_id=patient.chat_id)
        elif each["state"] == "canceled" and each["reason"] == DROPPED:
            plan_rows.revive(tx, each["id"], owed, chat_id=patient.chat_id, held=held)
    if held == "paused":
        plan_rows.hold(tx, enrollment_id)
