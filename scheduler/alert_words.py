"""An alert in words, for the member of the clinic who reads it: the message, and its line in lists.

Worded whenever a copy leaves or changes, from what the alert is by then.
"""

from typing import Final, Protocol

from messages.catalogue import Catalogue
from messages.markup import Html, plain, untappable
from messages.render import clock, day, moment, span
from scheduler import patients, roster
from scheduler.alert_record import Alert, Reason, reasons
from scheduler.channel import Button
from scheduler.clinic import Clinic
from scheduler.database import Tx
from scheduler.said import Said
from scheduler.staff import Staff
from scheduler.wallclock import local_date

PREFIX: Final = "al"
"""Of the callback data under an alert; the alert's id and an action follow."""
CARD: Final = "p:c"
"""What the button that opens a patient's card carries, with the patient's id."""
MARKS: Final = {"emergency": "🚨", "urgent": "🔴", "review": "🟠"}

_FOLD_FROM: Final = 300
"""Quoted words longer than this are folded; a tap unfolds them."""
_ROOM: Final = 3_000
"""So many UTF-16 units of a message (4,096 at most) are for what alarmed, the newest first."""
_MOST_OF_ONE: Final = 1_500


class _Text(Protocol):
    """Returns a text about alerts in the language of whoever reads it."""

    def __call__(self, key: str, /, **params: object) -> Html: ...


def message(
    tx: Tx, alert: Alert, member: Staff | None, catalogue: Catalogue, clinic: Clinic, *, now: int
) -> Said:
    """Return an alert as a member reads it at ``now`` (UTC epoch ms), with its buttons.

    Without a member it is for the staff's group, in the clinic's language.
    """
    patient = patients.by_id(tx, alert.patient_id)
    zone = patient.timezone if patient else clinic.timezone
    language = member.language if member else clinic.language

    def text(key: str, /, **params: object) -> Html:
        return catalogue.text(language, f"practitioner.alert.{key}", **params)

    found = reasons(tx, alert.id)
    blocks: list[str] = [
        "\n".join(
            [
                text(f"title.{alert.level}", mark=MARKS[alert.level], label=alert.label),
                *_state(alert, text, clinic, language, now=now),
            ]
        ),
        *_what_alarmed(found, text, zone, language, clinic.language),
    ]
    where = []
    if alert.session_at is not None:
        where.append(_session(alert.session_at, found, text, zone, language))
    if found:
        where.append(text("local_time", time=clock(found[-1].at, zone, language)))
    blocks.append("\n".join(where))
    if alert.state != "resolved":
        answered = alert.level if alert.spoken else "silence"
        blocks.append(text(f"answered.{answered}", phone=clinic.phone))
    return Said(
        "\n\n".join(block for block in blocks if block),
        buttons=_buttons(tx, alert, member, catalogue, language),
    )


def brief(alert: Alert, catalogue: Catalogue, language: str, zone: str, *, now: int) -> Html:
    """Return an alert in two lines, for a list or a card: whose, since when, and who has it."""
    title = catalogue.text(
        language,
        f"practitioner.alert.title.{alert.level}",
        mark=MARKS[alert.level],
        label=alert.label,
    )
    age = span(max(now - alert.opened_at, 0), language)
    if alert.holder is not None:
        since = _when(alert.held_at or now, zone, language, now=now)
        who = catalogue.text(
            language, "practitioner.alert.brief.held", who=alert.holder.name, since=since, age=age
        )
    else:
        since = _when(alert.opened_at, zone, language, now=now)
        who = catalogue.text(language, "practitioner.alert.brief.open", since=since, age=age)
    return Html(f"{title}\n{who}")


def _state(alert: Alert, text: _Text, clinic: Clinic, language: str, *, now: int) -> list[Html]:
    """Return the line that says who has the alert, if there is anything to say."""
    zone = clinic.timezone
    if alert.resolved_at is not None:
        at = _when(alert.resolved_at, zone, language, now=now)
        return [text(f"resolved.{alert.resolution}", who=alert.closer or "", at=at)]
    if alert.holder is not None:
        since = _when(alert.held_at or now, zone, language, now=now)
        return [text("held", who=alert.holder.name, since=since)]
    if alert.round > 0:
        since = _when(alert.raised_at, zone, language, now=now)
        return [text("still_open", since=since, age=span(now - alert.raised_at, language))]
    return []


def _when(at: int, zone: str, language: str, *, now: int) -> str:
    """Return an instant as staff say it: the time alone if it was today in ``zone``."""
    today = local_date(at, zone) == local_date(now, zone)
    return clock(at, zone, language) if today else moment(at, zone, language)


def _what_alarmed(
    found: list[Reason], text: _Text, zone: str, language: str, fallback: str
) -> list[str]:
    """Return what alarmed, oldest first; where that is too much, the newest of it."""
    lines: list[str] = []
    room = _ROOM
    for reason in reversed(found):
        words = reason.words.get(language) or reason.words.get(fallback) or _any(reason)
        line = f"<b>{clock(reason.at, zone, language)}</b> {folded(words)}"
        room -= _units(plain(line))
        if lines and room < 0:
            lines.append(text("earlier", n=len(found) - len(lines)))
            break
        lines.append(line)
    return lines[::-1]


def _any(reason: Reason) -> str:
    return next(iter(reason.words.values()), "")


def folded(words: str) -> str:
    """Return HTML with its quotes folded if they are long, and cut if they are endless (pure)."""
    seen = plain(words)
    if _units(seen) <= _FOLD_FROM:
        return words
    if _units(seen) > _MOST_OF_ONE:
        # A cut through markup would be refused; the whole of it stands in the timeline.
        return f"<blockquote expandable>{untappable(seen[: _MOST_OF_ONE // 2])}…</blockquote>"
    return words.replace("<blockquote>", "<blockquote expandable>")


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _session(at: int, found: list[Reason], text: _Text, zone: str, language: str) -> Html:
    written = found[-1].at if found else at
    days = (local_date(written, zone) - local_date(at, zone)).days
    when = day(at, zone, language)
    return text("session", day=when, n=days) if days > 0 else text("session_today", day=when)


def _buttons(
    tx: Tx, alert: Alert, member: Staff | None, catalogue: Catalogue, language: str
) -> tuple[tuple[Button, ...], ...]:
    def button(name: str, data: str) -> Button:
        label = catalogue.label(language, f"practitioner.alert.button.{name}")
        return Button(label, data=data)

    rows: list[tuple[Button, ...]] = []
    if alert.state == "open":
        rows.append((button("take", f"{PREFIX}:{alert.id}:take"),))
    if alert.state != "resolved":
        rows.append(
            (
                button("call_done", f"{PREFIX}:{alert.id}:call_done"),
                button("not_urgent", f"{PREFIX}:{alert.id}:not_urgent"),
            )
        )
    if member is None:
        return tuple(rows)  # a card is not for the group
    # Whoever was only called to it may look at the patient until it is resolved.
    if alert.state != "resolved" or roster.seen(tx, member, alert.patient_id) is not None:
        rows.append((button("card", f"{CARD}:{alert.patient_id}"),))
    return tuple(rows)
