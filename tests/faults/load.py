"""People at their phones: texts and taps that keep a bot busy, and what must have come of them."""

import asyncio
import random
from dataclasses import dataclass, field

from sandbox.phones import Phone
from sandbox.server import Sandbox
from scheduler.database import Row
from scheduler.wording import ANSWER, tapped
from tests.faults.practice import CATALOGUE, Practice, buttons

_LATEST = 6


@dataclass(slots=True)
class Load:
    """What the patients did: the texts they wrote, and the first answer each gave to a question."""

    practice: Practice
    chance: random.Random
    texts: set[str] = field(default_factory=set)
    taps: dict[tuple[int, str], str] = field(default_factory=dict)
    second_taps: int = 0
    worrying: float = 0.02

    async def go_on(self, *, every_s: float) -> None:
        """Have one patient after the other write or tap, until canceled."""
        while True:
            for phone in self.chance.sample(self.practice.patients, len(self.practice.patients)):
                await asyncio.sleep(every_s)
                if phone.person.blocked:
                    continue
                if not self._tap(phone) and len(self.texts) <= len(self.taps):
                    # Five digits: 103 would be read as an emergency number, 39 as a fever.
                    words = f"note {len(self.texts):05} of {phone.person.id}"
                    self.texts.add(words)
                    phone.text(words)

    def _tap(self, phone: Phone) -> bool:
        """Answer one question that stands in the chat; one time in five twice, differently."""
        for message in reversed(phone.transcript()[-_LATEST:]):
            found = [data.split(":") for data in buttons(message)]
            answers = [parts for parts in found if parts[0] == ANSWER and len(parts) == 4]
            if not answers:
                continue
            _, row, question, answer = answers[self._benign(len(answers))]
            key = (int(row), question)
            if key in self.taps:
                continue
            self.taps[key] = answer
            phone.tap(message["message_id"], f"{ANSWER}:{row}:{question}:{answer}")
            if self.chance.random() < 0.2:
                self.second_taps += 1
                _, row, question, answer = self.chance.choice(answers)
                phone.tap(message["message_id"], f"{ANSWER}:{row}:{question}:{answer}")
            return True
        return False

    def _benign(self, answers: int) -> int:
        """Choose an answer that nobody worries about: a patient in danger gets no more reminders.

        A share of ``worrying`` is all the same: an alert overtakes everything.
        """
        if self.chance.random() < self.worrying:
            return self.chance.randrange(answers)
        return {11: self.chance.randrange(4), 2: 1, 4: 0, 5: 4}.get(answers, 0)

    def wrong(self, replies: list[Row], outbox: list[Row]) -> list[str]:
        """Return what was said and is not in the database exactly once, as it was said."""
        faults = []
        written: dict[str, int] = {}
        kept: dict[tuple[int, str], list[str]] = {}
        for reply in replies:
            if reply["question"] is None:
                written[reply["text"]] = written.get(reply["text"], 0) + 1
            else:
                kept.setdefault((reply["outbox_id"], reply["question"]), []).append(reply["value"])
        faults += [
            f"{text!r} {written.get(text, 0)}×" for text in self.texts if written.get(text) != 1
        ]
        faults += [f"{text!r} was never written" for text in written.keys() - self.texts]
        steps = {row["id"]: row["step_key"] for row in outbox}
        wanted = {}
        for (number, asked), chosen in self.taps.items():
            found = tapped(CATALOGUE.protocols["facial"].step(steps[number]), asked, chosen)
            if found is None:
                faults.append(f"{asked}:{chosen} was never asked in {steps[number]}")
            else:
                wanted[number, found[0].key] = [found[1]]
        faults += [
            f"{key}: {wanted.get(key)} was tapped, {kept.get(key)} is known"
            for key in wanted.keys() | kept.keys()
            if wanted.get(key) != kept.get(key)
        ]
        relayed: dict[str, int] = {}
        for row in outbox:
            if row["kind"] == "relay" and "<blockquote>note " in row["content"]:
                quoted = row["content"].split("<blockquote>")[1].split("</blockquote>")[0]
                relayed[quoted] = relayed.get(quoted, 0) + 1
        faults += [
            f"{text!r} passed on {relayed.get(text, 0)}×"
            for text in self.texts
            if relayed.get(text) != 1
        ]
        return faults


async def settled(sandbox: Sandbox, *, last: int, within_s: float = 600.0) -> None:
    """Wait until the clock has passed ``last`` (epoch ms) and nothing has been sent for a while."""
    before = -1
    async with asyncio.timeout(within_s):
        while sandbox.clock.now() < last or len(sandbox.updates) or len(sandbox.ledger) != before:
            before = len(sandbox.ledger)
            await asyncio.sleep(3)
