"""Exports: what the clinic holds of its patients, as far as a member of staff may see it.

Rows are read a stretch of ids at a time, each stretch in a transaction of its own: an export of
years holds up nothing else, and needs no more memory than one of a day. It ends with the rows
that were there when it was asked for; one that changes meanwhile is told as it is when it is read.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo

from scheduler import events, roster, staff
from scheduler.database import Row, Tx
from scheduler.staff import Staff
from scheduler.wallclock import MINUTE

Format = Literal["csv", "json"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)

SPAN: Final = 2_000
"""So many ids are looked at in one transaction: some ten milliseconds."""
AGAIN_AFTER_MS: Final = 10 * MINUTE
"""An export that has not come to its end by then may be asked for again."""


@dataclass(frozen=True, slots=True)
class Table:
    """One file of an export: its columns, in order, as SQL and by name."""

    name: str
    source: str
    columns: Mapping[str, str]
    instants: frozenset[str] = frozenset()


_OF = "JOIN patients ON patients.clinic_id = :clinic_id AND patients.id = {0}.patient_id"

TABLES: Final = (
    Table(
        "patients",
        "patients",
        {
            "id": "patients.id",
            "label": "patients.label",
            "state": "patients.state",
            "language": "patients.language",
            "timezone": "patients.timezone",
            "since": "patients.created_at",
        },
        frozenset({"since"}),
    ),
    Table(
        "enrollments",
        f"""enrollments {_OF.format("enrollments")}
            JOIN staff ON staff.clinic_id = :clinic_id AND staff.id = enrollments.staff_id""",
        {
            "id": "enrollments.id",
            "patient": "enrollments.patient_id",
            "label": "patients.label",
            "practitioner": "staff.name",
            "treatment": "enrollments.treatment",
            "area": "enrollments.area",
            "status": "enrollments.status",
            "reason": "enrollments.reason",
            "enrolled": "enrollments.created_at",
            "started": "enrollments.started_at",
            "ended": "enrollments.ended_at",
        },
        frozenset({"enrolled", "started", "ended"}),
    ),
    Table(
        "sessions",
        f"""sessions
            JOIN enrollments ON enrollments.clinic_id = :clinic_id
              AND enrollments.id = sessions.enrollment_id
            {_OF.format("enrollments")}""",
        {
            "id": "sessions.id",
            "patient": "enrollments.patient_id",
            "label": "patients.label",
            "enrollment": "sessions.enrollment_id",
            "starts": "sessions.starts_at",
            "state": "sessions.state",
        },
        frozenset({"starts"}),
    ),
    Table(
        "messages",
        f"outbox {_OF.format('outbox')}",
        {
            "id": "outbox.id",
            "patient": "outbox.patient_id",
            "label": "patients.label",
            "enrollment": "outbox.enrollment_id",
            "kind": "outbox.kind",
            "step": "outbox.step_key",
            "due": "outbox.due_at",
            "state": "outbox.state",
            "reason": "outbox.reason",
            "settled": "outbox.settled_at",
        },
        frozenset({"due", "settled"}),
    ),
    Table(
        "replies",
        f"replies {_OF.format('replies')}",
        {
            "id": "replies.id",
            "patient": "replies.patient_id",
            "label": "patients.label",
            "enrollment": "replies.enrollment_id",
            "message": "replies.outbox_id",
            "step": "replies.step_key",
            "question": "replies.question",
            "kind": "replies.kind",
            "answer": "replies.value",
            "text": "replies.text",
            "level": "replies.level",
            "off_course": "replies.finding",
            "at": "replies.at",
            "dealt_with": "replies.answered_at",
        },
        frozenset({"at", "dealt_with"}),
    ),
    Table(
        "written_by_staff",
        f"""staff_messages {_OF.format("staff_messages")}
            JOIN staff ON staff.clinic_id = :clinic_id AND staff.id = staff_messages.staff_id""",
        {
            "id": "staff_messages.id",
            "patient": "staff_messages.patient_id",
            "label": "patients.label",
            "by": "staff.name",
            "kind": "staff_messages.kind",
            "text": "staff_messages.text",
            "state": "staff_messages.state",
            "at": "staff_messages.at",
        },
        frozenset({"at"}),
    ),
    Table(
        "alerts",
        f"""alerts {_OF.format("alerts")}
            LEFT JOIN staff AS taker
              ON taker.clinic_id = :clinic_id AND taker.id = alerts.acknowledged_by
            LEFT JOIN staff AS closer
              ON closer.clinic_id = :clinic_id AND closer.id = alerts.resolved_by""",
        {
            "id": "alerts.id",
            "patient": "alerts.patient_id",
            "label": "patients.label",
            "enrollment": "alerts.enrollment_id",
            "level": "alerts.level",
            "state": "alerts.state",
            "opened": "alerts.opened_at",
            "taken": "alerts.acknowledged_at",
            "taken_by": "taker.name",
            "closed": "alerts.resolved_at",
            "closed_by": "closer.name",
            "resolution": "alerts.resolution",
        },
        frozenset({"opened", "taken", "closed"}),
    ),
)

# Only what went, or was to go, to the patient: not what staff were told about them.
_ONLY: Final[Mapping[str, str]] = {"messages": "outbox.kind IN ('reminder', 'broadcast')"}


@dataclass(frozen=True, slots=True)
class Export:
    """One export; ``upto`` is the last id of each table. ``asked_at`` is UTC epoch ms."""

    id: int
    member: Staff
    format: Format
    upto: Mapping[str, int]
    asked_at: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where an export goes on: the index of the table, and the last id that was looked at."""

    table: int = 0
    after: int = 0


