"""The library of tips at work: which are sent by themselves, when each is next, and sending it.

A tip becomes a broadcast a day before its day, so that its copies wait for the hour of each
patient's own zone and a manager can still stop it. The day is written down, not kept by a timer.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from messages.catalogue import Catalogue
from messages.tips import LibraryTip
from scheduler import broadcasts, events, outbox, staff
from scheduler.broadcasts import NotStarted
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx
from scheduler.said import Said
from scheduler.segments import EVERYONE, Segment
from scheduler.staff import Staff
from scheduler.tip import Tip
from scheduler.wallclock import first_moment, local_date

AHEAD: Final = timedelta(days=1)
"""So long before its day a tip becomes a broadcast: no zone is further ahead than that."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A tip that is sent by itself: the next day, by the patients' calendars."""

    name: str
    next_on: date
    staff_id: int


def planned(tx: Tx, name: str) -> Planned | None:
    """Return when a tip is next, or None where it is not turned on."""
    row = tx.first("SELECT * FROM library WHERE clinic_id = :clinic_id AND name = :name", name=name)
    return _planned(row) if row else None


def _planned(row: Row) -> Planned:
    return Planned(row["name"], date.fromisoformat(row["next_on"]), row["staff_id"])


def turn_on(
    tx: Tx, name: str, tip: LibraryTip, clinic: Clinic, *, member: Staff, now: int
) -> Planned:
    """Have a tip sent by itself from now on; it is reported to ``member``."""
    today = local_date(now, clinic.timezone)
    # Its copies have to be there before the day begins anywhere.
    next_on = tip.next_day(today + AHEAD)
    tx.run(
        """INSERT INTO library (clinic_id, name, staff_id, next_on, changed_at)
           VALUES (:clinic_id, :name, :staff_id, :next_on, :now)
           ON CONFLICT (clinic_id, name) DO NOTHING""",
        name=name,
        staff_id=member.id,
        next_on=next_on.isoformat(),
        now=now,
    )
    events.note(tx, "tip_turned_on", actor=member.actor, now=now, tip=name)
    return planned(tx, name) or Planned(name, next_on, member.id)


def turn_off(tx: Tx, name: str, *, actor: str, now: int) -> bool:
    """Send a tip no more by itself; returns False where it was off. What is under way goes on."""
    was_on = tx.run("DELETE FROM library WHERE clinic_id = :clinic_id AND name = :name", name=name)
    if was_on:
        events.note(tx, "tip_turned_off", actor=actor, now=now, tip=name)
    return was_on > 0


def begin_due(tx: Tx, catalogue: Catalogue, clinic: Clinic, *, now: int) -> int:
    """Make a broadcast of every tip whose day is tomorrow (``now`` in UTC epoch ms).

    A day that passed while the bot was down is left out: the next one comes. So is a tip that the
    clinic took out of its library, until it is there again.

    Returns:
        How many broadcasts were begun.
    """
    begun = 0
    tomorrow = local_date(now, clinic.timezone) + AHEAD
    for row in tx.all(
        "SELECT * FROM library WHERE clinic_id = :clinic_id AND next_on <= :day ORDER BY name",
        day=tomorrow.isoformat(),
    ):
        due = _planned(row)
        tip = catalogue.tips.get(due.name)
        if tip is None:
            continue
        starts = datetime.combine(due.next_on, tip.at)
        late = first_moment(due.next_on, tip.at, clinic.timezone) < now
        if not late and _begin(tx, catalogue, clinic, due, tip, starts, now=now):
            begun += 1
        tx.run(
            """UPDATE library SET next_on = :next_on
               WHERE clinic_id = :clinic_id AND name = :name""",
            name=due.name,
            next_on=tip.next_day(max(due.next_on, tomorrow)).isoformat(),
        )
    return begun


def _begin(
    tx: Tx,
    catalogue: Catalogue,
    clinic: Clinic,
    due: Planned,
    tip: LibraryTip,
    starts: datetime,
    *,
    now: int,
) -> bool:
    sender = staff.reached(tx, due.staff_id)[0]
    started = broadcasts.start(
        tx,
        tip_of(catalogue, due.name, clinic.language),
        segment_of(tip),
        member=sender,
        clinic=clinic,
        progress_message=None,
        starts=starts,
        library=due.name,
        now=now,
    )
    if isinstance(started, NotStarted):
        events.note(tx, "tip_left_out", actor="system", now=now, tip=due.name)
        return False
    outbox.say(
        tx,
        Said("…", form=broadcasts.ANNOUNCED),
        chat_id=sender.chat_id,
        now=now,
        broadcast_id=started.broadcast_id,
    )
    return True


def tip_of(catalogue: Catalogue, name: str, language: str) -> Tip:
    """Return what a tip of the library says; ``language`` is for whoever speaks none of ours.

    Raises:
        KeyError: there is no such tip.
    """
    return Tip(
        catalogue.tip_text(language, name),
        poll=catalogue.tips[name].poll,
        others={
            each: catalogue.tip_text(each, name)
            for each in catalogue.languages
            if each != catalogue.language(language)
        },
    )


def segment_of(tip: LibraryTip) -> Segment:
    """Return whom a tip of the library is for."""
    who = tip.segment
    made = EVERYONE.having("treatment", *who.treatment).having("area", *who.area)
    made = made.having("language", *who.language).having("status", *who.status)
    if who.within is not None:
        made = made.having("within", str(who.within))
    return made.having("before", str(who.before)) if who.before is not None else made
