"""Messages that go into a chat, and who cannot be written to."""

from typing import Any

import aiohttp
import pytest

from sandbox import samples
from sandbox.phones import Phone
from sandbox.server import Sandbox

KEYBOARD = {"inline_keyboard": [[{"text": "Yes", "callback_data": "x"}]]}


async def test_a_text_arrives_as_it_was_formatted(call: Any, anna: Phone) -> None:
    sent = await call(
        "sendMessage",
        chat_id=anna.person.id,
        text="  <b>Hello</b> Anna  ",
        parse_mode="HTML",
        reply_markup=KEYBOARD,
        protect_content=True,
        link_preview_options={"is_disabled": True},
        disable_notification=True,
    )
    assert anna.transcript() == [sent.result]
    assert sent.result["text"] == "Hello Anna"
    assert sent.result["entities"] == [{"type": "bold", "offset": 0, "length": 5}]
    assert sent.result["reply_markup"] == KEYBOARD
    assert sent.result["has_protected_content"] is True
    assert sent.result["link_preview_options"] == {"is_disabled": True}
    assert sent.result["from"]["is_bot"] is True
    assert sent.result["date"] == 1_777_888_800


async def test_links_and_commands_in_a_plain_text_are_found(call: Any, anna: Phone) -> None:
    text = "😀 /stop or t.me/some_bot?start=a, https://clinic.example/x. 1/2 a@b.es"
    entities = (await call("sendMessage", chat_id=anna.person.id, text=text)).result["entities"]
    raw = text.encode("utf-16-le")
    found = [
        (one["type"], raw[one["offset"] * 2 :][: one["length"] * 2].decode("utf-16-le"))
        for one in entities
    ]
    assert found == [
        ("bot_command", "/stop"),
        ("url", "t.me/some_bot?start=a"),
        ("url", "https://clinic.example/x"),
        ("email", "a@b.es"),
    ]


def _never_started(sandbox: Sandbox, phone: Phone) -> None:
    phone.person.started = False


def _blocked(sandbox: Sandbox, phone: Phone) -> None:
    phone.block()


def _deactivated(sandbox: Sandbox, phone: Phone) -> None:
    phone.deactivate()


@pytest.mark.parametrize(
    ("happened", "refusal"),
    [
        (_never_started, (403, "Forbidden: bot can't initiate conversation with a user")),
        (_blocked, (403, "Forbidden: bot was blocked by the user")),
        (_deactivated, (403, "Forbidden: user is deactivated")),
    ],
)
async def test_who_cannot_be_reached_is_told_in_telegrams_words(
    sandbox: Sandbox, call: Any, anna: Phone, happened: Any, refusal: tuple[int, str]
) -> None:
    happened(sandbox, anna)
    for method, more in (("sendMessage", {"text": "x"}), ("sendChatAction", {"action": "typing"})):
        assert (await call(method, chat_id=anna.person.id, **more)).refusal == refusal
    assert len(sandbox.ledger) == 0


async def test_a_reply_quotes_the_message_it_answers(call: Any, anna: Phone) -> None:
    asked = anna.text("May I swim?")
    answer = await call(
        "sendMessage",
        chat_id=anna.person.id,
        text="Not yet",
        reply_parameters={"message_id": asked["message_id"]},
    )
    assert answer.result["reply_to_message"]["text"] == "May I swim?"


async def test_a_reply_to_what_is_gone_is_refused_unless_it_may_stand_alone(
    call: Any, anna: Phone
) -> None:
    reply = {"message_id": 999}
    chat_id = anna.person.id
    refused = await call("sendMessage", chat_id=chat_id, text="x", reply_parameters=reply)
    assert refused.refusal == (400, "Bad Request: message to be replied not found")
    alone = reply | {"allow_sending_without_reply": True}
    sent = await call("sendMessage", chat_id=chat_id, text="x", reply_parameters=alone)
    assert "reply_to_message" not in sent.result


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker", "document"])
async def test_a_file_is_uploaded_once_and_sent_again_by_its_id(
    sandbox: Sandbox, http: aiohttp.ClientSession, call: Any, anna: Phone, kind: str
) -> None:
    content = getattr(samples, kind)()
    form = aiohttp.FormData({"chat_id": str(anna.person.id)})
    form.add_field(kind, content, filename=f"my {kind}.bin")
    method = f"send{kind.title()}"
    async with http.post(f"{sandbox.api_url}/bot{sandbox.token}/{method}", data=form) as answer:
        message = (await answer.json())["result"]
    about = message[kind][0] if kind == "photo" else message[kind]
    again = await call(method, chat_id=anna.person.id, **{kind: about["file_id"]})
    assert again.result[kind] == message[kind]

    path = (await call("getFile", file_id=about["file_id"])).result["file_path"]
    async with http.get(f"{sandbox.api_url}/file/bot{sandbox.token}/{path}") as answer:
        assert await answer.read() == content


@pytest.mark.parametrize(
    ("method", "parameters", "description"),
    [
        ("sendPhoto", {}, "there is no photo in the request"),
        ("sendPhoto", {"photo": "attach://x"}, 'attached file "x" not found in the request'),
        (
            "sendPhoto",
            {"photo": "nothing"},
            "wrong remote file identifier specified: can't unserialize it",
        ),
        ("sendVoice", {"voice": "PHOTO"}, "can't use file of type Photo as Voice"),
        ("sendPhoto", {"photo": "PHOTO", "caption": "x" * 1025}, "message caption is too long"),
        (
            "sendPhoto",
            {"photo": "PHOTO", "caption": "<b>", "parse_mode": "HTML"},
            "can't parse entities: Can't find end tag corresponding to start tag b",
        ),
    ],
)
async def test_a_file_that_cannot_be_sent(
    call: Any, anna: Phone, method: str, parameters: dict[str, str], description: str
) -> None:
    photo = anna.photo()["photo"][0]["file_id"]
    given = {name: photo if value == "PHOTO" else value for name, value in parameters.items()}
    answer = await call(method, chat_id=anna.person.id, **given)
    assert answer.refusal == (400, f"Bad Request: {description}")


