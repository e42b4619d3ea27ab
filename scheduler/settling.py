"""What becomes of a row after an attempt: the outcome policy, kind by kind.

Certainly not sent: try again, with backoff or when Telegram said. Ambiguous: a reminder, an answer
or a relay is sent once more and marked as a possible duplicate, not before Telegram answers
again; what could mislead twice (a broadcast) is parked as uncertain; an alert, and what a patient
is told after a danger sign, goes on until somebody has it; an edit may always be repeated,
because it ends in the same message. What is tried again keeps its place: its chat waits with it,
so that nothing that was said later overtakes it.
"""

from typing import Literal

from scheduler import (
    broadcasts,
    conversation,
    duty,
    enrollment,
    erasure,
    notices,
    outbox,
    patients,
    polls,
    reach,
    staff,
    staff_group,
    staff_reach,
    topics,
    waits,
    withholding,
)
from scheduler.backoff import backoff
from scheduler.channel import (
    Ambiguous,
    Delivered,
    Message,
    Migrated,
    NoTopic,
    Outcome,
    Rejected,
    Retry,
    Unreachable,
)
from scheduler.database import Row, Tx
from scheduler.said import Said

# What nobody owes for a fixed time (an answer in a chat) is given up after a day of retries. It is
# counted from when it could leave: what was planned for Monday has not failed since Friday.
GIVE_UP_AFTER_MS = 24 * 60 * 60 * 1000
# Where a pause holds up more than the row that failed, it stays this short: whatever is said to
# the same chat or by the whole bot meanwhile may be what somebody urgently waits for.
SHORT_PAUSE_MS = 30 * 1000
# A topic that is gone again right after it was opened will not stay the next time either.
TOPIC_TRIES = 3
# A reminder that may have arrived has time: an outage of minutes is over by then, and a tap on the
# copy that did arrive proves it, so that no second one is sent.
IN_DOUBT_MS = 10 * 60 * 1000
LOST = Ambiguous("the process stopped while it was on its way", ours=True)


def settle(tx: Tx, row: Row, message: Message | None, outcome: Outcome, *, now: int) -> None:
    """Bring a row from ``sending`` to where ``outcome`` leads (``now`` in UTC epoch ms).

    Args:
        tx: the open transaction.
        row: the row as it was taken (its ``attempts`` not counting this one).
        message: what was sent; None where a crash lost it.
        outcome: what the channel answered.
        now: the present.
    """
    match outcome:
        case Delivered(message_id=message_id):
            outbox.sent(tx, row["id"], message_id, now=now)
            _take_note(tx, row, outcome, now=now)
        case Unreachable(reason=reason):
            outbox.end(tx, row["id"], "refused", reason, now=now)
            _lose_touch(tx, row, now=now)
        case Rejected(reason=reason):
            outbox.end(tx, row["id"], "refused", reason, now=now)
        case Migrated(chat_id=chat_id):
            _move(tx, row, chat_id, now=now)
        case NoTopic():
            _reopen(tx, row, message, now=now)
        case Retry(reason=reason, after_ms=after, scope=scope):
            _try_again(tx, row, reason, after, whole_bot=scope == "bot", now=now)
        case Ambiguous():
            _unknown(tx, row, message, outcome, now=now)
    follow_up(tx, row, now=now)


def drop(
    tx: Tx,
    row: Row,
    state: Literal["expired", "canceled", "refused"],
    reason: str,
    *,
    now: int,
) -> None:
    """End a row that the last look found of no use (``now`` in UTC epoch ms)."""
    outbox.end(tx, row["id"], state, reason, now=now)
    follow_up(tx, row, now=now)


def delivered(tx: Tx, row: Row, outcome: Delivered, *, now: int) -> None:
    """Settle a row that is marked as sent already, with all of its turn."""
    _take_note(tx, row, outcome, now=now)
    follow_up(tx, row, now=now)


def _take_note(tx: Tx, row: Row, outcome: Delivered, *, now: int) -> None:
    """Keep what arrived besides the message, and tell a patient whose file did not.

    What reached staff although the patient was erased meanwhile is taken back.
    """
    if outcome.poll_id is not None:
        polls.remember(tx, outcome.poll_id, row["id"])
    if outcome.withheld:
        withholding.tell(tx, row, outcome.withheld, now=now)
    erasure.arrived_late(tx, row, outcome.message_id, now=now)


def follow_up(tx: Tx, row: Row, *, now: int) -> None:
    """Let what a row is a part of come to its end with its last row."""
    if row["kind"] == "broadcast":
        broadcasts.row_settled(tx, row, now=now)
    conversation.row_settled(tx, row, now=now)
    if row["step_key"] is not None:
        enrollment.complete_if_done(tx, row["enrollment_id"], now=now)
    if _is_group(row):
        topics.row_settled(tx, row, now=now)


