"""The copies of a broadcast: owed, held back, and looked at a last time before each leaves."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from scheduler import consent, patients, segments
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx
from scheduler.outbox import Lane
from scheduler.patients import Patient
from scheduler.segments import Segment
from scheduler.tip import Tip
from scheduler.wallclock import HOUR, first_moment

USEFUL_FOR_MS: Final = 24 * HOUR
"""A copy that could not go for a day (the night, an outage) expires: tips keep, moments do not."""
PAUSED: Final = "broadcast"
"""Why a copy is held back while its broadcast is paused."""


@dataclass(frozen=True, slots=True)
class Owed:
    """How many copies there are, and the first moment (UTC epoch ms) that some wait for."""

    total: int
    waits_until: int | None


@dataclass(frozen=True, slots=True)
class Copy:
    """One patient's copy of a broadcast.

    Attributes:
        tip: what it says, in as many languages as the patient may need.
        patient: who gets it.
        paused: whether the broadcast is paused.
        agreed_to: the version of the text about tips to which the patient said yes.
    """

    tip: Tip
    patient: Patient
    paused: bool
    agreed_to: str


def write(
    tx: Tx,
    tip: Tip,
    segment: Segment,
    *,
    staff_id: int,
    progress_message: int | None,
    starts: str | None,
    library: str | None,
    now: int,
) -> int:
    """Write down a broadcast without a copy; return its id."""
    broadcast_id: int = tx.value(
        """INSERT INTO broadcasts (clinic_id, staff_id, text, file_kind, file_id, poll, segment,
               state, total, progress_message, starts_local, library, shown_at, created_at)
           VALUES (:clinic_id, :staff_id, :text, :file_kind, :file_id, :poll, :segment,
               'sending', 0, :progress_message, :starts, :library, :now, :now)
           RETURNING id""",
        staff_id=staff_id,
        text=tip.text,
        file_kind=tip.file_kind,
        file_id=tip.file_id,
        poll=int(tip.poll),
        segment=segment.code,
        progress_message=progress_message,
        starts=starts,
        library=library,
        now=now,
    )
    tx.many(
        """INSERT INTO broadcast_texts (clinic_id, broadcast_id, language, text)
           VALUES (:clinic_id, :id, :language, :text)""",
        (
            {"id": broadcast_id, "language": language, "text": text}
            for language, text in tip.others.items()
        ),
    )
    return broadcast_id


def tip_of(tx: Tx, broadcast: Row) -> Tip:
    """Return what a broadcast says, in all its languages."""
    return _tip(broadcast, _texts(tx, broadcast["id"]))


def _texts(tx: Tx, broadcast_id: int) -> dict[str, str]:
    rows = tx.all(
        """SELECT language, text FROM broadcast_texts
           WHERE clinic_id = :clinic_id AND broadcast_id = :id""",
        id=broadcast_id,
    )
    return {row["language"]: row["text"] for row in rows}


def _tip(row: Row, others: dict[str, str]) -> Tip:
    return Tip(row["text"], row["file_kind"], row["file_id"], bool(row["poll"]), others)


def owe(
    tx: Tx,
    broadcast_id: int,
    segment: Segment,
    clinic: Clinic,
    *,
    starts: datetime | None,
    now: int,
) -> Owed:
    """Add a row for every copy: it waits for its moment in the patient's zone, and for the day."""
    matched = segments.reached(segment, gap_ms=clinic.tips_gap_ms, now=now)
    total = 0
    later: list[int] = []
    zones = tx.all("SELECT DISTINCT timezone FROM patients WHERE clinic_id = :clinic_id")
    for zone in (row["timezone"] for row in zones):
        due = now if starts is None else max(now, first_moment(starts.date(), starts.time(), zone))
        ready_at = clinic.quiet.ends_after(due, zone)
        added = tx.run(
            f"""INSERT INTO outbox (clinic_id, kind, lane, chat_id, patient_id, broadcast_id,
                    due_at, ready_at, useful_until, state, created_at)
                SELECT patients.clinic_id, 'broadcast', :lane, patients.chat_id, patients.id,
                    :broadcast_id, :due, :ready_at, :useful_until, 'pending', :created
                FROM patients
                WHERE patients.clinic_id = :clinic_id AND {matched.sql}
                  AND patients.timezone = :zone
                ORDER BY patients.id""",
            **matched.params,
            lane=int(Lane.BROADCAST),
            broadcast_id=broadcast_id,
            zone=zone,
            due=due,
            ready_at=ready_at,
            useful_until=due + USEFUL_FOR_MS,
            created=now,
        )
        total += added
        if added and ready_at > now:
            later.append(ready_at)
    return Owed(total, min(later, default=None))


