"""Another clinic in the same database: no command and no button of this one reaches anything of it.

A whole clinic lives: its people press what they have. Then it is made the other one, by its
number, and a manager, a practitioner and a stranger of this clinic try every command with its
labels and ids, and every button that was ever seen on its phones.
"""

from collections import Counter
from typing import Any

from bot.commands import COMMANDS
from scheduler import staff
from tests.attack import secrets_of_ana as marked
from tests.attack.clinic import Clinic, Facts, Hand, shape
from tests.attack.pressing import ROLES, press_all

OTHER = 2


async def test_nothing_of_another_clinic_is_shown_or_changed(
    clinic: Clinic, record_property: Any
) -> None:
    data = await _lived(clinic)
    number = clinic.hands["ana"].patient_id
    clinic.renumber(OTHER)
    before = _of_other(clinic)
    assert len(before) > 200, "a whole clinic"
    hands = [
        await _welcome(clinic, "mia", "manager"),
        await _welcome(clinic, "tom", "practitioner"),
    ]
    stranger = clinic.world.person("Zoe")
    stranger.open()
    hands.append(Hand("zoe", stranger))
    await clinic.world.settle()

    tried = 0
    for command in COMMANDS:
        for argument in ("", marked.LABEL, f"{number}", f'"{marked.LABEL}" now 2w'):
            marks = {hand.name: len(hand.phone.transcript()) for hand in hands}
            for hand in hands:
                hand.phone.text(f"/{command.name} {argument}".strip())
            await clinic.world.settle()
            tried += len(hands)
            for hand in hands:
                said = clinic.shown(hand, since=marks[hand.name]).replace(argument or "\0", "")
                assert not _secrets_in(said), f"/{command.name} {argument} of {hand.name}: {said}"
    assert _of_other(clinic) == before
    marks = {hand.name: len(hand.phone.transcript()) for hand in hands}
    for each in data:
        for hand in hands:
            under = max(message["message_id"] for message in hand.phone.transcript())
            hand.phone.tap(under, each, forged=True)
        await clinic.world.settle()
        tried += len(hands)
        assert _of_other(clinic) == before, each
    for hand in hands:
        # Before the mark they were told what they had written themselves.
        assert marked.LABEL not in clinic.shown(hand, since=marks[hand.name]), hand.name
        assert not {marked.WORDS, marked.DANGER} & set(_secrets_in(clinic.shown(hand))), hand.name
    record_property("commands and buttons tried on another clinic", tried)
    assert len({shape(each) for each in data}) > 45
    assert await clinic.parked() == [], "an update that no handler could take"


async def _lived(clinic: Clinic) -> list[str]:
    """Have the clinic's people use what they have; returns what every button of theirs carried."""
    seen: dict[str, None] = {}
    pressed: Counter[str] = Counter()
    for name in ("ruiz", "manager", "ana"):
        hand = clinic.hands[name]
        for command in COMMANDS:
            if command.roles & ROLES[name]:
                for argument in ("", marked.LABEL):
                    hand.phone.text(f"/{command.name} {argument}".strip())
                    await clinic.world.settle()
                    await press_all(clinic, hand, [], pressed, seen)
    return list(seen)


async def _welcome(clinic: Clinic, name: str, role: str) -> Hand:
    phone = clinic.world.person(name.title(), role=role)
    phone.person.started = True
    member = await clinic.world.store.write(
        staff.welcome,
        chat_id=phone.person.id,
        name=name.title(),
        role=role,
        language="en",
        actor="system",
        now=clinic.world.clock.now(),
    )
    return Hand(name, phone, staff_id=member.id)


def _of_other(clinic: Clinic) -> Facts:
    return frozenset(
        (table, repr(sorted(row.items(), key=str)))
        for table, rows in clinic.facts().items()
        for row in rows
        if row.get("clinic_id") == OTHER
    )


def _secrets_in(said: str) -> list[str]:
    return [secret for secret in marked.ALL if secret in said]
