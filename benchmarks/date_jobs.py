"""Adds date jobs to APScheduler's SQLAlchemyJobStore on SQLite, and prints what it took.

The seconds by the clock, and those of processor time.
"""

import argparse
import time
from datetime import UTC, datetime, timedelta

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler


def remind(chat_id: int, text: str) -> None:
    """What a job would do, were it ever due."""
    raise AssertionError(f"nothing is due here: {chat_id} {text}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path")
    parser.add_argument("jobs", type=int)
    given = parser.parse_args()
    store = SQLAlchemyJobStore(url=f"sqlite:///{given.path}")
    scheduler = BackgroundScheduler(jobstores={"default": store}, timezone=UTC)
    scheduler.start(paused=True)
    first = datetime.now(UTC) + timedelta(days=1)
    started, busy = time.perf_counter(), time.process_time()
    for number in range(given.jobs):
        scheduler.add_job(
            remind,
            "date",
            run_date=first + timedelta(minutes=number),
            args=(100_000_001 + number, "soreness_day1"),
            misfire_grace_time=None,
        )
    print(time.perf_counter() - started, time.process_time() - busy)
    scheduler.shutdown()


if __name__ == "__main__":
    main()
