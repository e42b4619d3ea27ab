"""A broadcast for the people who sent it: the progress with its bar, and the closing report.

Worded at the moment of sending, so that an edit that waited shows the figures of then.
"""

from collections.abc import Iterator
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal

from messages.catalogue import Catalogue
from messages.render import Html, escape, moment, span
from scheduler import broadcasts
from scheduler.channel import Button
from scheduler.clinic import Clinic
from scheduler.database import Row, Tx
from scheduler.outbox import Said

STOP: Final = "b:stop"
"""What the button under the progress carries, with the broadcast's id: cancel what is left."""
_CELLS: Final = 10
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
    over = broadcast["closed_at"] is not None
    state = broadcast["state"] if over or broadcast["state"] == "canceled" else "sending"
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
    morning = broadcast["waits_until"]
    if left and morning is not None and morning > now and state == "sending":
        at = moment(morning, clinic.timezone, language)
        lines.append(catalogue.text(language, "clinic.broadcast.progress.night", at=at))
    stop = Button(
        catalogue.label(language, "clinic.broadcast.button.stop"), data=f"{STOP}:{broadcast['id']}"
    )
    return Said("\n".join(lines), buttons=((stop,),) if left and state == "sending" else ())


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
