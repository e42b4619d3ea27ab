"""Practitioners at their phones: sessions moved and held, so that plans change while they run."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

from sandbox.phones import Phone
from tests.faults.practice import Practice

_LATEST = 8
_STUCK = 3


@dataclass(slots=True)
class Desk:
    """What the practitioners did: ``confirmed`` counts the changes of plans they let happen.

    Each looks at what the bot said last and takes the next step, as a person would: the card, the
    plan's menu, a session, another date in words, and Confirm. Who did not get on begins anew.
    """

    practice: Practice
    chance: random.Random
    confirmed: int = 0
    attended: set[str] = field(default_factory=set)
    _seen: dict[int, tuple[str, int]] = field(default_factory=dict)

    async def go_on(self, *, every_s: float) -> None:
        """Have one practitioner after the other take a step, until canceled."""
        while True:
            for phone in self.practice.doctors:
                await asyncio.sleep(every_s)
                self._step(phone)

    def _step(self, phone: Phone) -> None:
        said = [m for m in phone.transcript()[-_LATEST:] if m["from"]["is_bot"]]
        if self._was_there(phone, said) or not said:
            return
        last = said[-1]
        labels = _buttons(last)
        now = f"{last['message_id']} {sorted(labels)}"
        before, times = self._seen.get(phone.person.id, ("", 0))
        self._seen[phone.person.id] = (now, times + 1 if now == before else 0)
        if times >= _STUCK:
            labels = {}
        if (data := _first(labels, "✅ Confirm")) is not None:
            self.confirmed += 1
            phone.tap(last["message_id"], data)
        elif _first(labels, "📅 Open the calendar") is not None:
            phone.text(f"in {self.chance.randint(2, 20)} days 16:30")
        elif (data := _first(labels, "🔁 Move it", "📅 ", "✏️ Change the plan")) is not None:
            phone.tap(last["message_id"], data)
        else:
            self._open_a_card(phone)

    def _was_there(self, phone: Phone, said: list[dict[str, Any]]) -> bool:
        """Answer "Did they come?" where it is asked: nine of ten came."""
        for message in said:
            labels = _buttons(message)
            came = _first(labels, "✅ Came")
            data = came if self.chance.random() < 0.9 else _first(labels, "🚫 Did not come")
            if came is not None and data is not None and came not in self.attended:
                self.attended.add(came)
                phone.tap(message["message_id"], data)
                return True
        return False

    def _open_a_card(self, phone: Phone) -> None:
        doctors = self.practice.doctors
        own = range(doctors.index(phone), len(self.practice.patients), len(doctors))
        phone.text(f"/patient P{self.chance.choice(own)}")


def _buttons(message: dict[str, Any]) -> dict[str, str]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return {
        button["text"]: button["callback_data"]
        for row in rows
        for button in row
        if "callback_data" in button
    }


def _first(labels: dict[str, str], *beginnings: str) -> str | None:
    for beginning in beginnings:
        for label, data in labels.items():
            if label.startswith(beginning):
                return data
    return None
