"""The staff's group: a Telegram group with topics, in which each patient has one.

A manager names it in the group itself. It is *asked* until a first topic could be opened there,
which shows that it has topics and that the bot may open them; then it is *in use*: what concerns a
patient goes to the patient's topic (``scheduler.topics``) instead of the private chats. When the
bot is put out of it, or loses that right, it is *left*: the managers are told, and what was still
to go there goes to the private chats again.
"""

import json
from dataclasses import dataclass, replace
from typing import Final, Literal

from scheduler import duty, events, notices, outbox, staff
from scheduler.database import Row, Tx
from scheduler.said import Said

State = Literal["asked", "in_use", "left"]
Trouble = Literal["no_topics", "no_right", "gone"]

INTRODUCTION: Final = 0
"""Stands in a topic row's form where a patient's id would: the first topic, about the group."""
_TEXTS: Final = "clinic.group"
_FORM: Final = "topic"


@dataclass(frozen=True, slots=True)
class Group:
    """One group that was named; ``title`` is what it was called then."""

    chat_id: int
    title: str
    state: State


def at_chat(tx: Tx, chat_id: int) -> Group | None:
    """Return what is known of a group, or None if it was never named."""
    row = tx.first(
        "SELECT * FROM staff_groups WHERE clinic_id = :clinic_id AND chat_id = :chat_id",
        chat_id=chat_id,
    )
    return None if row is None else Group(row["chat_id"], row["title"], row["state"])


def in_use(tx: Tx) -> int | None:
    """Return the chat of the group in which the conversations live, or None."""
    chat_id: int | None = tx.value(
        "SELECT chat_id FROM staff_groups WHERE clinic_id = :clinic_id AND state = 'in_use'"
    )
    return chat_id


def ask(tx: Tx, chat_id: int, title: str, *, actor: str, now: int) -> bool:
    """Try whether a group can be used: owe its first topic (``now`` in UTC epoch ms).

    Returns:
        False where it is in use already.
    """
    known = at_chat(tx, chat_id)
    if known is not None and known.state == "in_use":
        return False
    tx.run(
        """INSERT INTO staff_groups (clinic_id, chat_id, title, state, changed_at)
           VALUES (:clinic_id, :chat_id, :title, 'asked', :now)
           ON CONFLICT (clinic_id, chat_id) DO UPDATE SET title = excluded.title,
               state = 'asked', changed_at = excluded.changed_at""",
        chat_id=chat_id,
        title=title,
        now=now,
    )
    events.note(tx, "group_asked", actor=actor, now=now, chat=chat_id)
    outbox.say(tx, topic_row(INTRODUCTION), chat_id=chat_id, now=now, kind="alert")
    return True


def rename(tx: Tx, chat_id: int, title: str) -> None:
    """Keep the name of a group, where it was named, as Telegram has it now."""
    tx.run(
        """UPDATE staff_groups SET title = :title
           WHERE clinic_id = :clinic_id AND chat_id = :chat_id AND title <> :title""",
        chat_id=chat_id,
        title=title,
    )


def topic_row(patient_id: int) -> Said:
    """Return what a row says that opens a topic, or gives it another name."""
    return Said(html="", form=json.dumps({_FORM: patient_id}))


def topic_of(form: str) -> int | None:
    """Return whose topic a row's form opens, or None if it is another kind of form."""
    found: int | None = json.loads(form).get(_FORM)
    return found


def begin(tx: Tx, chat_id: int, thread_id: int, *, now: int) -> None:
    """Use a group from now on (UTC epoch ms): its first topic is open."""
    before = in_use(tx)
    if before is not None and before != chat_id:
        _become(tx, before, "left", now=now)
        _follow(tx, before, chat_id)
    _become(tx, chat_id, "in_use", now=now)
    events.note(tx, "group_in_use", actor="system", now=now, chat=chat_id)
    welcome = replace(notices.said(f"{_TEXTS}.welcome"), thread_id=thread_id)
    outbox.say(tx, welcome, chat_id=chat_id, now=now)


