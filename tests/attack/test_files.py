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
    assert "could not be opened safely" in got["text"]


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
