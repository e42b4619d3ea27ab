"""Pressing every kind of button that is on somebody's phone, first by everybody else."""

from collections import Counter

from tests.attack import secrets_of_ana as marked
from tests.attack.clinic import Clinic, Hand, buttons, shape

# Presses of one kind of button: more of the same would show nothing new.
EXAMPLES = 1
ENDS = (":x", "cancel", "stop", "leave")
# Whoever presses this is gone, and the rest of their buttons with them.
FOR_GOOD = "my:erase:yes"
ROLES = {
    "manager": frozenset({"manager", "practitioner"}),
    "ruiz": frozenset({"practitioner"}),
    "ana": frozenset({"patient"}),
}


async def press_all(
    clinic: Clinic,
    owner: Hand,
    others: list[Hand],
    pressed: Counter[str],
    seen: dict[str, None] | None = None,
) -> None:
    """Have each new kind of button pressed by everybody else, then by its owner.

    ``seen`` collects what the buttons carried.
    """
    while found := _next(owner, pressed):
        message_id, data = found
        if seen is not None:
            seen[data] = None
        pressed[f"{owner.name} {shape(data)}"] += 1
        before = clinic.foreign(others)
        for hand in others:
            under = max((m["message_id"] for m in hand.phone.transcript()), default=1)
            hand.phone.tap(under, data, forged=True)
        await clinic.world.settle()
        after = clinic.foreign(others)
        assert after == before, f"{data} of {owner.name}: {sorted(after ^ before)[:4]}"
        for hand in others:
            if hand.name not in {"ruiz", "manager", "ana"}:
                nothing_of_ana(clinic.shown(hand))
            elif hand.name == "ana":
                assert marked.LABEL not in clinic.shown(hand), "the label is for staff only"
        if data.startswith(FOR_GOOD):
            continue
        owner.phone.tap(message_id, data)
        await clinic.world.settle()


def _next(owner: Hand, pressed: Counter[str]) -> tuple[int, str] | None:
    """Return a button on the owner's phone of a kind that was not seen often enough."""
    found = [
        (message["message_id"], data)
        for message in reversed(owner.phone.transcript()[-12:])
        for data, _ in buttons(message)
        if pressed[f"{owner.name} {shape(data)}"] < EXAMPLES
    ]
    # What ends a dialogue comes last, or the rest of it would never be seen.
    return min(found, key=lambda each: any(end in each[1] for end in ENDS), default=None)


def nothing_of_ana(shown: str, apart_from: str = "") -> None:
    for secret in marked.ALL:
        assert secret in apart_from or secret not in shown
