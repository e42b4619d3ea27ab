"""The files of exports leave the chat they were sent to: nothing of theirs is encrypted.

Each disappears so many hours after it came (EXPORT_HOURS), or at once when whoever asked for it
leaves the clinic. Telegram lets a bot delete for 48 hours: where that was missed, or refused, or
a second copy may lie there, people are told to look.
"""

from scheduler import erasure, notices, outbox, staff
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx
from scheduler.exports import Export
from scheduler.wallclock import HOUR

_NEVER_CAME = frozenset({"expired", "canceled", "refused"})


def brought_by(tx: Tx, export: Export, outbox_row: int) -> None:
    """Write down that a row of the outbox brings a part of an export."""
    tx.run(
        """INSERT INTO export_files (clinic_id, export_id, outbox_row)
           VALUES (:clinic_id, :export_id, :outbox_row)""",
        export_id=export.id,
        outbox_row=outbox_row,
    )


def look(tx: Tx, clinic: Clinic, *, now: int) -> None:
    """Have every file disappear that has been there long enough at ``now`` (UTC epoch ms)."""
    for file in tx.all(
        """SELECT export_files.*, exports.staff_id FROM export_files
           JOIN exports ON exports.clinic_id = :clinic_id AND exports.id = export_files.export_id
           WHERE export_files.clinic_id = :clinic_id AND export_files.closed_at IS NULL
           ORDER BY export_files.id"""
    ):
        if file["removal_row"] is None:
            _take_away(tx, file, clinic, now=now)
        else:
            _make_sure(tx, file, now=now)


def _take_away(tx: Tx, file: Row, clinic: Clinic, *, now: int) -> None:
    row = outbox.row(tx, file["outbox_row"])
    if row is None or row["state"] in _NEVER_CAME:
        _close(tx, file, now=now)
        return
    if row["settled_at"] is None:
        return
    there_for = now - row["settled_at"]
    is_here = staff.by_id(tx, file["staff_id"]) is not None
    if is_here and there_for < clinic.keeping.export_hours * HOUR:
        return
    if row["message_id"] is None or there_for >= erasure.DELETABLE_MS:
        _tell(tx, file, now=now)
        return
    removal = erasure.take_back(tx, row["chat_id"], row["message_id"], now=now)
    tx.run(
        """UPDATE export_files SET removal_row = :removal
           WHERE clinic_id = :clinic_id AND id = :id""",
        id=file["id"],
        removal=removal,
    )
    if row["possible_duplicate"]:
        # What came first, if it came, cannot be found again.
        _tell(tx, file, now=now)


def _make_sure(tx: Tx, file: Row, *, now: int) -> None:
    removal = outbox.row(tx, file["removal_row"])
    if removal is None or removal["state"] == "sent":
        _close(tx, file, now=now)
    elif removal["settled_at"] is not None:
        _tell(tx, file, now=now)


def _tell(tx: Tx, file: Row, *, now: int) -> None:
    """Tell whoever asked for the export, or the managers, that a file may still be there."""
    member = staff.by_id(tx, file["staff_id"])
    gone = staff.ever(tx, file["staff_id"])
    notices.tell(
        tx,
        [member] if member else staff.everyone(tx, "manager"),
        "clinic.export.still_there" if member else "clinic.export.still_with",
        now=now,
        name=gone.name if gone else "",
    )
    _close(tx, file, now=now)


def _close(tx: Tx, file: Row, *, now: int) -> None:
    tx.run(
        "UPDATE export_files SET closed_at = :now WHERE clinic_id = :clinic_id AND id = :id",
        id=file["id"],
        now=now,
    )
