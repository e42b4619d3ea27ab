"""What the patients' stories begin with: somebody of the clinic, and a patient who is enrolled."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sandbox.phones import Phone
from scheduler import enrollment, staff
from scheduler.enrollment import Choice


@pytest.fixture
def joins(world: Any) -> Callable[..., Awaitable[Phone]]:
    """Give somebody of the clinic a phone on which the bot was started."""

    async def somebody_joins(
        name: str = "Dr. Ruiz", *, role: str = "practitioner", language: str = "en"
    ) -> Phone:
        phone: Phone = world.person(name, role=role, language=language)
        await world.store.write(
            staff.welcome,
            chat_id=phone.person.id,
            name=name,
            role=role,
            language=language,
            actor="system",
            now=world.clock.now(),
        )
        phone.open()
        await world.settle()
        return phone

    return somebody_joins


@pytest.fixture
def enrolls(world: Any) -> Callable[..., Awaitable[str]]:
    """Have a practitioner enroll a patient whose session is over just now; the link's token."""

    async def somebody_enrolls(
        doctor: Phone,
        *,
        treatment: str = "facial",
        area: str = "face",
        label: str = "A.P.",
        next_at: int | None = None,
        patient_id: int | None = None,
        session_at: int | None = None,
        filler: bool = False,
    ) -> str:
        now = world.clock.now()
        house = world.bot.house()
        member = await world.store.read(staff.at_chat, doctor.person.id)
        made = await world.store.write(
            enrollment.enroll,
            Choice(
                treatment,
                area,
                label,
                session_at=now if session_at is None else session_at,
                next_at=next_at,
                filler=filler,
            ),
            protocol=house.catalogue.protocols[treatment],
            clinic=house.clinic,
            staff=member,
            now=now,
            patient_id=patient_id,
        )
        token: str = made.token
        return token

    return somebody_enrolls


class Chats:
    """What stands on the phones, read and pressed as a person does it."""

    def __init__(self, world: Any) -> None:
        self._world = world

    @staticmethod
    def shown(message: dict[str, Any]) -> str:
        """The words of a message."""
        return str(message.get("text") or message.get("caption") or "")

    @staticmethod
    def labels(message: dict[str, Any]) -> list[str]:
        """The buttons under a message."""
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        return [button["text"] for row in rows for button in row]

    def last(self, phone: Phone, words: str = "") -> dict[str, Any]:
        """The newest message of the bot that holds these words, as it reads now."""
        chat = [m for m in phone.transcript() if m["from"]["is_bot"]]
        for message in reversed(chat):
            if words in self.shown(message):
                return dict(message)
        heard = "\n---\n".join(self.shown(message) for message in chat)
        raise AssertionError(f"{words!r} was never said; the chat:\n{heard}")

    async def tap(self, phone: Phone, words: str, label: str) -> None:
        """Press a button under the newest message that holds these words."""
        phone.tap(self.last(phone, words)["message_id"], label)
        await self._world.settle()

    async def consent(self, phone: Phone, token: str) -> None:
        """Open a link and say yes to aftercare messages."""
        phone.open(token)
        await self._world.settle()
        await self.tap(phone, "May I send", "Yes, send me aftercare messages")
        self._world.new(phone)


@pytest.fixture
def chats(world: Any) -> Chats:
    """The phones of this world."""
    return Chats(world)
