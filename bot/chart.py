"""The chart of pain over the days, drawn to be read on a phone.

A chat shows a picture about as wide as a thumb is long, in front of a light or a dark wallpaper.
So it is a card with a background of its own, with large words and few lines.
"""

from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from itertools import groupby
from threading import Lock
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

SIZE: Final = (8.0, 6.4)
DPI: Final = 150
"""1200 by 960 pixels."""
CARD: Final = "#FBFAF7"
INK: Final = "#22303C"
SOFT_INK: Final = "#5B6B7A"
GRID: Final = "#E3E1DA"
SESSION: Final = "#8A94A0"
# Blue, orange, green of Okabe and Ito: told apart by the color-blind too.
SERIES: Final = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"))
# Mild, moderate, severe (see the expected course): the eye finds "severe" without reading.
BANDS: Final = ((0.5, 3.5, "#EAF3EC"), (3.5, 6.5, "#FBF1DC"), (6.5, 10.5, "#F9E3DE"))
NUMBERED: Final = 16
"""Up to so many points bear their number."""

TITLE: Final = (23.0, 38)
LEGEND: Final = (17.0, 42)
"""Points of the letters, and how many letters fit at that size."""

# Parts of matplotlib (its fonts) are not safe in several threads at once.
drawing = Lock()

Point = Mapping[str, Any]


def chart(args: Mapping[str, Any]) -> bytes:
    """Draw pain from 0 to 10 over the days as a PNG.

    Args:
        args: ``title``; ``points``, each with ``day`` (since the first session, may be a
            fraction), ``value`` (0–10) and ``kind`` (which question it answers: each kind is a
            line of its own, three at most); ``sessions`` (their days); ``labels``, a mapping with
            the words for "day", "session", "mild", "moderate", "severe", "empty" (there are no
            points yet), and for each kind.
    """
    labels: Mapping[str, str] = args.get("labels", {})
    points: list[Point] = sorted(args["points"], key=lambda point: point["day"])
    sessions: list[float] = sorted(args.get("sessions", ()))
    with drawing:
        figure = Figure(figsize=SIZE, dpi=DPI, facecolor=CARD)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0.085, 0.2, 0.85, 0.675))
        _frame(axes, [point["day"] for point in points] + sessions)
        _bands(axes, labels)
        legend = _sessions(axes, sessions, labels) + _lines(axes, points, sessions, labels)
        if not points:
            _note(axes, labels.get("empty", ""))
        title = words(str(args["title"]))
        figure.text(
            0.085,
            0.935,
            title,
            fontsize=_fitting(TITLE, len(title)),
            fontweight="bold",
            color=INK,
            va="center",
        )
        if legend:
            figure.legend(
                handles=legend,
                loc="lower center",
                bbox_to_anchor=(0.51, 0.0),
                ncols=len(legend),
                frameon=False,
                fontsize=_fitting(LEGEND, sum(len(str(line.get_label())) for line in legend)),
                labelcolor=INK,
                handletextpad=0.5,
                columnspacing=1.4,
            )
        axes.set_xlabel(words(labels.get("day", "")), fontsize=17, color=SOFT_INK, labelpad=4)
        picture = BytesIO()
        figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def _frame(axes: Axes, days: list[float]) -> None:
    first, last = min(days, default=0.0), max(days, default=0.0)
    last = max(last, first + 3)
    room = (last - first) * 0.05
    axes.set_xlim(first - room, last + room)
    axes.set_ylim(-1.2, 10.9)
    axes.set_yticks(range(0, 11, 2))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, steps=[1, 2, 5, 7, 10]))
    axes.tick_params(length=0, labelsize=17, labelcolor=SOFT_INK, pad=8)
    axes.set_facecolor(CARD)
    axes.grid(axis="y", color=GRID, linewidth=1)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _bands(axes: Axes, labels: Mapping[str, str]) -> None:
    for (low, high, color), name in zip(BANDS, ("mild", "moderate", "severe"), strict=True):
        axes.axhspan(low, high, color=color, linewidth=0, zorder=0)
        axes.text(
            1.012,
            (low + high) / 2,
            words(labels.get(name, "")),
            transform=axes.get_yaxis_transform(),
            rotation=270,
            ha="left",
            va="center",
            fontsize=15,
            color=SOFT_INK,
        )


def _sessions(axes: Axes, sessions: list[float], labels: Mapping[str, str]) -> list[Line2D]:
    look: dict[str, Any] = {"color": SESSION, "linewidth": 2, "linestyle": (0, (3, 3))}
    for day in sessions:
        axes.axvline(day, **look, zorder=2)
    if not sessions:
        return []
    return [Line2D([], [], **look, label=words(labels.get("session", "")))]


def _lines(
    axes: Axes, points: list[Point], sessions: list[float], labels: Mapping[str, str]
) -> list[Line2D]:
    kinds = list(dict.fromkeys(str(point["kind"]) for point in points))
    legend = []
    for kind, (color, marker) in zip(kinds, SERIES, strict=False):
        look: dict[str, Any] = {
            "color": color,
            "marker": marker,
            "linewidth": 3.5,
            "markersize": 11,
            "markeredgecolor": CARD,
            "markeredgewidth": 2,
        }
        legend.append(Line2D([], [], **look, label=words(labels.get(kind, kind))))
        mine = [point for point in points if point["kind"] == kind]
        # A line across a session would draw a rise that nobody felt.
        for _, stretch in groupby(mine, key=lambda point: bisect_right(sessions, point["day"])):
            run = [(point["day"], point["value"]) for point in stretch]
            axes.plot(*zip(*run, strict=True), **look, zorder=4, clip_on=False)
            if len(points) <= NUMBERED:
                _numbers(axes, run, color)
    return legend


def _numbers(axes: Axes, run: list[tuple[float, float]], color: str) -> None:
    for n, (day, value) in enumerate(run):
        falls = n > 0 and run[n - 1][1] > value
        rises = n + 1 < len(run) and run[n + 1][1] > value
        # Where the line is not: below a valley, beside a slope, above everything else.
        beside = 12 * (falls - rises)
        below = falls and rises
        number = axes.annotate(
            f"{value:g}",
            (day, value),
            xytext=(beside, -11 if below else 10),
            textcoords="offset points",
            ha="center",
            va="top" if below else "bottom",
            fontsize=16,
            fontweight="bold",
            color=color,
            zorder=5,
            annotation_clip=False,
        )
        number.set_path_effects([withStroke(linewidth=4, foreground=CARD)])


def _note(axes: Axes, text: str) -> None:
    axes.text(
        0.5,
        0.5,
        words(text),
        transform=axes.transAxes,
        ha="center",
        va="center",
        fontsize=20,
        color=SOFT_INK,
    )


def _fitting(size: tuple[float, int], letters: int) -> float:
    points, fit = size
    return points * min(1.0, fit / max(1, letters))


@lru_cache(maxsize=1)
def _letters() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties())).get_charmap())


def words(text: str) -> str:
    """What the font can draw, with nothing read as a formula."""
    return "".join(c for c in text if ord(c) in _letters()).replace("$", r"\$").strip()
