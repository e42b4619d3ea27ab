"""The schema, as a list of steps that are each applied once, in order, in a transaction.

Instants are INTEGER UTC epoch milliseconds; a zone name stands beside what is local. Every table
carries ``clinic_id``. A step that was released is never edited: what changes is a new step.
"""

from collections.abc import Callable

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from scheduler.database import DatabaseProblem, SqlcipherDriver
from scheduler.migrations import (
    step_0001_main_job,
    step_0002_review,
    step_0003_alerts,
    step_0004_conversation,
    step_0005_triage,
    step_0007_doubt,
    step_0010_on_call,
    step_0010_staff_group,
    step_0020_plans,
    step_0021_moved,
    step_0030_people,
    step_0040_settings,
    step_0041_broadcasts,
    step_0050_rights,
    step_0060_links,
    step_0070_written,
    step_0071_albums,
    step_0073_visit_news,
    step_0075_export_files,
    step_0076_withheld,
    step_0080_staff_reach,
    step_0081_open_alerts,
    step_0083_numbers,
    step_0084_ties,
)

_STEPS = (
    step_0001_main_job,
    step_0002_review,
    step_0003_alerts,
    step_0004_conversation,
    step_0005_triage,
    step_0007_doubt,
    step_0010_on_call,
    step_0010_staff_group,
    step_0020_plans,
    step_0021_moved,
    step_0030_people,
    step_0040_settings,
    step_0041_broadcasts,
    step_0050_rights,
    step_0060_links,
    step_0070_written,
    step_0071_albums,
    step_0073_visit_news,
    step_0075_export_files,
    step_0076_withheld,
    step_0080_staff_reach,
    step_0081_open_alerts,
    step_0083_numbers,
    step_0084_ties,
)

migrations = Migrations("aftercare")


def _add(name: str, statements: tuple[str, ...], fill: Callable[[Database], None] | None) -> None:
    @migrations(name=name)
    def step(db: Database) -> None:
        for statement in statements:
            db.execute(statement)
        if fill is not None:
            fill(db)


for _step in _STEPS:
    # What SQL alone cannot work out of the rows that are there is filled in by Python.
    _add(_step.NAME, _step.STATEMENTS, getattr(_step, "fill", None))


def migrate(driver: SqlcipherDriver) -> None:
    """Bring the schema up to date; each step is applied whole or not at all.

    Raises:
        DatabaseProblem: a newer program has worked on it; nothing was changed.
    """
    _, unknown = versions(driver.sqlite_utils)
    if unknown:
        raise DatabaseProblem(
            f"the database is newer than this program ({', '.join(unknown)}); start the version "
            "that worked on it last, or restore a backup that this one made"
        )
    migrations.apply(driver.sqlite_utils)


def versions(db: Database) -> tuple[list[str], list[str]]:
    """Return the steps that a database lacks, and those in it that this program does not know."""
    missing = [step.name for step in migrations.pending(db)]
    applied = {step.name for step in migrations.applied(db)}
    ours = {step.name for step in migrations._migrations}  # noqa: SLF001 -- no public list of them
    return missing, sorted(applied - ours)
