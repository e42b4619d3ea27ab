"""The server behind the page of phones: what it tells, what it does, and whom it refuses."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from sandbox.clock import SandboxClock
from sandbox.phones import Phone
from sandbox.server import Sandbox


class Events:
    """The page's end of the stream."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def next(self, wanted: str) -> dict[str, Any]:
        """Return the data of the next event of a name."""
        async with asyncio.timeout(5):
            name = ""
            async for raw in self._answer.content:
                line = raw.decode().rstrip("\n")
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: ") and name == wanted:
                    data: dict[str, Any] = json.loads(line.removeprefix("data: "))
                    return data
        raise AssertionError("the stream ended")


@pytest.fixture
async def events(sandbox: Sandbox, http: aiohttp.ClientSession) -> AsyncIterator[Events]:
    async with http.get(f"{sandbox.url}/events") as answer:
        assert answer.content_type == "text/event-stream"
        yield Events(answer)


async def test_the_first_event_is_everything_as_it_stands(
    sandbox: Sandbox, http: aiohttp.ClientSession, anna: Phone, events: Events
) -> None:
    anna.text("hello")
    state = await events.next("state")
    assert state.keys() == {"people", "bot", "chats", "groups", "clock", "outbox", "zone"}
    async with http.get(f"{sandbox.url}/state") as answer:
        now = await answer.json()
    assert now["chats"][str(anna.person.id)] == anna.transcript()
    assert now["people"][0]["name"] == "Anna"
    assert now["clock"]["now"] == 1_777_888_800_000


async def test_whatever_happens_is_told(sandbox: Sandbox, call: Any, events: Events) -> None:
    await events.next("state")
    anna = sandbox.add_person("Anna", started=True)
    chat_id = anna.person.id
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "x"}]]}
    sent = await call("sendMessage", chat_id=chat_id, text="one", reply_markup=keyboard)
    message_id = sent.result["message_id"]
    query_id = anna.tap(message_id, "x")
    await call("answerCallbackQuery", callback_query_id=query_id, text="Noted", show_alert=True)
    await call("sendChatAction", chat_id=chat_id, action="typing")
    await call("editMessageText", chat_id=chat_id, message_id=message_id, text="two")
    await call("deleteMessage", chat_id=chat_id, message_id=message_id)
    commands = [{"command": "plan", "description": "What is coming"}]
    await call("setMyCommands", commands=commands)
    assert await events.next("message") == {"chat_id": chat_id, "message": sent.result}
    assert await events.next("toast") == {"chat_id": chat_id, "text": "Noted", "alert": True}
    assert (await events.next("typing"))["chat_id"] == chat_id
    assert (await events.next("edited"))["message"]["text"] == "two"
    assert await events.next("deleted") == {"chat_id": chat_id, "message_id": message_id}
    assert await events.next("commands") == {"chat_id": None, "commands": commands}


async def test_the_menu_of_a_person_is_the_narrowest_that_was_set(
    sandbox: Sandbox, call: Any, anna: Phone
) -> None:
    pablo = sandbox.add_person("Pablo", language_code="es", started=True)

    async def set_menu(name: str, **where: Any) -> None:
        commands = [{"command": name, "description": name}]
        assert (await call("setMyCommands", commands=commands, **where)).result is True

    def menus() -> list[str]:
        return [
            "".join(one["command"] for one in person["commands"]) for person in sandbox.people()
        ]

    assert menus() == ["", ""]
    await set_menu("all")
    await set_menu("todos", language_code="es")
    assert menus() == ["all", "todos"]
    await set_menu("private", scope={"type": "all_private_chats"})
    assert menus() == ["private", "private"]
    await set_menu("staff", scope={"type": "chat", "chat_id": pablo.person.id})
    assert menus() == ["private", "staff"]
    await call("deleteMyCommands", scope={"type": "chat", "chat_id": pablo.person.id})
    assert menus() == ["private", "private"]
    wrong = await call("setMyCommands", commands=[{"command": "Bad-Name", "description": "x"}])
    assert wrong.refusal == (400, "Bad Request: BOT_COMMAND_INVALID")


