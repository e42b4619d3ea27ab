"""The clinic's figures as one picture: large numbers on top, what became of them by month below.

Drawn to be read on a phone, like :mod:`bot.chart`, whose card and colors it shares.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from bot.chart import CARD, GRID, INK, SOFT_INK, drawing, words

SIZE: Final = (8.0, 11.2)
DPI: Final = 135
"""1080 by 1512 pixels."""
TILE: Final = "#F1EFE8"
# Okabe and Ito's, told apart by the color-blind too.
COLORS: Final = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8A94A0")
PER_ROW: Final = 3
_LEGEND: Final = 78
"""So many letters stand in one line under a chart's title."""
_LEFT: Final = 0.07
_WIDTH: Final = 0.88


def draw(args: Mapping[str, Any]) -> bytes:
    """Draw the figures as a PNG.

    Args:
        args: ``title`` and ``subtitle``; ``tiles``, nine mappings with ``name``, ``value`` and
            ``note``; ``months``, their names; ``charts``, each with ``title`` and either
            ``bars`` (a list of name and values by month, stacked) or ``share`` (values from 0 to
            1 by month, None where there is none).
    """
    with drawing:
        figure = Figure(figsize=SIZE, dpi=DPI, facecolor=CARD)
        FigureCanvasAgg(figure)
        figure.text(
            _LEFT,
            0.965,
            words(args["title"]),
            fontsize=24,
            fontweight="bold",
            color=INK,
            va="center",
        )
        figure.text(_LEFT, 0.938, words(args["subtitle"]), fontsize=14, color=SOFT_INK, va="center")
        _tiles(figure, args["tiles"])
        for place, chart in zip((0.385, 0.21, 0.04), args["charts"], strict=False):
            _chart(figure, place, args["months"], chart)
        picture = BytesIO()
        figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def _tiles(figure: Figure, tiles: Sequence[Mapping[str, str]]) -> None:
    gap, height = 0.018, 0.112
    width = (_WIDTH - (PER_ROW - 1) * gap) / PER_ROW
    for index, tile in enumerate(tiles):
        left = _LEFT + (index % PER_ROW) * (width + gap)
        bottom = 0.803 - (index // PER_ROW) * (height + gap * SIZE[0] / SIZE[1])
        figure.patches.append(
            FancyBboxPatch(
                (left + 0.006, bottom + 0.004),
                width - 0.012,
                height - 0.008,
                boxstyle="round,pad=0.006",
                mutation_aspect=SIZE[0] / SIZE[1],
                facecolor=TILE,
                linewidth=0,
                transform=figure.transFigure,
                zorder=-1,
            )
        )
        text: dict[str, Any] = {"ha": "left", "va": "center", "transform": figure.transFigure}
        x = left + 0.018
        figure.text(x, bottom + 0.091, words(tile["name"]), fontsize=13, color=SOFT_INK, **text)
        figure.text(
            x,
            bottom + 0.055,
            words(tile["value"]),
            fontsize=25,
            fontweight="bold",
            color=INK,
            **text,
        )
        figure.text(x, bottom + 0.02, words(tile["note"]), fontsize=11.5, color=SOFT_INK, **text)


def _chart(figure: Figure, bottom: float, months: Sequence[str], chart: Mapping[str, Any]) -> None:
    axes = figure.add_axes((_LEFT, bottom, _WIDTH, 0.1))
    figure.text(
        _LEFT,
        bottom + (0.15 if len(chart.get("bars", ())) > 1 else 0.125),
        words(chart["title"]),
        fontsize=15,
        fontweight="bold",
        color=INK,
        va="center",
    )
    places = range(len(months))
    axes.set_xlim(-0.6, len(months) - 0.4)
    axes.set_xticks(list(places), [words(month) for month in months])
    axes.set_yticks([])
    axes.set_facecolor(CARD)
    axes.tick_params(length=0, labelsize=12.5, labelcolor=SOFT_INK, pad=5)
    for name, spine in axes.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(GRID)
    if "bars" in chart:
        _bars(figure, axes, bottom, chart["bars"])
    else:
        _shares(axes, chart["share"])


def _bars(
    figure: Figure, axes: Axes, bottom: float, bars: Sequence[tuple[str, Sequence[int]]]
) -> None:
    count = len(bars[0][1]) if bars else 0
    tops = [0] * count
    for (name, values), color in zip(bars, COLORS, strict=False):
        axes.bar(range(count), values, bottom=tops, color=color, width=0.72, label=words(name))
        tops = [top + value for top, value in zip(tops, values, strict=True)]
    axes.set_ylim(0, max([*tops, 1]) * 1.22)
    for place, top in enumerate(tops):
        if top:
            axes.annotate(
                f"{top:,}".replace(",", " "),
                (place, top),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=11.5,
                color=INK,
            )
    if len(bars) > 1:
        figure.legend(
            *axes.get_legend_handles_labels(),
            loc="center left",
            bbox_to_anchor=(_LEFT - 0.02, bottom + 0.123),
            ncols=len(bars),
            frameon=False,
            fontsize=min(12.5, 12.5 * _LEGEND / sum(len(name) + 5 for name, _ in bars)),
            labelcolor=SOFT_INK,
            handlelength=0.9,
            handletextpad=0.4,
            columnspacing=0.9,
        )


def _shares(axes: Axes, shares: Sequence[float | None]) -> None:
    axes.set_ylim(0, 1.25)
    axes.axhline(1, color=GRID, linewidth=1)
    known = [(place, share) for place, share in enumerate(shares) if share is not None]
    if not known:
        return
    axes.plot(
        *zip(*known, strict=True),
        color=COLORS[0],
        linewidth=3,
        marker="o",
        markersize=8,
        markeredgecolor=CARD,
        markeredgewidth=1.5,
        clip_on=False,
    )
    for place, share in known:
        axes.annotate(
            f"{share:.0%}",
            (place, share),
            xytext=(0, 8),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=11.5,
            fontweight="bold",
            color=COLORS[0],
        )
