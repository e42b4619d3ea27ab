"""Commits transactions through the real driver and acknowledges each: python power_writer.py.

Arguments: the database, how many transactions, and FULL or NORMAL. Runs under recorder.c; the
acknowledgement is a write of its own, so that it stands in the record where it happened.
"""

import os
import random
import sys
from pathlib import Path

from scheduler import events, inbox
from scheduler.database import SqlcipherDriver, Tx
from scheduler.migrations import migrate

KEY = "6b" * 32
# Far more checkpoints than in use: they are where a file system can do the most harm.
CHECKPOINT_PAGES = 40


def transaction(tx: Tx, number: int, chance: random.Random) -> None:
    """Add a few updates of many sizes, change and delete older ones, and count."""
    inbox.receive(
        tx,
        [
            inbox.Received(number * 100 + place, number, "x" * chance.randrange(20, 6000))
            for place in range(number % 5 + 1)
        ],
        now=number,
    )
    tx.run(
        """UPDATE inbox SET payload = :payload WHERE clinic_id = :clinic_id
             AND chat_id = :number""",
        number=chance.randrange(number + 1),
        payload="y" * chance.randrange(20, 6000),
    )
    events.mark(tx, "transaction", now=number)


def main(path: Path, count: int, synchronous: str) -> None:
    """Do all of it; the process just ends, as a bot that is cut off does not close either."""
    driver = SqlcipherDriver(path, KEY)
    if synchronous != "FULL":
        driver.connection.execute(f"PRAGMA synchronous = {synchronous}")
    driver.connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    migrate(driver)
    acknowledged = os.open(f"{path}-acknowledged", os.O_WRONLY | os.O_CREAT, 0o600)
    chance = random.Random(1)
    for number in range(count):
        driver.begin()
        transaction(Tx(driver, 1), number, chance)
        driver.commit()
        os.pwrite(acknowledged, number.to_bytes(8, "big"), 0)
    sys.stdout.flush()
    os._exit(0)


main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
