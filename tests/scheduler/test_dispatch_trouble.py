"""The dispatcher and rows in trouble: one that cannot be worded or settled holds up no other."""

from messages.catalogue import Catalogue
from sandbox.clock import ManualClock
from scheduler import outbox, staff
from scheduler.channel import (
    Attachment,
)
from scheduler.database import Row, Store, Tx
from scheduler.dispatch import Dispatcher
from scheduler.enrollment import Enrolled
from scheduler.outbox import Lane
from scheduler.pacer import Limits, Pacer
from scheduler.prepare import Never, Prepared, Preparer
from scheduler.said import Said
from tests.scheduler.conftest import (
    CLINIC,
    DOCTOR_CHAT,
    HOUR,
    NOW,
    ScriptedChannel,
)
from tests.scheduler.pumping import dispatcher, rows, say, state

MINUTE = HOUR // 60


async def test_a_row_that_cannot_be_put_into_words_does_not_hold_up_the_others(
    store: Store, catalogue: Catalogue
) -> None:
    broken = await say(store, "broken", chat_id=1)
    await store.write(
        lambda tx: tx.run(
            "UPDATE outbox SET content = '{\"surprise\": 1}' WHERE clinic_id = :clinic_id"
        )
    )
    await say(store, "fine", chat_id=2)
    channel = ScriptedChannel()
    await dispatcher(store, catalogue, channel, ManualClock(NOW)).drain()
    assert [m.html for m in channel.delivered] == ["fine"]
    assert await state(store, broken) == ("refused", "could not be put into words: TypeError")


SURPRISE = '{"surprise": 1}'
"""What no version of this program would have written."""


async def unreadable(store: Store, *row_ids: int) -> None:
    for row_id in row_ids:
        await store.write(
            lambda tx, row_id: tx.run(
                "UPDATE outbox SET content = :c WHERE clinic_id = :clinic_id AND id = :id",
                c=SURPRISE,
                id=row_id,
            ),
            row_id,
        )


async def test_a_row_that_fails_in_words_and_in_what_follows_does_not_hold_up_the_others(
    store: Store, catalogue: Catalogue
) -> None:
    # What follows a row in a group reads it once more.
    broken = await say(store, "broken", chat_id=-100)
    await unreadable(store, broken)
    await say(store, "fine", chat_id=2)
    channel = ScriptedChannel()
    await dispatcher(store, catalogue, channel, ManualClock(NOW)).drain()
    assert [m.html for m in channel.delivered] == ["fine"]
    assert await state(store, broken) == ("refused", "could not be put into words: TypeError")


async def test_a_row_whose_end_cannot_be_followed_up_does_not_hold_up_the_others(
    store: Store, catalogue: Catalogue
) -> None:
    late = await say(store, "late", chat_id=-100, useful_until=NOW)
    await unreadable(store, late)
    await say(store, "fine", chat_id=2)
    channel = ScriptedChannel()

    def prepare(tx: Tx, row: Row, *, now: int) -> Prepared:
        if row["id"] == late:
            return Never("expired", "its time was over")
        return Preparer(catalogue, CLINIC)(tx, row, now=now)

    pump = Dispatcher(
        store,
        channel,
        prepare,
        ManualClock(NOW),
        Pacer(Limits(per_second=None, chat_gap=0, group_gap=0)),
    )
    await pump.drain()
    assert [m.html for m in channel.delivered] == ["fine"]
    assert await state(store, late) == ("expired", "its time was over")


async def test_a_start_gets_past_what_a_crash_left_and_cannot_be_settled(
    store: Store, catalogue: Catalogue
) -> None:
    broken = await say(store, "broken", chat_id=-100, lane=Lane.BROADCAST, kind="broadcast")
    await unreadable(store, broken)
    fine = await say(store, "fine", chat_id=2)
    for row_id in (broken, fine):
        row = (await rows(store, f"id = {row_id}"))[0]
        await store.write(outbox.begin_attempt, row, now=NOW)
    pump = dispatcher(store, catalogue, ScriptedChannel(), ManualClock(NOW))
    assert await pump.recover() == 2
    assert (await state(store, broken))[0] == "uncertain"
    assert (await state(store, fine))[0] == "pending"


async def test_an_alert_that_cannot_be_put_into_words_is_told_in_plain_ones_once(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    await store.write(
        lambda tx: staff.welcome(
            tx, chat_id=7, name="Boss", role="manager", language="es", actor="system", now=NOW
        )
    )
    alert = {"lane": Lane.SAFETY, "kind": "alert", "patient_id": enrolled.patient_id}
    copies = [await say(store, "alert", chat_id=chat, **alert) for chat in (DOCTOR_CHAT, 7, -100)]
    await unreadable(store, *copies)
    channel = ScriptedChannel()
    await dispatcher(store, catalogue, channel, ManualClock(NOW)).drain()
    assert {await state(store, each) for each in copies} == {
        ("refused", "could not be put into words: TypeError")
    }
    told = {m.chat_id: m.html for m in channel.delivered}
    assert len(channel.delivered) == 2
    assert told[DOCTOR_CHAT].startswith("⚠️ There is something new about <b>A.P.</b>.")
    assert told[7].startswith("⚠️ Hay algo nuevo sobre <b>A.P.</b>.")


async def test_a_file_without_words_keeps_its_way_through_the_outbox(
    store: Store, catalogue: Catalogue
) -> None:
    sticker = Said("", attachment=Attachment("sticker", file_id="CAAC"))
    await store.write(lambda tx: outbox.say(tx, sticker, chat_id=1, now=NOW))
    channel = ScriptedChannel()
    await dispatcher(store, catalogue, channel, ManualClock(NOW)).drain()
    assert [m.attachment for m in channel.delivered] == [sticker.attachment]
