"""How a story reads a phone: the last words of the bot, and its buttons by their labels."""

from typing import Any

from sandbox.phones import Phone
from scheduler import staff


class Chat:
    """One person's chat with the bot: writes, taps by label, and reads what came back."""

    def __init__(self, world: Any, phone: Phone) -> None:
        self.world = world
        self.phone = phone

    @property
    def id(self) -> int:
        return self.phone.person.id

    def messages(self) -> list[dict[str, Any]]:
        """What the bot has said, as it reads now."""
        return [m for m in self.world.sandbox.transcript(self.id) if m["from"]["is_bot"]]

    def last(self) -> dict[str, Any]:
        return self.messages()[-1]

    @property
    def said(self) -> str:
        """The text or caption of the bot's last message."""
        return words(self.last())

    @property
    def buttons(self) -> list[str]:
        """The labels under the bot's last message."""
        return [button["text"] for row in keyboard(self.last()) for button in row]

    async def says(self, text: str, **more: Any) -> str:
        """Write a text; returns what the bot's last message is then."""
        self.phone.text(text, **more)
        await self.world.settle()
        return self.said

    async def taps(self, label: str, message: dict[str, Any] | None = None) -> str:
        """Press the button whose label begins so; returns what the bot's last message is then."""
        under = self.last() if message is None else message
        found = [b for row in keyboard(under) for b in row if b["text"].startswith(label)]
        assert found, f"no button {label!r} among {self.buttons}"
        self.phone.tap(under["message_id"], found[0]["callback_data"])
        await self.world.settle()
        return self.said


def words(message: dict[str, Any]) -> str:
    text: str = message.get("text") or message.get("caption") or ""
    return text


def keyboard(message: dict[str, Any]) -> list[list[dict[str, str]]]:
    rows: list[list[dict[str, str]]] = message.get("reply_markup", {}).get("inline_keyboard", [])
    return rows


async def join(world: Any, name: str, role: str = "practitioner", language: str = "en") -> Chat:
    """Give somebody a phone and, unless they are a patient, a place in the clinic."""
    phone = world.person(name, role=role, language=language)
    if role != "patient":
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
    return Chat(world, phone)


async def may_see_pictures(patient: Chat) -> None:
    """Have a patient agree that the clinic sees their pictures."""
    await patient.says("/privacy")
    await patient.taps("✅ The clinic may see pictures")
