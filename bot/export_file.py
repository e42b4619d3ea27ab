"""The file of an export: a ZIP with one table a file, made of a few rows at a time when it leaves.

Telegram takes files of 50 MB at most. A part that has grown to a fifth of that is closed and owes
the next one, so that an export of any size goes out, and a slow line has the time to take each.
"""

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.turn import House
from messages.render import moment
from scheduler import export_files, exports, outbox
from scheduler.channel import Attachment
from scheduler.database import Row, Store, Tx
from scheduler.exports import TABLES, Export, Place
from scheduler.said import Said

PART_BYTES: Final = 10 * 1024 * 1024


class _Zip:
    """A ZIP archive in memory, one table after the other."""

    def __init__(self, export: Export, zone: str) -> None:
        self._export = export
        self._zone = zone
        self._bytes = io.BytesIO()
        self._archive = zipfile.ZipFile(self._bytes, "w", zipfile.ZIP_DEFLATED)
        self._table: int | None = None
        self._file: io.TextIOWrapper | None = None
        self._rows = 0

    def add(self, table: int, rows: list[Row], part: int) -> None:
        """Write rows of a table, by its index; a table that was begun before is gone on with."""
        if table != self._table:
            self._close_table()
            self._open_table(table, part)
        if self._file is None:
            return
        if self._export.format == "csv":
            csv.writer(self._file).writerows(map(exports.plain, row.values()) for row in rows)
        else:
            for row in rows:
                self._file.write(",\n" if self._rows else "\n")
                json.dump(row, self._file, ensure_ascii=False)
                self._rows += 1
        self._file.flush()

    def _open_table(self, index: int, part: int) -> None:
        name = TABLES[index].name + ("" if part == 1 else f"-{part}")
        made = datetime.fromtimestamp(self._export.asked_at // 1000, UTC)
        local = made.astimezone(ZoneInfo(self._zone))
        info = zipfile.ZipInfo(f"{name}.{self._export.format}", local.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        # Spreadsheets take a file for UTF-8 only if it begins so.
        encoding = "utf-8-sig" if self._export.format == "csv" else "utf-8"
        self._file = io.TextIOWrapper(self._archive.open(info, "w"), encoding, newline="")
        self._table, self._rows = index, 0
        if self._export.format == "csv":
            csv.writer(self._file).writerow(TABLES[index].columns)
        else:
            self._file.write("[")

    def _close_table(self) -> None:
        if self._file is not None:
            if self._export.format == "json":
                self._file.write("\n]\n")
            self._file.close()

    def size(self) -> int:
        """Return how large it has become, to some ten thousand bytes."""
        return self._bytes.tell()

    def close(self) -> bytes:
        """Return the whole archive."""
        self._close_table()
        self._archive.close()
        return self._bytes.getvalue()


def owe(tx: Tx, house: House, export: Export, *, part: int, place: Place, now: int) -> int:
    """Owe a part of an export to whoever asked for it; it is made when it leaves.

    It disappears from the chat after the clinic's hours.

    Returns:
        The outbox row.
    """
    caption = house.catalogue.text(
        export.member.language,
        f"clinic.export.caption{'' if part == 1 else '_more'}",
        format=export.format.upper(),
        at=moment(export.asked_at, house.clinic.timezone, export.member.language),
        part=part,
        n=house.clinic.keeping.export_hours,
    )
    args = {"export": export.id, "part": part, **asdict(place)}
    said = Said(caption, attachment=Attachment("document", made="export", args=args))
    row = outbox.say(tx, said, chat_id=export.member.chat_id, now=now)
    export_files.brought_by(tx, export, row)
    return row


def make(store: Store, house: House, args: Mapping[str, Any], *, now: int) -> tuple[str, bytes]:
    """Make a part of an export; for a thread of its own.

    Args:
        store: the database, which is asked for a few rows at a time.
        house: the clinic and its texts.
        args: what :func:`owe` gave.
        now: UTC epoch ms.

    Raises:
        PermissionError: whoever asked for it has left the clinic.
    """
    export = store.write_now(exports.by_id, args["export"])
    if export is None:
        raise PermissionError("whoever asked for the export has left")
    part = args["part"]
    place: Place | None = Place(args["table"], args["after"])
    archive = _Zip(export, house.clinic.timezone)
    while place is not None and archive.size() < PART_BYTES:
        at = place
        rows, place = store.write_now(exports.some, export, at, house.clinic.timezone)
        archive.add(at.table, rows, part)
    store.write_now(_go_on, house, export, part=part, place=place, now=now)
    day = datetime.fromtimestamp(export.asked_at // 1000, UTC)
    name = day.astimezone(ZoneInfo(house.clinic.timezone)).strftime("export-%Y-%m-%d")
    return f"{name}{'' if part == 1 else f'-{part}'}.zip", archive.close()


def _go_on(
    tx: Tx, house: House, export: Export, *, part: int, place: Place | None, now: int
) -> None:
    """Owe what comes after a part: the next one, or the word that it was the last of several."""
    if place is not None:
        following = place

        def next_part(tx: Tx) -> None:
            owe(tx, house, export, part=part + 1, place=following, now=now)

        exports.another_part(tx, export, part, next_part)
    elif exports.done(tx, export, now=now) and part > 1:
        words = house.catalogue.text(export.member.language, "clinic.export.all", n=part)
        outbox.say(tx, Said(words), chat_id=export.member.chat_id, now=now)
