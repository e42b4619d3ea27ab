"""Kill -9 at random points under load. The judge is the stand-in's ledger, outside the database."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.clock import SandboxClock
from sandbox.server import Sandbox
from tests.faults import practice
from tests.faults.child import Child, environment
from tests.faults.judge import copies, judge
from tests.faults.load import Load, settled

pytestmark = pytest.mark.fault

KILLS = 100
KILLS_LONG = 1_000
# What a kill and the way back take on a slow machine; only spreads the work over the test.
SECONDS_A_KILL = 1.6
BROADCAST_EVERY = 25
SEED = 20_260_504
# Telegram takes its time to answer: in that time a kill leaves nobody who knows.
ANSWER_TAKES_S = 0.02
# Why something that was due and useful may rightly not be sent.
KNOWN = ("merged into", "an alert is open")


async def kill_again_and_again(
    child: Child, kills: int, chance: random.Random
) -> tuple[list[float], int]:
    """Start and kill; returns the moments (monotonic seconds) and how many came while starting."""
    moments: list[float] = []
    early = 0
    for _ in range(kills):
        await child.begin()
        if chance.random() < 0.1:
            early += 1
            await asyncio.sleep(chance.uniform(0.0, 0.4))
        else:
            await child.running()
            await asyncio.sleep(chance.uniform(0.05, 1.2))
        await child.kill()
        moments.append(asyncio.get_running_loop().time())
    return moments, early


async def test_a_thousandfold_killed_bot_loses_nothing_and_doubles_next_to_nothing(
    tmp_path: Path, figures: Callable[..., None], long: bool
) -> None:
    kills = KILLS_LONG if long else KILLS
    chance = random.Random(SEED)
    sandbox = Sandbox(clock=SandboxClock())
    await sandbox.start()
    sandbox.faults.slow(ANSWER_TAKES_S, count=None)
    sandbox.faults.active[-1].matches = lambda method, _: method.startswith(("send", "edit"))
    clinic = practice.people(sandbox, doctors=10, patients=80)
    child = Child(tmp_path, environment(tmp_path, sandbox), forked=True)
    load = Load(clinic, chance)
    began = sandbox.clock.now()
    span = int(kills * SECONDS_A_KILL * 1000)
    tips = [f"Tip number {number} of the season" for number in range(-(-kills // BROADCAST_EVERY))]
    store = practice.open_database(tmp_path)
    store.write_now(practice.move_in, clinic, now=began)
    reminders = store.write_now(practice.make_due, first=began, last=began + span, chance=chance)
    for number, tip in enumerate(tips):
        store.write_now(practice.broadcast, clinic, tip, at=began + number * span // len(tips))
    store.close()
    try:
        people = asyncio.create_task(load.go_on(every_s=0.3))
        moments, early = await kill_again_and_again(child, kills, chance)
        assert not people.done(), "the people go on"
        people.cancel()
        await child.start()
        await settled(sandbox, last=began + span)
        assert await child.terminate() == 0, child.words()
    finally:
        await child.close()
        await sandbox.stop()

    store = practice.open_database(tmp_path)
    rows = store.write_now(practice.rows_of, "outbox")
    replies = store.write_now(practice.rows_of, "replies")
    inbox = Counter(row["state"] for row in store.write_now(practice.rows_of, "inbox"))
    store.close()
    found = judge(rows, sandbox.ledger, now=sandbox.clock.now())
    # The one copy of a broadcast that arrived, while nobody knows and it is parked, is no second.
    resent = [entry for entry in found.extra if not any(tip in entry.text for tip in tips)]
    a_kill = Counter(sum(moment < entry.mono for moment in moments) for entry in resent)
    tips_twice = [n for tip in tips for n in copies(sandbox.ledger, tip).values() if n > 1]
    of_broadcasts = [row for row in rows if row["kind"] == "broadcast"]
    parked = [row for row in rows if row["state"] == "uncertain"]
    figures(
        kills=kills,
        of_them_while_starting=early,
        start_up_median_s=round(sorted(child.startups)[len(child.startups) // 2], 2),
        rows=found.rows,
        accepted_by_telegram=len(sandbox.ledger),
        lost=len(found.lost),
        marked_sent_but_not_sent=len(found.unproven),
        copies_beyond_the_first=len(resent),
        most_at_one_kill=max(a_kill.values(), default=0),
        broadcast_copies=len(of_broadcasts),
        broadcast_duplicates=len(tips_twice),
        parked=len(parked),
        texts=len(load.texts),
        taps=len(load.taps),
        states=dict(found.states),
    )
    assert found.clean, str(found)
    assert load.wrong(replies, rows) == []
    assert set(inbox) == {"done"}
    assert max(a_kill.values(), default=0) <= 2, a_kill
    assert tips_twice == []
    # Parked are copies of broadcasts, what two kills in a row caught on its way, and what a newer
    # check-in took the place of before its second try.
    ours = [row for row in parked if row["kind"] != "broadcast" and row["attempts"] != 2]
    assert [row for row in ours if "merged into" not in row["reason"]] == [], ours
    unsent = [row for row in rows if row["state"] in ("expired", "canceled", "refused")]
    assert [row for row in unsent if not row["reason"].startswith(KNOWN)] == []
    # The judge had something to judge: the load was heavy and the kills hit messages in flight.
    assert reminders > kills * 5
    assert len(load.texts) > kills / 2
    assert len(load.taps) > kills / 2
    assert resent
    assert any(row["possible_duplicate"] for row in rows)