def _try_again(
    tx: Tx, row: Row, reason: str, after: int | None, *, whole_bot: bool, now: int
) -> None:
    """Try again what certainly was not sent.

    Telegram's word (``after``) holds up everything in that chat; a pause of ours leaves more
    urgent lanes alone, and the whole bot for half a minute at most. Staff's alerts and notices
    are never given up: somebody has to see them, however long an outage was.
    """
    pause = backoff(row["attempts"] + 1, after, seed=row["id"])
    if whole_bot and after is None:
        pause = min(pause, SHORT_PAUSE_MS)
    for_a_day = row["useful_until"] is None and row["kind"] != "alert"
    if for_a_day and now + pause > max(row["created_at"], row["ready_at"]) + GIVE_UP_AFTER_MS:
        outbox.end(tx, row["id"], "expired", f"not delivered within a day: {reason}", now=now)
        return
    outbox.again(tx, row["id"], reason=reason)
    waits.wait(
        tx,
        waits.WHOLE_BOT if whole_bot else row["chat_id"],
        until=now + pause,
        lane=row["lane"] if after is None else waits.ALL_LANES,
    )


def _unknown(tx: Tx, row: Row, message: Message | None, doubt: Ambiguous, *, now: int) -> None:
    """Deal with a row of which nobody knows whether it was sent."""
    reason = doubt.reason
    pause = backoff(row["attempts"] + 1, seed=row["id"])
    if _is_edit(tx, row, message):
        if now > row["created_at"] + GIVE_UP_AFTER_MS:
            outbox.end(tx, row["id"], "uncertain", f"not within a day: {reason}", now=now)
            return
        outbox.again(tx, row["id"], reason=reason)
        pause = min(pause, SHORT_PAUSE_MS)
    elif row["kind"] == "broadcast":
        outbox.end(tx, row["id"], "uncertain", reason, now=now)
        return
    elif row["lane"] == outbox.Lane.SAFETY:
        if _a_day_old_warning(row, now=now):
            outbox.end(tx, row["id"], "uncertain", f"not within a day: {reason}", now=now)
            return
        if row["possible_duplicate"]:
            # It must not hold up what else its reader waits for, again and again.
            outbox.postpone(tx, row["id"], ready_at=now + pause, reason=reason)
            return
        outbox.again(tx, row["id"], reason=reason, possible_duplicate=True)
    elif row["possible_duplicate"]:
        outbox.end(tx, row["id"], "uncertain", f"twice without an answer: {reason}", now=now)
        return
    else:
        outbox.again(tx, row["id"], reason=reason, possible_duplicate=True)
        if not doubt.ours:
            pause = _time_to_recover(row, now=now)
        waits.wait_for_contact(tx, row["chat_id"], soonest=now + pause, lane=row["lane"])
        return
    waits.wait(tx, row["chat_id"], until=now + pause, lane=row["lane"])


def _a_day_old_warning(row: Row, *, now: int) -> bool:
    """Whether a patient was to be warned so long ago that it would be a riddle now."""
    given_up_at: int = row["created_at"] + GIVE_UP_AFTER_MS
    return row["kind"] != "alert" and now > given_up_at


def _time_to_recover(row: Row, *, now: int) -> int:
    """Return how long (ms) what may have arrived waits at least before it is sent once more."""
    if row["kind"] != "reminder" or row["lane"] < outbox.Lane.REMINDER:
        return SHORT_PAUSE_MS
    left = IN_DOUBT_MS if row["useful_until"] is None else (row["useful_until"] - now) // 4
    return max(SHORT_PAUSE_MS, min(IN_DOUBT_MS, left))


def proved(tx: Tx, row: Row, message_id: int) -> Row:
    """Take a button that was pressed as the proof that a message arrived, if that was in doubt.

    Args:
        tx: the open transaction.
        row: the outbox row of the message.
        message_id: the message under which the button hangs.

    Returns:
        The row as it stands now: sent, at the moment of its last try.
    """
    once_more = row["state"] == "pending" and row["attempts"] and row["possible_duplicate"]
    if row["state"] != "uncertain" and not once_more:
        return row
    tried: int = tx.value(
        "SELECT MAX(started_at) FROM attempts WHERE clinic_id = :clinic_id AND outbox_id = :id",
        id=row["id"],
    )
    outbox.sent(tx, row["id"], message_id, reason="a button of it was pressed", now=tried)
    follow_up(tx, row, now=tried)
    return outbox.row(tx, row["id"]) or row


