"""Passing on what a patient sent: a head that says whose it is, the words quoted, the file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot import documents, layout, telling
from bot.patient import consent_texts
from bot.patient.concerns import day_of
from bot.step_names import step_name
from bot.turn import Turn
from messages.markup import Html, plain, untappable
from messages.render import day, moment
from scheduler import (
    appointments,
    conversation,
    enrollment,
    oncall,
    outbox,
    replies,
    roster,
    staff_group,
)
from scheduler.channel import Button
from scheduler.conversation import Thread
from scheduler.patients import Patient
from scheduler.replies import Context
from scheduler.wallclock import MINUTE

_BEGINNING: Final = 60
_LATE_MS: Final = 5 * MINUTE
"""What comes later than this is dated; two clocks may differ by less."""


def pass_on(
    turn: Turn,
    patient: Patient,
    enrollment_id: int | None,
    head: Callable[[str], str],
    thread: Thread | None,
    *,
    alerted: bool = False,
) -> None:
    """Bring what came to the people in charge, under a head in each one's language.

    Whoever wrote the message that it answers gets it too, quoting theirs. Where the conversations
    live in a group, it goes to the patient's topic and nowhere else.

    Args:
        turn: the update at hand.
        patient: who wrote.
        enrollment_id: the plan that it belongs to, where known.
        head: returns in a language what stands above, as HTML.
        thread: the message of staff that it answers, if it does; see :func:`thread_of`.
        alerted: whether an alert has shown the people in charge all of it already.
    """
    incoming = turn.incoming
    logged = replies.newest(turn.tx, patient.id)
    waits = consent_texts.picture_waits(turn, patient)
    file_id = None if waits else incoming.file_id
    for reader in readers(turn, patient, enrollment_id, thread, alerted=alerted):
        over = head(reader.language)
        attachment = layout.from_patient(turn, incoming.kind, file_id, reader.language)
        if incoming.kind == "document" and (name := documents.shown(incoming.file_name)):
            named = turn.catalogue.text(reader.language, "patient.told.reply.file", name=name)
            over = f"{over}\n{untappable(plain(named))}"
        if attachment is None and incoming.kind != "text":
            unseen = turn.catalogue.text(reader.language, _unseen(turn, waits=waits))
            over = f"{over}\n{unseen}"
        for part in layout.parts(over, incoming.text, attachment):
            turn.say(
                part.html,
                reader.buttons if part.headed else (),
                chat_id=reader.chat_id,
                kind="relay",
                attachment=part.attachment,
                reply_to=reader.quotes if part.headed else None,
                patient_id=patient.id,
                enrollment_id=enrollment_id,
                reply_id=logged["id"] if logged else None,
            )


def _unseen(turn: Turn, *, waits: bool) -> str:
    """Return the key of the text that says why staff do not see what came."""
    if turn.incoming.withheld:
        return f"patient.told.file.{turn.incoming.withheld}"
    return "patient.rights.told.photo_waits" if waits else "patient.told.reply.not_shown"


@dataclass(frozen=True, slots=True)
class Reader:
    """One chat that a reply is brought to, and the message there that it answers."""

    chat_id: int
    language: str
    buttons: list[list[Button]]
    quotes: int | None


def readers(
    turn: Turn,
    patient: Patient,
    enrollment_id: int | None,
    thread: Thread | None = None,
    *,
    alerted: bool = False,
) -> list[Reader]:
    """Return who gets a reply: the patient's topic, or those in charge and whoever is answered.

    Args:
        turn: the update at hand.
        patient: who wrote.
        enrollment_id: the plan that it belongs to, where known.
        thread: the message of staff that it answers, if it does.
        alerted: whether an alert has shown the people in charge all of it already.
    """
    message = thread.message if thread else None
    group = staff_group.in_use(turn.tx)
    if group is not None:
        quotes = message["message_id"] if message and message["chat_id"] == group else None
        return [] if alerted else [Reader(group, turn.clinic.language, [], quotes)]
    in_charge = telling.for_enrollment(turn, patient, enrollment_id)
    members = [] if alerted else in_charge
    writer = thread.writer if thread else None
    if (
        writer is not None
        and writer.id not in {member.id for member in in_charge}
        and oncall.here(turn.tx, [writer])
        and roster.seen(turn.tx, writer, patient.id) is not None
    ):
        members = [writer, *members]
    return [
        Reader(
            member.chat_id,
            member.language,
            telling.answer_buttons(turn, member, patient),
            message["message_id"]
            if message and writer and writer.id == member.id and message["chat_id"] is None
            else None,
        )
        for member in members
    ]


def head(
    turn: Turn, patient: Patient, context: Context | None, thread: Thread | None, language: str
) -> str:
    """Return the lines over a relayed reply: whose it is, and which message it answers."""

    def text(key: str, **params: object) -> Html:
        return turn.catalogue.text(language, f"patient.told.reply.{key}", **params)

    new = "\n".join(
        [
            text("edited" if turn.incoming.edited else "new", label=patient.label),
            *written_line(turn, language),
        ]
    )
    if thread is not None:
        return "\n".join([new, _named(turn, thread, language)])
    step = None if context is None else _step_named(turn, context, language)
    return "\n".join(
        [
            new,
            text("unprompted") if step is None else text("answers", step=step),
        ]
    )


def written_line(turn: Turn, language: str) -> list[Html]:
    """Return the line that says when something was written, where that was not just now."""
    if turn.now - turn.written_at < _LATE_MS:
        return []
    when = moment(turn.written_at, turn.clinic.timezone, language)
    return [turn.catalogue.text(language, "patient.told.reply.written", when=when)]


def thread_of(turn: Turn, patient: Patient) -> Thread | None:
    """Return the message of staff that what came answers, if it does."""
    return conversation.answered_by(
        turn.tx,
        patient,
        chat_id=turn.chat_id,
        reply_to=turn.incoming.reply_to,
        now=turn.now,
    )


def _named(turn: Turn, thread: Thread, language: str) -> Html:
    """Name a message of staff by who wrote it and how it begins."""
    words = " ".join((thread.message["text"] or "").split())
    return turn.catalogue.text(
        language,
        f"patient.told.reply.{'to_staff' if words else 'to_staff_file'}",
        who=thread.name,
        words=words if len(words) <= _BEGINNING else f"{words[:_BEGINNING]}…",
    )


def _step_named(turn: Turn, context: Context, language: str) -> Html | None:
    """Name a step shortly: what it is about, and on which day after which session."""
    row = enrollment.get(turn.tx, context.enrollment_id)
    reminder = outbox.row(turn.tx, context.outbox_id)
    visit = appointments.session(turn.tx, context.session_id)
    if row is None or reminder is None or visit is None:
        return None
    try:
        about = step_name(turn, "practitioner", row["treatment"], context.step_key, language)
    except KeyError:
        return None
    zone = turn.clinic.timezone
    number = day_of(visit["starts_at"], reminder["settled_at"] or reminder["due_at"], zone)
    return turn.catalogue.text(
        language,
        "patient.told.reply.step" if number >= 0 else "patient.told.reply.before_visit",
        topic=about,
        day=day(visit["starts_at"], zone, language),
        n=max(number, 0),
    )
