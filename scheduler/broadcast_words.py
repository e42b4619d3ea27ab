"""A broadcast for the people who sent it: the progress with its bar, and the closing report.

Worded at the moment of sending, so that an edit that waited shows the figures of then.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal

from messages.catalogue import Catalogue
from messages.render import Html, escape, moment, span
from messages.tips import lines as tip_lines
from scheduler import broadcast_copies, broadcasts, polls
from scheduler.channel import Button
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx
from scheduler.said import Said

STOP: Final = "b:stop"
PAUSE: Final = "b:pause"
RESUME: Final = "b:resume"
"""What the buttons under the progress carry, with the broadcast's id."""
_CELLS: Final = 10
_SHOWN: Final = 60
"""So many letters of its words name a broadcast."""
_ENDED_BADLY: Final = ("refused", "expired", "canceled", "uncertain")

# The reasons of the outbox that a copy can end with, and the words for each.
_REASONS: Final = {
    "blocked": "blocked",
    "deactivated": "deactivated",
    "chat_not_found": "gone",
    "never_started": "gone",
    "kicked": "gone",
    "the broadcast was canceled": "by_staff",
    "the patient gets no messages now": "stopped",
    "no consent to tips": "no_consent",
    "an alert is open": "alert",
    "had another tip": "recent",
    "no longer useful": "too_late",
    "would only arrive at night": "too_late",
}


def progress(
    tx: Tx, broadcast: Row, catalogue: Catalogue, clinic: Clinic, language: str, *, now: int
) -> Said:
    """Return the one message that shows how far a broadcast is (``now`` in UTC epoch ms)."""
    counts = broadcasts.counts(tx, broadcast["id"])
    total: int = broadcast["total"]
    left = counts.get("pending", 0) + counts.get("sending", 0)
    done = total - left
    state = _state(broadcast, counts, now=now)
    figures = " · ".join(
        [
            catalogue.text(
                language,
                "clinic.broadcast.progress.done",
                done=number(done, language),
                total=number(total, language),
            ),
            *_figures(catalogue, language, counts),
        ]
    )
    lines = [
        catalogue.text(language, f"clinic.broadcast.progress.{state}"),
        Html(f"{bar(done, total)} {figures}"),
    ]
    waits = broadcast["waits_until"]
    if left and waits is not None and waits > now and state == "sending":
        at = moment(waits, clinic.timezone, language)
        lines.append(catalogue.text(language, "clinic.broadcast.progress.night", at=at))
    if state == "scheduled":
        at = wall_clock(broadcast["starts_local"], language)
        lines.append(catalogue.text(language, "clinic.broadcast.progress.starts", at=at))
    return Said(
        "\n".join(lines), buttons=_steering(catalogue, language, broadcast["id"], left, state)
    )


def announcement(
    tx: Tx, broadcast: Row, catalogue: Catalogue, clinic: Clinic, language: str, *, now: int
) -> Said:
    """Return the word that a tip of the library is about to go out, and how to hold it back."""
    shown = progress(tx, broadcast, catalogue, clinic, language, now=now)
    words = broadcast_copies.tip_of(tx, broadcast).words(language)
    head = catalogue.text(language, "clinic.broadcast.announced", words=_beginning(words))
    return replace(shown, html=Html(f"{head}\n\n{shown.html}"))


def _state(broadcast: Row, counts: dict[str, int], *, now: int) -> str:
    """Return what is said of a broadcast as a whole."""
    if broadcast["closed_at"] is not None or broadcast["state"] == "canceled":
        return str(broadcast["state"])
    if broadcast["paused_at"]:
        return "paused"
    waits = broadcast["waits_until"] or 0
    begun = counts.keys() - {"pending"} or waits <= now
    return "sending" if begun or not broadcast["starts_local"] else "scheduled"


def _steering(
    catalogue: Catalogue, language: str, broadcast_id: int, left: int, state: str
) -> tuple[tuple[Button, ...], ...]:
    if not left or state in ("canceled", "finished"):
        return ()
    turn, data = ("resume", RESUME) if state == "paused" else ("pause", PAUSE)
    return tuple(
        (
            Button(
                catalogue.label(language, f"clinic.broadcast.button.{key}"),
                data=f"{to}:{broadcast_id}",
            ),
        )
        for key, to in ((turn, data), ("stop", STOP))
    )


