"""What the sandbox refuses before any method sees it."""

import json
from typing import Any

import aiohttp
import pytest

from sandbox.botapi.validate import METHODS, OBJECTS, _compiled, check
from sandbox.phones import Phone
from sandbox.server import Sandbox

KEYBOARD = {"inline_keyboard": [[{"text": "Yes", "callback_data": "x"}]]}


def button(**fields: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "Go", **fields}]]}


@pytest.mark.parametrize(
    ("method", "parameters", "refusal"),
    [
        ("sendMesage", {}, (404, "Not Found: method not found")),
        ("sendMessage", {"chat_id": 1}, (400, "Bad Request: message text is empty")),
        ("sendMessage", {"text": "x"}, (400, "Bad Request: chat_id is empty")),
        ("sendMessage", {"chat_id": 1, "text": "x"}, (400, "Bad Request: chat not found")),
        (
            "deleteMessage",
            {"chat_id": 1},
            (400, "Bad Request: message identifier is not specified"),
        ),
        ("sendPhoto", {"chat_id": "@anna"}, (400, "Bad Request: chat not found")),
        ("getFile", {}, (400, "Bad Request: file_id not specified")),
        (
            "sendGift",
            {"gift_id": "x"},
            (400, "Bad Request: the sandbox does not play the method sendGift"),
        ),
    ],
)
async def test_the_refusals_of_telegram_in_its_words(
    call: Any, method: str, parameters: dict[str, Any], refusal: tuple[int, str]
) -> None:
    assert (await call(method, **parameters)).refusal == refusal


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"txet": "x"}, 'unknown parameter "txet" of sendMessage'),
        ({"disable_web_page_preview": True}, "deprecated since Bot API 7.0"),
        (
            {"disable_notification": "yes"},
            'parameter "disable_notification" must be of type Boolean',
        ),
        ({"message_thread_id": True}, 'parameter "message_thread_id" must be of type Integer'),
        ({"text": 5}, 'parameter "text" must be of type String'),
        ({"reply_markup": KEYBOARD | {"resize": True}}, '"reply_markup.resize" is no field'),
        (
            {"reply_markup": button(callback_data="x", colour="red")},
            '"reply_markup.inline_keyboard[0][0].colour" is no field of InlineKeyboardButton',
        ),
        (
            {"reply_markup": {"inline_keyboard": [{}]}},
            '"reply_markup.inline_keyboard[0]" must be an Array',
        ),
        ({"reply_parameters": {"message_id": "1"}}, '"reply_parameters.message_id" must be'),
        (
            {"link_preview_options": {"disabled": True}},
            '"link_preview_options.disabled" is no field',
        ),
    ],
)
async def test_what_is_not_documented_is_refused_and_named(
    call: Any, anna: Phone, parameters: dict[str, Any], named: str
) -> None:
    answer = await call("sendMessage", **{"chat_id": anna.person.id, "text": "x", **parameters})
    status, description = answer.refusal
    assert status == 400
    assert named in description
    assert anna.transcript() == []


@pytest.mark.parametrize(
    ("markup", "description"),
    [
        (button(callback_data="x" * 65), "BUTTON_DATA_INVALID"),
        (button(callback_data=""), "BUTTON_DATA_INVALID"),
        (button(callback_data="é" * 33), "BUTTON_DATA_INVALID"),
        (
            {"inline_keyboard": [[{"text": " ", "callback_data": "x"}]]},
            "can't parse inline keyboard button: inline keyboard button text must be non-empty",
        ),
        (
            button(),
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            button(url="nonsense"),
            "inline keyboard button URL 'nonsense' is invalid: Wrong HTTP URL",
        ),
        (
            {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]] * 101},
            "reply markup is too long",
        ),
    ],
)
async def test_a_keyboard_that_telegram_refuses(
    call: Any, anna: Phone, markup: dict[str, Any], description: str
) -> None:
    answer = await call("sendMessage", chat_id=anna.person.id, text="x", reply_markup=markup)
    assert answer.refusal == (400, f"Bad Request: {description}")


@pytest.mark.parametrize("data", ["x", "x" * 64, "é" * 32])
async def test_callback_data_of_up_to_64_bytes_is_taken(call: Any, anna: Phone, data: str) -> None:
    markup = button(callback_data=data)
    sent = await call("sendMessage", chat_id=anna.person.id, text="x", reply_markup=markup)
    assert sent.result["reply_markup"] == markup


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("x" * 4096, True),
        ("x" * 4097, False),
        ("😀" * 2048, True),
        ("😀" * 2048 + "x", False),
        ("<b>" + "x" * 4096 + "</b>", True),
        ("&amp;" * 4096, True),
        ("&amp;" * 4097, False),
    ],
)
async def test_a_text_has_at_most_4096_utf16_units_after_its_entities_are_parsed(
    call: Any, anna: Phone, text: str, taken: bool
) -> None:
    answer = await call("sendMessage", chat_id=anna.person.id, text=text, parse_mode="HTML")
    if taken:
        assert answer.result["message_id"]
    else:
        assert answer.refusal == (400, "Bad Request: message is too long")