def proved_by_press(tx: Tx, chat_id: int, message_id: int, data: str) -> None:
    """Take a pressed button as the proof that an answer arrived of which that was in doubt.

    It is the newest one in doubt that has this button, if the message is no other row's.

    Args:
        tx: the open transaction.
        chat_id: where it was pressed.
        message_id: the message under which it hangs.
        data: what it carries.
    """
    owned = tx.value(
        """SELECT 1 FROM outbox WHERE clinic_id = :clinic_id AND chat_id = :chat_id
             AND message_id = :message_id LIMIT 1""",
        chat_id=chat_id,
        message_id=message_id,
    )
    for state in () if owned else ("state = 'pending' AND held IS NULL", "state = 'uncertain'"):
        rows = tx.all(
            f"""SELECT * FROM outbox WHERE clinic_id = :clinic_id AND {state}
                 AND lane < :planned AND chat_id = :chat_id AND possible_duplicate = 1
                 AND content IS NOT NULL ORDER BY id DESC""",
            chat_id=chat_id,
            planned=int(outbox.Lane.REMINDER),
        )
        for row in rows:
            said = Said.from_json(row["content"])
            if any(button.data == data for line in said.buttons for button in line):
                proved(tx, row, message_id)
                return


def _is_edit(tx: Tx, row: Row, message: Message | None) -> bool:
    """Say whether what left changed a message; one that arrived twice is then no second message.

    What was to change the message of a row that has none goes out as a message of its own.
    """
    if message is not None:
        return message.changes
    if row["content"] is None:
        return False
    said = Said.from_json(row["content"])
    if said.edits_row is not None:
        earlier = outbox.row(tx, said.edits_row)
        return earlier is not None and earlier["message_id"] is not None
    return said.message(0).changes


def _is_group(row: Row) -> bool:
    return row["chat_id"] is not None and row["chat_id"] < 0


def _reopen(tx: Tx, row: Row, message: Message | None, *, now: int) -> None:
    """Have a topic that was deleted opened anew for what was to go there."""
    thread_id = message.thread_id if message else None
    nothing_to_say = message is None or message.topic is not None
    if nothing_to_say or not topics.gone(tx, row, thread_id):
        outbox.end(tx, row["id"], "refused", "the topic is gone", now=now)
    elif row["attempts"] >= TOPIC_TRIES:
        outbox.end(tx, row["id"], "refused", "its topics vanish", now=now)
        staff_group.lose(tx, row["chat_id"], "gone", now=now, failed=row)
    else:
        outbox.again(tx, row["id"], reason="its topic was deleted")


def _lose_touch(tx: Tx, row: Row, *, now: int) -> None:
    if _is_group(row):
        staff_group.lose(tx, row["chat_id"], "gone", now=now, failed=row)
        return
    member = staff.at_chat(tx, row["chat_id"])
    if member is not None:
        staff_reach.lost(tx, member, now=now, failed=row)
    patient = patients.at_chat(tx, row["chat_id"])
    if patient is None or not reach.lost(tx, patient.id, actor="system", now=now):
        return
    notices.tell(
        tx,
        duty.in_charge(tx, patient.id),
        "practitioner.unreachable",
        now=now,
        patient_id=patient.id,
        label=patient.label,
    )


def _move(tx: Tx, row: Row, chat_id: int, *, now: int) -> None:
    """Follow a group to its new id with everything that is still owed to it."""
    tx.run(
        """UPDATE outbox SET chat_id = :new
           WHERE clinic_id = :clinic_id AND chat_id = :old AND state IN ('pending', 'sending')""",
        old=row["chat_id"],
        new=chat_id,
    )
    staff_group.moved(tx, row["chat_id"], chat_id)
    reason = "the group moved"
    if row["attempts"]:
        # It moves in circles, or its move is not known everywhere yet.
        _try_again(tx, {**row, "chat_id": chat_id}, reason, None, whole_bot=False, now=now)
    else:
        outbox.again(tx, row["id"], reason=reason)


def write_off(tx: Tx, row: Row, outcome: Outcome, fault: str, *, now: int) -> None:
    """Settle a row by what is known of it alone, where settling it in full raised a fault."""
    outbox.finish_attempts(tx, {row["id"]: type(outcome).__name__}, now=now)
    if isinstance(outcome, Delivered):
        outbox.sent(tx, row["id"], outcome.message_id, now=now)
    else:
        outbox.end(tx, row["id"], "uncertain", f"could not be settled: {fault}", now=now)


def lost(tx: Tx, row: Row, *, now: int) -> None:
    """Decide about a row that a crash left in ``sending`` (``now`` in UTC epoch ms).

    Nobody knows whether it went out, so it follows its kind's policy for ambiguity.
    """
    outbox.finish_attempts(tx, {row["id"]: "lost in a crash"}, now=now)
    # ``attempts`` counts the lost one already.
    settle(tx, {**row, "attempts": row["attempts"] - 1}, None, LOST, now=now)
