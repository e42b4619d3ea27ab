"""/digest and the morning message: the day at a glance, in a member's own language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import time

from bot.turn import House, Turn
from messages.markup import Html
from messages.render import clock, day, distance, moment
from scheduler import alert_words, attendance_words, oncall, outbox, staff
from scheduler import digest as digests
from scheduler.absences import Absence
from scheduler.channel import Button
from scheduler.database import Row, Tx
from scheduler.digest import SHOWN, Digest
from scheduler.outbox import Lane
from scheduler.said import Said
from scheduler.wallclock import MINUTE


def digest(turn: Turn) -> None:
    """Answer /digest."""
    if turn.staff is None:
        return
    found = digests.gather(turn.tx, turn.staff, turn.clinic.timezone, now=turn.now)
    writer = _Writer(turn.house, turn.language, turn.now)
    turn.say(writer.words("title", found), writer.buttons(found))


def morning(tx: Tx, house: House, at: time | None, *, now: int) -> int:
    """Owe the morning message, once a day, to whoever is there and has something in it.

    Args:
        tx: the open transaction.
        house: the clinic and its texts.
        at: the clinic's hour for it; None for none.
        now: UTC epoch ms.

    Returns:
        How many members are told.
    """
    since = digests.begin(tx, at, house.clinic, now=now) if at is not None else None
    if since is None:
        return 0
    told = 0
    for member in oncall.here(tx, staff.everyone(tx)):
        found = digests.gather(tx, member, house.clinic.timezone, now=now)
        if found.empty:
            continue
        writer = _Writer(house, member.language, now)
        outbox.say(
            tx,
            Said(writer.words("morning", found), buttons=writer.buttons(found)),
            chat_id=member.chat_id,
            now=now,
            lane=Lane.REMINDER,
            useful_until=since + digests.USEFUL_FOR_MS,
        )
        told += 1
    return told


@dataclass(frozen=True, slots=True)
class _Writer:
    """Puts a digest into words."""

    house: House
    language: str
    now: int

    def words(self, heading: str, found: Digest) -> str:
        """Return a digest as HTML under a heading, the most pressing first."""
        zone = self.house.clinic.timezone
        parts = [
            [self._text(heading, day=day(self.now, zone, self.language))],
            [self._stands_in(absence) for absence in found.stands_in],
            self._alerts(found),
            self._waiting(found),
            self._off_course(found),
            self._unsaid(found.unsaid),
            self._sessions(found.sessions),
            self._unconfirmed(found.unconfirmed),
        ]
        if found.empty:
            parts.append([self._text("empty")])
        return "\n\n".join("\n".join(part) for part in parts if part)

    def buttons(self, found: Digest) -> tuple[tuple[Button, ...], ...]:
        """Return a button for each session that is listed as unsaid: it asks whether they came."""
        return tuple(
            (
                Button(
                    self.house.catalogue.label(
                        self.language,
                        "practitioner.digest.button.unsaid",
                        label=row["label"],
                        moment=self._moment(row["starts_at"]),
                    ),
                    data=f"{attendance_words.PREFIX}:{row['id']}:{attendance_words.ASK}",
                ),
            )
            for row in found.unsaid[:SHOWN]
        )

    def _moment(self, at: int) -> str:
        return moment(at, self.house.clinic.timezone, self.language)

    def _text(self, key: str, **params: object) -> Html:
        return self.house.catalogue.text(self.language, f"practitioner.digest.{key}", **params)

    def _age(self, at: int) -> str:
        return distance(-max(self.now - at, MINUTE), self.language)

    def _part(self, title: Html, lines: Iterable[Html], count: int) -> list[Html]:
        if not count:
            return []
        shown = [Html(f"• {line}") for line in lines][:SHOWN]
        more = [self._text("more", n=count - len(shown))] if count > len(shown) else []
        return [title, *shown, *more]

    def _stands_in(self, absence: Absence) -> Html:
        until = day(absence.ends_at - 1, self.house.clinic.timezone, self.language)
        return self._text("stands_in", who=absence.name, until=until)

    def _alerts(self, found: Digest) -> list[Html]:
        lines = (
            self._text(
                "alert",
                mark=alert_words.MARKS[each.level],
                label=each.label,
                age=self._age(each.opened_at),
            )
            for each in found.alerts
        )
        return self._part(self._text("alerts", n=found.alert_count), lines, found.alert_count)

    def _waiting(self, found: Digest) -> list[Html]:
        lines = (
            self._text("waiting_one", label=each.patient.label, age=self._age(each.first["at"]))
            for each in found.waiting
        )
        return self._part(self._text("waiting", n=found.waiting_count), lines, found.waiting_count)

    def _off_course(self, found: Digest) -> list[Html]:
        lines = (
            self._text(
                "finding",
                label=each.label,
                why=self._text(f"why.{each.finding}", answer=each.answer),
            )
            for each in found.off_course
        )
        return self._part(self._text("off_course"), lines, len(found.off_course))

    def _sessions(self, rows: Sequence[Row]) -> list[Html]:
        zone = self.house.clinic.timezone
        lines = (
            self._text(
                "visits" if self._is_visit(row["treatment"]) else "session",
                clock=clock(row["starts_at"], zone, self.language),
                label=row["label"],
                treatment=self._treatment(row["treatment"]),
                state=self.house.catalogue.text(
                    self.language, f"practitioner.card.status.{row['state']}"
                ),
            )
            for row in rows
        )
        return self._part(self._text("sessions"), lines, len(rows))

    def _unsaid(self, rows: Sequence[Row]) -> list[Html]:
        lines = (
            self._text("unsaid_one", moment=self._moment(row["starts_at"]), label=row["label"])
            for row in rows
        )
        return self._part(self._text("unsaid", n=len(rows)), lines, len(rows))

    def _unconfirmed(self, rows: Sequence[Row]) -> list[Html]:
        lines = (
            self._text(
                "wants_change" if row["state"] == "change_wanted" else "unconfirmed_one",
                moment=self._moment(row["starts_at"]),
                label=row["label"],
            )
            for row in rows
        )
        return self._part(self._text("unconfirmed"), lines, len(rows))

    def _is_visit(self, treatment: str) -> bool:
        protocol = self.house.catalogue.protocols.get(treatment)
        return protocol is not None and protocol.kind == "consultation"

    def _treatment(self, treatment: str) -> str:
        try:
            return self.house.catalogue.treatment_name(self.language, treatment)
        except KeyError:
            return treatment
