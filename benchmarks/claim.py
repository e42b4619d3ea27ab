"""Claiming: what it costs to ask what may leave now and what comes next, with ever more rows.

A tenth of the rows is due at once, the rest is spread over the year to come, so that both a
standing backlog and a long plan are there.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks import clinic, report
from scheduler import departures
from scheduler.clock import SystemClock
from scheduler.database import SqlcipherDriver, Tx
from scheduler.outbox import Lane

LIMIT = 16
YEAR = 365 * clinic.DAY
PER_PATIENT = 25


def _grow(driver: SqlcipherDriver, tx: Tx, rows: int, done: int, now: int) -> None:
    """Add reminders until there are ``rows``, 25 to each patient.

    They are made in SQL and the indexes afterwards, which takes minutes for what would otherwise
    take hours. The moments are scattered by a multiplicative hash, a tenth of them is over.
    """
    patients = clinic.Patients((rows - done) // PER_PATIENT, first=done // PER_PATIENT + 1)
    driver.begin()
    patients.add(tx, session_at=now, now=now)
    indexes = tx.all(
        """SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'outbox'
             AND sql IS NOT NULL AND :clinic_id = :clinic_id"""
    )
    for index in indexes:
        driver.execute(f"DROP INDEX {index['name']}", {})
    tx.run(
        """WITH RECURSIVE numbers (number) AS (
               SELECT :first UNION ALL SELECT number + 1 FROM numbers WHERE number < :last),
           places (number, place) AS (
               SELECT number, number * 2654435761 % 1000003 / 1000003.0 FROM numbers),
           moments (number, moment) AS (
               SELECT number, CASE WHEN place < 0.1 THEN :now - 1
                   ELSE :now + CAST(:year * place AS INTEGER) END FROM places)
           INSERT INTO outbox (clinic_id, kind, lane, chat_id, patient_id, enrollment_id,
               session_id, step_key, occurrence, due_at, ready_at, useful_until, state, created_at)
           SELECT :clinic_id, 'reminder', :lane, :chat + number / 25, 1 + number / 25,
               1 + number / 25, 1 + number / 25, :step_key, number % 25, moment, moment,
               moment + :day, 'pending', :now FROM moments""",
        first=done,
        last=rows - 1,
        now=now,
        year=YEAR,
        day=clinic.DAY,
        lane=int(Lane.REMINDER),
        chat=clinic.Patients(1).chats()[0],
        step_key=clinic.CHECK_IN,
    )
    for index in indexes:
        driver.execute(index["sql"], {})
    driver.commit()


def _measure(driver: SqlcipherDriver, tx: Tx, now: int, rounds: int) -> tuple[float, float]:
    claims: list[float] = []
    nexts: list[float] = []
    busy = frozenset(clinic.Patients(LIMIT).chats())
    for _ in range(rounds):
        driver.begin()
        started = time.perf_counter()
        found = departures.due(tx, now=now, limit=LIMIT, busy=busy)
        between = time.perf_counter()
        upcoming = departures.next_ready(tx, now=now)
        nexts.append(time.perf_counter() - between)
        claims.append(between - started)
        driver.rollback()
        assert found
        assert upcoming is not None
    return statistics.median(claims) * 1e6, statistics.median(nexts) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument(
        "--long", action="store_true", help="go on to 10,000,000 rows (some GB, minutes)"
    )
    given = parser.parse_args()
    sizes = [1_000, 100_000, 1_000_000, *([10_000_000] if given.long else [])]
    now = SystemClock().now()
    measured: dict[int, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as place:
        driver = clinic.open_driver(Path(place) / "clinic.db")
        tx = Tx(driver, clinic.CLINIC_ID)
        done = 0
        for size in sizes:
            _grow(driver, tx, size, done, now)
            done = size
            _measure(driver, tx, now, 50)
            measured[size] = _measure(driver, tx, now, given.rounds)
        driver.close()
    report.table(
        f"{LIMIT} rows of those that are due, medians of {given.rounds}",
        ("rows in the outbox", "claim µs", "next moment µs"),
        (
            (f"{size:,}", f"{claim:.0f}", f"{after:.0f}")
            for size, (claim, after) in measured.items()
        ),
    )
    growth = sum(measured[sizes[-1]]) / sum(measured[sizes[0]])
    rows = sizes[-1] // sizes[0]
    report.figures(
        report.Figure(
            f"cost with {rows:,} times the rows",
            f"{growth:.2f} times",
            "≤ 3: flat or logarithmic",
            growth <= 3,
        )
    )


if __name__ == "__main__":
    main()
