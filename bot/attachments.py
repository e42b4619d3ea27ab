"""Files that are drawn at the moment of sending: the QR of a link, a calendar entry, a chart.

A message of the outbox holds a maker's name and its arguments (JSON values), so that no picture
waits in the database. Makers are pure: the same arguments give the same file. Heavy libraries are
imported when they are first needed; makers run in threads.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from math import ceil
from typing import Any, Final

QR_PIXELS: Final = 720
QR_QUIET_ZONE: Final = 4
"""Modules of white around the code, as ISO/IEC 18004 asks for."""
SESSION_MINUTES: Final = 30
ALARM: Final = timedelta(days=-1)


def make(name: str, args: Mapping[str, Any]) -> tuple[str, bytes]:
    """Draw the file of that name.

    Args:
        name: "qr", "calendar" or "chart".
        args: what its maker takes: see :func:`qr`, :func:`calendar` and :func:`bot.chart.chart`.

    Returns:
        Its file name and its bytes.

    Raises:
        ValueError: No maker has that name.
        KeyError: An argument is missing.
    """
    maker = _MAKERS.get(name)
    if maker is None:
        raise ValueError(f'no maker is called "{name}"')
    return maker(args)


def qr(args: Mapping[str, Any]) -> tuple[str, bytes]:
    """Draw ``args["link"]`` as a QR code, big enough to be scanned from a phone's screen."""
    import segno  # noqa: PLC0415  needed for one picture in a thousand messages

    code = segno.make(args["link"], error="m", micro=False, boost_error=True)
    modules = code.symbol_size(border=QR_QUIET_ZONE)[0]
    picture = BytesIO()
    # Whole pixels per module keep the edges sharp.
    code.save(picture, kind="png", scale=ceil(QR_PIXELS / modules), border=QR_QUIET_ZONE)
    return "qr.png", picture.getvalue()


def calendar(args: Mapping[str, Any]) -> tuple[str, bytes]:
    """Write the calendar entry (RFC 5545) of a treatment session, with an alarm a day before.

    Args:
        args: ``uid`` (what identifies the session: an entry sent again replaces the older one),
            ``starts_at`` (UTC epoch ms), ``summary`` (in words that anybody may read on a lock
            screen); optionally ``minutes``, ``stamp`` (when the entry was made, UTC epoch ms) and
            ``sequence`` (how often the session was moved), by which calendars tell which entry is
            the newer one, ``description`` and ``location``.
    """
    import icalendar  # noqa: PLC0415  as above

    start = _utc(args["starts_at"])
    summary = _one_line(args["summary"])
    entry = icalendar.Event()
    entry.add("uid", "".join(c for c in str(args["uid"]) if c.isalnum() or c in "-@."))
    entry.add("dtstamp", _utc(args.get("stamp", args["starts_at"])))
    # In UTC: every calendar shows it in its owner's zone, whatever zones it knows.
    entry.add("dtstart", start)
    entry.add("dtend", start + timedelta(minutes=int(args.get("minutes", SESSION_MINUTES))))
    entry.add("sequence", int(args.get("sequence", 0)))
    entry.add("summary", summary)
    entry.add("class", "PRIVATE")
    for name in ("description", "location"):
        if args.get(name):
            entry.add(name, _one_line(args[name]))
    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", ALARM)
    alarm.add("description", summary)
    entry.add_component(alarm)
    whole = icalendar.Calendar()
    whole.add("prodid", "-//mesotherapy-aftercare-bot//EN")
    whole.add("version", "2.0")
    whole.add("method", "PUBLISH")
    whole.add_component(entry)
    return "appointment.ics", whole.to_ical()


def _chart(args: Mapping[str, Any]) -> tuple[str, bytes]:
    from bot.chart import chart  # noqa: PLC0415  matplotlib takes a second and 60 MB

    return "chart.png", chart(args)


def _utc(instant: int) -> datetime:
    return datetime.fromtimestamp(instant // 1000, UTC)


def _one_line(text: object) -> str:
    """A line break in a value would begin a property of its own in careless calendars."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())


_MAKERS: Final[Mapping[str, Callable[[Mapping[str, Any]], tuple[str, bytes]]]] = {
    "qr": qr,
    "calendar": calendar,
    "chart": _chart,
}
