"""The bare send loops that durable delivery is measured against: no database, nothing kept.

Each is a process of its own that sends ``--messages`` copies of one message, ``--side-by-side`` at
a time, and prints what it took. It must run with peers alone, so it imports nothing of the project
but the request class, where that is what is asked for. The message is given as JSON; its keyboard
is made anew for each copy, as it has to be where the buttons name the message they hang under.
"""

import argparse
import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

FIRST_CHAT = 100_000_001
WARM_UP = 100
Send = Callable[[int], Awaitable[Any]]
Loop = Callable[[Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Sample:
    """What is sent: HTML, and rows of buttons, each a label and its callback data."""

    html: str
    buttons: list[list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds by the wall clock and of processor time; only the latter stands a busy machine."""

    seconds: float
    cpu: float


class Stopwatch:
    """Runs from when it is made; counts every thread of this process."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> Took:
        """What has passed since."""
        return Took(time.perf_counter() - self._wall, time.process_time() - self._cpu)


async def _ptb(base: str, token: str, sample: Sample, *, stock: bool, loop: Loop) -> None:
    telegram = import_module("telegram")

    requests: dict[str, Any] = {}
    if not stock:
        from bot.request import AiohttpRequest  # noqa: PLC0415  not there for peers alone

        requests = {
            "request": AiohttpRequest(),
            "get_updates_request": AiohttpRequest(connections=1),
        }
    no_preview = telegram.LinkPreviewOptions(is_disabled=True)
    button, keyboard = telegram.InlineKeyboardButton, telegram.InlineKeyboardMarkup
    async with telegram.Bot(token, base_url=f"{base}/bot", **requests) as bot:

        async def send(chat: int) -> None:
            rows = [
                [button(label, callback_data=data) for label, data in row] for row in sample.buttons
            ]
            await bot.send_message(
                chat,
                sample.html,
                parse_mode="HTML",
                link_preview_options=no_preview,
                reply_markup=keyboard(rows) if rows else None,
            )

        await loop(send)


async def _aiogram(base: str, token: str, sample: Sample, loop: Loop) -> None:
    # Loaded by name: aiogram is only there in the peers' own environment.
    aiogram, types = import_module("aiogram"), import_module("aiogram.types")
    server = import_module("aiogram.client.telegram").TelegramAPIServer.from_base(base)
    session = import_module("aiogram.client.session.aiohttp").AiohttpSession(api=server)
    no_preview = types.LinkPreviewOptions(is_disabled=True)
    button, keyboard = types.InlineKeyboardButton, types.InlineKeyboardMarkup
    async with aiogram.Bot(token, session=session) as bot:

        async def send(chat: int) -> None:
            rows = [
                [button(text=label, callback_data=data) for label, data in row]
                for row in sample.buttons
            ]
            await bot.send_message(
                chat,
                sample.html,
                parse_mode="HTML",
                link_preview_options=no_preview,
                reply_markup=keyboard(inline_keyboard=rows) if rows else None,
            )

        await loop(send)


async def _run(
    what: str, base: str, token: str, sample: Sample, messages: int, side_by_side: int
) -> Took:
    took = Took(0.0, 0.0)

    async def loop(send: Send) -> None:
        nonlocal took
        await _send_all(send, WARM_UP, side_by_side)
        watch = Stopwatch()
        await _send_all(send, messages, side_by_side)
        took = watch.read()

    if what == "aiogram":
        await _aiogram(base, token, sample, loop)
    else:
        await _ptb(base, token, sample, stock=what == "stock", loop=loop)
    return took


async def _send_all(send: Send, messages: int, side_by_side: int) -> None:
    chats = iter(range(FIRST_CHAT, FIRST_CHAT + messages))

    async def one_after_the_other() -> None:
        for chat in chats:
            await send(chat)

    await asyncio.gather(*(one_after_the_other() for _ in range(side_by_side)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["bare", "stock", "aiogram"])
    parser.add_argument("--sample", required=True, help="the message, as JSON")
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--side-by-side", type=int, required=True)
    parser.add_argument("--core", type=int)
    given = parser.parse_args()
    if given.core is not None:
        os.sched_setaffinity(0, {given.core})
    sample = Sample(**json.loads(given.sample))
    took = asyncio.run(
        _run(given.what, given.url, given.token, sample, given.messages, given.side_by_side)
    )
    print(json.dumps(asdict(took)))


if __name__ == "__main__":
    main()
