"""A broadcast that is paused, resumed and canceled in full flight: every count is the ledger's."""

import asyncio
import re
from typing import Any

import pytest

from scheduler import broadcasts, consent, patients
from scheduler.database import Tx
from tests.journeys.test_manager_broadcast import labels, to_everyone, words

TIP = "Drink enough water today."


async def crowd(world: Any, count: int) -> None:
    """Give so many people a phone, a consent to tips, and no plan that could send them more."""

    def add(tx: Tx, chats: list[int]) -> None:
        now = world.clock.now()
        for chat in chats:
            patient = patients.add(
                tx, label=f"P{chat}", language="en", timezone="Europe/Madrid", now=now
            )
            patients.meet(tx, patient, chat_id=chat, language="en", now=now)
            patients.becomes(tx, patient, "active", actor="patient", now=now)
            consent.record(tx, patient, "tips", given=True, version="1", now=now)

    chats = list(range(10_000_000, 10_000_000 + count))
    for chat in chats:
        world.sandbox.add_person("Anna", user_id=chat, started=True)
    await world.store.write(add, chats)


def copies(world: Any) -> list[int]:
    """The chats to which a copy was accepted; the preview in the manager's is none."""
    manager = world.manager.person.id
    sends = world.sandbox.ledger.sends()
    return [entry.chat_id for entry in sends if entry.text == TIP and entry.chat_id != manager]


def arrived(world: Any) -> int:
    return len(copies(world))


async def press_in_flight(world: Any, label: str) -> str:
    """Press a button under the progress while copies leave; what the bot says over the chat."""
    shown = next(m for m in reversed(world.manager.transcript()) if label in labels(m))
    toasts: list[str] = []
    silence = world.sandbox.world.listen(
        lambda event, data: toasts.append(data["text"]) if event == "toast" else None
    )
    world.manager.tap(shown["message_id"], label)
    await world.bot.receiver.poll_once(0)
    await world.bot.receiver.handle_open()
    await world.bot.receiver.settle()
    silence()
    return toasts[-1]


async def until_arrived(world: Any, count: int, sending: asyncio.Task[None]) -> None:
    # The progress that is shown meanwhile is in the ledger too: good enough for "about half".
    more = len(world.sandbox.ledger) + count - arrived(world)
    while len(world.sandbox.ledger) < more:
        assert not sending.done(), f"only {arrived(world)} arrived"
        await asyncio.sleep(0)


def number(text: str) -> int:
    found = re.search(r"[\d,.]+", text)
    assert found is not None, text
    return int(found[0].replace(",", "").strip("."))


@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=pytest.mark.fault)])
async def test_the_counts_are_those_of_the_ledger(world: Any, count: int) -> None:
    await crowd(world, count)
    await to_everyone(world, TIP)
    world.manager.tap(world.manager.transcript()[-1]["message_id"], f"✅ Yes, send to {count:,}")
    await world.bot.receiver.poll_once(0)
    await world.bot.receiver.handle_open()

    sending = asyncio.create_task(world.bot.dispatcher.drain())
    await until_arrived(world, count // 4, sending)
    paused = number(await press_in_flight(world, "⏸ Pause"))
    await sending
    at_pause = arrived(world)
    assert at_pause + paused == count, "what had left when it was paused arrived, and no more"
    await world.after(hours=30)
    assert arrived(world) == at_pause

    await world.until(world.clock.now() + 18 * 3_600_000)
    resumed = number(await press_in_flight(world, "▶️ Go on"))
    assert resumed == paused
    sending = asyncio.create_task(world.bot.dispatcher.drain())
    await until_arrived(world, count // 2, sending)
    canceled = number(await press_in_flight(world, "✋ Cancel the rest"))
    await sending
    await world.after(hours=1)

    assert canceled > count // 8, "it was canceled in the middle"
    assert arrived(world) + canceled == count
    counts = await world.store.read(broadcasts.counts, 1)
    assert counts == {"sent": arrived(world), "canceled": canceled}
    assert len(set(copies(world))) == len(copies(world)), "nobody got it twice"
    report = next(
        words(m) for m in reversed(world.manager.transcript()) if "canceled" in words(m)[:60]
    )
    assert f"✅ {arrived(world):,} sent" in report.replace(".", ",")
    assert f"✋ {canceled:,} canceled" in report