def wall_clock(starts_local: str, language: str) -> str:
    """Return the moment "Tue 5 May, 10:00" of a wall clock that stands for many zones."""
    reading = datetime.fromisoformat(starts_local).replace(tzinfo=UTC)
    return moment(int(reading.timestamp() * 1000), "UTC", language)


def report(
    tx: Tx, broadcast: Row, catalogue: Catalogue, clinic: Clinic, language: str, *, now: int
) -> Said:
    """Return the closing report: every copy accounted for, with reasons in words."""
    del clinic, now  # as for ``progress``; a report holds no moment
    counts = broadcasts.counts(tx, broadcast["id"])
    took = max(broadcast["closed_at"] - broadcast["created_at"], 1000)
    lines = [
        catalogue.text(
            language,
            f"clinic.broadcast.report.{broadcast['state']}",
            n=broadcast["total"],
            took=span(took, language),
        ),
        catalogue.text(language, "clinic.broadcast.count.sent", n=counts.get("sent", 0)),
    ]
    for state in _ENDED_BADLY:
        if counts.get(state):
            lines.append(
                catalogue.text(language, f"clinic.broadcast.count.{state}", n=counts[state])
            )
            lines += _reasons(tx, broadcast["id"], state, catalogue, language)
    return Said("\n".join([lines[0], "", *lines[1:]]))


def aftermath(
    tx: Tx, broadcast: Row, catalogue: Catalogue, clinic: Clinic, language: str, *, now: int
) -> Said:
    """Return what came of a broadcast some days later: replies, votes, and who left."""
    del clinic, now
    led = broadcast_copies.led_to(tx, broadcast["id"], within_ms=broadcasts.AFTERMATH_MS)
    if not broadcast["poll"]:
        led.pop("votes", None)
    tip = broadcast_copies.tip_of(tx, broadcast)
    lines = [
        catalogue.text(
            language,
            "clinic.broadcast.aftermath.title",
            span=span(broadcasts.AFTERMATH_MS, language),
            words=_beginning(tip.words(language)),
        ),
        "",
        *(
            catalogue.text(language, f"clinic.broadcast.aftermath.{key}", n=n)
            for key, n in led.items()
        ),
    ]
    if broadcast["poll"]:
        lines += ["", *_votes(tx, broadcast["id"], tip.words(language), language)]
    return Said("\n".join(lines))


def _votes(tx: Tx, broadcast_id: int, words: str, language: str) -> Iterator[Html]:
    found = polls.tally(tx, broadcast_id)
    for place, option in enumerate(tip_lines(words)[1:]):
        yield Html(f"• {escape(option)}: <b>{number(found.get(str(place), 0), language)}</b>")


def _beginning(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def bar(done: int, total: int) -> str:
    """Return a bar of ten cells; only what is quite done looks quite done."""
    full = _CELLS if done >= total else done * _CELLS // total
    return "▰" * full + "▱" * (_CELLS - full)


def number(value: int, language: str) -> str:
    """Return a whole number as a language groups its digits: "1,000"."""
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale.parse("en")
    return format_decimal(value, locale=locale)


def _figures(catalogue: Catalogue, language: str, counts: dict[str, int]) -> Iterator[Html]:
    for state in _ENDED_BADLY:
        if counts.get(state):
            yield catalogue.text(language, f"clinic.broadcast.figure.{state}", n=counts[state])


def _reasons(
    tx: Tx, broadcast_id: int, state: str, catalogue: Catalogue, language: str
) -> Iterator[Html]:
    rows = tx.all(
        """SELECT COALESCE(reason, '') AS reason, COUNT(*) AS n FROM outbox
           WHERE clinic_id = :clinic_id AND kind = 'broadcast' AND broadcast_id = :id
             AND state = :state
           GROUP BY reason ORDER BY n DESC, reason""",
        id=broadcast_id,
        state=state,
    )
    worded: dict[str, int] = {}
    for row in rows:
        key = _REASONS.get(row["reason"])
        if key is None and state in ("uncertain", "expired"):
            # Why Telegram's answer was lost says nothing to a manager; that it was lost does.
            key = "unanswered" if state == "uncertain" else "too_late"
        words: str = escape(row["reason"])
        if key is not None:
            words = catalogue.text(language, f"clinic.broadcast.reason.{key}")
        worded[words] = worded.get(words, 0) + row["n"]
    for words, n in worded.items():
        yield Html(f"   • {number(n, language)} – {words}")
