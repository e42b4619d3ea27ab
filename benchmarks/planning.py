"""Planning: enrolling patients, beside adding as many date jobs to APScheduler's own job store.

Enrolling is what the bot does on Confirm: one transaction a patient, encrypted, synchronous=FULL.
The peer is SQLAlchemyJobStore on an SQLite file of the same disk, as it is set up by default: one
transaction a job, pickled.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import clinic, peers, report
from scheduler import enrollment, staff
from scheduler.clock import SystemClock
from scheduler.database import Store, Tx

_JOBS = Path(__file__).with_name("date_jobs.py")


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds by the clock and of processor time."""

    seconds: float
    cpu: float


def _enroll(directory: Path, patients: int) -> tuple[Took, int]:
    """Enroll patients; returns what that took, and how many reminders there are."""
    store = Store(clinic.open_driver(directory / "clinic.db"))
    protocol = clinic.catalogue().protocols["fat-reduction"]
    now = SystemClock().now()

    def hire(tx: Tx) -> staff.Staff:
        clinic.Patients(0).add(tx, session_at=now, now=now)
        member = staff.by_id(tx, clinic.STAFF_ID)
        assert member is not None
        return member

    practitioner = store.write_now(hire)
    started, busy = time.perf_counter(), time.process_time()
    for number in range(patients):
        store.write_now(
            enrollment.enroll,
            clinic.choice(now, f"P-{number}"),
            protocol=protocol,
            clinic=clinic.CLINIC,
            staff=practitioner,
            now=now,
        )
    took = Took(time.perf_counter() - started, time.process_time() - busy)
    reminders = store.write_now(_count)
    store.close()
    return took, reminders


def _count(tx: Tx) -> int:
    rows: int = tx.value("SELECT COUNT(*) FROM outbox WHERE clinic_id = :clinic_id")
    return rows


def _add_jobs(python: Path, directory: Path, jobs: int) -> Took:
    command = [str(python), str(_JOBS), str(directory / "jobs.db"), str(jobs)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Took(*map(float, told.split()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=400, help="of 25 reminders each")
    parser.add_argument("--rounds", type=int, default=4)
    given = parser.parse_args()
    python = peers.interpreter()
    if python is None:
        sys.exit("The peer is not there: the group bench could not be installed.")
    ours: list[Took] = []
    theirs: list[Took] = []
    share = given.patients // given.rounds
    reminders = 0
    # The rounds together make up the whole number; each goes on in the same two databases.
    with tempfile.TemporaryDirectory() as place:
        for _ in range(given.rounds):
            before = reminders
            took, reminders = _enroll(Path(place), share)
            ours.append(took)
            theirs.append(_add_jobs(python, Path(place), reminders - before))
    jobs = reminders / given.rounds
    report.table(
        f"{share * given.rounds} patients, {reminders} reminders, in {given.rounds} rounds",
        ("", "ms/patient", "CPU ms/patient", "reminders/s"),
        (
            (
                name,
                f"{statistics.median(one.seconds for one in runs) / share * 1000:.2f}",
                f"{statistics.median(one.cpu for one in runs) / share * 1000:.2f}",
                f"{jobs / statistics.median(one.seconds for one in runs):.0f}",
            )
            for name, runs in (("enrolling", ours), ("APScheduler, date jobs", theirs))
        ),
    )
    pairs = list(zip(ours, theirs, strict=True))
    wall = statistics.median(peer.seconds / own.seconds for own, peer in pairs)
    cpu = statistics.median(peer.cpu / own.cpu for own, peer in pairs)
    told = f"{wall:.1f} by the clock, {cpu:.1f} by processor time"
    report.figures(report.Figure("enrolling, times as fast", told, "≥ 20", wall >= 20))


if __name__ == "__main__":
    main()
