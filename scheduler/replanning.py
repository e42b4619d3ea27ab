"""What becomes of a plan's reminders when its facts change: kept, moved, dropped, new or sent.

Pure: old rows and the reminders that are wanted now give a difference; ``scheduler.plans`` shows
it and carries it out. Only what has not left is changed. A row that was sent, or is on its way,
or of which nobody knows, stays as it is, and its step is not owed for its session again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from scheduler.course import Wanted
from scheduler.database import Row
from scheduler.wallclock import HOUR

DROPPED: Final = "the plan was changed"
TAKEN_BACK: Final = "the change was taken back"
PATIENT_CANCELED: Final = "the patient canceled the visit"
OUR_REASONS: Final = frozenset({DROPPED, TAKEN_BACK, PATIENT_CANCELED})
"""Why a row was canceled by a change of the plan: another change may bring it back."""

_SAME_CHECK_MS: Final = 24 * HOUR
"""A check of the last session that was sent so near to the wanted moment is that very check."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A row of the outbox, and the reminder that it becomes."""

    row_id: int
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Diff:
    """What a change does to the reminders of one plan.

    Attributes:
        kept: rows that go when they would have gone; some hang on another session from now on.
        moved: unsent rows that go at another time.
        dropped: unsent rows that will not be sent.
        revived: rows that an earlier change had dropped, and that are wanted again.
        new: reminders that have no row yet.
        sent: rows that have left, or are on their way: untouched.
    """

    kept: tuple[Placed, ...] = ()
    moved: tuple[Placed, ...] = ()
    dropped: tuple[int, ...] = ()
    revived: tuple[Placed, ...] = ()
    new: tuple[Wanted, ...] = ()
    sent: tuple[int, ...] = ()

    @property
    def changes(self) -> tuple[Wanted, ...]:
        """What the patient gets at a time that was not planned before, the earliest first."""
        placed = [each.wanted for each in (*self.moved, *self.revived)]
        return tuple(sorted((*placed, *self.new), key=lambda wanted: wanted.step.ready_at))

    @property
    def coming(self) -> tuple[Wanted, ...]:
        """Everything that is still to be sent after the change, the earliest first."""
        placed = [each.wanted for each in self.kept]
        return tuple(sorted((*placed, *self.changes), key=lambda wanted: wanted.step.ready_at))


def diff(rows: Sequence[Row], wanted: Iterable[Wanted], *, now: int) -> Diff:
    """Compare the rows of a plan with the reminders that are wanted.

    Args:
        rows: every reminder row of the enrollment, settled ones too.
        wanted: from :func:`scheduler.course.wanted`, laid out at the same ``now``.
        now: UTC epoch ms.
    """
    by_key = {(row["session_id"], row["step_key"], row["occurrence"]): row for row in rows}
    asked = list(wanted)
    starts = {each.visit_id: each.visit_at for each in asked}
    # The reminders before a session say nothing of what follows it.
    begun = {
        row["session_id"]
        for row in rows
        if has_left(row) and row["due_at"] >= starts.get(row["session_id"], row["due_at"])
    }
    exact = {each.key for each in asked}
    kept, moved, revived, new = [], [], [], []
    used: set[int] = set()
    for each in asked:
        row = by_key.get(each.key) or (_elsewhere(rows, each, exact) if each.floating else None)
        if row is None:
            # A session whose messages have begun gets nothing more that would be late already.
            late = each.visit_id in begun and each.step.due_at <= now
            if not each.step.skipped and not late:
                new.append(each)
            continue
        used.add(row["id"])
        placed = Placed(row["id"], each)
        if is_free(row):
            if _same_time(row, each):
                kept.append(placed)
            elif each.step.skipped:
                used.discard(row["id"])
            else:
                moved.append(placed)
        elif _may_come_back(row, each) and not each.step.skipped:
            revived.append(placed)
    return Diff(
        kept=tuple(kept),
        moved=tuple(moved),
        dropped=tuple(row["id"] for row in rows if is_free(row) and row["id"] not in used),
        revived=tuple(revived),
        new=tuple(new),
        sent=tuple(row["id"] for row in rows if has_left(row)),
    )


def has_left(row: Row) -> bool:
    """Say whether a row was sent, is on its way, or may have arrived."""
    return (
        row["state"] in ("sending", "sent", "uncertain", "refused")
        or row["possible_duplicate"] == 1
    )


def is_free(row: Row) -> bool:
    """Say whether a row waits to be sent for the first time: only such rows are changed."""
    return row["state"] == "pending" and not has_left(row)


def _elsewhere(rows: Sequence[Row], wanted: Wanted, exact: set[tuple[int, str, int]]) -> Row | None:
    """Return the row of a floating step that hangs on another session, if it is this very step."""
    same = [
        row
        for row in rows
        if (row["step_key"], row["occurrence"]) == (wanted.step.step_key, wanted.step.occurrence)
        and (row["session_id"], row["step_key"], row["occurrence"]) not in exact
    ]
    unsent = next((row for row in same if is_free(row)), None)
    if unsent is not None:
        return unsent
    return next(
        (
            row
            for row in same
            if has_left(row) and abs(row["due_at"] - wanted.step.due_at) < _SAME_CHECK_MS
        ),
        None,
    )


def _same_time(row: Row, wanted: Wanted) -> bool:
    return (row["due_at"], row["useful_until"]) == (wanted.step.due_at, wanted.step.useful_until)


def _may_come_back(row: Row, wanted: Wanted) -> bool:
    """Say whether a row that was ended unsent may be owed again.

    One that a change dropped may. One that ended for a reason of its own (no longer useful, merged
    into another) may where its time is another now. What a person left unsent stays so.
    """
    if has_left(row) or row["attempts"] or row["reviewed_at"] is not None:
        return False
    if row["state"] == "canceled" and row["reason"] in OUR_REASONS:
        return True
    return not _same_time(row, wanted)
