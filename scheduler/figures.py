"""The clinic's figures by treatment and month: what came of the plans, as counts and medians.

What each of them means stands in docs/STATS.md. A practitioner's are those of the plans that are
theirs, a manager's those of all.

The rows of years are counted a stretch of ids at a time, each in a transaction of its own, so that
nothing else waits. Only counts are kept of them: of durations, how many took so many minutes,
which gives the exact median in minutes.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, time
from typing import Any, Final

from messages.catalogue import Catalogue
from scheduler.database import Row, Tx
from scheduler.staff import Staff
from scheduler.wallclock import first_moment, local_date

MONTHS: Final = 12
SPAN: Final = 2_500
"""So many ids are counted in one transaction."""

_MINUTE: Final = 60_000

Read = Callable[..., Any]
"""Runs a use case in a transaction of its own and waits for it: ``Store.write_now``."""


@dataclass(slots=True)
class Figures:
    """What was counted of one treatment in one month; see docs/STATS.md for each."""

    enrolled: int = 0
    delivered: int = 0
    not_delivered: int = 0
    asked: int = 0
    answered: int = 0
    answer_minutes: Counter[int] = field(default_factory=Counter)
    off_course: int = 0
    alerts: int = 0
    taken_minutes: Counter[int] = field(default_factory=Counter)
    attended: int = 0
    missed: int = 0
    opt_outs: int = 0

    def add(self, other: "Figures") -> None:
        """Count what another one counted too."""
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            else:
                setattr(self, each.name, mine + theirs)

    @property
    def answer_rate(self) -> float | None:
        """The share of what was asked that was answered; None where nothing was."""
        return self.answered / self.asked if self.asked else None

    @property
    def no_show_rate(self) -> float | None:
        """The share of the visits that nobody came to; None where there was no visit."""
        visits = self.attended + self.missed
        return self.missed / visits if visits else None


def median(minutes: Mapping[int, int]) -> int | None:
    """Return the middle duration (the lower of two), or None where there is none (pure)."""
    count = sum(minutes.values())
    passed = 0
    for value in sorted(minutes):
        passed += minutes[value]
        if 2 * passed >= count:
            return value
    return None


@dataclass(slots=True)
class Report:
    """Figures by month (its first day) and treatment, and how many plans are under way now."""

    months: tuple[date, ...]
    cells: dict[tuple[date, str], Figures] = field(default_factory=dict)
    active: Counter[str] = field(default_factory=Counter)

    @property
    def treatments(self) -> tuple[str, ...]:
        """Every treatment that was counted, in order."""
        return tuple(sorted({treatment for _, treatment in self.cells} | set(self.active)))

    def of(self, *, month: date | None = None, treatment: str | None = None) -> Figures:
        """Return the figures of a month and a treatment together; None means all of them."""
        whole = Figures()
        for (when, what), cell in self.cells.items():
            if month in (None, when) and treatment in (None, what):
                whole.add(cell)
        return whole


def months_until(now: int, zone: str, count: int = MONTHS) -> tuple[date, ...]:
    """Return the first days of the last months, the present one included, oldest first (pure)."""
    today = local_date(now, zone)
    this = today.year * 12 + today.month - 1
    return tuple(
        date(number // 12, number % 12 + 1, 1) for number in range(this - count + 1, this + 1)
    )


def gather(read: Read, member: Staff, catalogue: Catalogue, zone: str, *, now: int) -> Report:
    """Count the figures that a member may see, up to ``now`` (UTC epoch ms).

    Args:
        read: runs a use case in a transaction of its own, and waits for it.
        member: who asks.
        catalogue: today's protocols, which say which messages ask something.
        zone: the clinic's, in which months begin.
        now: UTC epoch ms.
    """
    report = Report(months_until(now, zone))
    counting = _Counting(report, member, _bounds(report.months, zone), catalogue)
    for table, count in counting.tables():
        last = read(_last_id, table)
        for start in range(0, last, SPAN):
            read(count, after=start, until=start + SPAN, now=now)
    return report


def _bounds(months: Sequence[date], zone: str) -> tuple[int, ...]:
    return tuple(first_moment(month, time(0), zone) for month in months)


class _Counting:
    """Counts into a report, one statement after the other."""

    def __init__(
        self, report: Report, member: Staff, bounds: Sequence[int], catalogue: Catalogue
    ) -> None:
        self._report = report
        self._params: dict[str, object] = {
            "member": member.id,
            **{f"bound{index}": bound for index, bound in enumerate(bounds)},
        }
        self._theirs = "1 = 1" if member.role == "manager" else "enrollments.staff_id = :member"
        self._asks = {
            (protocol.treatment, step.key)
            for protocol in catalogue.protocols.values()
            for step in protocol.steps
            if step.questions
        }

    def tables(self) -> Iterator[tuple[str, Callable[..., None]]]:
        """Every table that is counted, and the use case that counts a stretch of it."""
        yield "enrollments", self._enrolled
        yield "outbox", self._delivered
        yield "replies", self._answered
        yield "alerts", self._alerts
        yield "sessions", self._sessions
        yield "events", self._opt_outs

    def _month(self, column: str) -> str:
        """Return the SQL that says in which month an instant lies: its index, -1 for before."""
        bounds = range(len(self._report.months) - 1, -1, -1)
        whens = " ".join(f"WHEN {column} >= :bound{index} THEN {index}" for index in bounds)
        return f"CASE {whens} ELSE -1 END"

    def _rows(self, tx: Tx, sql: str, **params: object) -> list[Row]:
        return [
            row
            for row in tx.all(sql, **self._params, **params)
            if row.get("month") is None or row["month"] >= 0
        ]

    def _cell(self, row: Row) -> Figures:
        key = (self._report.months[row["month"]], row["treatment"])
        return self._report.cells.setdefault(key, Figures())

    def _enrolled(self, tx: Tx, *, after: int, until: int, now: int) -> None:
        for row in self._rows(
            tx,
            f"""SELECT treatment, {self._month("created_at")} AS month, COUNT(*) AS n
                FROM enrollments WHERE clinic_id = :clinic_id AND id > :after AND id <= :until
                  AND created_at <= :now AND {self._theirs}
                GROUP BY treatment, month""",
            after=after,
            until=until,
            now=now,
        ):
            self._cell(row).enrolled += row["n"]
        for row in self._rows(
            tx,
            f"""SELECT treatment, COUNT(*) AS n FROM enrollments
                WHERE clinic_id = :clinic_id AND id > :after AND id <= :until
                  AND status = 'active' AND {self._theirs} GROUP BY treatment""",
            after=after,
            until=until,
        ):
            self._report.active[row["treatment"]] += row["n"]

    def _delivered(self, tx: Tx, *, after: int, until: int, now: int) -> None:
        for row in self._rows(
            tx,
            f"""SELECT enrollments.treatment, outbox.step_key, outbox.state,
                    {self._month("outbox.settled_at")} AS month, COUNT(*) AS n
                FROM outbox
                JOIN enrollments ON enrollments.clinic_id = :clinic_id
                  AND enrollments.id = outbox.enrollment_id
                WHERE outbox.clinic_id = :clinic_id AND outbox.id > :after AND outbox.id <= :until
                  AND outbox.kind = 'reminder' AND outbox.settled_at <= :now
                  AND outbox.state <> 'canceled' AND {self._theirs}
                GROUP BY enrollments.treatment, outbox.step_key, outbox.state, month""",
            after=after,
            until=until,
            now=now,
        ):
            cell = self._cell(row)
            if row["state"] != "sent":
                cell.not_delivered += row["n"]
                continue
            cell.delivered += row["n"]
            if (row["treatment"], row["step_key"]) in self._asks:
                cell.asked += row["n"]

    def _answered(self, tx: Tx, *, after: int, until: int, now: int) -> None:
        # The first answer to a message counts, in the month in which the message arrived.
        for row in self._rows(
            tx,
            f"""SELECT enrollments.treatment, outbox.step_key,
                    {self._month("outbox.settled_at")} AS month,
                    (replies.at - outbox.settled_at) / {_MINUTE} AS minutes, COUNT(*) AS n
                FROM replies
                JOIN outbox ON outbox.clinic_id = :clinic_id AND outbox.id = replies.outbox_id
                JOIN enrollments ON enrollments.clinic_id = :clinic_id
                  AND enrollments.id = outbox.enrollment_id
                WHERE replies.clinic_id = :clinic_id AND replies.id > :after
                  AND replies.id <= :until AND replies.question IS NOT NULL
                  AND replies.at <= :now AND outbox.kind = 'reminder' AND outbox.state = 'sent'
                  AND {self._theirs}
                  AND NOT EXISTS (SELECT 1 FROM replies AS earlier
                      WHERE earlier.clinic_id = :clinic_id
                        AND earlier.outbox_id = replies.outbox_id
                        AND earlier.question IS NOT NULL AND earlier.id < replies.id)
                GROUP BY enrollments.treatment, outbox.step_key, month, minutes""",
            after=after,
            until=until,
            now=now,
        ):
            if (row["treatment"], row["step_key"]) in self._asks:
                cell = self._cell(row)
                cell.answered += row["n"]
                cell.answer_minutes[max(0, row["minutes"])] += row["n"]
        for row in self._rows(
            tx,
            f"""SELECT enrollments.treatment, {self._month("replies.at")} AS month, COUNT(*) AS n
                FROM replies
                JOIN enrollments ON enrollments.clinic_id = :clinic_id
                  AND enrollments.id = replies.enrollment_id
                WHERE replies.clinic_id = :clinic_id AND replies.id > :after
                  AND replies.id <= :until AND replies.finding IS NOT NULL
                  AND replies.at <= :now AND {self._theirs}
                GROUP BY enrollments.treatment, month""",
            after=after,
            until=until,
            now=now,
        ):
            self._cell(row).off_course += row["n"]

    def _alerts(self, tx: Tx, *, after: int, until: int, now: int) -> None:
        for row in self._rows(
            tx,
            f"""SELECT enrollments.treatment, {self._month("alerts.opened_at")} AS month,
                    (alerts.acknowledged_at - alerts.opened_at) / {_MINUTE} AS minutes,
                    COUNT(*) AS n
                FROM alerts
                JOIN enrollments ON enrollments.clinic_id = :clinic_id
                  AND enrollments.id = alerts.enrollment_id
                WHERE alerts.clinic_id = :clinic_id AND alerts.id > :after
                  AND alerts.id <= :until AND alerts.opened_at <= :now AND {self._theirs}
                GROUP BY enrollments.treatment, month, minutes""",
            after=after,
            until=until,
            now=now,
        ):
            cell = self._cell(row)
            cell.alerts += row["n"]
            if row["minutes"] is not None:
                cell.taken_minutes[row["minutes"]] += row["n"]

    def _sessions(self, tx: Tx, *, after: int, until: int, now: int) -> None:
        # A session that was written down after it took place could not be missed.
        for row in self._rows(
            tx,
            f"""SELECT enrollments.treatment, sessions.state,
                    {self._month("sessions.starts_at")} AS month, COUNT(*) AS n
                FROM sessions
                JOIN enrollments ON enrollments.clinic_id = :clinic_id
                  AND enrollments.id = sessions.enrollment_id
                WHERE sessions.clinic_id = :clinic_id AND sessions.id > :after
                  AND sessions.id <= :until AND sessions.starts_at <= :now
                  AND sessions.created_at < sessions.starts_at
                  AND (sessions.state = 'held' OR sessions.why = 'missed') AND {self._theirs}
                GROUP BY enrollments.treatment, sessions.state, month""",
            after=after,
            until=until,
            now=now,
        ):
            cell = self._cell(row)
            if row["state"] == "held":
                cell.attended += row["n"]
            else:
                cell.missed += row["n"]

    def _opt_outs(self, tx: Tx, *, after: int, until: int, now: int) -> None:
        # Of several plans it is the newest one's.
        for row in self._rows(
            tx,
            f"""SELECT enrollments.treatment, {self._month("events.at")} AS month, COUNT(*) AS n
                FROM events
                JOIN enrollments ON enrollments.clinic_id = :clinic_id
                  AND enrollments.id = (SELECT MAX(newest.id) FROM enrollments AS newest
                      WHERE newest.clinic_id = :clinic_id
                        AND newest.patient_id = events.patient_id
                        AND newest.created_at <= events.at)
                WHERE events.clinic_id = :clinic_id AND events.id > :after AND events.id <= :until
                  AND events.kind = 'patient_stopped' AND events.actor = 'patient'
                  AND events.at <= :now AND {self._theirs}
                GROUP BY enrollments.treatment, month""",
            after=after,
            until=until,
            now=now,
        ):
            self._cell(row).opt_outs += row["n"]


def _last_id(tx: Tx, table: str) -> int:
    found: int | None = tx.value(f"SELECT MAX(id) FROM {table} WHERE clinic_id = :clinic_id")
    return found or 0
