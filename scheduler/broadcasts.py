"""Broadcasts: one text for many, each copy a row of the outbox with a state of its own.

How many copies stand in which state is read from the rows themselves. The broadcast's row counts
settled copies only to know, in constant time, when the progress is worth showing again.
"""

from dataclasses import dataclass
from typing import Final, Literal

from messages.catalogue import Catalogue
from messages.render import escape
from scheduler import consent, events, outbox, patients, segments, staff
from scheduler.channel import Attachment, Button
from scheduler.database import Row, Tx
from scheduler.outbox import Lane, Said
from scheduler.patients import Patient
from scheduler.quiet import QuietHours
from scheduler.segments import Segment

USEFUL_FOR_MS: Final = 24 * 60 * 60 * 1000
"""A copy that could not go for a day (the night, an outage) expires: tips keep, moments do not."""
SAME_WITHIN_MS: Final = 60 * 60 * 1000
"""Two managers who send the same words to the same people within the hour mean one broadcast."""
SHOW_EVERY_MS: Final = 3_000
SHOW_EVERY_SHARE: Final = 20
"""Progress is shown again after three seconds or a twentieth of the copies, as Telegram slows
bots down that edit a message much more often."""
TIPS_OFF: Final = "c:tips:no:below"
"""What the button under a tip carries: the patient takes the consent to tips back."""


@dataclass(frozen=True, slots=True)
class Tip:
    """What is broadcast: plain text as it was typed, and the Telegram file id of a photo, if any.

    The text may be empty where there is a photo.
    """

    text: str
    photo: str | None = None

    def said(self, catalogue: Catalogue, language: str) -> Said:
        """Return the copy that somebody of a language gets."""
        off = Button(catalogue.label(language, "clinic.tip.button.off"), data=TIPS_OFF)
        return Said(
            html=escape(self.text),
            buttons=((off,),),
            attachment=Attachment("photo", file_id=self.photo) if self.photo else None,
        )


@dataclass(frozen=True, slots=True)
class Started:
    """A broadcast that is on its way, and how many patients get it."""

    broadcast_id: int
    total: int


@dataclass(frozen=True, slots=True)
class Copy:
    """One patient's copy of a broadcast."""

    tip: Tip
    patient: Patient


