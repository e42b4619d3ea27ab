"""What people type, however crafted, stands as text on every phone and changes nothing else."""

from typing import Any

import pytest

from messages.markup import plain, problems, untappable
from tests.attack import secrets_of_ana as marked
from tests.attack.clinic import Clinic

TAPPABLE = {"url", "text_link", "text_mention", "mention", "bot_command", "email", "hashtag"}
UNSEEN = "\u202e\u2066\u200b\x00\x07"
HOSTILE = [
    "<b>bold</b> <a href='https://evil.example'>the clinic</a>",
    "<script>alert(1)</script> &lt;i&gt; &amp;amp;",
    "*bold* _it_ [clinic](https://evil.example) `x` ||s||",
    "tg://user?id=1 @durov https://t.me/evil_bot?start=x evil.example/path",
    "look /staff /broadcast@aftercare_sandbox_bot write to evil@example.com #sale",
    "\u202egnp.exe \u2066hidden\u2069 z\u200bw\u200d bell\x07",
    "Robert'); DROP TABLE patients;--",
    "%' OR '1'='1' /* :clinic_id :now ? $1 */ \"--",
    "{label} {n} {{x}} %s %(a)s ${PATH} \\n",
    '=HYPERLINK("https://evil.example") +1 -1 @SUM(A1)',
    "DTSTART:19700101\nBEGIN:VALARM\nEND:VCALENDAR",
    "../../etc/passwd C:\\Windows\\x",
    "👩‍⚕️" * 60,
    "a" * 4000,
]


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_patients_words_reach_staff_as_text_that_cannot_be_tapped(
    world: Any, words: str
) -> None:
    clinic = Clinic(world)
    await clinic.open()
    ana, ruiz = clinic.hands["ana"], clinic.hands["ruiz"]
    marks = len(ruiz.phone.transcript())
    ana.phone.text(words)
    await world.settle()
    for command in (f"/patient {marked.LABEL}", "/inbox", "/digest"):
        ruiz.phone.text(command)
        await world.settle()
    new = [m for m in ruiz.phone.transcript()[marks:] if m["from"]["is_bot"]]
    said = "".join(m.get("text") or m.get("caption") or "" for m in new)
    first = words.split(maxsplit=1)[0]
    assert "".join(c for c in first if c not in UNSEEN)[:40] in said
    assert not any(mark in said for mark in "\u202e\u2066\x07")
    for message in new:
        for entity in message.get("entities", ()):
            shown = _covered(message["text"], entity)
            # The clinic's own words may offer commands; hers may not.
            assert entity["type"] not in TAPPABLE or shown not in words, entity
    assert await clinic.parked() == []


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_labels_names_and_answers_do_no_more_than_stand_there(
    world: Any, words: str
) -> None:
    clinic = Clinic(world)
    await clinic.open()
    ruiz, ana = clinic.hands["ruiz"], clinic.hands["ana"]
    before = {table: len(rows) for table, rows in clinic.facts().items()}
    ruiz.phone.person.first_name = words[:60] or "x"
    for command in ("/patients", "/patient", "/enroll", "/enroll facial", "/staff invite"):
        ruiz.phone.text(f"{command} {words}")
        await world.settle()
    mine = next(m for m in reversed(ruiz.phone.transcript()) if marked.WORDS in str(m.get("text")))
    ruiz.phone.text(words, reply_to=mine["message_id"])
    await world.settle()
    heard = ana.phone.transcript()[-1]["text"]
    assert "".join(c for c in words.split(maxsplit=1)[0] if c not in UNSEEN)[:40] in heard
    assert await clinic.parked() == []
    after = {table: len(rows) for table, rows in clinic.facts().items()}
    changed = {table for table in before if after[table] != before[table]}
    assert changed <= {
        "inbox", "outbox", "attempts", "dialogues", "events", "staff_messages", "marks",
        "alert_messages",
    }  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_untappable_words_are_sound_markup_and_lose_nothing_that_is_seen(words: str) -> None:
    markup = untappable(words)
    assert problems(markup) == []
    assert plain(markup) == "".join(c for c in words if c not in "\u202e\u2066\u2069\x07")


def _covered(text: str, entity: dict[str, Any]) -> str:
    units = text.encode("utf-16-le")
    begin = 2 * entity["offset"]
    return units[begin : begin + 2 * entity["length"]].decode("utf-16-le")
