"""Durable delivery as a process to be measured: everything the bot does for a message that leaves.

The database is encrypted and synchronous=FULL; each row is claimed, looked at once more, marked
``sending``, sent by the bot's own channel, and settled with its attempt. Afterwards every row is
accounted for, or the measurement fails. Prints what it took.
"""

import argparse
import asyncio
import gc
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path

from telegram import Bot

from benchmarks import clinic
from benchmarks.send_loops import WARM_UP, Sample, Stopwatch, Took
from bot.request import AiohttpRequest
from bot.telegram import TelegramChannel
from scheduler import outbox
from scheduler.channel import Message
from scheduler.clock import SystemClock
from scheduler.database import Store, Tx
from scheduler.dispatch import Dispatcher
from scheduler.pacer import Limits, Pacer
from scheduler.prepare import Preparer
from scheduler.said import Said

KINDS = ("answer", "reminder", "broadcast")
TEXT = "<b>How sore is the area now?</b>\n\n0 is not at all, 10 is the worst you can think of."


def _nothing_to_draw(name: str, _args: object) -> tuple[str, bytes]:
    raise AssertionError(f"no message here has a {name}")


def sample(kind: str) -> Sample:
    """What a message of a kind says, for those who send the same without all the rest."""
    with tempfile.TemporaryDirectory() as directory:
        store = Store(clinic.open_driver(Path(directory) / "clinic.db"))
        try:
            return store.write_now(_word, kind, SystemClock().now())
        finally:
            store.close()


def _word(tx: Tx, kind: str, now: int) -> Sample:
    _owe(tx, kind, clinic.Patients(1), now)
    row = tx.first(
        "SELECT * FROM outbox WHERE clinic_id = :clinic_id AND chat_id <> :staff",
        staff=clinic.STAFF_CHAT,
    )
    assert row is not None
    message = Preparer(clinic.catalogue(), clinic.CLINIC)(tx, row, now=now)
    assert isinstance(message, Message)
    return Sample(
        message.html,
        [[(button.label, button.data or "") for button in line] for line in message.buttons],
    )


def _owe(tx: Tx, kind: str, patients: clinic.Patients, now: int) -> None:
    if kind == "reminder":
        clinic.fill_one_each(tx, patients, iter([now] * patients.count), now=now)
        return
    if kind == "broadcast":
        clinic.fill_broadcast(tx, patients, text=TEXT, now=now)
        return
    for chat in patients.chats():
        outbox.say(tx, Said(TEXT), chat_id=chat, now=now)


async def _emptied(dispatcher: Dispatcher) -> Took:
    """Let the dispatcher run until all that is owed has settled; return what that took."""
    idle = asyncio.Event()

    def look() -> None:
        if dispatcher.idle:
            idle.set()

    dispatcher.on_turn = look
    watch = Stopwatch()
    dispatcher.kick()
    await idle.wait()
    took = watch.read()
    dispatcher.on_turn = lambda: None
    return took


async def _run(
    directory: Path, base: str, token: str, kind: str, messages: int, side_by_side: int
) -> Took:
    store = Store(clinic.open_driver(directory / "clinic.db"))
    clock = SystemClock()
    texts = clinic.catalogue()
    gc.freeze()  # as the bot does at its start
    took = Took(0.0, 0.0)
    async with Bot(
        token,
        base_url=f"{base}/bot",
        request=AiohttpRequest(),
        get_updates_request=AiohttpRequest(connections=1),
    ) as bot:
        dispatcher = Dispatcher(
            store,
            TelegramChannel(bot, _nothing_to_draw),
            Preparer(texts, clinic.CLINIC),
            clock,
            Pacer(Limits(per_second=None, chat_gap=0, group_gap=0)),
            in_flight=side_by_side,
        )
        running = asyncio.create_task(dispatcher.run())
        warm_up = clinic.Patients(WARM_UP)
        measured = clinic.Patients(messages, first=WARM_UP + 1)
        for patients in (warm_up, measured):
            await store.write(_owe, kind, patients, clock.now())
            took = await _emptied(dispatcher)
        await dispatcher.stop()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    await store.read(_account_for, messages + WARM_UP)
    store.close()
    return took


def _account_for(tx: Tx, messages: int) -> None:
    """See that each row was sent by exactly one attempt that was finished.

    Raises:
        AssertionError: one was not.
    """
    good = tx.value(
        """SELECT COUNT(*) FROM outbox
           JOIN attempts ON attempts.clinic_id = :clinic_id AND attempts.outbox_id = outbox.id
           WHERE outbox.clinic_id = :clinic_id AND outbox.state = 'sent' AND outbox.attempts = 1
             AND outbox.message_id IS NOT NULL AND outbox.settled_at IS NOT NULL
             AND outbox.chat_id <> :staff
             AND attempts.outcome = 'Delivered' AND attempts.finished_at IS NOT NULL""",
        staff=clinic.STAFF_CHAT,
    )
    assert good == messages, f"{messages - good} of {messages} rows are not accounted for"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--side-by-side", type=int, required=True)
    parser.add_argument("--core", type=int)
    parser.add_argument("--plain", action="store_true", help="without encryption, to compare")
    given = parser.parse_args()
    if given.core is not None:
        os.sched_setaffinity(0, {given.core})
    if given.plain:
        clinic.without_a_key()
    with tempfile.TemporaryDirectory() as directory:
        took = asyncio.run(
            _run(
                Path(directory),
                given.url,
                given.token,
                given.kind,
                given.messages,
                given.side_by_side,
            )
        )
    print(json.dumps(asdict(took)))


if __name__ == "__main__":
    main()