def start(
    tx: Tx,
    tip: Tip,
    segment: Segment,
    *,
    member: staff.Staff,
    quiet: QuietHours,
    progress_message: int | None,
    now: int,
) -> Started | Literal["nobody", "same"]:
    """Owe a copy to every patient of a segment, and show the progress in a message.

    Args:
        tx: the open transaction.
        tip: what they get.
        segment: who they are.
        member: who sends it.
        quiet: hours in which no copy leaves, in each patient's own zone.
        progress_message: Telegram's id of the message in the member's chat that becomes the
            progress; None for no progress.
        now: UTC epoch ms.

    Returns:
        The broadcast; "nobody" where nobody would get it, "same" where it was sent just now. Then
        nothing was changed.
    """
    if _sent_just_now(tx, tip, segment, now=now):
        return "same"
    if segments.audience(tx, segment).reached == 0:
        return "nobody"
    broadcast_id: int = tx.value(
        """INSERT INTO broadcasts (clinic_id, staff_id, text, photo, segment, state, total,
               progress_message, shown_at, created_at)
           VALUES (:clinic_id, :staff_id, :text, :photo, :segment, 'sending', 0,
               :progress_message, :now, :now)
           RETURNING id""",
        staff_id=member.id,
        text=tip.text,
        photo=tip.photo,
        segment=segment.code,
        progress_message=progress_message,
        now=now,
    )
    total, morning = _owe_copies(tx, broadcast_id, segment, quiet, now=now)
    tx.run(
        """UPDATE broadcasts SET total = :total, waits_until = :morning
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=broadcast_id,
        total=total,
        morning=morning,
    )
    events.note(
        tx,
        "broadcast_started",
        actor=member.actor,
        now=now,
        broadcast=broadcast_id,
        segment=segment.code,
        total=total,
    )
    _show(tx, broadcast_id, now=now)
    tx.wake()
    return Started(broadcast_id, total)


def _sent_just_now(tx: Tx, tip: Tip, segment: Segment, *, now: int) -> bool:
    return (
        tx.value(
            """SELECT 1 FROM broadcasts WHERE clinic_id = :clinic_id AND text = :text
                 AND COALESCE(photo, '') = :photo AND segment = :segment
                 AND state <> 'canceled' AND (closed_at IS NULL OR created_at > :since) LIMIT 1""",
            text=tip.text,
            photo=tip.photo or "",
            segment=segment.code,
            since=now - SAME_WITHIN_MS,
        )
        is not None
    )


def _owe_copies(
    tx: Tx, broadcast_id: int, segment: Segment, quiet: QuietHours, *, now: int
) -> tuple[int, int | None]:
    """Add a row for every copy; return how many, and the first morning that some wait for."""
    total = 0
    mornings: list[int] = []
    zones = tx.all("SELECT DISTINCT timezone FROM patients WHERE clinic_id = :clinic_id")
    for zone in (row["timezone"] for row in zones):
        ready_at = quiet.ends_after(now, zone)
        added = tx.run(
            f"""INSERT INTO outbox (clinic_id, kind, lane, chat_id, patient_id, broadcast_id,
                    due_at, ready_at, useful_until, state, created_at)
                SELECT patients.clinic_id, 'broadcast', :lane, patients.chat_id, patients.id,
                    :broadcast_id, :now, :ready_at, :useful_until, 'pending', :now
                FROM patients
                WHERE {segments.reached(segment)} AND patients.timezone = :zone
                ORDER BY patients.id""",
            lane=int(Lane.BROADCAST),
            broadcast_id=broadcast_id,
            value=segment.value,
            zone=zone,
            ready_at=ready_at,
            useful_until=now + USEFUL_FOR_MS,
            now=now,
        )
        total += added
        if added and ready_at > now:
            mornings.append(ready_at)
    return total, min(mornings, default=None)


def by_id(tx: Tx, broadcast_id: int) -> Row | None:
    """Return one broadcast, or None."""
    return tx.first(
        "SELECT * FROM broadcasts WHERE clinic_id = :clinic_id AND id = :id", id=broadcast_id
    )


def copy_of(tx: Tx, row: Row) -> Copy | str:
    """Return what an outbox row is a copy of, or in words why the patient no longer gets it."""
    broadcast = by_id(tx, row["broadcast_id"])
    if broadcast is None or broadcast["state"] == "canceled":
        return "the broadcast was canceled"
    patient = patients.by_id(tx, row["patient_id"])
    if patient is None or patient.state != "active":
        return "the patient gets no messages now"
    if not consent.holds(tx, patient.id, "tips"):
        return "no consent to tips"
    return Copy(Tip(broadcast["text"], broadcast["photo"]), patient)


def wait_for_morning(tx: Tx, broadcast_id: int, zone: str, *, morning: int) -> int:
    """Put off every copy to a zone in which night has fallen, in one go; returns how many.

    Args:
        tx: the open transaction.
        broadcast_id: which broadcast.
        zone: the patients' zone.
        morning: when quiet hours end there, UTC epoch ms.
    """
    tx.run(
        """UPDATE broadcasts SET waits_until = :morning
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=broadcast_id,
        morning=morning,
    )
    return tx.run(
        """UPDATE outbox SET ready_at = :morning, reason = 'quiet hours'
           WHERE clinic_id = :clinic_id AND kind = 'broadcast' AND broadcast_id = :id
             AND state = 'pending' AND ready_at < :morning AND useful_until > :morning
             AND patient_id IN (SELECT patients.id FROM patients
                 WHERE patients.clinic_id = :clinic_id AND patients.timezone = :zone)""",
        id=broadcast_id,
        zone=zone,
        morning=morning,
    )


def row_settled(tx: Tx, row: Row, *, now: int) -> None:
    """Take note that a copy was looked at; show the progress, close with the last one.

    Args:
        tx: the open transaction.
        row: the outbox row of the copy, in whatever state by now; one that is to be tried again
            does not count.
        now: UTC epoch ms.
    """
    broadcast = tx.first(
        """UPDATE broadcasts SET settled = settled + 1
           WHERE clinic_id = :clinic_id AND id = :id AND closed_at IS NULL
             AND EXISTS (SELECT 1 FROM outbox WHERE outbox.clinic_id = :clinic_id
                 AND outbox.id = :row AND outbox.state NOT IN ('pending', 'sending'))
           RETURNING settled, shown, total, shown_at""",
        id=row["broadcast_id"],
        row=row["id"],
    )
    if broadcast is None:
        return
    if broadcast["settled"] >= broadcast["total"] and _close_if_done(
        tx, row["broadcast_id"], now=now
    ):
        return
    fresh = broadcast["settled"] - broadcast["shown"]
    if (
        fresh * SHOW_EVERY_SHARE >= broadcast["total"]
        or now - broadcast["shown_at"] >= SHOW_EVERY_MS
    ):
        _show(tx, row["broadcast_id"], now=now)


