"""The lists that staff look at, at 50,000 patients in one clinic and 1,000,000 rows of timelines.

Each is asked for as a phone does it, by a command or a button through the router, on an encrypted
database; what would be said is rolled back, so that every look is the first of its kind. The
memory that SQLite has at that moment is whatever the looks before have left in it.
"""

import argparse
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from benchmarks import clinic, practice, report
from bot import export_file, figures_made
from bot.incoming import Incoming
from bot.router import take_turn
from bot.turn import House
from scheduler import exports, staff
from scheduler.clock import SystemClock
from scheduler.database import SqlcipherDriver, Store, Tx

TARGET_MS = 300.0
STATUSES = ("active", "unreachable", "off course", "unanswered", "ended")
HAIR = format(crc32(b"hair"), "x")
"""What a button carries of a treatment."""


@dataclass(frozen=True, slots=True)
class Look:
    """One thing to ask for: what is written, or what the button carries that is pressed."""

    name: str
    text: str = ""
    data: str = ""

    def incoming(self, chat_id: int) -> Incoming:
        """The update that asks for it."""
        return Incoming(
            kind="button" if self.data else "text",
            chat_id=chat_id,
            user_id=chat_id,
            private=True,
            name="",
            language_code="en",
            message_id=1,
            text=self.text,
            data=self.data,
        )


def looks(count: int) -> list[Look]:
    """Everything that is measured; ``count`` patients are there."""
    return [
        Look("/patients", "/patients"),
        Look("/patients, one found", f"/patients {count // 2}"),
        Look("/patients, nobody found", "/patients '%\";--"),
        Look("/patients, accents and case", "/patients á.ñ."),
        *(Look(f"/patients {status}", f"/patients {status}") for status in STATUSES),
        Look("/patients ended, hair, a page in the middle", data=f"p:l:4:{HAIR}:b{count // 2}:0"),
        Look("/patients, a label and off course", "/patients off course 4999"),
        Look("/patient (the card)", f"/patient {practice.label_of(count // 2)}"),
        Look("/inbox", "/inbox"),
        Look("/alerts", "/alerts"),
        Look("/digest", "/digest"),
        Look("/staff", "/staff"),
        Look("/stats (asking)", "/stats"),
        Look("/export (asking)", "/export"),
        Look("/audit", "/audit"),
        Look("/audit of a patient", f"/audit {practice.label_of(count // 2)}"),
        Look("/audit exports", "/audit exports"),
    ]


def _measure(
    driver: SqlcipherDriver, house: House, chat: int, look: Look, now: int
) -> tuple[float, float]:
    """Return how long one look takes, by the clock and of the processor, in ms."""
    tx = Tx(driver, clinic.CLINIC_ID)
    driver.begin()
    started, used = time.perf_counter(), time.process_time()
    take_turn(tx, house, look.incoming(chat), now=now)
    took = (time.perf_counter() - started) * 1000, (time.process_time() - used) * 1000
    driver.rollback()
    return took


def _make(store: Store, house: House, now: int) -> list[tuple[str, ...]]:
    """Make the picture of /stats and an export of everything; the store is closed after it."""
    member = store.write_now(staff.at_chat, practice.MANAGER_CHAT)
    assert member is not None
    # A database that was kept may have the export of the last run still open.
    store.write_now(Tx.run, "UPDATE exports SET done_at = asked_at WHERE clinic_id = :clinic_id")
    export_id = store.write_now(exports.ask, member, "csv", now=now)
    longest = 0.0
    transact = store.write_now

    def timed(*args: Any, **kwargs: Any) -> Any:
        nonlocal longest
        started = time.perf_counter()
        found = transact(*args, **kwargs)
        longest = max(longest, time.perf_counter() - started)
        return found

    store.write_now = timed  # type: ignore[method-assign]
    files = {
        "/stats": lambda: figures_made.make(
            "figures", store, house, {"member": member.id, "treatment": "", "now": now}
        ),
        "/export": lambda: export_file.make(
            store, house, {"export": export_id, "part": 1, "table": 0, "after": 0}, now=now
        ),
    }
    rows = []
    for name, make in files.items():
        longest, before, started = 0.0, _memory(), time.perf_counter()
        _, content = make()
        took = time.perf_counter() - started
        rows.append(
            (
                name,
                f"{took:.1f}",
                f"{longest * 1000:.0f}",
                f"{len(content) / 1024:,.0f}",
                f"{_memory() - before:.0f}",
            )
        )
    store.close()
    return rows


def _memory() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--keep", type=Path, help="keep the database there, and use it again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        path = (given.keep or Path(place)) / "practice.db"
        there = path.exists()
        driver = clinic.open_driver(path)
        now = SystemClock().now()
        if not there:
            driver.begin()
            practice.fill(Tx(driver, clinic.CLINIC_ID), given.patients, now=now)
            driver.commit()
        house = House(clinic.CLINIC, clinic.catalogue(), "alba_bot")
        people = {"manager": practice.MANAGER_CHAT, "practitioner": practice.chat_of(3)}
        worst = 0.0
        rows = []
        for look in looks(given.patients):
            for who, chat in people.items():
                took = [_measure(driver, house, chat, look, now) for _ in range(given.rounds)]
                by_clock, by_processor = zip(*took, strict=True)
                p50, p99 = (report.percentile(by_clock, share) for share in (0.5, 0.99))
                worst = max(worst, p99)
                columns = (by_clock[0], p50, p99, report.percentile(by_processor, 0.99))
                rows.append((f"{look.name} · {who}", *(f"{each:.1f}" for each in columns)))
        made = _make(Store(driver), house, now)
    report.table(
        f"{given.patients:,} patients, {given.rounds} looks each, ms",
        ("what is asked for", "first", "p50", "p99", "processor p99"),
        rows,
    )
    report.table(
        "made when it leaves, beside everything else",
        ("file", "s", "longest transaction ms", "KB", "more memory MB"),
        made,
    )
    report.figures(
        report.Figure(
            "the slowest list (p99)", f"{worst:.0f} ms", f"≤ {TARGET_MS:.0f} ms", worst <= TARGET_MS
        )
    )


if __name__ == "__main__":
    main()
