"""Alerts and those who are not there: away, out of reach, or no longer in the clinic.

The heartbeat sees to it that no alert is left to them: what they had is open again, and what was
to ring with them rings with those who answer now.
"""

from scheduler import alert_copies, alert_record, alerts, duty, oncall, outbox, staff
from scheduler.alert_record import Alert
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx


def look(tx: Tx, clinic: Clinic, *, now: int) -> None:
    """Leave no alert to somebody who is not there (``now`` in UTC epoch ms)."""
    for alert in alert_record.left(tx):
        alerts.open_again(tx, alert, clinic, now=now)
    absent = oncall.absent(tx)
    for call in alert_copies.waiting(tx) if absent else ():
        if call["staff_id"] in absent:
            _call_others(tx, call, clinic, now=now)
    for alert in alert_record.refused(tx) if staff.out_of_reach(tx) else ():
        _make_up_for(tx, alert, clinic, now=now)
    for alert in alert_record.open_reviews(tx) if absent else ():
        _show_others(tx, alert, absent, clinic, now=now)


def _call_others(tx: Tx, call: Row, clinic: Clinic, *, now: int) -> None:
    """Have those called who answer now, where a call that waits was to somebody who is absent.

    ``call`` is the row of the outbox, with ``alert_id``, ``staff_id`` and ``round`` of the copy.
    """
    alert = alert_record.by_id(tx, call["alert_id"])
    if alert is None:
        return
    at, round_ = max(now, call["ready_at"]), call["round"]
    if alert.level == "review":
        # It rings once more where it came without a sound, at night, to who is in charge by now.
        instead = duty.later(tx, alert, [], clinic, now=at)
    else:
        called = duty.called(duty.line(tx, alert, clinic, now=at), round_)
        instead = [(member, at) for member in called]
    if call["staff_id"] in {member.id for member, _ in instead}:
        # Nobody else is left.
        return
    outbox.end(tx, call["id"], "canceled", "away or out of reach when it was to ring", now=now)
    known = {
        row["staff_id"]
        for row in alert_copies.waiting(tx)
        if (row["alert_id"], row["round"]) == (alert.id, round_)
    }
    for member, ready_at in instead:
        if member.id not in known:
            alert_copies.owe(tx, alert, [member], now=now, round_=round_, ready_at=ready_at)


def _make_up_for(tx: Tx, alert: Alert, clinic: Clinic, *, now: int) -> None:
    """Have those called at once who answer now, where a call was refused.

    Not with the next round: something urgent would lose half an hour, and a review has none. A
    review that has reached somebody since is made up for.
    """
    review = alert.level == "review"
    since = alert_copies.refused_since(tx, alert.id) if review else 0
    known = alert_copies.called(tx, alert.id, since=since, now=now)
    if review and known:
        return
    known |= staff.out_of_reach(tx)
    called = duty.called(duty.line(tx, alert, clinic, now=now), alert.round)
    alert_copies.owe(tx, alert, [m for m in called if m.id not in known], now=now)
    known |= {row["staff_id"] for row in alert_copies.waiting(tx) if row["alert_id"] == alert.id}
    for member, at in duty.later(tx, alert, called, clinic, now=now):
        if member.id not in known:
            alert_copies.owe(tx, alert, [member], now=now, ready_at=at)


def _show_others(tx: Tx, alert: Alert, absent: frozenset[int], clinic: Clinic, *, now: int) -> None:
    """Call anew to a review that nobody who is there has on their phone: it has no more rounds."""
    known = alert_copies.called(tx, alert.id, since=0, now=now)
    known |= {row["staff_id"] for row in alert_copies.waiting(tx) if row["alert_id"] == alert.id}
    instead = {member.id for member in duty.called(duty.line(tx, alert, clinic, now=now), 0)}
    if known <= absent and not instead & absent:
        alerts.call(tx, alert, [], clinic, now=now)
