"""/session: add a session to a patient's plan, in one line or step by step."""

from typing import Final

from bot.practitioner import plan_access, planning
from bot.practitioner.enroll_answers import quoted
from bot.practitioner.plan_words import PLACE
from bot.turn import Turn
from scheduler import roster
from scheduler.changes import Change

_QUOTES: Final = "\"'“”„«»‘’"


def session(turn: Turn) -> None:
    """/session A.P. next Friday 15:30: the label, and when it is or was."""
    if turn.staff is None:
        return
    line = " ".join(turn.incoming.argument.split())
    if not line:
        turn.say(turn.text(f"{PLACE}.how"))
        return
    label, words = _split(turn, line)
    found = roster.labelled(turn.tx, turn.staff, label) if label else []
    if not found:
        turn.say(turn.text(f"{PLACE}.not_known", text=quoted(line)))
        return
    mine = [plan for patient in found for plan in plan_access.changeable(turn, patient)]
    if not mine:
        turn.say(turn.text(f"{PLACE}.none", label=found[0].label))
        return
    planning.begin_with(turn, mine, Change("add"), words=words, namesakes=len(found) > 1)


def _split(turn: Turn, line: str) -> tuple[str, str]:
    """Return the label that a line begins with, and the rest: the longest label that is known."""
    if line[0] in _QUOTES:
        end = next((n for n, sign in enumerate(line) if n and sign in _QUOTES), None)
        if end is not None:
            return line[1:end].strip(), line[end + 1 :].strip()
    words = line.split()
    for count in range(len(words), 0, -1):
        label = " ".join(words[:count])
        if turn.staff is not None and roster.labelled(turn.tx, turn.staff, label):
            return label, " ".join(words[count:])
    return "", line
