"""The figures as a picture and as a table, made from the database when they leave."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from babel.dates import format_skeleton
from babel.numbers import format_decimal

from bot.turn import House
from messages.render import span
from scheduler import exports, figures, staff
from scheduler.database import Store
from scheduler.figures import Figures, Report
from scheduler.staff import Staff
from scheduler.wallclock import MINUTE

_PLACE: Final = "clinic.figures"
_SERIES: Final = 5
"""So many treatments have a color of their own; the others share one."""


def make(name: str, store: Store, house: House, args: Mapping[str, Any]) -> tuple[str, bytes]:
    """Make the picture ("figures") or the table ("figures_table"); for a thread of its own.

    Args:
        name: which.
        store: the database, which is asked for a stretch of rows at a time.
        house: the clinic and its texts.
        args: ``member`` (whose figures, an id), ``treatment`` (empty for all), ``now`` (UTC epoch
            ms).

    Raises:
        PermissionError: the member has left the clinic.
    """
    member = store.write_now(staff.by_id, args["member"])
    if member is None:
        raise PermissionError("whoever asked for the figures has left")
    report = figures.gather(
        store.write_now, member, house.catalogue, house.clinic.timezone, now=args["now"]
    )
    if name == "figures_table":
        return "figures.csv", _table(report)
    from bot.figures_chart import draw  # noqa: PLC0415  matplotlib takes a second and 60 MB

    return "figures.png", draw(_Words(house, member).picture(report, args["treatment"]))


def _table(report: Report) -> bytes:
    """Return the figures of each month and treatment as CSV; the names are those of the docs."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(
        (
            "month",
            "treatment",
            "enrolled",
            "delivered",
            "not_delivered",
            "asked",
            "answered",
            "answer_rate",
            "median_minutes_to_answer",
            "off_course",
            "alerts",
            "median_minutes_to_take",
            "attended",
            "missed",
            "no_show_rate",
            "opt_outs",
        )
    )
    for (month, treatment), cell in sorted(report.cells.items()):
        lines.writerow(
            (
                f"{month:%Y-%m}",
                exports.plain(treatment),
                cell.enrolled,
                cell.delivered,
                cell.not_delivered,
                cell.asked,
                cell.answered,
                _rate(cell.answer_rate),
                figures.median(cell.answer_minutes),
                cell.off_course,
                cell.alerts,
                figures.median(cell.taken_minutes),
                cell.attended,
                cell.missed,
                _rate(cell.no_show_rate),
                cell.opt_outs,
            )
        )
    return text.getvalue().encode("utf-8-sig")


def _rate(share: float | None) -> str:
    return "" if share is None else f"{share:.3f}"


class _Words:
    """Puts a report into the words and numbers of a picture, in a member's language."""

    def __init__(self, house: House, member: Staff) -> None:
        self._house = house
        self._member = member
        self._locale = member.language.replace("-", "_")

    def _label(self, key: str, **params: object) -> str:
        return self._house.catalogue.label(self._member.language, f"{_PLACE}.{key}", **params)

    def _treatment(self, key: str) -> str:
        try:
            return self._house.catalogue.treatment_name(self._member.language, key)
        except KeyError:
            return key

    def _number(self, value: int) -> str:
        return str(format_decimal(value, locale=self._locale))

    def _share(self, share: float | None) -> str:
        return self._label("nothing") if share is None else f"{share:.0%}"

    def _lasts(self, minutes: int | None) -> str:
        if minutes is None:
            return self._label("nothing")
        return span(max(minutes, 1) * MINUTE, self._member.language)

    def _month(self, month: date) -> str:
        name: str = format_skeleton("MMM", month, locale=self._locale)
        return name.rstrip(".")[:3]

    def picture(self, report: Report, treatment: str) -> dict[str, Any]:
        """Return what the picture shows of all treatments, or of one."""
        what = treatment or None
        shown = (treatment,) if treatment else report.treatments
        whole = report.of(treatment=what)
        by_month = [report.of(month=month, treatment=what) for month in report.months]
        whose = "all" if self._member.role == "manager" else "own"
        title = self._treatment(treatment) if treatment else self._house.clinic.name
        return {
            "title": title,
            "subtitle": self._label(f"subtitle_{whose}"),
            "tiles": self._tiles(report, whole, what),
            "months": [self._month(month) for month in report.months],
            "charts": [
                {
                    "title": self._label("chart.enrolled"),
                    "bars": self._enrolled(report, shown),
                },
                {
                    "title": self._label("chart.answered"),
                    "share": [cell.answer_rate for cell in by_month],
                },
                {
                    "title": self._label("chart.alerts"),
                    "bars": [(self._label("chart.alerts"), [cell.alerts for cell in by_month])],
                },
            ],
        }

    def _enrolled(self, report: Report, shown: Sequence[str]) -> list[tuple[str, list[int]]]:
        """Return what was enrolled by month, of the most frequent treatments and of the others."""
        counted = {
            each: [report.of(month=month, treatment=each).enrolled for month in report.months]
            for each in shown
        }
        frequent = sorted(counted, key=lambda each: (-sum(counted[each]), each))
        bars = [(self._treatment(each), counted[each]) for each in frequent[:_SERIES]]
        if others := frequent[_SERIES:]:
            sums = [sum(each) for each in zip(*(counted[name] for name in others), strict=True)]
            bars.append((self._label("others"), sums))
        return bars

    def _tiles(self, report: Report, whole: Figures, what: str | None) -> list[dict[str, str]]:
        active = report.active[what] if what else report.active.total()
        settled = whole.delivered + whole.not_delivered

        tile = self._tile
        return [
            tile("enrolled", whole.enrolled),
            tile("active", active),
            tile("delivered", whole.delivered, n=settled),
            tile("answered", self._share(whole.answer_rate), n=whole.asked),
            tile("answer_time", self._lasts(figures.median(whole.answer_minutes))),
            tile("off_course", whole.off_course),
            tile("alerts", whole.alerts, time=self._lasts(figures.median(whole.taken_minutes))),
            self._no_shows(whole),
            tile("opt_outs", whole.opt_outs),
        ]

    def _tile(
        self, name: str, value: int | str, note: str = "", **params: object
    ) -> dict[str, str]:
        return {
            "name": self._label(f"tile.{name}"),
            "value": self._number(value) if isinstance(value, int) else value,
            "note": self._label(f"note.{note or name}", **params),
        }

    def _no_shows(self, whole: Figures) -> dict[str, str]:
        """Return today's share of no-shows beside that of before, where the clinic knows it."""
        visits = whole.attended + whole.missed
        before = self._house.clinic.no_shows_before
        if before is None:
            return self._tile("no_shows", self._share(whole.no_show_rate), n=visits)
        return self._tile(
            "no_shows",
            self._share(whole.no_show_rate),
            "no_shows_before",
            n=visits,
            share=f"{before:.0%}",
        )
