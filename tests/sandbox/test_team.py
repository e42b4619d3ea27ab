"""The team's group on the page: made, written in, and changed by its owner, over HTTP."""

from typing import Any

import aiohttp
import pytest

from sandbox import scene
from sandbox.server import Sandbox
from sandbox.updates import Update


@pytest.fixture
def cast(sandbox: Sandbox) -> None:
    for person in scene.cast():
        sandbox.world.add_person(person)


@pytest.fixture
def do(sandbox: Sandbox, http: aiohttp.ClientSession, cast: None) -> Any:
    async def do(path: str, **given: Any) -> Any:
        async with http.post(f"{sandbox.url}/{path}", json=given) as answer:
            body = await answer.json()
            return body["result"] if answer.status == 200 else body["error"]

    return do


def queued(sandbox: Sandbox) -> list[Update]:
    batch = sandbox.updates.batch()
    sandbox.updates.drop()
    return batch


async def test_the_clinics_people_are_in_it_and_its_manager_adds_the_bot(
    sandbox: Sandbox, do: Any
) -> None:
    made = await do("groups")
    assert made["members"] == [scene.MANAGER_ID, scene.PRACTITIONER_ID]
    assert (made["title"], made["forum"], made["topics"]) == ("Clinic team", True, [])
    assert made["bot_status"] == "administrator"
    assert sandbox.state()["groups"] == [made]
    added, service = queued(sandbox)
    assert added.kind == "my_chat_member"
    assert f'"from":{{"id":{scene.MANAGER_ID}' in added.body.replace(" ", "")
    assert "new_chat_members" in service.body


async def test_a_member_writes_edits_and_taps_in_a_topic_and_nobody_else(
    sandbox: Sandbox, do: Any, call: Any
) -> None:
    group = await do("groups")
    where = {"chat_id": group["id"]}
    topic = (await call("createForumTopic", **where, name="A.P.")).result
    where["thread"] = topic["message_thread_id"]
    phone = f"phones/{scene.PRACTITIONER_ID}"
    said = await do(f"{phone}/text", text="hello", **where)
    assert (said["message_thread_id"], said["is_topic_message"]) == (where["thread"], True)
    changed = await do(f"{phone}/edit", message_id=said["message_id"], text="hello!", **where)
    assert changed["text"] == "hello!"
    assert "photo" in await do(f"{phone}/photo", sample=True, **where)
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "x"}]]}
    asked = await call(
        "sendMessage",
        chat_id=group["id"],
        message_thread_id=where["thread"],
        text="?",
        reply_markup=keyboard,
    )
    queued(sandbox)
    await do(f"{phone}/tap", message_id=asked.result["message_id"], data="x", **where)
    (tapped,) = queued(sandbox)
    assert tapped.kind == "callback_query"
    refused = await do(f"phones/{scene.PATIENT_IDS[0]}/text", text="hi", **where)
    assert refused == "this person is not in that group"


async def test_the_bot_is_put_out_and_added_again(sandbox: Sandbox, do: Any) -> None:
    group = await do("groups")
    queued(sandbox)
    changed = await do(f"groups/{group['id']}/bot", status="kicked")
    assert changed["bot_status"] == "kicked"
    assert [one.kind for one in queued(sandbox)] == ["my_chat_member"]
    again = await do(f"groups/{group['id']}/bot", status="administrator", deletes_messages=False)
    assert again["bot_status"] == "administrator"
    assert [one.kind for one in queued(sandbox)] == ["my_chat_member", "message"]
    service = [m for m in sandbox.transcript(group["id"]) if "left_chat_member" in m]
    assert len(service) == 1


async def test_a_topic_is_deleted_by_hand_and_the_bot_is_not_told(
    sandbox: Sandbox, do: Any, call: Any
) -> None:
    group = await do("groups")
    topic = (await call("createForumTopic", chat_id=group["id"], name="A.P.")).result
    queued(sandbox)
    thread = topic["message_thread_id"]
    assert (await do(f"groups/{group['id']}/delete_topic", thread=thread))["topics"] == []
    assert queued(sandbox) == []
    gone = await do(f"groups/{group['id']}/delete_topic", thread=thread)
    assert gone == "there is no such topic"


@pytest.mark.parametrize(
    ("path", "given", "reason"),
    [
        ("groups/-5/bot", {"status": "member"}, "there is no such group"),
        (f"groups/{scene.MANAGER_ID}/bot", {"status": "member"}, "there is no such group"),
        ("groups/x/bot", {}, "chat_id must be a number"),
        ("groups/GROUP/bot", {"status": "owner"}, "a status is member, administrator"),
        ("groups/GROUP/dance", {}, "a group has no action dance"),
    ],
)
async def test_what_cannot_be_done_in_a_group_is_told_with_its_reason(
    do: Any, path: str, given: dict[str, Any], reason: str
) -> None:
    group = await do("groups")
    assert (await do(path.replace("GROUP", str(group["id"])), **given)).startswith(reason)


async def test_without_anybody_of_the_clinic_there_is_no_team(
    sandbox: Sandbox, http: aiohttp.ClientSession
) -> None:
    async with http.post(f"{sandbox.url}/groups", json={}) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"] == "nobody here is of the clinic"
