"""How a measurement is shown: a table of what was measured, and each figure against its target."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

_out = Console(highlight=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure in words, what was aimed at, and whether that was reached."""

    name: str
    reached: str
    target: str
    met: bool


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print what was measured; numbers stand to the right."""
    shown = Table(title=title, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        shown.add_column(column, justify="left" if index == 0 else "right")
    for row in rows:
        shown.add_row(*row)
    _out.print(shown)


def figures(*reached: Figure) -> None:
    """Print figures against their targets, and on what machine."""
    for figure in reached:
        mark = Text("reached ", "green") if figure.met else Text("missed  ", "bold red")
        _out.print(mark, f"{figure.name}: {figure.reached} (target {figure.target})", sep="")
    _out.print(
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}",
        style="dim",
    )


def note(words: str) -> None:
    """Print a remark, such as why a peer is missing."""
    _out.print(words, style="yellow")


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value that ``share`` (0 to 1) of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * len(ordered) * 1000) // 1000) - 1)]
