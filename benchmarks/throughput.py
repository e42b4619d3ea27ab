"""Messages a second: durable delivery beside bare send loops, to a server with no limit.

The peers take turns (A B C, A B C …), each in a process of its own on one core, against the same
server on the other core, with the same number of requests side by side.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks import peers, report, responder
from benchmarks.send_loops import WARM_UP, Took

STOCK = "stock bot (httpx), bare loop"
AIOGRAM = "aiogram, bare loop"
_LOOPS = Path(__file__).with_name("send_loops.py")


@dataclass(frozen=True, slots=True)
class Peer:
    """One way to send: its name, and the command that does it."""

    name: str
    command: tuple[str, ...]


def _peers() -> list[Peer]:
    python = sys.executable
    found = [
        Peer("bare loop, the same request class", (python, "-m", "benchmarks.send_loops", "bare")),
        Peer("durable: answers", (python, "-m", "benchmarks.durable_loop", "answer")),
        Peer("durable: reminders", (python, "-m", "benchmarks.durable_loop", "reminder")),
        Peer("durable: a broadcast", (python, "-m", "benchmarks.durable_loop", "broadcast")),
        Peer(STOCK, (python, "-m", "benchmarks.send_loops", "stock")),
    ]
    theirs = peers.interpreter()
    if theirs is None:
        report.note("aiogram is not there: the group bench could not be installed")
    else:
        found.append(Peer(AIOGRAM, (str(theirs), str(_LOOPS), "aiogram")))
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
            str(given.side_by_side),
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
    parser.add_argument("--side-by-side", type=int, default=16)
    parser.add_argument("--two-cores", action="store_true", help="do not hold a sender to one core")
    given = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    sender, server = (cores[0], cores[1]) if len(cores) > 1 else (None, None)
    found = _peers()
    took: dict[str, list[Took]] = {peer.name: [] for peer in found}
    with responder.running(None if given.two_cores else server) as url:
        expected = 0
        for _ in range(given.rounds):
            for peer in found:
                core = None if given.two_cores else sender
                took[peer.name].append(_measure(peer, given, url, core))
                expected += given.messages + WARM_UP
                accepted = responder.count(url)
                assert accepted == expected, f"{peer.name}: {accepted} accepted, not {expected}"
    _show(took, given.messages)


def _show(took: dict[str, list[Took]], messages: int) -> None:
    rates = {
        name: statistics.median(messages / one.seconds for one in runs)
        for name, runs in took.items()
    }
    costs = {
        name: statistics.median(one.cpu / messages * 1000 for one in runs)
        for name, runs in took.items()
    }
    bare = next(iter(took))
    report.table(
        f"{messages} messages, medians of {len(took[bare])} rounds",
        ("", "messages/s", "of the bare loop", "CPU ms/message", "bare CPU / its CPU"),
        (
            (
                name,
                f"{rates[name]:.0f}",
                f"{rates[name] / rates[bare]:.2f}",
                f"{costs[name]:.2f}",
                f"{costs[bare] / costs[name]:.2f}",
            )
            for name in took
        ),
    )
    figures = []
    for name in (name for name in took if name.startswith("durable")):
        share = statistics.median(
            base.seconds / mine.seconds for mine, base in zip(took[name], took[bare], strict=True)
        )
        rate = rates[name]
        figures += [
            report.Figure(f"{name} / bare loop", f"{share:.2f}", "≥ 0.8", share >= 0.8),
            report.Figure(f"{name}, messages a second", f"{rate:.0f}", "1,000", rate >= 1000),
        ]
        for peer, factor in ((STOCK, 2.0), (AIOGRAM, 1.0)):
            if peer in rates:
                ratio = rate / rates[peer]
                told, aim = f"{ratio:.2f}", f"≥ {factor:g}"
                figures.append(report.Figure(f"{name} / {peer}", told, aim, ratio >= factor))
    report.figures(*figures)


if __name__ == "__main__":
    main()
