"""Patients' files: pictures reach staff drawn anew, what cannot be looked into does not."""

from typing import Any

from tests.attack.clinic import Clinic
from tests.bot.test_pictures import SECRET, drawn, with_exif
from tests.journeys.practitioner_chat import Chat, may_see_pictures


async def _staff_get(world: Any, send: Any) -> dict[str, Any]:
    clinic = Clinic(world)
    await clinic.open()
    await may_see_pictures(Chat(world, clinic.hands["ana"].phone))
    ruiz = clinic.hands["ruiz"].phone
    marks = len(ruiz.transcript())
    send(clinic.hands["ana"].phone)
    await world.settle()
    new = [m for m in ruiz.transcript()[marks:] if m["from"]["is_bot"]]
    assert len(new) == 1, "and nothing else was sent"
    return new[0]


def _content(world: Any, file_id: str) -> bytes:
    files = world.sandbox.world.files
    content: bytes = files.content(files.get(file_id))
    return content


async def test_a_photo_reaches_staff_without_what_else_was_in_the_file(world: Any) -> None:
    got = await _staff_get(world, lambda ana: ana.photo(with_exif(), caption="look"))
    content = _content(world, got["photo"][-1]["file_id"])
    assert SECRET not in content
    assert content.startswith(b"\xff\xd8")
    assert "look" in got["caption"]


async def test_a_picture_sent_as_a_file_does_too(world: Any) -> None:
    got = await _staff_get(
        world, lambda ana: ana.document(with_exif(), name="../../IMG 1.JPG", mime="image/jpeg")
    )
    assert SECRET not in _content(world, got["document"]["file_id"])
    assert got["document"]["file_name"] == "photo.jpg"


async def test_another_document_goes_as_it_is(world: Any) -> None:
    got = await _staff_get(world, lambda ana: ana.document(b"%PDF-1.7 mine", name="letter.pdf"))
    assert _content(world, got["document"]["file_id"]) == b"%PDF-1.7 mine"


async def test_a_bomb_is_not_opened_and_its_words_are_not_lost(world: Any) -> None:
    bomb = drawn("PNG", size=(9_500, 9_500))
    got = await _staff_get(
        world, lambda ana: ana.document(bomb, name="x.png", caption="please look at this")
    )
    assert "please look at this" in got["text"]
    assert "could not be opened safely" in got["text"]


async def test_a_file_over_what_a_bot_may_fetch_is_told_and_not_passed_on(world: Any) -> None:
    large = drawn() + b"\x00" * (20 * 1024 * 1024)
    got = await _staff_get(world, lambda ana: ana.document(large, name="x.jpg"))
    assert "A file larger than 20 MB, which is not passed on" in got["text"]


async def test_a_picture_that_cannot_be_fetched_now_comes_later(world: Any) -> None:
    world.sandbox.faults.drop_before(method="getFile", count=1)
    clinic = Clinic(world)
    await clinic.open()
    await may_see_pictures(Chat(world, clinic.hands["ana"].phone))
    ruiz = clinic.hands["ruiz"].phone
    marks = len(ruiz.transcript())
    clinic.hands["ana"].phone.photo(with_exif())
    await world.settle()
    assert ruiz.transcript()[marks:] == []
    await world.after(hours=1)
    assert any("photo" in m for m in ruiz.transcript()[marks:])


async def _send(world: Any, content: bytes, **how: Any) -> tuple[list[str], list[dict[str, Any]]]:
    """Have Ana send a document; returns what she reads and what her practitioner gets."""
    clinic = Clinic(world)
    await clinic.open()
    ana, ruiz = clinic.hands["ana"].phone, clinic.hands["ruiz"].phone
    await may_see_pictures(Chat(world, ana))
    marks = len(ruiz.transcript())
    world.new(ana)
    ana.document(content, **how)
    await world.settle()
    return world.texts(ana), [m for m in ruiz.transcript()[marks:] if m["from"]["is_bot"]]


async def test_a_program_under_a_harmless_name_is_withheld_and_its_sender_told(world: Any) -> None:
    read, got = await _send(world, b"MZ\x90\x00", name="results.pdf", caption="my results")
    (told,) = [text for text in read if "was not passed on" in text]
    assert "its kind can run on a computer" in told
    assert "Please send a photo or a PDF. Clinic: +34 911 234 567. Emergency: 112" in told
    assert not any("document" in message for message in got)
    assert "my results" in got[-1]["text"]
    assert "📎 results.pdf" in got[-1]["text"]
    assert "could not be opened safely" in got[-1]["text"]


async def test_what_its_name_tells_is_answered_at_once_and_nothing_is_called_passed_on(
    world: Any,
) -> None:
    read, got = await _send(world, b"words", name="photo.jpg.exe")
    (told,) = read
    assert told.startswith("📎 Your file was not passed on: its kind can run on a computer")
    (message,) = got
    assert "📎 photo.jpg.exe" in message["text"]
    assert "It is not passed on; they were told" in message["text"]


async def test_a_danger_sign_with_a_refused_file_is_answered_all_the_same(world: Any) -> None:
    read, _ = await _send(world, b"x", name="x.exe", caption="I can't breathe")
    assert any("112" in text and "not passed on" not in text for text in read)
    assert any("was not passed on" in text for text in read)


async def test_a_name_that_turns_letters_around_or_links_is_plain_text(world: Any) -> None:
    _, got = await _send(world, b"%PDF-1.7", name="x\u202efdp. t.me/evil.pdf")
    assert got[-1]["document"]["file_name"] == "xfdp_ t_me evil.pdf"
    assert "\u202e" not in got[-1]["caption"]
    kinds = {each["type"] for each in got[-1]["caption_entities"]}
    assert kinds <= {"bold", "code"}, "nothing in it can be tapped"


async def test_a_picture_under_another_name_is_drawn_anew_too(world: Any) -> None:
    _, got = await _send(world, with_exif(), name="scan.pdf")
    assert SECRET not in _content(world, got[-1]["document"]["file_id"])
    assert got[-1]["document"]["file_name"] == "photo.jpg"
