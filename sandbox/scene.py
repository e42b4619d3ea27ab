"""The cast, and what has happened before a newcomer looks: the practitioner is already staff."""

import asyncio
import re
from collections.abc import Iterable
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sandbox.phones import Phone, PhoneError
from sandbox.world import Message, Person

MANAGER_ID = 700_000_001
PRACTITIONER_ID = 700_000_002
PATIENT_IDS = (700_000_003, 700_000_004)
PATIENCE = 60.0
MORNING = time(10)
LINK = re.compile(r"https?://t\.me/\w+\?start=[\w-]+")


def cast() -> tuple[Person, ...]:
    """Return the people whose phones the page shows."""
    return (
        Person(MANAGER_ID, "Marta", "Vidal", "marta_vidal", "en", "manager"),
        Person(PRACTITIONER_ID, "Elena", "Ruiz", "dr_elena_ruiz", "en", "practitioner"),
        Person(PATIENT_IDS[0], "Anna", "", "anna_on_her_phone", "en", "patient"),
        Person(PATIENT_IDS[1], "Pablo", "", "pablo_on_his_phone", "es", "patient"),
    )


def begins(now: int, zone: str) -> int:
    """Return when the story begins: this day at ten in the morning, clinic time, as UTC epoch ms.

    Whoever looks at night would otherwise see a clinic's messages wait for the morning, and the
    care advice of a session "now" not go at all.

    Args:
        now: The machine's time, UTC epoch ms.
        zone: The clinic's time zone.
    """
    today = datetime.fromtimestamp(now / 1000, ZoneInfo(zone)).date()
    morning = datetime.combine(today, MORNING, ZoneInfo(zone))
    return int(morning.timestamp() * 1000)


def team(people: Iterable[Person]) -> list[int]:
    """Return who is in the team's group: the clinic's people, its manager first."""
    staff = [person for person in people if person.role != "patient"]
    return [person.id for person in sorted(staff, key=lambda one: one.role != "manager")]


def phone_label(person: Person) -> str:
    """Return what stands over a person's phone."""
    match person.role:
        case "manager":
            return f"{person.name} · clinic manager"
        case "practitioner":
            return f"Dr. {person.name} · practitioner"
    return f"{person.first_name} · patient"


async def opening(manager: Phone, practitioner: Phone, *, patience: float = PATIENCE) -> bool:
    """Make the practitioner staff through the bot's own commands.

    The manager presses Start and invites; the practitioner opens the link in the bot's answer.
    Nothing here knows more of the bot than a person would.

    Args:
        manager: The manager's phone.
        practitioner: The practitioner's phone.
        patience: Real seconds to wait in all.

    Returns:
        Whether it came to that. A bot that is slow or speaks otherwise is left alone: the page
        works without it, and the same can be done by hand.
    """
    try:
        async with asyncio.timeout(patience):
            manager.open()
            await manager.heard(within=patience)
            manager.text("/staff invite practitioner")
            while True:
                message = await manager.heard(within=patience)
                if link := invitation(message):
                    practitioner.open(link)
                    await practitioner.heard(within=patience)
                    return True
    except (TimeoutError, PhoneError):
        return False


def invitation(message: Message) -> str | None:
    """Return the t.me link in a message: in its text, behind words, or on a button."""
    entities = [*message.get("entities", ()), *message.get("caption_entities", ())]
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    places = [
        *(entity.get("url", "") for entity in entities),
        *(button.get("url", "") for row in rows for button in row),
        message.get("text", ""),
        message.get("caption", ""),
    ]
    for place in places:
        if found := LINK.search(place):
            return found[0]
    return None
