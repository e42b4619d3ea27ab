"""Starts the bot again and again without importing it each time: python forge.py.

The imports are made once; each ``start`` on standard input then forks a process that runs
``aftercare run`` from its first line on. It is a process like any other: it opens the database
and the network itself, and SIGKILL takes it away as a whole. ``wait PID`` answers how it ended.
"""

import gc
import os
import sys
import traceback

import bot.cli
import bot.cli.serve


def start(arguments: list[str]) -> int:
    """Fork a bot and return its process id."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        bot.cli.app(["run", *arguments], standalone_mode=True)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 -- the end of a process, whatever it was
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    """Obey standard input until it ends."""
    gc.freeze()
    print("ready", flush=True)  # noqa: T201 -- the protocol
    for line in sys.stdin:
        order, *words = line.split()
        if order == "start":
            print(start(words), flush=True)  # noqa: T201
        else:
            _, status = os.waitpid(int(words[0]), 0)
            print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


main()
