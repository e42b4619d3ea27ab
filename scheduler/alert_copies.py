"""The messages in which an alert stands: one row of the outbox for each time it calls somebody.

A copy holds no words, only whose alert it is; it gets them when it leaves, and so does every edit
of it. So all copies say the same, and what is late says what is true by then.

Where a statement asks for one alert's copies to members, it says ``staff_id + 0``: SQLite would
otherwise go through all that the clinic's members ever got.
"""

import json
from collections.abc import Iterable
from typing import Final

from scheduler import outbox, staff, staff_group
from scheduler.alert_record import Alert
from scheduler.database import Row, Tx
from scheduler.outbox import Lane
from scheduler.said import Said
from scheduler.staff import Staff

_FORM: Final = "alert"


def alert_of(form: str) -> int | None:
    """Return the alert that a row's form shows, or None if it is another kind of form."""
    found: int | None = json.loads(form).get(_FORM)
    return found


def owe(
    tx: Tx,
    alert: Alert,
    members: Iterable[Staff],
    *,
    now: int,
    round_: int | None = None,
    ready_at: int | None = None,
) -> None:
    """Owe an alert to members of the clinic, ahead of everything else.

    Args:
        tx: the open transaction.
        alert: which alert.
        members: who gets it.
        now: UTC epoch ms.
        round_: the round of calls that this is a part of; the present one by default.
        ready_at: when it leaves (UTC epoch ms); at once by default.
    """
    for member in members:
        _owe(tx, alert, member.chat_id, member.id, now=now, round_=round_, ready_at=ready_at)


def call(
    tx: Tx,
    alert: Alert,
    members: Iterable[Staff],
    *,
    now: int,
    round_: int | None = None,
    ready_at: int | None = None,
) -> None:
    """Owe an alert to members, as :func:`owe` does, and to the patient's topic if there is one."""
    owe(tx, alert, members, now=now, round_=round_, ready_at=ready_at)
    group = staff_group.in_use(tx)
    if group is not None:
        _owe(tx, alert, group, None, now=now, round_=round_, ready_at=ready_at)


def _owe(
    tx: Tx,
    alert: Alert,
    chat_id: int,
    staff_id: int | None,
    *,
    now: int,
    round_: int | None,
    ready_at: int | None,
) -> None:
    row = outbox.say(
        tx,
        _said(alert.id),
        chat_id=chat_id,
        now=now,
        kind="alert",
        patient_id=alert.patient_id,
        enrollment_id=alert.enrollment_id,
        ready_at=ready_at,
    )
    tx.run(
        """INSERT INTO alert_messages (clinic_id, outbox_id, alert_id, staff_id, round)
           VALUES (:clinic_id, :row, :alert_id, :staff_id, :round)""",
        row=row,
        alert_id=alert.id,
        staff_id=staff_id,
        round=alert.round if round_ is None else round_,
    )


def refresh(tx: Tx, alert_id: int, *, now: int) -> None:
    """Have every copy that has left, or is leaving, changed to what the alert is now (epoch ms).

    A copy that is still to leave, or whose last change has not left yet, says it by itself.
    """
    for row in tx.all(
        """SELECT outbox.* FROM alert_messages
           JOIN outbox ON outbox.clinic_id = :clinic_id AND outbox.id = alert_messages.outbox_id
           LEFT JOIN staff ON staff.clinic_id = :clinic_id AND staff.id = alert_messages.staff_id
           WHERE alert_messages.clinic_id = :clinic_id AND alert_messages.alert_id = :alert_id
             AND outbox.state IN ('sent', 'sending') AND staff.removed_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM outbox AS edit
                 WHERE edit.clinic_id = :clinic_id AND edit.id = alert_messages.edited_by
                   AND edit.state = 'pending')
           ORDER BY outbox.id""",
        alert_id=alert_id,
    ):
        edit = outbox.say(
            tx,
            _said(alert_id, edits_row=row["id"]),
            chat_id=row["chat_id"],
            now=now,
            kind="alert",
            # A new alert must not wait behind the edits of an old one.
            lane=Lane.ANSWER,
            patient_id=row["patient_id"],
            enrollment_id=row["enrollment_id"],
        )
        tx.run(
            """UPDATE alert_messages SET edited_by = :edit
               WHERE clinic_id = :clinic_id AND outbox_id = :row""",
            edit=edit,
            row=row["id"],
        )