async def test_a_phone_is_used_over_http(
    sandbox: Sandbox, http: aiohttp.ClientSession, anna: Phone
) -> None:
    base = f"{sandbox.url}/phones/{anna.person.id}"

    async def do(action: str, **given: Any) -> Any:
        async with http.post(f"{base}/{action}", json=given) as answer:
            body = await answer.json()
            assert answer.status == 200, body
            return body["result"]

    said = await do("text", text="hello")
    await do("edit", message_id=said["message_id"], text="hello!")
    await do("open", link="https://t.me/aftercare_sandbox_bot?start=abc")
    await do("photo", sample=True)
    form = aiohttp.FormData(quote_fields=False)  # as a browser names a file
    form.add_field("file", b"BEGIN:VCALENDAR", filename="día.ics", content_type="text/calendar")
    async with http.post(f"{base}/document", data=form) as answer:
        document = (await answer.json())["result"]["document"]
    assert (document["file_name"], document["mime_type"]) == ("día.ics", "text/calendar")
    await do("block")
    assert anna.person.blocked
    await do("unblock")
    assert [one.get("text") for one in anna.transcript()] == ["hello!", "/start abc", None, None]

    async with http.get(f"{sandbox.url}/files/{document['file_id']}") as answer:
        assert await answer.read() == b"BEGIN:VCALENDAR"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
        assert answer.headers["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("phones/1/text", {"text": "x"}),
        ("phones/ANNA/dance", {}),
        ("phones/ANNA/text", {"text": " "}),
        ("phones/ANNA/tap", {"message_id": "x", "data": "x"}),
        ("phones/ANNA/open", {"link": "https://clinic.example"}),
        ("clock", {"speed": 5}),
        ("bot", {"action": "kill"}),
    ],
)
async def test_what_cannot_be_done_is_told_with_its_reason(
    sandbox: Sandbox, http: aiohttp.ClientSession, anna: Phone, path: str, given: dict[str, Any]
) -> None:
    url = f"{sandbox.url}/{path.replace('ANNA', str(anna.person.id))}"
    async with http.post(url, json=given) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]
    assert anna.transcript() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_another_site_in_the_same_browser_is_refused(
    sandbox: Sandbox, http: aiohttp.ClientSession, anna: Phone, headers: dict[str, str]
) -> None:
    url = f"{sandbox.url}/phones/{anna.person.id}/text"
    async with http.post(url, json={"text": "x"}, headers=headers) as answer:
        assert answer.status == 403
    async with http.get(f"{sandbox.url}/state", headers=headers) as answer:
        assert answer.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await http.ws_connect(sandbox.link_url, headers=headers)
    api = f"{sandbox.api_url}/bot{sandbox.token}/getMe"
    async with http.get(api, headers=headers) as answer:
        assert answer.status == 403
    assert anna.transcript() == []


async def test_the_page_itself_may_ask(
    sandbox: Sandbox, http: aiohttp.ClientSession, anna: Phone
) -> None:
    url = f"{sandbox.url}/phones/{anna.person.id}/text"
    headers = {"Origin": sandbox.url, "Sec-Fetch-Site": "same-origin"}
    async with http.post(url, json={"text": "x"}, headers=headers) as answer:
        assert answer.status == 200


async def test_the_clock_is_set_and_stepped_over_http(http: aiohttp.ClientSession) -> None:
    start = 1_777_888_800_000
    clock = SandboxClock(start=start)
    sandbox = Sandbox(clock=clock)
    await sandbox.start()

    async def post(**given: Any) -> int:
        async with http.post(f"{sandbox.url}/clock", json=given) as answer:
            return answer.status

    assert await post(speed=0) == 200
    assert await post(step="hour") == 200
    assert clock.target is not None
    assert start + 3_600_000 <= clock.target < start + 3_700_000
    assert await post(step="day") == 200
    assert start + 90_000_000 <= clock.target < start + 90_100_000
    assert [await post(step="next"), await post(step="year"), await post(speed=-1)] == [400] * 3
    assert await post(step_ms=True) == 400
    await sandbox.stop()
