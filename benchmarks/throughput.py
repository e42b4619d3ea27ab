"""Messages a second: durable delivery beside bare send loops, to a server with no limit.

The peers take turns (A B C, A B C …), each in a process of its own on one core, against the same
server on the other core. For each kind of message the peers send what durable delivery sends, the
same words over the same buttons. A peer has 16 requests side by side, where both stock bot and
aiogram are at their best (at 64 the stock bot collapses); durable delivery has as many as the bot.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import durable_loop, peers, report, responder
from benchmarks.send_loops import WARM_UP, Took

BARE = "bare loop"
STOCK = "stock bot (httpx)"
AIOGRAM = "aiogram"
DURABLE = "durable delivery"
NAMES = {"answer": "answers", "broadcast": "a broadcast", "reminder": "reminders"}
TARGETS = ((BARE, 0.8), (STOCK, 2.0), (AIOGRAM, 1.0))
_LOOPS = Path(__file__).with_name("send_loops.py")


@dataclass(frozen=True, slots=True)
class Peer:
    """One way to send: its name, the command that does it, how many requests side by side."""

    name: str
    command: tuple[str, ...]
    side_by_side: int


def _peers(kind: str, theirs: Path | None, given: argparse.Namespace) -> list[Peer]:
    python, sample = sys.executable, json.dumps(asdict(durable_loop.sample(kind)))
    loops = (python, "-m", "benchmarks.send_loops")
    found = [
        Peer(BARE, (*loops, "bare", "--sample", sample), given.peers),
        Peer(DURABLE, (python, "-m", "benchmarks.durable_loop", kind), given.durable),
        Peer(STOCK, (*loops, "stock", "--sample", sample), given.peers),
    ]
    if theirs is not None:
        command = (str(theirs), str(_LOOPS), "aiogram", "--sample", sample)
        found.append(Peer(AIOGRAM, command, given.peers))
    return found


def _measure(peer: Peer, given: argparse.Namespace, url: str, core: int | None) -> Took:
    done = subprocess.run(
        [
            *peer.command,
            "--url",
            url,
            "--token",
            responder.TOKEN,
            "--messages",
            str(given.messages),
            "--side-by-side",
            str(peer.side_by_side),
            *([] if core is None else ["--core", str(core)]),
        ],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return Took(**json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kind", choices=NAMES, action="append", help="only this kind")
    parser.add_argument("--peers", type=int, default=16, help="a peer's requests side by side")
    parser.add_argument("--durable", type=int, default=64, help="durable delivery's")
    parser.add_argument("--two-cores", action="store_true", help="do not hold a sender to one core")
    given = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    sender, server = (cores[0], cores[1]) if len(cores) > 1 else (None, None)
    theirs = peers.interpreter()
    if theirs is None:
        report.note("aiogram is not there: the group bench could not be installed")
    with responder.running(None if given.two_cores else server) as url:
        expected = 0
        for kind in given.kind or NAMES:
            found = _peers(kind, theirs, given)
            took: dict[str, list[Took]] = {peer.name: [] for peer in found}
            for _ in range(given.rounds):
                for peer in found:
                    core = None if given.two_cores else sender
                    took[peer.name].append(_measure(peer, given, url, core))
                    expected += given.messages + WARM_UP
                    accepted = responder.count(url)
                    assert accepted == expected, f"{peer.name}: {accepted} accepted, not {expected}"
            _show(NAMES[kind], took, given.messages)


def _show(kind: str, took: dict[str, list[Took]], messages: int) -> None:
    """Show the medians, and durable delivery's share of each peer's in the same rounds."""
    rates = {
        name: statistics.median(messages / one.seconds for one in runs)
        for name, runs in took.items()
    }
    costs = {
        name: statistics.median(one.cpu / messages * 1e6 for one in runs)
        for name, runs in took.items()
    }
    report.table(
        f"{kind}: {messages} messages, medians of {len(took[BARE])} rounds",
        ("", "messages/s", "CPU µs/message"),
        ((name, f"{rates[name]:.0f}", f"{costs[name]:.0f}") for name in took),
    )
    mine = took[DURABLE]
    figures = [
        report.Figure(
            f"{kind}, messages a second on one core",
            f"{rates[DURABLE]:.0f}",
            "1,000",
            rates[DURABLE] >= 1000,
        )
    ]
    for peer, factor in TARGETS:
        if peer not in took:
            continue
        pairs = list(zip(took[peer], mine, strict=True))
        wall = statistics.median(theirs.seconds / own.seconds for theirs, own in pairs)
        cpu = statistics.median(theirs.cpu / own.cpu for theirs, own in pairs)
        figures.append(
            report.Figure(
                f"{kind}, against {peer}",
                f"{wall:.2f} by the clock, {cpu:.2f} by processor time",
                f"≥ {factor:g}",
                wall >= factor,
            )
        )
    report.figures(*figures)


if __name__ == "__main__":
    main()
