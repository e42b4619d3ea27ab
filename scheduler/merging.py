"""One patient who is in the clinic's book twice: both records become one, and nothing is lost.

What is said twice for the same visit, or by an older plan that a newer one of the same treatment
and area has taken over from, is dropped, so that no message comes doubled. The rest of both plans
goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from zlib import crc32

from messages.catalogue import Catalogue
from scheduler import (
    alert_record,
    consent,
    dialogues,
    enrollment,
    events,
    holding,
    invitations,
    patients,
    phones,
    roster,
    settling,
)
from scheduler.clinic import Clinic
from scheduler.consent import Answer, Purpose
from scheduler.database import Row, Tx
from scheduler.patients import Patient
from scheduler.staff import Staff
from scheduler.wallclock import HOUR

SAME_VISIT_MS: Final = 12 * HOUR
"""Two sessions less than this apart are one visit that was written down twice."""

COUNTED: Final = ("enrollments", "replies", "staff_messages", "alerts")
"""What a preview counts: what staff know by name."""

_REASON: Final = "merged with the same patient's other plan"
_OPEN: Final = ("invited", "active", "paused")

Phone = Literal["none", "kept", "moves", "two"]
"""Where the patient is reached afterwards: nowhere yet; in the chat of the record that is kept; in
that of the other one, as only that has one; or in the kept one's, and the other is let go of."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """A plan that a newer one takes over from: unsent messages that come with the newer one."""

    enrollment_id: int
    treatment: str
    rows: tuple[int, ...]
    over: bool
    """Whether nothing else is owed by it, so that it ends."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would do, without doing it. ``moved`` counts rows of :data:`COUNTED`."""

    moved: Mapping[str, int] = field(default_factory=dict)
    overlaps: tuple[Overlap, ...] = ()
    phone: Phone = "none"
    two_alerts: bool = False
    """Both have an alert that waits: which of them is to be closed is for a person to say."""

    @property
    def mark(self) -> str:
        """What a confirmation carries: enough to tell that things have changed meanwhile."""
        return format(crc32(repr(self).encode()), "x")


def preview(tx: Tx, keep: Patient, gone: Patient, *, now: int) -> Preview:
    """Return what merging ``gone`` into ``keep`` would do at ``now`` (UTC epoch ms)."""
    phone: Phone = "none"
    if keep.chat_id is not None:
        phone = "kept" if gone.chat_id is None else "two"
    elif gone.chat_id is not None:
        phone = "moves"
    return Preview(
        moved={table: _count(tx, table, gone.id) for table in COUNTED},
        overlaps=_overlaps(tx, keep, gone, now=now),
        phone=phone,
        two_alerts=all(alert_record.unresolved(tx, each.id) is not None for each in (keep, gone)),
    )


def _count(tx: Tx, table: str, patient_id: int) -> int:
    found: int = tx.value(
        f"SELECT COUNT(*) FROM {table} WHERE clinic_id = :clinic_id AND patient_id = :id",
        id=patient_id,
    )
    return found


def _overlaps(tx: Tx, keep: Patient, gone: Patient, *, now: int) -> tuple[Overlap, ...]:
    """Return the plans, of either, whose unsent messages come with a newer plan as well."""
    plans = [
        row
        for each in (keep, gone)
        for row in enrollment.of_patient(tx, each.id)
        if row["status"] in _OPEN
    ]
    starts = {row["id"]: roster.first_session(tx, row["id"]) or 0 for row in plans}
    plans.sort(key=lambda row: (starts[row["id"]], row["id"]))
    found = []
    for index, older in enumerate(plans):
        newer = next(
            (
                each
                for each in plans[index + 1 :]
                if each["patient_id"] != older["patient_id"]
                and _takes_over(older, each, starts[each["id"]] - starts[older["id"]])
            ),
            None,
        )
        if newer is not None:
            found.append(_overlap(tx, older, newer, now=now))
    return tuple(each for each in found if each.rows)


def _takes_over(older: Row, newer: Row, apart_ms: int) -> bool:
    if older["treatment"] != newer["treatment"]:
        return False
    return older["area"] == newer["area"] or apart_ms < SAME_VISIT_MS


def _overlap(tx: Tx, older: Row, newer: Row, *, now: int) -> Overlap:
    visits = {
        row["id"]: row["starts_at"]
        for plan in (older, newer)
        for row in enrollment.sessions_of(tx, plan["id"])
    }
    theirs: dict[tuple[str, int], list[int]] = {}
    for row in enrollment.reminders_of(tx, newer["id"]):
        theirs.setdefault((row["step_key"], row["occurrence"]), []).append(
            visits[row["session_id"]]
        )
    unsent = [row for row in enrollment.reminders_of(tx, older["id"]) if row["state"] == "pending"]
    doubled = tuple(
        row["id"]
        for row in unsent
        if any(
            visits[row["session_id"]] <= now or abs(at - visits[row["session_id"]]) < SAME_VISIT_MS
            for at in theirs.get((row["step_key"], row["occurrence"]), ())
        )
    )
    return Overlap(older["id"], older["treatment"], doubled, over=len(doubled) == len(unsent))