async def test_what_is_no_picture_is_no_photo(
    sandbox: Sandbox, http: aiohttp.ClientSession, anna: Phone
) -> None:
    for content, description in (
        (b"%PDF-1.4", "IMAGE_PROCESS_FAILED"),
        (b"", "file must be non-empty"),
        (
            samples.photo()[:16] + b"\0\0\x27\x10\0\0\0\1" + samples.photo()[24:],
            "PHOTO_INVALID_DIMENSIONS",
        ),
    ):
        form = aiohttp.FormData({"chat_id": str(anna.person.id)})
        form.add_field("photo", content, filename="a.png")
        url = f"{sandbox.api_url}/bot{sandbox.token}/sendPhoto"
        async with http.post(url, data=form) as answer:
            assert (await answer.json())["description"] == f"Bad Request: {description}"


async def test_an_album_keeps_its_photos_together(call: Any, anna: Phone) -> None:
    photo = anna.photo()["photo"][0]["file_id"]
    media = [{"type": "photo", "media": photo, "caption": "one"}, {"type": "photo", "media": photo}]
    album = (await call("sendMediaGroup", chat_id=anna.person.id, media=media)).result
    assert len({message["media_group_id"] for message in album}) == 1
    assert [message.get("caption") for message in album] == ["one", None]
    too_few = await call("sendMediaGroup", chat_id=anna.person.id, media=media[:1])
    assert too_few.status == 400
    unknown = await call("sendMediaGroup", chat_id=anna.person.id, media=[{"type": "x"}] * 2)
    assert 'parameter "media[0].type" must be one of' in unknown.refusal[1]


async def test_a_poll_is_sent(call: Any, anna: Phone) -> None:
    options = [{"text": "Yes"}, {"text": "No"}]
    sent = await call("sendPoll", chat_id=anna.person.id, question="Sore?", options=options)
    assert [one["text"] for one in sent.result["poll"]["options"]] == ["Yes", "No"]
    long = await call("sendPoll", chat_id=anna.person.id, question="x" * 301, options=options)
    assert long.status == 400


async def test_a_message_is_copied_without_and_forwarded_with_its_origin(
    sandbox: Sandbox, call: Any, anna: Phone
) -> None:
    doctor = sandbox.add_person("Elena", started=True)
    original = anna.photo(caption="Look")
    where = {
        "chat_id": doctor.person.id,
        "from_chat_id": anna.person.id,
        "message_id": original["message_id"],
    }
    copied = (await call("copyMessage", **where)).result
    forwarded = (await call("forwardMessage", **where)).result
    copy, forward = doctor.transcript()
    assert copied == {"message_id": copy["message_id"]}
    assert copy["photo"] == forward["photo"] == original["photo"]
    assert copy["caption"] == forward["caption"] == "Look"
    assert "forward_origin" not in copy
    assert forwarded["forward_origin"]["sender_user"]["id"] == anna.person.id
    gone = await call("copyMessage", **where | {"message_id": 999})
    assert gone.refusal == (400, "Bad Request: message to copy not found")


async def test_a_callback_query_is_answered_once(call: Any, anna: Phone) -> None:
    sent = await call("sendMessage", chat_id=anna.person.id, text="x", reply_markup=KEYBOARD)
    query_id = anna.tap(sent.result["message_id"], "Yes")
    assert (await call("answerCallbackQuery", callback_query_id=query_id)).result is True
    again = await call("answerCallbackQuery", callback_query_id=query_id)
    assert again.refusal == (
        400,
        "Bad Request: query is too old and response timeout expired or query ID is invalid",
    )


async def test_a_callback_query_grows_too_old_to_answer(
    call: Any, sandbox: Sandbox, anna: Phone
) -> None:
    sent = await call("sendMessage", chat_id=anna.person.id, text="x", reply_markup=KEYBOARD)
    query_id = anna.tap(sent.result["message_id"], "x")
    tapped, chat_id = sandbox.desk.callbacks[query_id]
    sandbox.desk.callbacks[query_id] = (tapped - 61.0, chat_id)
    assert (await call("answerCallbackQuery", callback_query_id=query_id)).status == 400


async def test_the_ledger_holds_what_was_accepted_and_nothing_else(
    sandbox: Sandbox, call: Any, anna: Phone, clock: Any
) -> None:
    sent = await call("sendMessage", chat_id=anna.person.id, text="<b>a</b>", parse_mode="HTML")
    await call("sendMessage", chat_id=anna.person.id, text="<b>a", parse_mode="HTML")
    clock.advance(1000)
    message_id = sent.result["message_id"]
    await call("editMessageText", chat_id=anna.person.id, message_id=message_id, text="b")
    await call("deleteMessage", chat_id=anna.person.id, message_id=message_id)
    assert [(one.method, one.message_id, one.text, one.at) for one in sandbox.ledger] == [
        ("sendMessage", message_id, "a", clock.now() - 1000),
        ("editMessageText", message_id, "b", clock.now()),
        ("deleteMessage", message_id, "b", clock.now()),
    ]
    assert [one.method for one in sandbox.ledger.sends()] == ["sendMessage"]
    assert all(one.answered for one in sandbox.ledger)
