"""What is about safety does not wait for a file that is being made for the same chat."""

import asyncio

from messages.catalogue import Catalogue
from sandbox.clock import ManualClock
from scheduler import outbox
from scheduler.channel import Attachment, Message, Outcome
from scheduler.database import Store, Tx
from scheduler.dispatch import Dispatcher
from scheduler.outbox import Lane
from scheduler.pacer import Limits, Pacer
from scheduler.prepare import Preparer
from scheduler.said import Said
from tests.scheduler.conftest import CLINIC, NOW, ScriptedChannel

CHAT = 7


class Slow(ScriptedChannel):
    """Makes files only when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.may_make = asyncio.Event()
        self.begun = asyncio.Event()
        self.came: asyncio.Queue[str] = asyncio.Queue()

    async def deliver(self, message: Message) -> Outcome:
        if message.attachment is not None:
            self.begun.set()
            await self.may_make.wait()
        self.came.put_nowait(message.html)
        return await super().deliver(message)


def pump_over(store: Store, catalogue: Catalogue, channel: Slow) -> Dispatcher:
    return Dispatcher(
        store,
        channel,
        Preparer(catalogue, CLINIC),
        ManualClock(NOW),
        Pacer(Limits(per_second=None, chat_gap=0, group_gap=0)),
    )


async def say(store: Store, said: Said, lane: Lane) -> None:
    def use_case(tx: Tx) -> None:
        outbox.say(tx, said, chat_id=CHAT, now=NOW, lane=lane)
        tx.wake()

    await store.write(use_case)


async def test_an_alert_overtakes_an_export_and_an_answer_waits_for_it(
    store: Store, catalogue: Catalogue
) -> None:
    channel = Slow()
    pump = pump_over(store, catalogue, channel)
    store.on_wake(pump.kick)
    export = Said("export", attachment=Attachment("document", made="export"))
    await say(store, export, Lane.ANSWER)
    running = asyncio.create_task(pump.run())
    async with asyncio.timeout(5):
        await channel.begun.wait()
        await say(store, Said("an answer"), Lane.ANSWER)
        await say(store, Said("an alert"), Lane.SAFETY)
        assert await channel.came.get() == "an alert"
    assert channel.came.empty()
    channel.may_make.set()
    async with asyncio.timeout(5):
        assert [await channel.came.get() for _ in range(2)] == ["export", "an answer"]
    await pump.stop()
    await running
