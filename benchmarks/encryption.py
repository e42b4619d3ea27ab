"""What encryption costs a message: durable delivery on an encrypted file and on a plain one.

Everything else is the same: the same program, synchronous=FULL, every message accounted for, a
process of its own on one core against a server with no limit on the other. The two take turns, and
turns in going first.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

from benchmarks import report, responder
from benchmarks.durable_loop import KINDS
from benchmarks.send_loops import WARM_UP, Took
from benchmarks.throughput import NAMES


def _measure(kind: str, messages: int, url: str, core: int | None, *, plain: bool) -> Took:
    command = [sys.executable, "-m", "benchmarks.durable_loop", kind]
    command += ["--url", url, "--token", responder.TOKEN]
    command += ["--messages", str(messages), "--side-by-side", "64"]
    command += [] if core is None else ["--core", str(core)]
    command += ["--plain"] if plain else []
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Took(**json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=6)
    given = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    sender, server = (cores[0], cores[1]) if len(cores) > 1 else (None, None)
    rows = []
    with responder.running(server) as url:
        sent = 0
        for kind in KINDS:
            pairs: list[tuple[Took, Took]] = []
            for number in range(given.rounds):
                took = {
                    plain: _measure(kind, given.messages, url, sender, plain=plain)
                    for plain in (number % 2 == 0, number % 2 == 1)
                }
                pairs.append((took[False], took[True]))
                sent += 2 * (given.messages + WARM_UP)
                assert responder.count(url) == sent, "not every message was accepted"
            rows.append(
                (
                    NAMES[kind],
                    *(
                        f"{statistics.median(each):.2f}"
                        for each in (
                            [one.seconds / other.seconds for one, other in pairs],
                            [one.cpu / other.cpu for one, other in pairs],
                        )
                    ),
                    f"{statistics.median(one.cpu for one, _ in pairs) / given.messages * 1e6:.0f}",
                )
            )
    report.table(
        f"encrypted, as a ratio of plain: {given.messages} messages, {given.rounds} rounds",
        ("", "by the clock", "by processor time", "CPU µs/message, encrypted"),
        rows,
    )


if __name__ == "__main__":
    main()
