"""The recovery chart: pain and bruise over the days against the expected course.

It is read on a phone: a chat shows a picture about as wide as a thumb is long, in front of a light
or a dark wallpaper. So it is a card with a background and an edge of its own, with large words and
few lines; what is off the course differs in shape, not in color alone.
"""

from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from itertools import groupby
from math import ceil
from threading import Lock
from typing import Any, Final

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

SIZE: Final = (8.0, 6.4)
DPI: Final = 150
"""1200 by 960 pixels."""
CARD: Final = "#FBFAF7"
EDGE: Final = "#C9CED4"
INK: Final = "#22303C"
SOFT_INK: Final = "#4F5E6B"
GRID: Final = "#E3E1DA"
SESSION: Final = "#7A8591"
COURSE: Final = "#D5ECDD"
COURSE_EDGE: Final = "#8FC3A2"
OFF: Final = "#B3261E"
"""A red that is none of the lines': rings and triangles, never a line."""
# Blue, orange, green of Okabe and Ito: told apart by the color-blind too.
SERIES: Final = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"))
BRUISE: Final = "#7A4B8F"
# How large the mark of each answer is: a bruise that is gone is an empty ring.
BRUISES: Final = {"none": 10, "fading": 14, "same": 18, "bigger": 23}
# Mild, moderate, severe (see the expected course).
SEVERITY: Final = ((0.5, 3.5), (3.5, 6.5), (6.5, 10.5))
LOWEST: Final = -0.9
HIGHEST: Final = 11.4
A_WORD: Final = 0.2
"""The share of the width that a word beside a mark may take."""
ALERTS_AT: Final = 10.95
"""Where the triangles of alerts stand: above every score."""
NUMBERED: Final = 16
"""Up to so many points bear their number."""

TITLE: Final = (23.0, 38)
LEGEND: Final = (17.0, 38)
"""Points of the letters, and how many letters fit at that size."""
A_ROW: Final = 3
"""Entries of the legend in one row."""

# Parts of matplotlib (its fonts) are not safe in several threads at once.
drawing = Lock()

Point = Mapping[str, Any]


def chart(args: Mapping[str, Any]) -> bytes:
    """Draw pain from 0 to 10, and what became of the bruise, over the days as a PNG.

    Args:
        args: days count from the first session and may be fractions. ``title``; ``points``, each
            with ``day``, ``value`` (0–10), ``kind`` (which question it answers: each kind is a
            line of its own, three at most) and ``off`` (whether it is off the course; optional);
            ``bruises``, each with ``day``, ``answer`` ("none", "fading", "same" or "bigger") and
            ``off``; ``sessions`` (their days); ``alerts`` (their days); ``course``, the stretches
            of the expected one, each with ``start``, ``end`` and ``pain`` (the most that is
            expected then) or ``bruise`` (true: a bruise may still be there); ``labels``, a mapping
            with the words for "day", "session", "alert", "expected", "bruise", "mild",
            "moderate", "severe", "empty" (there is no answer yet), for each kind, and for each
            answer about a bruise.
    """
    labels: Mapping[str, str] = args.get("labels", {})
    points: list[Point] = sorted(args["points"], key=lambda point: point["day"])
    bruises: list[Point] = sorted(args.get("bruises", ()), key=lambda point: point["day"])
    sessions: list[float] = sorted(args.get("sessions", ()))
    alerts: list[float] = sorted(args.get("alerts", ()))
    course: list[Point] = list(args.get("course", ()))
    days = [point["day"] for point in (*points, *bruises)] + sessions + alerts
    with drawing:
        figure = Figure(figsize=SIZE, dpi=DPI, facecolor=CARD, edgecolor=EDGE, linewidth=3)
        FigureCanvasAgg(figure)
        foot = 0.375 if bruises else 0.225
        axes = figure.add_axes((0.085, foot, 0.85, 0.87 - foot))
        _frame(axes, days)
        legend = _course(axes, course, "pain", labels)
        _severity(axes, labels)
        legend = _lines(axes, points, sessions, labels) + legend
        legend += _sessions(axes, sessions, labels) + _alerts(axes, alerts, labels)
        lowest = axes
        if bruises:
            lowest = figure.add_axes((0.085, 0.235, 0.85, 0.085))
            _bruise_lane(lowest, axes, bruises, course, sessions, labels)
        if not (points or bruises):
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
        lowest.set_xlabel(words(labels.get("day", "")), fontsize=17, color=SOFT_INK, labelpad=3)
        _legend(figure, legend)
        picture = BytesIO()
        figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def _legend(figure: Figure, entries: list[Artist]) -> None:
    if not entries:
        return
    in_a_row = ceil(len(entries) / ceil(len(entries) / A_ROW))
    rows = [entries[n : n + in_a_row] for n in range(0, len(entries), in_a_row)]
    longest = max(sum(len(str(e.get_label())) for e in row) for row in rows)
    for n, row in enumerate(rows):
        figure.legend(
            handles=row,
            loc="lower center",
            bbox_to_anchor=(0.51, 0.048 * (len(rows) - 1 - n)),
            ncols=len(row),
            frameon=False,
            fontsize=_fitting(LEGEND, longest),
            labelcolor=INK,
            handletextpad=0.5,
            columnspacing=1.4,
        )


