"""The lists that staff look at, at 50,000 patients in one clinic and 1,000,000 rows of timelines.

Each is asked for as a phone does it, by a command or a button through the router, on an encrypted
database; what would be said is rolled back, so that every look is the first of its kind. The
memory that SQLite has at that moment is whatever the looks before have left in it.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from benchmarks import clinic, practice, report
from bot.incoming import Incoming
from bot.router import take_turn
from bot.turn import House
from scheduler.clock import SystemClock
from scheduler.database import SqlcipherDriver, Tx

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
    ]


def _measure(driver: SqlcipherDriver, house: House, chat: int, look: Look, now: int) -> float:
    tx = Tx(driver, clinic.CLINIC_ID)
    driver.begin()
    started = time.perf_counter()
    take_turn(tx, house, look.incoming(chat), now=now)
    took = (time.perf_counter() - started) * 1000
    driver.rollback()
    return took


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
                p50, p99 = report.percentile(took, 0.5), report.percentile(took, 0.99)
                worst = max(worst, p99)
                rows.append((f"{look.name} · {who}", f"{took[0]:.1f}", f"{p50:.1f}", f"{p99:.1f}"))
        driver.close()
    report.table(
        f"{given.patients:,} patients, {given.rounds} looks each, ms",
        ("what is asked for", "first", "p50", "p99"),
        rows,
    )
    report.figures(
        report.Figure(
            "the slowest list (p99)", f"{worst:.0f} ms", f"≤ {TARGET_MS:.0f} ms", worst <= TARGET_MS
        )
    )


if __name__ == "__main__":
    main()
