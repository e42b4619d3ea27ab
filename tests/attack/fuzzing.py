"""A process that throws inputs at one of the places where strangers' bytes come in.

Coverage-guided (atheris): inputs that reach new code are kept and changed further. It ends with 0
after so many inputs, or at once with the exception that got out. The slowest inputs are written
down, so that they can be timed again without the instrumentation.

    python -m tests.attack.fuzzing TARGET INPUTS SLOWEST.json
"""

import heapq
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris

KEPT = 5
LONGEST = 4096
PARTS = ["messages", "bot.dates", "bot.incoming", "bot.receive"]
# fmt: off
WORDS = [
    "no", "fever", "but", "pus", "can't", "breathe", "me", "ahogo", "не", "могу", "дышать",
    "gonflée", "tomorrow", "15:30", "el", "martes", "next", "fri", "in", "2", "weeks",
    "12/5/2026", "29.2.", "mañana", "ayer", "à", "10h", "🤒🤮", "\u202e", "STOP", "38.9", "~",
]
KEYS = [
    "update_id", "message", "edited_message", "callback_query", "my_chat_member", "chat", "from",
    "date", "text", "caption", "entities", "photo", "voice", "document", "reply_to_message", "id",
    "is_bot", "first_name", "type", "message_id", "data", "new_chat_member", "status", "user",
    "offset", "length", "file_id", "file_unique_id",
]
# fmt: on

Target = Callable[[atheris.FuzzedDataProvider], object]


def words(data: atheris.FuzzedDataProvider) -> str:
    """Draw a text: known words and letters of any kind side by side."""
    parts = []
    for _ in range(data.ConsumeIntInRange(0, 40)):
        if data.ConsumeBool():
            parts.append(data.PickValueInList(WORDS))
        else:
            parts.append(data.ConsumeUnicode(data.ConsumeIntInRange(0, 30)))
    return " ".join(parts)[:LONGEST]


def document(data: atheris.FuzzedDataProvider, depth: int = 0) -> Any:
    """Draw a JSON value with the fields of an update, in any place and of any type."""
    kind = data.ConsumeIntInRange(0, 9 if depth < 5 else 5)
    match kind:
        case 0:
            return None
        case 1:
            return data.ConsumeBool()
        case 2 | 3:
            return data.ConsumeInt(10)
        case 4 | 5:
            return words(data)
        case 6:
            return [document(data, depth + 1) for _ in range(data.ConsumeIntInRange(0, 3))]
        case _:
            return {
                data.PickValueInList(KEYS): document(data, depth + 1)
                for _ in range(data.ConsumeIntInRange(0, 6))
            }


def of_update() -> Target:
    """An update, as JSON of any shape: understood, or refused in one known way."""
    from telegram import Bot

    from bot.incoming import Unreadable, read_payload
    from bot.receive import chat_of

    bot = Bot("1:a")

    def once(data: atheris.FuzzedDataProvider) -> None:
        update = document(data)
        if isinstance(update, dict):
            chat_of(update)
        try:
            incoming = read_payload(json.dumps(update), bot)
        except Unreadable:
            return
        assert isinstance(incoming.text, str)

    return once


def of_protocol() -> Target:
    """A clinic's protocol file: sound, or a list of issues."""
    from messages import check

    folder = Path(tempfile.mkdtemp())
    place = folder / "protocols" / "own"
    place.mkdir(parents=True)
    shipped = Path(check.__file__).parent / "protocols" / "facial"
    sound = {name: (shipped / name).read_text("utf-8") for name in ("protocol.toml", "en.toml")}
    lines = [line for text in sound.values() for line in text.splitlines()]

    def once(data: atheris.FuzzedDataProvider) -> None:
        for name, text in sound.items():
            changed = text.splitlines()
            for _ in range(data.ConsumeIntInRange(0, 6)):
                at = data.ConsumeIntInRange(0, len(changed))
                if data.ConsumeBool():
                    changed[at : at + data.ConsumeIntInRange(0, 3)] = [data.PickValueInList(lines)]
                else:
                    changed.insert(at, data.ConsumeUnicode(60))
            (place / name).write_text("\n".join(changed), "utf-8", errors="replace")
        check.examine(folder)

    return once


def of_dates() -> Target:
    """A date in words: a moment, or why there is none."""
    from bot import dates

    def once(data: atheris.FuzzedDataProvider) -> None:
        zone = data.PickValueInList(["Europe/Madrid", "America/New_York", "Pacific/Apia"])
        language = data.PickValueInList(["en", "es", "ru", "pt", "fr", "xx", ""])
        now = data.ConsumeIntInRange(0, 4_000_000_000_000)
        dates.read_moment(words(data), now_ms=now, zone=zone, language=language)

    return once


def of_triage() -> Target:
    """A patient's words: always a verdict."""
    from messages.catalogue import load
    from messages.triage import Context

    reader = load().triage

    def once(data: atheris.FuzzedDataProvider) -> None:
        language = data.PickValueInList(["en", "es", "ru", "pt", "fr", "de", ""])
        question = words(data) if data.ConsumeBool() else None
        context = Context(hours=data.ConsumeFloat(), question=question)
        verdict = reader.read(words(data), language, context)
        assert verdict.level in {"routine", "review", "urgent", "emergency"}

    return once


TARGETS: dict[str, Callable[[], Target]] = {
    "update": of_update,
    "protocol": of_protocol,
    "dates": of_dates,
    "triage": of_triage,
}


def corpus() -> str:
    """Return a folder of first inputs, long enough to say something."""
    chance = random.Random(20_260_504)
    folder = Path(tempfile.mkdtemp())
    for number in range(60):
        (folder / str(number)).write_bytes(chance.randbytes(chance.randint(50, 2_000)))
    return str(folder)


def main(name: str, inputs: str, slowest: str) -> None:
    """Run until so many inputs were tried, or one got the better of the target."""
    with atheris.instrument_imports(include=PARTS):
        once = TARGETS[name]()
    slow: list[tuple[float, str]] = []
    tried = 0

    def call(raw: bytes) -> None:
        nonlocal tried
        tried += 1
        begun = time.process_time()
        once(atheris.FuzzedDataProvider(raw))
        heapq.heappush(slow, (time.process_time() - begun, raw.hex()))
        if len(slow) > KEPT:
            heapq.heappop(slow)
        if tried == int(inputs):
            # The fuzzer leaves without a word to Python.
            Path(slowest).write_text(json.dumps(slow), "utf-8")

    options = [f"-runs={inputs}", f"-max_len={LONGEST}", "-timeout=60", "-rss_limit_mb=0"]
    options += ["-len_control=0", "-seed=20260504", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *options, corpus()], call)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
