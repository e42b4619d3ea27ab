"""A dispatcher with nothing in its way, and rows to send: what its tests begin with."""

from typing import Any

from messages.catalogue import Catalogue
from sandbox.clock import ManualClock
from scheduler import outbox
from scheduler.channel import Channel
from scheduler.database import Row, Store, Tx
from scheduler.dispatch import Dispatcher
from scheduler.pacer import Limits, Pacer
from scheduler.prepare import Preparer
from scheduler.said import Said
from tests.scheduler.conftest import CLINIC, NOW


def dispatcher(
    store: Store, catalogue: Catalogue, channel: Channel, clock: ManualClock
) -> Dispatcher:
    return Dispatcher(
        store,
        channel,
        Preparer(catalogue, CLINIC),
        clock,
        Pacer(Limits(per_second=None, chat_gap=0, group_gap=0)),
    )


async def rows(store: Store, where: str = "1 = 1") -> list[Row]:
    return await store.read(
        lambda tx: tx.all(
            f"SELECT * FROM outbox WHERE clinic_id = :clinic_id AND {where} ORDER BY ready_at, id"
        )
    )


async def say(store: Store, text: str, *, chat_id: int, **more: Any) -> int:
    def use_case(tx: Tx) -> int:
        return outbox.say(tx, Said(text), chat_id=chat_id, now=NOW, **more)

    return await store.write(use_case)


async def state(store: Store, row_id: int) -> tuple[str, str | None]:
    row = (await rows(store, f"id = {row_id}"))[0]
    return row["state"], row["reason"]