def ask(tx: Tx, member: Staff, format_: Format, *, now: int) -> int | None:
    """Begin an export of all that ``member`` may see at ``now`` (UTC epoch ms).

    Returns:
        Its id; None while the last one that they asked for is still on its way.
    """
    open_ = tx.value(
        """SELECT 1 FROM exports WHERE clinic_id = :clinic_id AND staff_id = :staff_id
             AND done_at IS NULL AND asked_at > :since""",
        staff_id=member.id,
        since=now - AGAIN_AFTER_MS,
    )
    if open_ is not None:
        return None
    upto = {table.name: _last_id(tx, table) for table in TABLES}
    export_id: int = tx.value(
        """INSERT INTO exports (clinic_id, staff_id, format, upto, parts, asked_at)
           VALUES (:clinic_id, :staff_id, :format, :upto, 1, :now) RETURNING id""",
        staff_id=member.id,
        format=format_,
        upto=json.dumps(upto),
        now=now,
    )
    events.note(
        tx,
        "exported",
        actor=member.actor,
        now=now,
        export=export_id,
        format=format_,
        patients=roster.count(tx, member),
    )
    return export_id


def _last_id(tx: Tx, table: Table) -> int:
    name = _base(table)
    found: int | None = tx.value(f"SELECT MAX(id) FROM {name} WHERE clinic_id = :clinic_id")
    return found or 0


def _base(table: Table) -> str:
    return table.source.split(maxsplit=1)[0]


def by_id(tx: Tx, export_id: int) -> Export | None:
    """Return an export, with what its member may see as of now; None if they have left."""
    row = tx.first("SELECT * FROM exports WHERE clinic_id = :clinic_id AND id = :id", id=export_id)
    member = staff.by_id(tx, row["staff_id"]) if row else None
    if row is None or member is None:
        return None
    return Export(row["id"], member, row["format"], json.loads(row["upto"]), row["asked_at"])


def some(tx: Tx, export: Export, place: Place, zone: str) -> tuple[list[Row], Place | None]:
    """Return the rows of the next stretch of ids, and where the one after it begins.

    Instants are local times of ``zone`` with their offset. None: the export is at its end.
    """
    table = TABLES[place.table]
    name = _base(table)
    last = export.upto.get(table.name, 0)
    until = min(place.after + SPAN, last)
    columns = ", ".join(f"{sql} AS {column}" for column, sql in table.columns.items())
    rows = tx.all(
        f"""SELECT {columns} FROM {table.source}
            WHERE {name}.clinic_id = :clinic_id AND {name}.id > :after AND {name}.id <= :until
              AND {_ONLY.get(table.name, "1 = 1")} AND {roster.seen_by(export.member)}
            ORDER BY {name}.id""",
        after=place.after,
        until=until,
        member=export.member.id,
    )
    for row in rows:
        for column in table.instants:
            row[column] = _local(row[column], zone)
    if until < last:
        return rows, Place(place.table, until)
    following = place.table + 1
    return rows, Place(following) if following < len(TABLES) else None


def _local(at: int | None, zone: str) -> str | None:
    if at is None:
        return None
    moment = datetime.fromtimestamp(at // 1000, UTC).astimezone(ZoneInfo(zone))
    return moment.isoformat()


def another_part(tx: Tx, export: Export, part: int, owe: Callable[[Tx], object]) -> bool:
    """Owe the part after ``part``, once, however often that one is made."""
    first = tx.run(
        """UPDATE exports SET parts = :next
           WHERE clinic_id = :clinic_id AND id = :id AND parts = :part""",
        id=export.id,
        part=part,
        next=part + 1,
    )
    if first:
        owe(tx)
    return first > 0


def done(tx: Tx, export: Export, *, now: int) -> bool:
    """Write down that the last part was made; returns whether it is the first time."""
    return (
        tx.run(
            """UPDATE exports SET done_at = :now
               WHERE clinic_id = :clinic_id AND id = :id AND done_at IS NULL""",
            id=export.id,
            now=now,
        )
        > 0
    )


def plain(value: Any) -> Any:
    """Return a cell of a table that no spreadsheet reads as a formula."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What begins a formula, or lets one begin after it; the last four are the full-width forms."""