def merge(
    tx: Tx,
    keep: Patient,
    gone: Patient,
    *,
    mark: str,
    catalogue: Catalogue,
    clinic: Clinic,
    member: Staff,
    now: int,
) -> Preview | None:
    """Make two records of one patient one: everything of ``gone`` becomes ``keep``'s.

    Args:
        tx: the open transaction.
        keep: the record that stays.
        gone: the record that goes away.
        mark: the :attr:`Preview.mark` that was confirmed.
        catalogue: today's protocols.
        clinic: whose quiet hours hold.
        member: who confirmed it.
        now: UTC epoch ms.

    Returns:
        What was done; None, and nothing was, where that is not what was confirmed.
    """
    done = preview(tx, keep, gone, now=now)
    if keep.id == gone.id or done.two_alerts or done.mark != mark:
        return None
    stays = gone if done.phone == "moves" else keep
    other = keep if done.phone == "moves" else gone
    wishes = {purpose: _wish(tx, stays, other, purpose, now=now) for purpose in consent.PURPOSES}
    not_begun = [
        row["id"] for row in enrollment.of_patient(tx, gone.id) if row["status"] == "invited"
    ]
    _drop_doubled(tx, keep, gone, done, now=now)
    # From here on nothing of theirs leaves before it is released.
    holding.hold(tx, gone.id, "consent")
    tx.run(
        "UPDATE patients SET chat_id = NULL WHERE clinic_id = :clinic_id AND id = :id", id=gone.id
    )
    patients.give_to(tx, gone.id, keep.id)
    if stays.chat_id is not None:
        patients.meet(tx, keep.id, chat_id=stays.chat_id, language=stays.language, now=now)
    if done.phone == "two" and gone.chat_id is not None and keep.chat_id is not None:
        phones.redirect(tx, keep.id, old_chat=gone.chat_id, new_chat=keep.chat_id, now=now)
        dialogues.close(tx, gone.chat_id)
    for purpose, wish in wishes.items():
        if wish is not None:
            consent.record(tx, keep.id, purpose, given=wish.given, version=wish.version, now=now)
    _settle_state(tx, keep, stays, actor=member.actor, now=now)
    _go_on(tx, keep.id, not_begun, catalogue, clinic, now=now)
    events.note(
        tx,
        "patients_merged",
        actor=member.actor,
        now=now,
        patient_id=keep.id,
        other=gone.id,
        label=gone.label,
        dropped=sum(len(each.rows) for each in done.overlaps),
    )
    return done


def _wish(tx: Tx, stays: Patient, other: Patient, purpose: Purpose, *, now: int) -> Answer | None:
    """Return what holds for a purpose afterwards; None where nobody was asked.

    The yes has to come from the phone that stays, to the text that was read there, and a later no
    from the other one counts.
    """
    mine = consent.last(tx, stays.id, purpose)
    theirs = consent.last(tx, other.id, purpose)
    if mine is None:
        # Whoever never answered on this phone is asked there, whatever the other one said.
        return None if theirs is None else Answer(given=False, at=now, version=theirs.version)
    if theirs is not None and not theirs.given and theirs.at > mine.at:
        return theirs
    return mine


def _drop_doubled(tx: Tx, keep: Patient, gone: Patient, done: Preview, *, now: int) -> None:
    rows = [
        row
        for each in done.overlaps
        for row in enrollment.reminders_of(tx, each.enrollment_id)
        if row["id"] in each.rows
    ]
    # Two copies of one broadcast are one too many, too.
    rows += tx.all(
        """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND patient_id = :gone
             AND kind = 'broadcast' AND state = 'pending'
             AND EXISTS (SELECT 1 FROM outbox AS twin WHERE twin.clinic_id = :clinic_id
                 AND twin.patient_id = :keep AND twin.kind = 'broadcast'
                 AND twin.broadcast_id = outbox.broadcast_id)""",
        keep=keep.id,
        gone=gone.id,
    )
    for row in rows:
        settling.drop(tx, row, "canceled", _REASON, now=now)
    for each in done.overlaps:
        # A change of the plan as it was cannot be taken back any more.
        tx.run(
            """UPDATE enrollments SET version = version + 1
               WHERE clinic_id = :clinic_id AND id = :id""",
            id=each.enrollment_id,
        )
        if each.over:
            invitations.close(tx, each.enrollment_id, now=now)
            tx.run(
                """UPDATE enrollments SET status = 'ended', reason = :reason, ended_at = :now
                   WHERE clinic_id = :clinic_id AND id = :id""",
                id=each.enrollment_id,
                reason=_REASON,
                now=now,
            )


def _settle_state(tx: Tx, keep: Patient, stays: Patient, *, actor: str, now: int) -> None:
    state = stays.state
    if state == "active" and not consent.holds(tx, keep.id, "aftercare"):
        state = "stopped"
    patients.becomes(tx, keep.id, state, actor=actor, now=now)


def _go_on(
    tx: Tx, patient_id: int, not_begun: list[int], catalogue: Catalogue, clinic: Clinic, *, now: int
) -> None:
    """Let the plans go on, or hold them for what holds for the patient."""
    patient = patients.known(tx, patient_id)
    if patient.state != "active":
        reason: Mapping[str, holding.Hold] = {
            "invited": "consent",
            "stopped": "stopped",
            "unreachable": "unreachable",
        }
        holding.hold(tx, patient_id, reason[patient.state])
        return
    for enrollment_id in not_begun:
        # The patient has said yes already; the link is needed no more.
        invitations.close(tx, enrollment_id, now=now)
        holding.begin(tx, enrollment_id, patient, catalogue, clinic, now=now)
    holding.release(tx, patient, catalogue, clinic, now=now)
