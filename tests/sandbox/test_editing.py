"""Messages that change or go."""

from typing import Any

import pytest

from sandbox.phones import Phone
from sandbox.server import Sandbox

KEYBOARD = {"inline_keyboard": [[{"text": "Yes", "callback_data": "x"}]]}
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are "
    "exactly the same as a current content and reply markup of the message"
)
HOUR = 3_600_000


@pytest.fixture
async def sent(call: Any, anna: Phone) -> dict[str, int]:
    """A message of the bot with a keyboard, by chat and message id."""
    answer = await call(
        "sendMessage",
        chat_id=anna.person.id,
        text="<b>one</b>",
        parse_mode="HTML",
        reply_markup=KEYBOARD,
    )
    return {"chat_id": anna.person.id, "message_id": answer.result["message_id"]}


async def test_an_edit_changes_the_text_and_takes_the_keyboard_away(
    call: Any, anna: Phone, sent: dict[str, int]
) -> None:
    edited = (await call("editMessageText", **sent, text="two")).result
    assert edited["edit_date"] == 1_777_888_800
    assert "reply_markup" not in edited
    assert "entities" not in edited
    assert anna.transcript() == [edited]


async def test_an_edit_of_the_keyboard_alone_does_not_mark_the_message_as_edited(
    call: Any, sent: dict[str, int]
) -> None:
    edited = (await call("editMessageReplyMarkup", **sent)).result
    assert "edit_date" not in edited
    assert "reply_markup" not in edited
    assert edited["text"] == "one"


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("editMessageText", {"text": "<b>one</b>", "parse_mode": "HTML", "reply_markup": KEYBOARD}),
        ("editMessageReplyMarkup", {"reply_markup": KEYBOARD}),
    ],
)
async def test_an_edit_that_changes_nothing_is_refused(
    call: Any, sent: dict[str, int], method: str, parameters: dict[str, Any]
) -> None:
    assert (await call(method, **sent, **parameters)).refusal == (400, NOT_MODIFIED)


@pytest.mark.parametrize(
    ("method", "parameters", "description"),
    [
        ("editMessageText", {"text": "x", "message_id": 99}, "message to edit not found"),
        ("editMessageText", {"text": ""}, "message text is empty"),
        ("editMessageText", {"text": "x" * 4097}, "message is too long"),
        (
            "editMessageText",
            {"text": "<i>", "parse_mode": "HTML"},
            "can't parse entities: Can't find end tag corresponding to start tag i",
        ),
        ("editMessageCaption", {"caption": "x"}, "there is no caption in the message to edit"),
        ("deleteMessage", {"message_id": 99}, "message to delete not found"),
    ],
)
async def test_what_cannot_be_edited(
    call: Any, sent: dict[str, int], method: str, parameters: dict[str, Any], description: str
) -> None:
    answer = await call(method, **{**sent, **parameters})
    assert answer.refusal == (400, f"Bad Request: {description}")


async def test_the_message_of_a_person_cannot_be_edited_by_the_bot(call: Any, anna: Phone) -> None:
    said = anna.text("hello")
    answer = await call(
        "editMessageText", chat_id=anna.person.id, message_id=said["message_id"], text="x"
    )
    assert answer.refusal == (400, "Bad Request: message can't be edited")


async def test_a_photo_has_its_caption_and_its_file_edited(call: Any, anna: Phone) -> None:
    first, second = (anna.photo()["photo"][0]["file_id"] for _ in range(2))
    sent = await call("sendPhoto", chat_id=anna.person.id, photo=first, caption="one")
    where = {"chat_id": anna.person.id, "message_id": sent.result["message_id"]}
    assert (await call("editMessageCaption", **where, caption="two")).result["caption"] == "two"
    media = {"type": "photo", "media": second}
    edited = (await call("editMessageMedia", **where, media=media)).result
    assert edited["photo"][0]["file_id"] == second
    assert "caption" not in edited
    text = await call("editMessageText", **where, text="x")
    assert text.refusal == (400, "Bad Request: there is no text in the message to edit")


async def test_a_message_can_be_deleted_for_48_hours(
    call: Any, anna: Phone, clock: Any, sent: dict[str, int]
) -> None:
    clock.advance(48 * HOUR - 1000)
    young = (await call("sendMessage", chat_id=anna.person.id, text="x")).result["message_id"]
    clock.advance(1000)
    assert (await call("deleteMessage", **sent)).refusal == (
        400,
        "Bad Request: message can't be deleted for everyone",
    )
    ids = [sent["message_id"], young, 999]
    assert (await call("deleteMessages", chat_id=anna.person.id, message_ids=ids)).result is True
    assert [one["message_id"] for one in anna.transcript()] == [sent["message_id"]]


async def test_a_message_id_is_never_given_twice(
    call: Any, sandbox: Sandbox, anna: Phone, sent: dict[str, int]
) -> None:
    await call("deleteMessage", **sent)
    again = await call("sendMessage", chat_id=anna.person.id, text="x")
    assert again.result["message_id"] > sent["message_id"]