def lose(tx: Tx, chat_id: int, trouble: Trouble, *, now: int, failed: Row | None = None) -> None:
    """Use a group no longer (``now`` in UTC epoch ms).

    Args:
        tx: the open transaction.
        chat_id: which group; nothing is done where it is not in use, nor asked.
        trouble: why.
        now: UTC epoch ms.
        failed: the row that could not be delivered there.
    """
    group = at_chat(tx, chat_id)
    if group is None or group.state == "left":
        return
    events.note(tx, "group_lost", actor="system", now=now, chat=chat_id, reason=trouble)
    if group.state == "asked" and trouble != "gone":
        # Whoever has just named it looks there.
        outbox.say(tx, notices.said(f"{_TEXTS}.refused.{trouble}"), chat_id=chat_id, now=now)
    else:
        managers = staff.everyone(tx, "manager")
        notices.tell(tx, managers, f"{_TEXTS}.lost.{trouble}", now=now, title=group.title)
    _leave(tx, chat_id, [failed] if failed else [], now=now)


def stop(tx: Tx, chat_id: int, *, actor: str, now: int) -> bool:
    """Go back to the private chats because a manager wants it; False where it is not in use."""
    if in_use(tx) != chat_id:
        return False
    events.note(tx, "group_stopped", actor=actor, now=now, chat=chat_id)
    _leave(tx, chat_id, [], now=now)
    return True


def trouble_of(reason: str) -> Trouble | None:
    """Return what Telegram's refusal says of the group, or None where it is about a message (pure).

    Args:
        reason: why a row was refused, as the outbox keeps it.
    """
    words = reason.casefold()
    if "not a forum" in words:
        return "no_topics"
    if any(sign in words for sign in ("rights", "admin_required", "write_forbidden")):
        return "no_right"
    return None


def moved(tx: Tx, old: int, new: int) -> None:
    """Follow the group to its new id; what is owed to it moves with ``settling``."""
    for table in ("staff_groups", "topics", "staff_messages"):
        tx.run(
            f"UPDATE {table} SET chat_id = :new WHERE clinic_id = :clinic_id AND chat_id = :old",
            old=old,
            new=new,
        )


def _become(tx: Tx, chat_id: int, state: State, *, now: int) -> None:
    tx.run(
        """UPDATE staff_groups SET state = :state, changed_at = :now
           WHERE clinic_id = :clinic_id AND chat_id = :chat_id""",
        chat_id=chat_id,
        state=state,
        now=now,
    )


def _follow(tx: Tx, old: int, new: int) -> None:
    """Take what was still to be said about patients to the group that is used instead."""
    tx.run(
        """UPDATE outbox SET chat_id = :new WHERE clinic_id = :clinic_id AND chat_id = :old
             AND state = 'pending' AND kind = 'relay' AND patient_id IS NOT NULL""",
        old=old,
        new=new,
    )


def _leave(tx: Tx, chat_id: int, failed: list[Row], *, now: int) -> None:
    """Bring what was to go to the group to the private chats of those in charge.

    Only what patients wrote or did; alerts are there already, and receipts are for the group.
    """
    _become(tx, chat_id, "left", now=now)
    waiting = tx.all(
        """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND chat_id = :chat_id
             AND state = 'pending' AND patient_id IS NOT NULL ORDER BY ready_at, id""",
        chat_id=chat_id,
    )
    for row in [*failed, *waiting]:
        outbox.end(tx, row["id"], "canceled", "the group is not used any more", now=now)
        if row["kind"] != "relay" or row["content"] is None:
            continue
        said = replace(Said.from_json(row["content"]), reply_to=None)
        for member in duty.in_charge(tx, row["patient_id"], row["enrollment_id"]):
            outbox.say(
                tx,
                said,
                chat_id=member.chat_id,
                now=now,
                kind="relay",
                patient_id=row["patient_id"],
                enrollment_id=row["enrollment_id"],
                reply_id=row["reply_id"],
            )
