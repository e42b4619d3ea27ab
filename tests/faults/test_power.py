"""Power cuts: the real driver's writes are recorded and replayed into a file system that forgets.

What was acknowledged must be there, whole, whatever the cut left of what was not synced. That the
judge can see a loss is shown by the same run with synchronous=NORMAL.
"""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from scheduler.database import DatabaseProblem, SqlcipherDriver
from scheduler.reading import Reader, refuse_damaged
from tests.faults.child import KEY, ROOT
from tests.faults.power import Call, Disk, read

pytestmark = pytest.mark.fault

HERE = Path(__file__).parent
POINTS = 200
POINTS_LONG = 1_000
TRANSACTIONS = 150


@dataclass(slots=True)
class Found:
    """What came of all cuts.

    ``lost``: an acknowledged change is missing; ``damaged``: not sound; ``halves``: a transaction
    is there in part; ``refused``: the bot itself would not start on it; ``called_damaged``: by
    ``aftercare doctor --full``, which does not fold the log in.
    """

    points: int = 0
    lost: int = 0
    damaged: int = 0
    refused: int = 0
    called_damaged: int = 0
    halves: int = 0
    in_checkpoints: int = 0


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recording library; without a C compiler this suite fails, it is not skipped."""
    library = tmp_path_factory.mktemp("recorder") / "recorder.so"
    source = HERE / "recorder.c"
    subprocess.run(
        ["cc", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, source, "-ldl"],
        check=True,
    )
    return library


def record(recorder: Path, directory: Path, synchronous: str) -> list[Call]:
    """Run the writer and return what it did to its files."""
    target = directory / "record"
    subprocess.run(
        [
            sys.executable,
            HERE / "power_writer.py",
            directory / "aftercare.db",
            str(TRANSACTIONS),
            synchronous,
        ],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "LD_PRELOAD": str(recorder),
            "RECORD_TO": str(target),
            "RECORD_PREFIX": str(directory / "aftercare.db"),
        },
        check=True,
    )
    return list(read(target.read_bytes()))


def called_damaged(directory: Path) -> bool:
    """Say whether ``aftercare doctor --full`` finds fault with what is left."""
    try:
        reader = Reader(directory / "aftercare.db", KEY)
    except DatabaseProblem:
        return True
    try:
        return bool(reader.damages(full=True))
    finally:
        reader.close()


def starts(directory: Path) -> bool:
    """Say whether the bot opens what is left, as at every start."""
    path = directory / "aftercare.db"
    try:
        refuse_damaged(path, KEY)
        SqlcipherDriver(path, KEY).close()
    except DatabaseProblem:
        return False
    return True


def look(directory: Path) -> tuple[int, bool, bool]:
    """Open what is left: the last transaction that is there, and whether all is whole and sound."""
    connection = dbapi2.connect(str(directory / "aftercare.db"), isolation_level=None)
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{KEY}'\"")
        try:
            (sound,) = connection.execute("PRAGMA integrity_check").fetchone()
            last = connection.execute("SELECT MAX(at) FROM marks").fetchone()[0]
            counts = dict(
                connection.execute("SELECT chat_id, COUNT(*) FROM inbox GROUP BY chat_id")
            )
            # Looks at the file alone: a page that a checkpoint was copying may be torn there as
            # long as the log still has it whole.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            ill = connection.execute("PRAGMA cipher_integrity_check").fetchall()
        except dbapi2.DatabaseError:
            return -1, False, False
    finally:
        connection.close()
    last = -1 if last is None else int(last)
    whole = counts == {number: number % 5 + 1 for number in range(last + 1)}
    return last, whole, sound == "ok" and not ill


def cut(calls: list[Call], directory: Path, points: int, seed: int) -> Found:
    """Cut the power at so many moments after the first acknowledgement, and look what is left."""
    chance = random.Random(seed)
    begins = next(i for i, call in enumerate(calls) if call.name.endswith("-acknowledged"))
    moments = sorted(chance.choices(range(begins + 2, len(calls)), k=points))
    disk, found, taken = Disk(), Found(), 0
    for number, moment in enumerate(moments):
        for call in calls[taken:moment]:
            disk.take(call)
        taken = moment
        left = directory / str(number)
        left.mkdir(parents=True)
        disk.lose_power(left, chance)
        found.called_damaged += called_damaged(left)
        found.refused += not starts(left)
        last, whole, sound = look(left)
        found.points += 1
        found.lost += last < disk.acknowledged
        found.damaged += not sound
        found.halves += sound and not whole
        found.in_checkpoints += bool(disk.files["aftercare.db"].pending)
        for file in left.iterdir():
            file.unlink()
    return found


async def test_a_power_cut_loses_nothing_that_was_acknowledged(
    recorder: Path, tmp_path: Path, figures: Callable[..., None], long: bool
) -> None:
    calls = record(recorder, tmp_path, "FULL")
    found = cut(calls, tmp_path / "cuts", POINTS_LONG if long else POINTS, seed=11)
    figures(recorded_calls=len(calls), **{name: getattr(found, name) for name in Found.__slots__})
    assert (found.lost, found.damaged, found.halves, found.refused) == (0, 0, 0, 0)
    assert found.called_damaged == 0, "nobody is to bring back a backup for nothing"
    assert found.in_checkpoints > found.points / 20, "checkpoints are where it can go wrong"


async def test_the_judge_of_power_cuts_sees_what_a_weaker_setting_loses(
    recorder: Path, tmp_path: Path, figures: Callable[..., None]
) -> None:
    calls = record(recorder, tmp_path, "NORMAL")
    found = cut(calls, tmp_path / "cuts", POINTS, seed=12)
    figures(recorded_calls=len(calls), **{name: getattr(found, name) for name in Found.__slots__})
    assert found.lost > found.points / 4
    assert (found.damaged, found.halves) == (0, 0), "it loses the latest, and damages nothing"


async def test_the_judge_of_power_cuts_sees_damage(recorder: Path, tmp_path: Path) -> None:
    """Syncs that lie, as some disks do: then neither setting can keep its word."""
    calls = [call for call in record(recorder, tmp_path, "FULL") if call.kind != "S"]
    found = cut(calls, tmp_path / "cuts", 60, seed=13)
    assert found.damaged + found.lost > found.points / 4
    assert found.damaged
