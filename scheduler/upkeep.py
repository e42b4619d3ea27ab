"""What is done at every heartbeat: nothing useless is kept, and no clock holds anything up."""

from scheduler import (
    absences,
    alert_absent,
    attendance,
    broadcasts,
    downtime,
    enrollment,
    erasure,
    events,
    outbox,
    pictures,
    review_notices,
    rounds,
    waits,
)
from scheduler.clinic import Clinic
from scheduler.database import Tx

_TICK = "tick"


def beat(tx: Tx, clinic: Clinic, *, now: int) -> None:
    """Keep the clinic's tables in order at ``now`` (UTC epoch ms); nothing is sent from here."""
    last = events.marked(tx, _TICK)
    if last is not None and now < last:
        _clock_went_back(tx, last, now=now)
    events.mark(tx, _TICK, now=now)
    waits.forget_over(tx, now=now)
    for enrollment_id in outbox.expire_useless(tx, now=now):
        enrollment.complete_if_done(tx, enrollment_id, now=now)
    broadcasts.close_finished(tx, now=now)
    absences.turn(tx, now=now)
    alert_absent.look(tx, clinic, now=now)
    attendance.owe(tx, clinic, now=now)
    rounds.catch_up(tx, clinic, now=now)
    downtime.report_if_over(tx, now=now)
    review_notices.tell_of_restore(tx, now=now)
    review_notices.tell_of_uncertain(tx, now=now)
    erasure.forget_records(tx, now=now)
    pictures.drop_old(tx, now=now)


def _clock_went_back(tx: Tx, last: int, *, now: int) -> None:
    """See to it that what waits in elapsed time waits no longer than it would have.

    A pause of five seconds that ends at 10:00:05 would last an hour more if the clock is set from
    10:00 to 09:00. A reminder is owed at a time of day and waits for that time to come again.
    """
    by = last - now
    tx.run(
        """UPDATE waits SET until = until - :by, soonest = soonest - :by
           WHERE clinic_id = :clinic_id AND until > :now""",
        by=by,
        now=now,
    )
    # What was ready when it was said is ready; what was put off (backoff) waits for the rest of
    # its time; what was planned for a time of day waits for that.
    tx.run(
        """UPDATE outbox
           SET ready_at = CASE WHEN ready_at <= created_at OR ready_at - :by < :now THEN :now
                               ELSE ready_at - :by END
           WHERE clinic_id = :clinic_id AND state = 'pending' AND held IS NULL
             AND lane IN (0, 1, 2, 3) AND ready_at > :now AND kind <> 'reminder'
             AND (ready_at <= created_at OR ready_at <> due_at AND kind <> 'broadcast')""",
        by=by,
        now=now,
    )
    tx.run(
        """UPDATE inbox SET try_at = try_at - :by
           WHERE clinic_id = :clinic_id AND state = 'new' AND try_at > :now""",
        by=by,
        now=now,
    )
    events.note(tx, "clock_set_back", actor="system", now=now, by=by)
