"""A Bot API server that costs next to nothing: it takes any request and says that it was done.

Throughput is measured against it, so that what is measured is the client. It runs as a process of
its own, on a core of its own where there are two, and parses no more than it must. ``/count``
answers how many messages it has accepted.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from email.utils import formatdate

TOKEN = "7000000002:BENCHMARK-token-that-opens-nothing"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_BOT = {"id": 7_000_000_002, "is_bot": True, "first_name": "Aftercare", "username": "bench_bot"}


def _answer(result: object) -> bytes:
    body = json.dumps({"ok": True, "result": result}, separators=(",", ":")).encode()
    head = (
        "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nDate: {formatdate(usegmt=True)}\r\n\r\n"
    )
    return head.encode() + body


_SENT = _answer(
    {
        "message_id": 4711,
        "from": _BOT,
        "chat": {"id": 1, "first_name": "Anna", "type": "private"},
        "date": 1_780_000_000,
        "text": "How sore is the area now?",
    }
)
_ME = _answer(_BOT)


class Responder(asyncio.Protocol):
    """One connection; requests may come in pieces or several at once."""

    accepted = 0

    def __init__(self) -> None:
        self._data = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._data, 0, end)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._data) < whole:
                return
            target, self._data = self._data[:end].split(b" ", 2)[1], self._data[whole:]
            self._reply(target)

    def _reply(self, target: bytes) -> None:
        assert self._transport is not None
        if target.lower().endswith(b"/sendmessage"):
            Responder.accepted += 1
            self._transport.write(_SENT)
        elif target == b"/count":
            self._transport.write(_answer(Responder.accepted))
        else:
            self._transport.write(_ME)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Responder, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def running(core: int | None) -> Iterator[str]:
    """Run a responder, bound to ``core`` if one is given; yields its address."""
    command = [sys.executable, "-m", "benchmarks.responder"]
    if core is not None:
        command += ["--core", str(core)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def count(url: str) -> int:
    """Return how many messages the responder at ``url`` has accepted."""
    with urllib.request.urlopen(f"{url}/count") as answer:  # noqa: S310  our own http address
        accepted: int = json.load(answer)["result"]
    return accepted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--core", type=int, help="the processor core to stay on")
    core = parser.parse_args().core
    if core is not None:
        os.sched_setaffinity(0, {core})
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve())


if __name__ == "__main__":
    main()