def look(tx: Tx, row: Row, clinic: Clinic, *, now: int) -> Copy | str:
    """Return what an outbox row is a copy of, or in words why the patient no longer gets it.

    All of it is read in one statement: asked one by one, the questions take longer than the
    message does to leave, ten thousand times.

    Args:
        tx: the open transaction.
        row: the outbox row.
        clinic: how often one patient may get a tip.
        now: UTC epoch ms.
    """
    found = tx.first(
        f"""SELECT broadcasts.id AS broadcast_id, broadcasts.text, broadcasts.file_kind,
                broadcasts.file_id, broadcasts.poll, broadcasts.paused_at,
                broadcasts.state AS broadcast_state, patients.id, patients.label,
                patients.chat_id, patients.state, patients.language, patients.timezone,
                {consent.newest("tips")} AS agreed, {consent.newest("tips", "version")} AS version,
                EXISTS (SELECT 1 FROM broadcast_texts
                    WHERE broadcast_texts.clinic_id = :clinic_id
                      AND broadcast_texts.broadcast_id = broadcasts.id) AS translated,
                EXISTS (SELECT 1 FROM alerts WHERE alerts.clinic_id = :clinic_id
                    AND alerts.patient_id = patients.id AND alerts.state <> 'resolved'
                    AND alerts.spoken = 1) AS alerted,
                :gap > 0 AND EXISTS (SELECT 1 FROM outbox AS other
                    WHERE other.clinic_id = :clinic_id AND other.patient_id = patients.id
                      AND other.kind = 'broadcast' AND other.state = 'sent'
                      AND other.settled_at > :now - :gap
                      AND other.broadcast_id <> broadcasts.id) AS had_one
            FROM broadcasts
            LEFT JOIN patients ON patients.clinic_id = :clinic_id AND patients.id = :patient_id
            WHERE broadcasts.clinic_id = :clinic_id AND broadcasts.id = :broadcast_id""",
        broadcast_id=row["broadcast_id"],
        patient_id=row["patient_id"],
        gap=clinic.tips_gap_ms,
        now=now,
    )
    if found is None or found["broadcast_state"] == "canceled":
        return "the broadcast was canceled"
    if found["state"] != "active":
        return "the patient gets no messages now"
    if not found["agreed"]:
        return "no consent to tips"
    if found["alerted"]:
        return "an alert is open"
    if found["had_one"]:
        return "had another tip"
    others = _texts(tx, found["broadcast_id"]) if found["translated"] else {}
    return Copy(
        tip=_tip(found, others),
        patient=patients.of_row(found),
        paused=found["paused_at"] is not None,
        agreed_to=found["version"],
    )


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


def hold(tx: Tx, broadcast_id: int) -> int:
    """Hold back every copy that has not left, and keep it from growing stale; returns how many."""
    return tx.run(
        """UPDATE outbox SET held = :why, useful_until = NULL
           WHERE clinic_id = :clinic_id AND kind = 'broadcast' AND broadcast_id = :id
             AND state = 'pending' AND (held IS NULL OR held = :why)""",
        id=broadcast_id,
        why=PAUSED,
    )