def withdraw(tx: Tx, alert_id: int, reason: str, *, now: int) -> None:
    """Take back the calls that have not left: somebody has the alert, or others are called."""
    for row in tx.all(
        """SELECT outbox.id FROM alert_messages
           JOIN outbox ON outbox.clinic_id = :clinic_id AND outbox.id = alert_messages.outbox_id
           WHERE alert_messages.clinic_id = :clinic_id AND alert_messages.alert_id = :alert_id
             AND outbox.state = 'pending'""",
        alert_id=alert_id,
    ):
        outbox.end(tx, row["id"], "canceled", reason, now=now)


def shown_to(tx: Tx, alert_id: int) -> list[Staff]:
    """Return the members whose phones an alert has reached, or is on its way to."""
    rows = tx.all(
        """SELECT alert_messages.staff_id FROM alert_messages
           JOIN outbox ON outbox.clinic_id = :clinic_id AND outbox.id = alert_messages.outbox_id
           WHERE alert_messages.clinic_id = :clinic_id AND alert_messages.alert_id = :alert_id
             AND alert_messages.staff_id + 0 IS NOT NULL
             AND outbox.state IN ('sent', 'sending', 'uncertain')""",
        alert_id=alert_id,
    )
    found = (staff.by_id(tx, staff_id) for staff_id in sorted({row["staff_id"] for row in rows}))
    return [member for member in found if member is not None]


def waiting(tx: Tx) -> list[Row]:
    """Return the calls to members that are still to leave, with ``alert_id`` and ``staff_id``.

    Each is the row of the outbox, with the ``round`` of calls that it is a part of.
    """
    return tx.all(
        """SELECT outbox.*, alert_messages.alert_id, alert_messages.staff_id, alert_messages.round
           FROM outbox
           JOIN alert_messages ON alert_messages.clinic_id = :clinic_id
             AND alert_messages.outbox_id = outbox.id AND alert_messages.staff_id IS NOT NULL
           WHERE outbox.clinic_id = :clinic_id AND outbox.state = 'pending'
             AND outbox.held IS NULL AND outbox.lane = :safety
           ORDER BY outbox.ready_at, outbox.id""",
        safety=int(Lane.SAFETY),
    )


def called(tx: Tx, alert_id: int, *, since: int, now: int) -> set[int]:
    """Return the members (ids) whose phones an alert rang on since an instant, or rings on now.

    Instants are UTC epoch ms. What was refused, or taken back, has rung with nobody.
    """
    rows = tx.all(
        """SELECT alert_messages.staff_id FROM alert_messages
           JOIN outbox ON outbox.clinic_id = :clinic_id AND outbox.id = alert_messages.outbox_id
           WHERE alert_messages.clinic_id = :clinic_id AND alert_messages.alert_id = :alert_id
             AND alert_messages.staff_id + 0 IS NOT NULL
             AND outbox.state IN ('pending', 'sending', 'sent', 'uncertain')
             AND outbox.ready_at <= :now
             AND COALESCE(outbox.settled_at, outbox.ready_at) >= :since""",
        alert_id=alert_id,
        since=since,
        now=now,
    )
    return {row["staff_id"] for row in rows}


def refused_since(tx: Tx, alert_id: int) -> int:
    """Return when the last call was due that was refused (UTC epoch ms); 0 where none was."""
    at: int | None = tx.value(
        """SELECT MAX(outbox.ready_at) FROM alert_messages
           JOIN outbox ON outbox.clinic_id = :clinic_id AND outbox.id = alert_messages.outbox_id
             AND outbox.state = 'refused'
           WHERE alert_messages.clinic_id = :clinic_id AND alert_messages.alert_id = :alert_id""",
        alert_id=alert_id,
    )
    return at or 0


def copy_of(tx: Tx, row_id: int) -> Row | None:
    """Return what is known of a row as a copy: its alert, whose it is, and its round; or None."""
    return tx.first(
        "SELECT * FROM alert_messages WHERE clinic_id = :clinic_id AND outbox_id = :id", id=row_id
    )


def is_planned(tx: Tx, alert_id: int, round_: int) -> bool:
    """Say whether a member is still to be called in a round."""
    return (
        tx.value(
            """SELECT 1 FROM alert_messages
               JOIN outbox ON outbox.clinic_id = :clinic_id
                 AND outbox.id = alert_messages.outbox_id
               WHERE alert_messages.clinic_id = :clinic_id
                 AND alert_messages.alert_id = :alert_id AND alert_messages.round >= :round
                 AND alert_messages.staff_id + 0 IS NOT NULL
                 AND outbox.state IN ('pending', 'sending') AND outbox.held IS NULL LIMIT 1""",
            alert_id=alert_id,
            round=round_,
        )
        is not None
    )


def _said(alert_id: int, edits_row: int | None = None) -> Said:
    return Said(html="", form=json.dumps({_FORM: alert_id}), edits_row=edits_row)
