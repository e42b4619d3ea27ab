"""Every command and every button in foreign hands: nothing of others is shown or changed.

The matrix draws itself: the commands from their table, the buttons from the owners' phones, where
each kind of button is pressed by everybody else while it is alive, and only then by its owner,
which brings up the next ones. A new command or button is covered by being there.
"""

from collections import Counter
from typing import Any

from bot.commands import COMMANDS
from tests.attack import secrets_of_ana as marked
from tests.attack.clinic import Clinic
from tests.attack.pressing import ROLES, nothing_of_ana, press_all

OUTSIDERS = ("lang", "bea", "stranger", "removed")


async def test_every_command_in_every_hand_shows_and_changesnothing_of_anas(
    clinic: Clinic, record_property: Any
) -> None:
    hands = [clinic.hands[name] for name in OUTSIDERS]
    number = clinic.hands["ana"].patient_id
    tried = 0
    written: list[str] = []
    for command in COMMANDS:
        for argument in ("", marked.LABEL, f"{number}", f'"{marked.LABEL}" now 2w'):
            written.append(f"/{command.name} {argument}".strip())
            before = clinic.foreign(hands)
            marks = {hand.name: len(hand.phone.transcript()) for hand in hands}
            for hand in hands:
                hand.phone.text(written[-1])
            await clinic.world.settle()
            tried += len(hands)
            assert clinic.foreign(hands) == before, f"/{command.name} {argument}"
            for hand in hands:
                said = clinic.shown(hand, since=marks[hand.name])
                assert said, f"{hand.name} got no answer to /{command.name} {argument}"
                for words in reversed(written):
                    # Of a patient among them it reaches the people in charge, as their words.
                    said = said.replace(words, "")
                # What somebody wrote themselves may be said back to them.
                nothing_of_ana(said, apart_from=argument)
    record_property("commands x hands x objects", tried)
    assert await clinic.parked() == [], "an update that no handler could take"


async def test_every_live_button_in_foreign_hands_shows_and_changes_nothing(
    clinic: Clinic, record_property: Any
) -> None:
    pressed: Counter[str] = Counter()
    for owner_name in ("ruiz", "manager", "ana", "ana"):
        owner = clinic.hands[owner_name]
        if owner_name == "ana":
            # Her check-ins come, and the reminders of her next visit; Bea's silence would be
            # Dr. Lang's business, and somebody's who is called next.
            clinic.hands["bea"].phone.text("/stop")
            await clinic.ruiz_helps()
            await clinic.world.after(days=6)
        # An alert that nobody took calls the next in line, who may look and help from then on.
        called = await clinic.may_see_ana("lang")
        others = [clinic.hands[name] for name in OUTSIDERS if not (called and name == "lang")]
        if owner_name == "ana":
            # Staff cannot speak for the patient, not even those in charge.
            others += [clinic.hands["ruiz"], clinic.hands["manager"]]
        else:
            others.append(clinic.hands["ana"])
        for command in COMMANDS:
            if command.roles & ROLES[owner_name]:
                for argument in ("", marked.LABEL):
                    owner.phone.text(f"/{command.name} {argument}".strip())
                    await clinic.world.settle()
                    await press_all(clinic, owner, others, pressed)
    kinds = len(pressed)
    record_property("kinds of buttons", kinds)
    record_property("presses by others", sum(pressed.values()) * len(OUTSIDERS))
    assert kinds > 45
    assert await clinic.parked() == [], "an update that no handler could take"
