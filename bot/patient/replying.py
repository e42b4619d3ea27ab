"""Free replies: whatever a patient writes, shows or says is logged, answered, and passed on."""

from typing import Final

from bot import hours_words, telling
from bot.patient import consent_texts, consenting, picturing, reading, relaying
from bot.turn import Turn
from messages.triage import Verdict
from scheduler import broadcast_copies, consent, enrollment, events, flood, opening, replies
from scheduler.patients import Patient
from scheduler.replies import Context, Kind

CONTEXT_MS: Final = 7 * 24 * 60 * 60 * 1000
"""How old the newest reminder may be to count as what a reply answers."""

STOP: Final = "stop"
"""The command that ends all messages."""

_KINDS: Final[dict[str, Kind]] = {
    "text": "text",
    "photo": "photo",
    "voice": "voice",
    "video": "video",
    "document": "document",
    "sticker": "sticker",
}


def reply(turn: Turn, patient: Patient) -> None:
    """Log a free reply, read it for danger, and bring it to the people in charge.

    A danger sign is answered first, whatever else is in the message or going on; an opt-out is
    honored next. The acknowledgment is for what alarms nobody.
    """
    _take(turn, patient)


def beside_command(turn: Turn, patient: Patient, *, known: bool) -> None:
    """Take words that a command stands before, as :func:`reply` does; the command is answered too.

    ``known`` says that it is a command of the bot, and no word of theirs.
    """
    _take(turn, patient, acknowledges=False, behind=known)


def _take(turn: Turn, patient: Patient, *, acknowledges: bool = True, behind: bool = False) -> None:
    context = replies.context_of(
        turn.tx,
        patient.id,
        chat_id=turn.chat_id,
        reply_to=turn.incoming.reply_to,
        now=turn.now,
        within_ms=CONTEXT_MS,
    )
    waits = consent_texts.picture_waits(turn, patient)
    reply_id = log(turn, patient, context)
    meaning = reading.read(turn, patient, context, behind=behind)
    reading.note(turn, reply_id, meaning)
    verdict = flood.judge(turn.tx, patient.id, written_at=turn.written_at, now=turn.now)
    alarmed = meaning is not None and reading.alarms(meaning)
    if meaning is not None and alarmed:
        flooding = verdict != "none"
        reading.raise_what_was_read(
            turn, patient, meaning, context, reply_id=reply_id, flooding=flooding
        )
    # Behind /stop it is the command that stops, and says so.
    stopped = turn.incoming.command != STOP and reading.stop_if_wanted(turn, patient, meaning)
    if waits:
        picturing.keep_waiting(turn, patient, reply_id)
    if verdict == "goes_on" or (turn.incoming.edited and turn.incoming.kind == "other"):
        # A position that is shared live is "edited" every few seconds: logged, nothing more.
        return
    if verdict == "begins":
        _stem(turn, patient)
        return
    if acknowledges and not turn.incoming.withheld and not alarmed and not stopped and not waits:
        _acknowledge(turn, patient, meaning)
    thread = relaying.thread_of(turn, patient)
    relaying.pass_on(
        turn,
        patient,
        context.enrollment_id if context else _newest_plan(turn, patient),
        lambda language: "\n".join(
            [
                relaying.head(turn, patient, context, thread, language),
                *reading.intents_line(turn, meaning, language),
            ]
        ),
        thread,
        alerted=alarmed and reading.is_quoted_whole(turn),
    )


def log(turn: Turn, patient: Patient, context: Context | None) -> int:
    """Log what came, as it came; return the reply's id."""
    incoming = turn.incoming
    reply_id = replies.free(
        turn.tx,
        patient.id,
        _KINDS.get(incoming.kind, "other"),
        text=incoming.text or None,
        # A picture that waits for its sender's yes is not kept with their words.
        file_id=None if consent_texts.picture_waits(turn, patient) else incoming.file_id,
        context=context,
        now=turn.now,
        written_at=turn.written_at,
        message_id=incoming.message_id,
        copy_id=broadcast_copies.answered_copy(turn.tx, turn.chat_id, reply_to=incoming.reply_to),
    )
    if incoming.edited:
        events.note(
            turn.tx,
            "reply_edited",
            actor="patient",
            now=turn.now,
            patient_id=patient.id,
            reply=reply_id,
        )
    return reply_id


def _newest_plan(turn: Turn, patient: Patient) -> int | None:
    rows = enrollment.of_patient(turn.tx, patient.id)
    return rows[0]["id"] if rows else None


def _stem(turn: Turn, patient: Patient) -> None:
    """Too much at once: said once to each side, then logged in silence until it calms.

    The patient's one answer is the acknowledgment of what came first, changed to say so: another
    message might be what a machine at the other end answers.
    """
    words = turn.text(
        "patient.reply.flood", phone=turn.clinic.phone, emergency=turn.clinic.emergency
    )
    said = flood.word_of(turn.tx, patient.id, now=turn.now)
    if said is None:
        turn.say(words)
    else:
        turn.edit_row(said, words)
    telling.tell_text(turn, telling.in_charge(turn, patient), "patient.told.flood", patient=patient)


def _acknowledge(turn: Turn, patient: Patient, meaning: Verdict | None) -> None:
    """Say that it was passed on, and when it is answered: once for what comes in one go."""
    logged = replies.newest(turn.tx, patient.id)
    if logged is not None and not flood.is_new(turn.tx, logged, now=turn.now):
        return
    if turn.incoming.edited:
        kind = "edited"
    else:
        kind = "question" if meaning is not None and "question" in meaning.intents else "passed_on"
    clinic = turn.clinic
    row = turn.say(
        turn.text(
            f"patient.reply.{kind}",
            opens=hours_words.opening(
                clinic.hours, clinic.timezone, turn.language, turn.catalogue, now=turn.now
            ),
            phone=clinic.phone,
            emergency=clinic.emergency,
        ),
        reply_to=turn.incoming.message_id,
    )
    flood.acknowledged(turn.tx, patient.id, row, now=turn.now)
    if patient.state == "invited" and not consent.answered(turn.tx, patient.id, "aftercare"):
        waiting = opening.waiting(turn.tx, patient.id)
        if waiting:
            consenting.remind(turn, waiting[-1]["id"])