def let_go(tx: Tx, broadcast_id: int, *, now: int) -> int:
    """Let the copies go that :func:`hold` holds; each is of use for a day from here or its moment.

    Returns:
        How many.
    """
    return tx.run(
        """UPDATE outbox SET held = NULL,
               ready_at = CASE WHEN ready_at < :now THEN :now ELSE ready_at END,
               useful_until = CASE WHEN due_at < :now THEN :now ELSE due_at END + :useful_for
           WHERE clinic_id = :clinic_id AND kind = 'broadcast' AND broadcast_id = :id
             AND state = 'pending' AND held = :why""",
        id=broadcast_id,
        why=PAUSED,
        useful_for=USEFUL_FOR_MS,
        now=now,
    )


Led = Literal["replies", "votes", "tips_off", "stopped"]


def led_to(tx: Tx, broadcast_id: int, *, within_ms: int) -> dict[Led, int]:
    """Return what the copies of a broadcast led to, each within so long after it arrived.

    A reply counts where it quotes the copy or the copy was the last that its writer had got; a no
    to tips, or to all messages, where no later tip had come in between.
    """
    found = dict(_replied(tx, broadcast_id, within_ms))
    left = tx.first(
        """SELECT
               SUM(CASE WHEN patients.state <> 'stopped' THEN 1 ELSE 0 END) AS tips_off,
               SUM(CASE WHEN patients.state = 'stopped' THEN 1 ELSE 0 END) AS stopped
           FROM patients WHERE patients.clinic_id = :clinic_id
             AND EXISTS (SELECT 1 FROM outbox AS copy
                 JOIN consents ON consents.clinic_id = :clinic_id
                   AND consents.patient_id = copy.patient_id AND consents.purpose = 'tips'
                   AND consents.given = 0 AND consents.at >= copy.settled_at
                   AND consents.at < copy.settled_at + :within
                 WHERE copy.clinic_id = :clinic_id AND copy.kind = 'broadcast'
                   AND copy.broadcast_id = :id AND copy.state = 'sent'
                   AND copy.patient_id = patients.id
                   AND NOT EXISTS (SELECT 1 FROM outbox AS later
                       WHERE later.clinic_id = :clinic_id AND later.kind = 'broadcast'
                         AND later.patient_id = copy.patient_id AND later.state = 'sent'
                         AND later.settled_at > copy.settled_at
                         AND later.settled_at <= consents.at))""",
        id=broadcast_id,
        within=within_ms,
    )
    if left is not None:
        found |= {"tips_off": left["tips_off"] or 0, "stopped": left["stopped"] or 0}
    return found


def _replied(tx: Tx, broadcast_id: int, within_ms: int) -> Iterator[tuple[Led, int]]:
    kinds: tuple[tuple[Led, str], ...] = (
        ("replies", "replies.copy_id = copy.id AND replies.question IS NULL"),
        ("votes", "replies.outbox_id = copy.id AND replies.question = 'poll'"),
    )
    for kind, came in kinds:
        yield (
            kind,
            tx.value(
                f"""SELECT COUNT(DISTINCT replies.patient_id) FROM outbox AS copy
                    JOIN replies ON replies.clinic_id = :clinic_id AND {came}
                      AND replies.at < copy.settled_at + :within
                    WHERE copy.clinic_id = :clinic_id AND copy.kind = 'broadcast'
                      AND copy.broadcast_id = :id AND copy.state = 'sent'""",
                id=broadcast_id,
                within=within_ms,
            ),
        )


def answered_copy(tx: Tx, chat_id: int, *, reply_to: int | None) -> int | None:
    """Return the copy of a broadcast that a message in a chat answers, or None.

    It is the one that the message quotes, or the newest message that came to the chat.
    """
    row = tx.first(
        """SELECT id, kind FROM outbox
           WHERE clinic_id = :clinic_id AND chat_id = :chat_id AND message_id IS NOT NULL
             AND (:message_id IS NULL OR message_id = :message_id)
           ORDER BY message_id DESC, id LIMIT 1""",
        chat_id=chat_id,
        message_id=reply_to,
    )
    return row["id"] if row is not None and row["kind"] == "broadcast" else None