def _frame(axes: Axes, days: list[float]) -> None:
    first, last = min(days, default=0.0), max(days, default=0.0)
    last = max(last, first + 3)
    room = (last - first) * 0.05
    axes.set_xlim(first - room, last + room)
    axes.set_ylim(LOWEST, HIGHEST)
    axes.set_yticks(range(0, 11, 2))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, steps=[1, 2, 5, 7, 10]))
    axes.tick_params(length=0, labelsize=17, labelcolor=SOFT_INK, pad=8)
    axes.set_facecolor(CARD)
    axes.grid(axis="y", color=GRID, linewidth=1)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _course(axes: Axes, course: list[Point], of: str, labels: Mapping[str, str]) -> list[Artist]:
    """Shade what is expected of the pain ("pain"), or how long of the bruise ("bruise")."""
    shaded = [stretch for stretch in course if stretch.get(of)]
    look: dict[str, Any] = {"facecolor": COURSE, "linewidth": 0}
    low, high = axes.get_ylim()
    for stretch in shaded:
        top = stretch["pain"] + 0.5 if of == "pain" else high
        width = stretch["end"] - stretch["start"]
        axes.add_patch(Rectangle((stretch["start"], low), width, top - low, **look, zorder=0.5))
        if of == "pain":
            axes.hlines(top, stretch["start"], stretch["end"], color=COURSE_EDGE, zorder=0.6)
    if not shaded:
        return []
    return [Patch(**look, label=words(labels.get("expected", "")))]


def _severity(axes: Axes, labels: Mapping[str, str]) -> None:
    for (low, high), name in zip(SEVERITY, ("mild", "moderate", "severe"), strict=True):
        axes.text(
            1.012,
            (low + high) / 2,
            words(labels.get(name, "")),
            transform=axes.get_yaxis_transform(),
            rotation=270,
            ha="left",
            va="center",
            fontsize=13.5,
            color=SOFT_INK,
        )


def _alerts(axes: Axes, alerts: list[float], labels: Mapping[str, str]) -> list[Artist]:
    if not alerts:
        return []
    look: dict[str, Any] = {
        "color": OFF, "marker": "v", "markersize": 15, "linestyle": "", "markeredgecolor": CARD,
        "markeredgewidth": 1.5,
    }  # fmt: skip
    axes.plot(alerts, [ALERTS_AT] * len(alerts), **look, zorder=6, clip_on=False)
    return [Line2D([], [], **look, label=words(labels.get("alert", "")))]


def _bruise_lane(
    lane: Axes,
    above: Axes,
    bruises: list[Point],
    course: list[Point],
    sessions: list[float],
    labels: Mapping[str, str],
) -> None:
    """Draw the bruise under the pain, on the same days: the larger the mark, the worse."""
    lane.set_xlim(above.get_xlim())
    lane.set_ylim(0, 1)
    lane.set_yticks([])
    lane.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, steps=[1, 2, 5, 7, 10]))
    lane.tick_params(length=0, labelsize=17, labelcolor=SOFT_INK, pad=8)
    above.tick_params(labelbottom=False)
    lane.set_facecolor("#F1EFE9")
    for spine in lane.spines.values():
        spine.set_visible(False)
    _course(lane, course, "bruise", labels)
    _sessions(lane, sessions, labels)
    name = lane.text(
        0.0, 1.14, words(labels.get("bruise", "")), transform=lane.transAxes, fontsize=16,
        fontweight="bold", color=BRUISE, va="bottom",
    )  # fmt: skip
    name.set_path_effects([withStroke(linewidth=4, foreground=CARD)])
    first, last = lane.get_xlim()
    for n, point in enumerate(bruises):
        gone = point["answer"] == "none"
        lane.plot(
            [point["day"]], [0.5], marker="o", markersize=BRUISES[point["answer"]],
            color=CARD if gone else BRUISE,
            markeredgecolor=OFF if point.get("off") else BRUISE if gone else CARD,
            markeredgewidth=3.5 if point.get("off") else 2.5, zorder=4, clip_on=False,
        )  # fmt: skip
        follower = bruises[n + 1]["day"] if n + 1 < len(bruises) else last
        right = follower - point["day"] < (last - first) * A_WORD
        word = lane.annotate(
            words(labels.get(point["answer"], "")),
            (point["day"], 0.5),
            xytext=(-17 if right else 17, 0),
            textcoords="offset points",
            ha="right" if right else "left",
            va="center",
            fontsize=16,
            color=OFF if point.get("off") else INK,
            zorder=5,
        )
        word.set_path_effects([withStroke(linewidth=4, foreground=CARD)])


def _sessions(axes: Axes, sessions: list[float], labels: Mapping[str, str]) -> list[Artist]:
    look: dict[str, Any] = {"color": SESSION, "linewidth": 2, "linestyle": (0, (3, 3))}
    for day in sessions:
        axes.axvline(day, **look, zorder=2)
    if not sessions:
        return []
    return [Line2D([], [], **look, label=words(labels.get("session", "")))]


def _lines(
    axes: Axes, points: list[Point], sessions: list[float], labels: Mapping[str, str]
) -> list[Artist]:
    kinds = list(dict.fromkeys(str(point["kind"]) for point in points))
    legend: list[Artist] = []
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
        off = [point for point in mine if point.get("off")]
        axes.plot(
            [point["day"] for point in off], [point["value"] for point in off], linestyle="",
            marker="o", markersize=23, markerfacecolor="none", markeredgecolor=OFF,
            markeredgewidth=3, zorder=3.5, clip_on=False,
        )  # fmt: skip
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
        beside = 15 * (falls - rises)
        below = falls and rises
        number = axes.annotate(
            f"{value:g}",
            (day, value),
            xytext=(beside, -15 if below else 14),
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
