"""Segments: which patients a broadcast is for, how many get it, and why the others do not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from scheduler.database import Tx
from scheduler.quiet import QuietHours
from scheduler.wallclock import HOUR

Kind = Literal["treatment", "area", "language", "status", "staff", "within", "before"]
Fate = Literal["reached", "no_consent", "alert", "recent", "stopped", "unreachable", "not_opened"]
LEFT_OUT: Final[tuple[Fate, ...]] = (
    "no_consent",
    "alert",
    "recent",
    "stopped",
    "unreachable",
    "not_opened",
)
KINDS: Final[tuple[Kind, ...]] = (
    "treatment",
    "area",
    "language",
    "status",
    "staff",
    "within",
    "before",
)
STATUSES: Final = ("active", "over")
"""A plan that is under way, or one that is over."""

MOST_DAYS: Final = 3650

_DAY: Final = 24 * HOUR
_DAYS: Final = ("7", "30", "90", "180", "365")
_OPTIONS: Final[Mapping[Kind, str]] = {
    "language": "SELECT DISTINCT language AS value FROM patients WHERE clinic_id = :clinic_id",
    "treatment": """SELECT DISTINCT treatment AS value FROM enrollments
        WHERE clinic_id = :clinic_id""",
    "area": "SELECT DISTINCT area AS value FROM enrollments WHERE clinic_id = :clinic_id",
    "staff": """SELECT DISTINCT enrollments.staff_id AS value FROM enrollments
        JOIN staff ON staff.clinic_id = :clinic_id AND staff.id = enrollments.staff_id
          AND staff.removed_at IS NULL
        WHERE enrollments.clinic_id = :clinic_id""",
}
_STATUS: Final[Mapping[str, str]] = {
    "active": "('active', 'paused')",
    "over": "('completed', 'ended')",
}

# What would become of a copy for this patient. The newest line about tips is what holds.
_FATE: Final = """CASE
    WHEN patients.chat_id IS NULL OR patients.state = 'invited' THEN 'not_opened'
    WHEN patients.state <> 'active' THEN patients.state
    WHEN COALESCE((SELECT consents.given FROM consents
        WHERE consents.clinic_id = :clinic_id AND consents.patient_id = patients.id
          AND consents.purpose = 'tips' ORDER BY consents.id DESC LIMIT 1), 0) = 0
        THEN 'no_consent'
    WHEN EXISTS (SELECT 1 FROM alerts
        WHERE alerts.clinic_id = :clinic_id AND alerts.patient_id = patients.id
          AND alerts.state <> 'resolved' AND alerts.spoken = 1)
        THEN 'alert'
    WHEN EXISTS (SELECT 1 FROM outbox
        WHERE outbox.clinic_id = :clinic_id AND outbox.patient_id = patients.id
          AND outbox.kind = 'broadcast' AND outbox.state = 'sent'
          AND outbox.settled_at + 0 > :recent)
        THEN 'recent'
    ELSE 'reached' END"""


@dataclass(frozen=True, slots=True)
class Segment:
    """Patients whom all of this holds for; several values of one kind mean any of them.

    Attributes:
        chosen: by kind, the values: treatments, areas, languages, statuses, ids of staff. What is
            said of a plan holds for one and the same plan. ``within`` and ``before`` hold one
            number of days each: the last session was in, or before, so many days.
    """

    chosen: tuple[tuple[Kind, tuple[str, ...]], ...] = ()

    @property
    def code(self) -> str:
        """The form that the database keeps: "all", "treatment:facial,hair&language:es"."""
        return "&".join(f"{kind}:{','.join(values)}" for kind, values in self.chosen) or "all"

    @classmethod
    def parse(cls, code: str) -> "Segment":
        """Read the form that :attr:`code` gives.

        Raises:
            ValueError: it is none.
        """
        if code == "all":
            return cls()
        made = cls()
        for part in code.split("&"):
            name, _, values = part.partition(":")
            kind = next((each for each in KINDS if each == name), None)
            if kind is None or not all(values.split(",")) or made.values(kind):
                raise ValueError(f"no segment is written {code!r}")
            made = made.having(kind, *values.split(","))
        return made

    def values(self, kind: Kind) -> tuple[str, ...]:
        """Return what was chosen of a kind; nothing where it does not matter."""
        return dict(self.chosen).get(kind, ())

    def having(self, kind: Kind, *values: str) -> "Segment":
        """Return the segment with other values of one kind (none: it no longer matters).

        Raises:
            ValueError: these are no values of that kind.
        """
        if kind in ("within", "before") and not (len(values) <= 1 and all(map(_is_days, values))):
            raise ValueError(f"{kind} is one number of days, not {values!r}")
        if kind == "status" and set(values) - set(STATUSES):
            raise ValueError(f"a plan has no status {values!r}")
        by_kind = {**dict(self.chosen), kind: tuple(sorted(set(values)))}
        return replace(
            self, chosen=tuple((each, by_kind[each]) for each in KINDS if by_kind.get(each))
        )

    def toggled(self, kind: Kind, value: str) -> "Segment":
        """Return the segment with a value taken in, or out where it was in already."""
        values = self.values(kind)
        if value in values:
            return self.having(kind, *(each for each in values if each != value))
        return self.having(kind, *(() if kind in ("within", "before") else values), value)


EVERYONE: Final = Segment()


@dataclass(frozen=True, slots=True)
class Audience:
    """How many patients of a segment get a broadcast, and how many do not, by reason.

    For ``asleep`` of those who are reached it is night: they get it in the morning.
    """

    reached: int = 0
    left_out: Mapping[Fate, int] = field(default_factory=dict)
    asleep: int = 0


@dataclass(frozen=True, slots=True)
class Matched:
    """The conditions on ``patients`` for a segment, and what they bind."""

    sql: str
    params: Mapping[str, object]


def within(segment: Segment, *, now: int) -> Matched:
    """Return the conditions for being in a segment at ``now`` (UTC epoch ms)."""
    params: dict[str, object] = {}
    conditions = ["patients.clinic_id = :clinic_id"]
    if languages := segment.values("language"):
        conditions.append(f"patients.language IN ({_bound(params, 'language', languages)})")
    plan = " ".join(f"AND {each}" for each in _of_plan(segment, params))
    newer, older = segment.values("within"), segment.values("before")
    if newer:
        params["newer"] = now - int(newer[0]) * _DAY
        conditions.append(_visited(plan, "> :newer"))
    if older:
        params["older"] = now - int(older[0]) * _DAY
        conditions.append(_visited(plan, "<= :older"))
        conditions.append(f"NOT {_visited(plan, '> :older')}")
    if plan and not newer and not older:
        conditions.append(_planned(plan))
    if newer or older:
        params["now"] = now
    return Matched(" AND ".join(conditions), params)


def _planned(plan: str) -> str:
    return f"""EXISTS (SELECT 1 FROM enrollments WHERE enrollments.clinic_id = :clinic_id
        AND enrollments.patient_id = patients.id {plan})"""


def _visited(plan: str, when: str) -> str:
    # A scalar and not a join: a planner without statistics would begin with all sessions there are.
    return _planned(
        f"""{plan} AND (SELECT MAX(sessions.starts_at) FROM sessions
            WHERE sessions.clinic_id = :clinic_id AND sessions.enrollment_id = enrollments.id
              AND sessions.state <> 'canceled' AND sessions.starts_at <= :now) {when}"""
    )


def _of_plan(segment: Segment, params: dict[str, object]) -> Iterator[str]:
    columns: tuple[tuple[Kind, str], ...] = (
        ("treatment", "treatment"),
        ("area", "area"),
        ("staff", "staff_id"),
    )
    for kind, column in columns:
        if values := segment.values(kind):
            given: Sequence[object] = [int(v) for v in values] if kind == "staff" else values
            yield f"enrollments.{column} IN ({_bound(params, kind, given)})"
    if statuses := segment.values("status"):
        any_of = " OR ".join(f"enrollments.status IN {_STATUS[each]}" for each in statuses)
        yield f"({any_of})"


def _bound(params: dict[str, object], name: str, values: Sequence[object]) -> str:
    """Bind each of ``values`` by a name of its own; return the list of names."""
    names = {f"{name}{number}": value for number, value in enumerate(values)}
    params.update(names)
    return ", ".join(f":{each}" for each in names)


def _is_days(value: str) -> bool:
    return value.isascii() and value.isdecimal() and 0 < int(value) <= MOST_DAYS


def audience(tx: Tx, segment: Segment, *, quiet: QuietHours, gap_ms: int, now: int) -> Audience:
    """Count who of a segment would get a broadcast at this moment, and who would not.

    Args:
        tx: the open transaction.
        segment: who they are.
        quiet: the hours of a patient's night.
        gap_ms: no second tip within so long (0: no limit).
        now: UTC epoch ms.
    """
    matched = within(segment, now=now)
    rows = tx.all(
        f"""SELECT fate, timezone, COUNT(*) AS n
            FROM (SELECT {_FATE} AS fate, patients.timezone FROM patients
                WHERE patients.clinic_id = :clinic_id AND {matched.sql}) AS fates
            GROUP BY fate, timezone""",
        **matched.params,
        recent=since(gap_ms, now=now),
    )
    counts: dict[Fate, int] = {}
    asleep = 0
    for row in rows:
        counts[row["fate"]] = counts.get(row["fate"], 0) + row["n"]
        if row["fate"] == "reached" and quiet.holds(now, row["timezone"]):
            asleep += row["n"]
    return Audience(
        counts.pop("reached", 0),
        {fate: counts[fate] for fate in LEFT_OUT if fate in counts},
        asleep,
    )


def reached(segment: Segment, *, gap_ms: int, now: int) -> Matched:
    """Return the conditions for getting a broadcast to a segment; as for :func:`audience`."""
    matched = within(segment, now=now)
    return Matched(
        f"{matched.sql} AND {_FATE} = 'reached'",
        {**matched.params, "recent": since(gap_ms, now=now)},
    )


def since(gap_ms: int, *, now: int) -> int:
    """Return after which moment (UTC epoch ms) a tip counts as a recent one."""
    return now - gap_ms if gap_ms else now


def options(tx: Tx, kind: Kind) -> list[str]:
    """Return the values of a kind that some patient of the clinic has, in order."""
    if kind == "status":
        return list(STATUSES)
    if kind in ("within", "before"):
        return list(_DAYS)
    rows = tx.all(f"{_OPTIONS[kind]} ORDER BY value")
    return [str(row["value"]) for row in rows]
