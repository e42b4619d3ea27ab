"""Practitioners at their phones: sessions moved and held, so that plans change while they run."""

import asyncio
import random
import re
import time
from dataclasses import dataclass, field

from sandbox.phones import Phone
from tests.faults.practice import Practice

_LATEST = 8
# How long a practitioner waits for what a tap should bring, before going back to the card.
_PATIENCE_S = 3.0
_LOOK_EVERY_S = 0.05


@dataclass(slots=True)
class Desk:
    """What the practitioners did: ``confirmed`` counts the changes of plans they let happen."""

    practice: Practice
    chance: random.Random
    confirmed: int = 0
    attended: set[str] = field(default_factory=set)

    async def go_on(self, *, every_s: float) -> None:
        """Have one practitioner after the other see to a session, until canceled."""
        while True:
            for phone in self.practice.doctors:
                await asyncio.sleep(every_s)
                self._answer_who_came(phone)
                await self._move_a_session(phone)

    async def _move_a_session(self, phone: Phone) -> None:
        """Move one patient's session: the card, the plan's menu, a date in words, and Confirm.

        Whoever is not offered the next step (a plan that has ended, a date the calendar has gone
        past meanwhile, a fault) leaves it, as a person would, and the next one begins anew.
        """
        doctors = self.practice.doctors
        own = range(doctors.index(phone), len(self.practice.patients), len(doctors))
        after = phone.text(f"/patient P{self.chance.choice(own)}")["message_id"]
        await self._offered(phone, "", after=after)
        if not await self._tap(phone, "✏️ Change the plan", after=after, within=0):
            return
        held = False
        while await self._offered(phone, "📅 Open the calendar", after=after, within=0.3) is None:
            held = await self._offered(phone, "🔁 Correct", after=after, within=0) is not None
            if not await self._tap(phone, r"🔁|📅 (?!Open)|.* · (visit|day) ", after=after):
                return
        date = "yesterday" if held else f"in {self.chance.randint(20, 60)} days"
        asked = phone.text(f"{date} 16:30")
        if await self._tap(phone, "✅ Confirm", after=asked["message_id"]):
            self.confirmed += 1

    def _answer_who_came(self, phone: Phone) -> None:
        """Answer "Did they come?" where it is asked: nine of ten came."""
        for message, label, data in _shown(phone, after=0):
            came = "✅ Came" if self.chance.random() < 0.9 else "🚫 Did not come"
            if label.startswith(came) and f"{message} {came}" not in self.attended:
                self.attended |= {f"{message} ✅ Came", f"{message} 🚫 Did not come"}
                phone.tap(message, data)

    async def _tap(
        self, phone: Phone, label: str, *, after: int, within: float = _PATIENCE_S
    ) -> bool:
        found = await self._offered(phone, label, after=after, within=within)
        if found is not None:
            phone.tap(*found)
        return found is not None

    async def _offered(
        self, phone: Phone, label: str, *, after: int, within: float = _PATIENCE_S
    ) -> tuple[int, str] | None:
        """Return the message and the button so named, once the bot has shown it."""
        until = time.monotonic() + within
        while True:
            for message, name, data in _shown(phone, after=after):
                if re.match(label, name):
                    return message, data
            if time.monotonic() >= until:
                return None
            await asyncio.sleep(_LOOK_EVERY_S)


def _shown(phone: Phone, *, after: int) -> list[tuple[int, str, str]]:
    """Return (message, label, data) of the buttons under what the bot said last, newest first."""
    return [
        (message["message_id"], button["text"], button["callback_data"])
        for message in reversed(phone.transcript()[-_LATEST:])
        if message["from"]["is_bot"] and message["message_id"] > after
        for row in message.get("reply_markup", {}).get("inline_keyboard", [])
        for button in row
        if "callback_data" in button
    ]
