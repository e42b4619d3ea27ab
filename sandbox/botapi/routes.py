"""The routes of the Bot API: a request becomes a call, its outcome an answer."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any

from aiohttp import BodyPartReader, web
from yarl import URL

from sandbox.botapi import editing, profile, sending, topics
from sandbox.botapi.call import Call, Desk, Upload
from sandbox.botapi.polling import Polling
from sandbox.botapi.refusal import Refusal, bad_request
from sandbox.botapi.validate import check, method_name
from sandbox.botapi.webhook import Webhook
from sandbox.faults import Fault, Faults

WELL_FORMED = re.compile(r"\d{1,20}:[A-Za-z0-9_-]+$")
TOO_LARGE = Refusal(413, "Request Entity Too Large")
CUT_AFTER = 16 * 1024
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

METHODS: dict[str, Callable[[Call], Any]] = {
    "getMe": profile.get_me,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_media,
    "sendDocument": sending.send_media,
    "sendVoice": sending.send_media,
    "sendVideo": sending.send_media,
    "sendAudio": sending.send_media,
    "sendAnimation": sending.send_media,
    "sendSticker": sending.send_media,
    "sendMediaGroup": sending.send_media_group,
    "sendPoll": sending.send_poll,
    "copyMessage": sending.copy_message,
    "forwardMessage": sending.forward_message,
    "sendChatAction": sending.send_chat_action,
    "editMessageText": editing.edit_text,
    "editMessageCaption": editing.edit_caption,
    "editMessageMedia": editing.edit_media,
    "editMessageReplyMarkup": editing.edit_reply_markup,
    "deleteMessage": editing.delete_message,
    "deleteMessages": editing.delete_messages,
    "answerCallbackQuery": profile.answer_callback_query,
    "getFile": profile.get_file,
    "setMyCommands": profile.set_my_commands,
    "getMyCommands": profile.get_my_commands,
    "deleteMyCommands": profile.delete_my_commands,
    "setMyName": profile.set_my_text,
    "getMyName": profile.get_my_text,
    "setMyDescription": profile.set_my_text,
    "getMyDescription": profile.get_my_text,
    "setMyShortDescription": profile.set_my_text,
    "getMyShortDescription": profile.get_my_text,
    "getChat": profile.get_chat,
    "getChatMember": profile.get_chat_member,
    "pinChatMessage": profile.pin_chat_message,
    "createForumTopic": topics.create,
    "editForumTopic": topics.edit,
    "closeForumTopic": topics.close,
    "reopenForumTopic": topics.close,
    "deleteForumTopic": topics.delete,
    "setMessageReaction": profile.set_message_reaction,
}
"""The methods that the sandbox plays, besides those of updates and webhooks."""


class BotApi:
    """Answers ``/bot<token>/<method>`` and ``/file/bot<token>/<path>`` for one bot."""

    def __init__(
        self, desk: Desk, token: str, faults: Faults, polling: Polling, webhook: Webhook
    ) -> None:
        self.desk = desk
        self.token = token
        self.faults = faults
        self.polling = polling
        self.webhook = webhook
        self._date = (0, "")

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the server."""
        return [
            web.get("/bot{token}/{method}", self.answer),
            web.post("/bot{token}/{method}", self.answer),
            web.get("/file/bot{token}/{path:.+}", self.download),
        ]

    def date(self) -> str:
        """Return the Date header by the sandbox's clock."""
        seconds = self.desk.world.clock.now() // 1000
        if self._date[0] != seconds:
            self._date = (seconds, formatdate(seconds, usegmt=True))
        return self._date[1]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        fault: Fault | None = None
        try:
            self._admit(request.match_info["token"])
            name = method_name(request.match_info["method"])
            if self.faults and (cut := self.faults.meet_upload(name)) is not None:
                return await self._cut_upload(request, cut)
            given, uploads, form = await _parameters(request)
            if self.faults:
                fault = self.faults.meet(name, _chat_id(given), given)
                if fault is not None and await self._before(fault):
                    return self._faulty(request, fault)
            call = Call(self.desk, name, check(name, given, form=form), uploads)
            text = await self._done(call)
            status = 200
        except Refusal as refusal:
            text, status, call = json.dumps(refusal.body()), refusal.status, None
        except web.HTTPRequestEntityTooLarge:
            text, status, call = json.dumps(TOO_LARGE.body()), TOO_LARGE.status, None
        if fault is not None:
            response = await self._after(request, fault, call)
            if response is not None:
                return response
        if call is not None:
            for entry in call.entries:
                self.desk.ledger.write(entry)
        return web.Response(
            body=text.encode(errors="surrogatepass"),
            status=status,
            headers={"Content-Type": "application/json", "Date": self.date()},
        )

    def _admit(self, token: str) -> None:
        if token == self.token:
            return
        if WELL_FORMED.match(token):
            raise Refusal(401, "Unauthorized")
        raise Refusal(404, "Not Found")

    async def _done(self, call: Call) -> str:
        """Do what is asked and return the answer's JSON."""
        match call.method:
            case "getUpdates":
                updates = await self.polling.poll(call.values)
                bodies = ",".join(update.body for update in updates)
                return f'{{"ok":true,"result":[{bodies}]}}'
            case "setWebhook":
                self.polling.interrupt("Conflict: terminated by setWebhook request")
                await self.webhook.set(dict(call.values))
                result: Any = True
            case "deleteWebhook":
                await self.webhook.set({"url": "", **call.values})
                result = True
            case "getWebhookInfo":
                result = self.webhook.info()
            case name:
                play = METHODS.get(name)
                if play is None:
                    raise bad_request(f"the sandbox does not play the method {name}")
                result = play(call)
        return '{"ok":true,"result":' + encode(result) + "}"

    async def _before(self, fault: Fault) -> bool:
        """Let a fault that comes before the method have its way; True if it ends the request."""
        match fault.kind:
            case "hang":
                await asyncio.sleep(fault.seconds)
                return True
            case "answer" | "drop_before":
                return True
        return False

    async def _after(
        self, request: web.Request, fault: Fault, call: Call | None
    ) -> web.StreamResponse | None:
        """Let a fault that comes after the method have its way; None if it is answered anyway."""
        if fault.kind in {"slow", "hang_after"}:
            await asyncio.sleep(fault.seconds)
        if fault.kind == "slow":
            return None
        if call is not None:
            for entry in call.entries:
                entry.answered = False
                self.desk.ledger.write(entry)
        return self._faulty(request, fault)

    def _faulty(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.kind in {"answer", "garbage"}:
            headers = {"Content-Type": fault.content_type, "Date": self.date()}
            return web.Response(body=fault.body.encode(), status=fault.status, headers=headers)
        return _cut(request)

    async def _cut_upload(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        await request.content.read(CUT_AFTER)
        return self._faulty(request, fault)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Answer a file that getFile named."""
        try:
            self._admit(request.match_info["token"])
        except Refusal as refusal:
            return self._refused(refusal)
        stored = self.desk.world.files.at(request.match_info["path"])
        if stored is None:
            return self._refused(Refusal(404, "Not Found: file not found"))
        return web.Response(
            body=self.desk.world.files.content(stored),
            headers={"Content-Type": "application/octet-stream", "Date": self.date()},
        )

    def _refused(self, refusal: Refusal) -> web.StreamResponse:
        headers = {"Date": self.date()}
        return web.json_response(refusal.body(), status=refusal.status, headers=headers)


def _cut(request: web.Request) -> web.StreamResponse:
    """Cut the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _chat_id(given: Mapping[str, Any]) -> int | None:
    value = given.get("chat_id")
    try:
        return int(value) if value is not None else None
    except (TypeError, ValueError):
        return None


async def _parameters(request: web.Request) -> tuple[dict[str, Any], dict[str, Upload], bool]:
    """Return the parameters, the uploaded files, and whether the parameters came as text."""
    given: dict[str, Any] = dict(request.query) if request.query_string else {}
    if request.method == "GET" or not request.can_read_body:
        return given, {}, True
    kind = request.content_type
    if kind == "application/json":
        try:
            body = json.loads(await request.read())
        except ValueError:
            raise bad_request("can't parse JSON object of the request") from None
        if not isinstance(body, dict):
            raise bad_request("request's body must be a JSON object")
        return given | body, {}, False
    if kind == "multipart/form-data":
        parts, uploads = await _multipart(request)
        return given | parts, uploads, True
    if kind == "application/x-www-form-urlencoded":
        try:
            text = (await request.read()).decode()
        except UnicodeDecodeError:
            raise bad_request("strings must be encoded in UTF-8") from None
        form = URL.build(query_string=text, encoded=True).query  # parsed in C, unlike parse_qsl
        return given | dict(form), {}, True
    raise bad_request(f'unsupported content type "{kind}"')


async def _multipart(request: web.Request) -> tuple[dict[str, Any], dict[str, Upload]]:
    given: dict[str, Any] = {}
    uploads: dict[str, Upload] = {}
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                continue  # a part without a name can mean nothing to any method
            content = bytes(await part.read(decode=True))
            if part.filename is None:
                given[part.name] = content.decode()
            else:
                mime = part.headers.get("Content-Type", "application/octet-stream")
                uploads[part.name] = Upload(part.filename, mime, content)
    except ValueError:
        raise bad_request("can't parse multipart form data") from None
    return given, uploads