@pytest.mark.parametrize("text", ["", "  \n ", "<b> </b>"])
async def test_a_text_without_anything_to_read_is_refused(
    call: Any, anna: Phone, text: str
) -> None:
    answer = await call("sendMessage", chat_id=anna.person.id, text=text, parse_mode="HTML")
    assert answer.status == 400


async def test_the_same_call_is_taken_as_json_form_query_and_multipart(
    sandbox: Sandbox, http: aiohttp.ClientSession, anna: Phone
) -> None:
    url = f"{sandbox.api_url}/bot{sandbox.token}/SENDMESSAGE"
    plain = {
        "chat_id": str(anna.person.id),
        "text": "a+b & ü=😀",
        "reply_markup": json.dumps(KEYBOARD),
    }
    multipart = aiohttp.FormData(plain, default_to_multipart=True)
    typed = {**plain, "chat_id": anna.person.id, "reply_markup": KEYBOARD}
    for request in (
        http.post(url, json=typed),
        http.post(url, data=plain),
        http.post(url, params=plain),
        http.get(url, params=plain),
        http.post(url, data=multipart),
    ):
        async with request as answer:
            assert answer.status == 200, await answer.text()
            message = (await answer.json())["result"]
            assert message["text"] == "a+b & ü=😀"
            assert message["reply_markup"] == KEYBOARD
    assert len(anna.transcript()) == 5


@pytest.mark.parametrize(
    ("body", "kind", "description"),
    [
        (b"{", "application/json", "can't parse JSON object of the request"),
        (b"[]", "application/json", "request's body must be a JSON object"),
        (b"text=%ff", "text/plain", 'unsupported content type "text/plain"'),
        (
            b"chat_id=1&text=x&reply_markup={",
            "application/x-www-form-urlencoded",
            "can't parse reply keyboard markup JSON object",
        ),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(
    sandbox: Sandbox, http: aiohttp.ClientSession, body: bytes, kind: str, description: str
) -> None:
    url = f"{sandbox.api_url}/bot{sandbox.token}/sendMessage"
    async with http.post(url, data=body, headers={"Content-Type": kind}) as answer:
        assert (await answer.json())["description"] == f"Bad Request: {description}"


@pytest.mark.parametrize(
    ("token", "refusal"),
    [
        ("123:wrong", (401, "Unauthorized")),
        ("nonsense", (404, "Not Found")),
    ],
)
async def test_a_wrong_token_opens_nothing(
    sandbox: Sandbox, http: aiohttp.ClientSession, token: str, refusal: tuple[int, str]
) -> None:
    async with http.get(f"{sandbox.api_url}/bot{token}/getMe") as answer:
        body = await answer.json()
        assert (answer.status, body["description"]) == refusal
        assert body["error_code"] == answer.status
    async with http.get(f"{sandbox.api_url}/file/bot{token}/photos/file_0.png") as answer:
        assert answer.status == refusal[0]


async def test_every_answer_is_dated_by_the_sandboxs_clock(call: Any, clock: Any) -> None:
    assert (await call("getMe")).headers["Date"] == "Mon, 04 May 2026 10:00:00 GMT"
    clock.advance(86_400_000)
    assert (await call("nonsense")).headers["Date"] == "Tue, 05 May 2026 10:00:00 GMT"


def test_checks_can_be_built_for_every_official_method() -> None:
    for method in METHODS:
        checks, required = _compiled(method)
        assert set(required) <= set(checks)


@pytest.mark.parametrize(
    ("method", "parameter", "limits"),
    [
        ("sendMessage", "text", {"entity_characters": [1, 4096]}),
        ("sendPhoto", "caption", {"entity_characters": [0, 1024]}),
        ("answerCallbackQuery", "text", {"characters": [0, 200]}),
        ("getUpdates", "limit", {"values": [1, 100]}),
        ("sendMediaGroup", "media", {"items": [2, 10]}),
        ("deleteMessages", "message_ids", {"items": [1, 100]}),
        ("setWebhook", "secret_token", {"characters": [1, 256]}),
    ],
)
def test_the_facts_hold_the_documented_limits(
    method: str, parameter: str, limits: dict[str, list[int]]
) -> None:
    assert METHODS[method][parameter]["limits"] == limits


def test_the_facts_name_no_type_that_is_not_described() -> None:
    simple = {"Integer", "Float", "String", "Boolean", "InputFile", "Object", "RichText"}
    for group in (METHODS, OBJECTS):
        for fields in group.values():
            for fact in fields.values():
                for kind in fact["types"]:
                    name = kind.removeprefix("Array of ").removeprefix("Array of ")
                    assert name in simple or name in OBJECTS


def test_numbers_and_truth_values_are_read_from_a_form() -> None:
    given = {"chat_id": "-100", "text": "7", "protect_content": "true", "message_thread_id": "5"}
    assert check("sendMessage", given, form=True) == {
        "chat_id": -100,
        "text": "7",
        "protect_content": True,
        "message_thread_id": 5,
    }