def close_finished(tx: Tx, *, now: int) -> None:
    """Close broadcasts whose last copies ended unseen: expired together, say (epoch ms)."""
    for row in tx.all(
        "SELECT id FROM broadcasts WHERE clinic_id = :clinic_id AND closed_at IS NULL"
    ):
        _close_if_done(tx, row["id"], now=now)


def cancel(tx: Tx, broadcast_id: int, *, actor: str, now: int) -> int:
    """Take back every copy that has not left; returns how many (0: it was too late).

    Args:
        tx: the open transaction.
        broadcast_id: which broadcast.
        actor: who cancels, as events name people.
        now: UTC epoch ms.
    """
    taken_back = outbox.withdraw_copies(tx, broadcast_id, "the broadcast was canceled", now=now)
    if not taken_back:
        return 0
    tx.run(
        """UPDATE broadcasts SET state = 'canceled', settled = settled + :n
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=broadcast_id,
        n=taken_back,
    )
    events.note(
        tx,
        "broadcast_canceled",
        actor=actor,
        now=now,
        broadcast=broadcast_id,
        canceled=taken_back,
    )
    if not _close_if_done(tx, broadcast_id, now=now):
        _show(tx, broadcast_id, now=now)
    return taken_back


def counts(tx: Tx, broadcast_id: int) -> dict[str, int]:
    """Return how many copies stand in each state, read from the copies themselves."""
    return {
        row["state"]: row["n"]
        for row in tx.all(
            """SELECT state, COUNT(*) AS n FROM outbox
               WHERE clinic_id = :clinic_id AND kind = 'broadcast' AND broadcast_id = :id
               GROUP BY state""",
            id=broadcast_id,
        )
    }


def _close_if_done(tx: Tx, broadcast_id: int, *, now: int) -> bool:
    """Close a broadcast without a copy that may still leave, and have that reported."""
    closed = tx.first(
        """UPDATE broadcasts SET closed_at = :now, settled = total,
               state = CASE state WHEN 'sending' THEN 'finished' ELSE state END
           WHERE clinic_id = :clinic_id AND id = :id AND closed_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM outbox
                 WHERE outbox.clinic_id = :clinic_id AND outbox.kind = 'broadcast'
                   AND outbox.broadcast_id = :id AND outbox.state IN ('pending', 'sending'))
           RETURNING staff_id""",
        id=broadcast_id,
        now=now,
    )
    if closed is None:
        return False
    _show(tx, broadcast_id, now=now)
    sender = staff.by_id(tx, closed["staff_id"])
    for member in [sender] if sender else staff.everyone(tx, "manager"):
        outbox.say(tx, Said("…"), chat_id=member.chat_id, now=now, broadcast_id=broadcast_id)
    return True


def _show(tx: Tx, broadcast_id: int, *, now: int) -> None:
    """Have the progress shown as it is when the edit leaves; one that waits already will do."""
    broadcast = by_id(tx, broadcast_id)
    if broadcast is None or broadcast["progress_message"] is None:
        return
    sender = staff.by_id(tx, broadcast["staff_id"])
    if sender is None:
        return
    row: int | None = broadcast["progress_row"]
    last = None if row is None else outbox.row(tx, row)
    if last is None or last["state"] != "pending":
        # The words are made when the row is prepared: see ``scheduler.prepare``.
        edit = Said("…", edit_message_id=broadcast["progress_message"])
        row = outbox.say(tx, edit, chat_id=sender.chat_id, now=now, broadcast_id=broadcast_id)
    tx.run(
        """UPDATE broadcasts SET progress_row = :row, shown = settled, shown_at = :now
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=broadcast_id,
        row=row,
        now=now,
    )
