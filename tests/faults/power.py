"""A file system that loses power: what was written and not synced is kept, dropped or torn."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
ACKNOWLEDGED = "-acknowledged"


@dataclass(frozen=True, slots=True)
class Call:
    """One recorded call: W(rite), T(runcate), S(ync) or D(elete) of a file."""

    kind: str
    name: str
    offset: int = 0
    content: bytes = b""


def read(record: bytes) -> Iterator[Call]:
    """Read what recorder.c wrote."""
    at = 0
    while at < len(record):
        end = record.index(b"\n", at)
        kind, name, *numbers = record[at:end].decode().split(" ")
        at = end + 1
        size = int(numbers[1]) if kind == "W" else 0
        yield Call(kind, name, int(numbers[0]), record[at : at + size])
        at += size


@dataclass(slots=True)
class _File:
    safe: bytearray = field(default_factory=bytearray)
    pending: list[Call] = field(default_factory=list)

    def sync(self) -> None:
        for call in self.pending:
            _apply(self.safe, call)
        self.pending.clear()


def _apply(content: bytearray, call: Call) -> None:
    if call.kind == "T":
        del content[call.offset :]
        content.extend(bytes(call.offset - len(content)))
        return
    if len(content) < call.offset:
        content.extend(bytes(call.offset - len(content)))
    content[call.offset : call.offset + len(call.content)] = call.content


def _torn(call: Call, chance: random.Random) -> Iterator[Call]:
    """Yield the sectors of a write that reached the platter."""
    start = 0
    while start < len(call.content):
        size = SECTOR - (call.offset + start) % SECTOR
        if chance.random() < 0.5:
            piece = call.content[start : start + size]
            yield Call("W", call.name, call.offset + start, piece)
        start += size


class Disk:
    """The files as the recorded process left them, call by call.

    ``acknowledged`` is the last transaction that was reported as done, -1 before the first.
    """

    def __init__(self) -> None:
        self.files: dict[str, _File] = {}
        self.acknowledged = -1

    def take(self, call: Call) -> None:
        """Go on by one call."""
        if call.name.endswith(ACKNOWLEDGED):
            if call.kind == "W":
                self.acknowledged = int.from_bytes(call.content, "big")
            return
        if call.name.endswith("-shm"):
            return  # the index of the WAL lives in memory; it is made anew
        if call.kind == "D":
            self.files.pop(call.name, None)
            return
        file = self.files.setdefault(call.name, _File())
        if call.kind == "S":
            file.sync()
        else:
            file.pending.append(call)

    def lose_power(self, directory: Path, chance: random.Random) -> None:
        """Write what a power cut at this moment may leave behind into ``directory``.

        Of what was not synced everything, nothing, or any part is there, in any order, each
        write whole or in sectors.
        """
        how = chance.choice(("none", "all", "some", "some", "torn", "torn"))
        for name, file in self.files.items():
            content = bytearray(file.safe)
            for call in file.pending:
                if how == "none" or (how in ("some", "torn") and chance.random() < 0.5):
                    continue
                pieces = _torn(call, chance) if how == "torn" and call.kind == "W" else [call]
                for piece in pieces:
                    _apply(content, piece)
            (directory / name).write_bytes(content)
