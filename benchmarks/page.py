"""The page of phones: how long after its start the sandbox answers, and until its bot is linked."""

import argparse
import asyncio
import json
import os
import re
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from benchmarks import report

PATIENCE_S = 60.0
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


async def _start(directory: Path) -> tuple[float, float]:
    """Start the sandbox once; returns the seconds to the page's answer, and to the bot's link."""
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "sandbox",
        "--no-browser",
        "--port",
        "0",
        "--directory",
        str(directory / "sandbox"),
        cwd=directory,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parent.parent),
            "PYTHONUNBUFFERED": "1",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(PATIENCE_S), aiohttp.ClientSession() as session:
            address = await _address(process)
            async with session.get(address) as page:
                page.raise_for_status()
                await page.read()
            answered = time.perf_counter() - begun
            await _linked(session, address)
            return answered, time.perf_counter() - begun
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.communicate()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async for line in process.stdout:
        if found := _ADDRESS.search(line.decode(errors="replace")):
            return found[0]
    raise RuntimeError("the sandbox ended before it said where its page is")


async def _linked(session: aiohttp.ClientSession, address: str) -> None:
    """Wait for the first view of the outbox that the bot sends over its link."""
    event = ""
    async with session.get(f"{address}/events", timeout=aiohttp.ClientTimeout(None)) as stream:
        stream.raise_for_status()
        buffer = b""
        async for piece in stream.content.iter_any():
            *lines, buffer = (buffer + piece).split(b"\n")
            for line in lines:
                name, _, value = line.decode().partition(": ")
                if name == "event":
                    event = value
                elif name == "data" and _shows_outbox(event, json.loads(value)):
                    return
    raise RuntimeError("the sandbox ended its events")


def _shows_outbox(event: str, data: dict[str, object]) -> bool:
    view = data.get("outbox") if event == "state" else data if event == "outbox" else None
    return isinstance(view, dict) and bool(view.get("counts") or view.get("rows"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    measured = []
    for _ in range(given.rounds):
        # A fresh directory each time: the very first start is the slowest.
        with tempfile.TemporaryDirectory() as place:
            measured.append(asyncio.run(_start(Path(place))))
    answered = statistics.median(page for page, _ in measured)
    linked = statistics.median(bot for _, bot in measured)
    report.table(
        f"Seconds from process start, medians of {given.rounds}",
        ("the page answers", "slowest", "the bot is linked", "slowest"),
        [
            (
                f"{answered:.2f}",
                f"{max(page for page, _ in measured):.2f}",
                f"{linked:.2f}",
                f"{max(bot for _, bot in measured):.2f}",
            )
        ],
    )
    report.figures(
        report.Figure("the page answers within", f"{answered:.2f} s", "≤ 3 s", answered <= 3)
    )


if __name__ == "__main__":
    main()
