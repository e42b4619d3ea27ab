"""Merging a patient who is in the book twice: which two, what would happen, and the yes to it."""

from typing import Final

from bot.carried import CARD, PERSON, is_number
from bot.practitioner.card_words import told_apart, treatment_name
from bot.turn import Turn
from messages.markup import Html
from scheduler import merging, roster
from scheduler.channel import Button
from scheduler.merging import Preview
from scheduler.patients import Patient
from scheduler.roster import Listed, Wanted
from scheduler.staff import Staff

_OFFERED: Final = 6


def namesakes(turn: Turn, patient: Patient) -> list[list[Button]]:
    """Return a button for each patient whose label holds this one's."""
    return matching(turn, patient, patient.label)


def matching(turn: Turn, patient: Patient, words: str) -> list[list[Button]]:
    """Return a button for each other patient that words name by label or number."""
    member = turn.staff
    wanted = " ".join(words.split())
    if member is None or not wanted:
        return []
    found = roster.page(turn.tx, member, Wanted(words=wanted), limit=_OFFERED + 1, now=turn.now)
    if is_number(wanted):
        by_number = roster.listed(turn.tx, member, int(wanted))
        found = [by_number, *found] if by_number is not None else found
    others = {
        each.patient.id: each
        for each in found
        if each.patient.id != patient.id
        and roster.answered_for(turn.tx, member, each.patient.id) is not None
    }
    return [[_choice(turn, patient, each)] for each in list(others.values())[:_OFFERED]]


def _choice(turn: Turn, patient: Patient, other: Listed) -> Button:
    return Button(told_apart(turn, other), data=f"{PERSON}:p:{patient.id}:{other.patient.id}")


def show(turn: Turn, member: Staff, keep: Patient, other: str) -> bool:
    """Show what merging would do, before it is done; returns whether both are there to see."""
    gone = _other(turn, member, keep, other)
    if gone is None:
        return False
    turn.edit(*_preview(turn, keep, gone))
    return True


def _other(turn: Turn, member: Staff, keep: Patient, other: str) -> Patient | None:
    if not is_number(other) or int(other) == keep.id:
        return None
    return roster.answered_for(turn.tx, member, int(other))


def confirm(turn: Turn, member: Staff, keep: Patient, other: str, mark: str) -> bool:
    """Merge what was shown; where it is not the same any more, show it again."""
    gone = _other(turn, member, keep, other)
    if gone is None:
        return False
    done = merging.merge(
        turn.tx,
        keep,
        gone,
        mark=mark,
        catalogue=turn.catalogue,
        clinic=turn.clinic,
        member=member,
        now=turn.now,
    )
    if done is None:
        turn.toast("practitioner.people.toast.changed", alert=True)
        turn.edit(*_preview(turn, keep, gone))
        return True
    if done.phone == "two" and gone.chat_id is not None:
        turn.say(
            turn.catalogue.text(
                gone.language,
                "patient.link.left_this_phone",
                clinic=turn.clinic.name,
                phone=turn.clinic.phone,
            ),
            chat_id=gone.chat_id,
        )
    turn.close_dialogue()
    turn.edit(
        turn.text("practitioner.people.merged", gone=gone.label, label=keep.label),
        [[turn.button("practitioner.people.button.card", f"{CARD}:c:{keep.id}")]],
    )
    return True


def _preview(turn: Turn, keep: Patient, gone: Patient) -> tuple[str, list[list[Button]]]:
    found = merging.preview(turn.tx, keep, gone, now=turn.now)
    flip = turn.button(
        "practitioner.people.button.flip", f"{PERSON}:p:{gone.id}:{keep.id}", label=gone.label
    )
    leave = turn.button("practitioner.people.button.leave", f"{PERSON}:x")
    lines = [
        turn.text(
            "practitioner.people.merge.title",
            label=keep.label,
            number=keep.id,
            gone=gone.label,
            other=gone.id,
        ),
        _moves(turn, found),
        *_overlaps(turn, found),
        turn.text(f"practitioner.people.merge.phone_{found.phone}"),
    ]
    if found.two_alerts:
        lines.append(turn.text("practitioner.people.merge.two_alerts"))
        return "\n\n".join(lines), [[leave]]
    yes = turn.button(
        "practitioner.people.button.merge_yes", f"{PERSON}:y:{keep.id}:{gone.id}:{found.mark}"
    )
    return "\n\n".join(lines), [[yes], [flip], [leave]]


def _moves(turn: Turn, found: Preview) -> Html:
    counted = [
        turn.text(f"practitioner.people.merge.moves_{table}", n=count)
        for table, count in found.moved.items()
        if count
    ]
    if not counted:
        return turn.text("practitioner.people.merge.moves_nothing")
    return turn.text("practitioner.people.merge.moves", what=Html(", ".join(counted)))


def _overlaps(turn: Turn, found: Preview) -> list[Html]:
    return [
        turn.text(
            f"practitioner.people.merge.overlap{'_over' if each.over else ''}",
            treatment=treatment_name(turn, each.treatment),
            n=len(each.rows),
        )
        for each in found.overlaps
    ]
