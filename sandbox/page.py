"""What the page of phones asks of the server, and who may ask it.

The server listens on loopback, yet every web page open in the same browser could talk to it:
requests with a foreign Host (DNS rebinding) or from a foreign origin are refused.
"""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from aiohttp import BodyPartReader, web

from sandbox import scene
from sandbox.clock import SandboxClock
from sandbox.faults import Fault
from sandbox.groups import shown
from sandbox.phones import Phone, PhoneError
from sandbox.timekeeper import Timekeeper

if TYPE_CHECKING:
    from sandbox.server import Sandbox

PAGE = Path(__file__).with_name("page")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
STEPS = {"hour": 3_600_000, "day": 86_400_000}
LONGEST_STEP = 10 * 366 * 86_400_000
POLICY = "default-src 'self'; img-src 'self' data: blob:"
RIGHTS = ("manages_topics", "deletes_messages")
FAULT_FIELDS = frozenset(
    {"kind", "method", "chat_id", "count", "skip", "status", "body", "content_type", "seconds"}
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def is_foreign(request: web.Request) -> bool:
    """Return whether a request comes from another site, or under another host's name."""
    host = urlsplit(f"//{request.headers.get('Host', '')}").hostname
    if host not in LOOPBACK:
        return True
    if request.headers.get("Sec-Fetch-Site", "none") == "cross-site":
        return True
    origin = request.headers.get("Origin")  # also of a WebSocket, which no other rule protects
    return origin is not None and origin != f"http://{request.headers.get('Host', '')}"


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign requests, and turn what a phone cannot do into 400 with the reason."""
    if is_foreign(request):
        return web.json_response({"error": "this server answers its own page only"}, status=403)
    try:
        response = await handler(request)
    except PhoneError as error:
        return web.json_response({"error": str(error)}, status=400)
    if request.path.startswith("/static/"):
        # After an upgrade the page must not run yesterday's modules.
        response.headers["Cache-Control"] = "no-cache"
    return response


class Page:
    """The page's routes."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes to add to the server."""
        routes: list[web.AbstractRouteDef] = [
            web.get("/", self.index),
            web.get("/state", self.state),
            web.get("/files/{file_id}", self.file),
            web.post("/phones/{user_id}/{action}", self.phone),
            web.post("/groups", self.add_team),
            web.post("/groups/{chat_id}/{action}", self.group),
            web.post("/clock", self.clock),
            web.post("/bot", self.bot),
            web.get("/faults", self.faults),
            web.post("/faults", self.add_fault),
            web.delete("/faults", self.lift_faults),
        ]
        if PAGE.is_dir():
            routes.append(web.static("/static", PAGE))
        return routes

    async def index(self, _: web.Request) -> web.StreamResponse:
        """Answer the page itself."""
        index = PAGE / "index.html"
        if not index.is_file():
            return web.json_response({"error": "the page is not installed"}, status=404)
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
        return web.FileResponse(index, headers=headers)

    async def state(self, _: web.Request) -> web.StreamResponse:
        """Answer everything as it stands: the same as the first event."""
        return web.json_response(self._sandbox.state())

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Answer a file; the browser may show it but never run what is in it."""
        files = self._sandbox.world.files
        stored = files.get(request.match_info["file_id"])
        if stored is None:
            raise web.HTTPNotFound
        headers = {
            "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=86400, immutable",
        }
        if stored.kind == "document":
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(stored.name)}"
        kind = stored.mime.partition(";")[0].strip() or "application/octet-stream"
        return web.Response(body=files.content(stored), headers=headers | {"Content-Type": kind})

    async def phone(self, request: web.Request) -> web.StreamResponse:
        """Do on a phone what the page asks for."""
        user_id = request.match_info["user_id"]
        if not user_id.isdecimal() or int(user_id) not in self._sandbox.world.people:
            raise PhoneError("nobody has this phone")
        phone = self._sandbox.phone(int(user_id))
        given = await _given(request)
        result = _act(phone, request.match_info["action"], given)
        return web.json_response({"ok": True, "result": result})

    async def add_team(self, _: web.Request) -> web.StreamResponse:
        """Make the team's group."""
        if not scene.team(self._sandbox.world.people.values()):
            raise PhoneError("nobody here is of the clinic")
        return web.json_response({"ok": True, "result": shown(self._sandbox.add_team())})

    async def group(self, request: web.Request) -> web.StreamResponse:
        """Do in a group what its owner, the first of its members, may do there."""
        chat = self._sandbox.world.chats.get(_number(request.match_info["chat_id"], "chat_id") or 0)
        if chat is None or not chat.is_group:
            raise PhoneError("there is no such group")
        given = await _given(request)
        match request.match_info["action"]:
            case "bot":
                status = given.get("status")
                if status not in ("member", "administrator", "left", "kicked"):
                    raise PhoneError("a status is member, administrator, left or kicked")
                rights = {right: bool(given.get(right, True)) for right in RIGHTS}
                self._sandbox.groups.set_bot(chat, status, by=chat.members[0], **rights)
            case "delete_topic":
                thread = _number(given.get("thread"), "thread") or 0
                if thread not in chat.topics:
                    raise PhoneError("there is no such topic")
                self._sandbox.groups.delete_topic(chat, thread)
            case action:
                raise PhoneError(f"a group has no action {action}")
        return web.json_response({"ok": True, "result": shown(chat)})

    async def clock(self, request: web.Request) -> web.StreamResponse:
        """Change the clock's speed, or let it run to a target."""
        given = await _given(request)
        clock = self._sandbox.clock
        if not isinstance(clock, SandboxClock):
            raise PhoneError("this sandbox lives by a clock of its own")
        if "speed" in given:
            try:
                clock.set_speed(float(given["speed"]))
            except (TypeError, ValueError) as error:
                raise PhoneError(str(error)) from None
        else:
            target = self._target(given, clock, self._sandbox.timekeeper)
            if target is not None:
                clock.run_to(target)
        return web.json_response({"ok": True, "result": self._sandbox.clock_state()})

    def _target(
        self, given: dict[str, Any], clock: SandboxClock, timekeeper: Timekeeper | None
    ) -> int | None:
        """Return the instant a step leads to; None where the next message is already due."""
        if given.get("step") == "next":
            due = timekeeper.next_due if timekeeper is not None else None
            if due is None:
                raise PhoneError("the bot owes nothing")
            return due if due > clock.now() else None
        step = STEPS.get(str(given.get("step")), given.get("step_ms"))
        if not isinstance(step, int) or isinstance(step, bool) or not 0 < step <= LONGEST_STEP:
            raise PhoneError("a clock takes speed, step (hour, day, next) or step_ms")
        return max(clock.target or 0, clock.now()) + step

    async def bot(self, request: web.Request) -> web.StreamResponse:
        """Kill or start the bot's process."""
        process = self._sandbox.process
        if process is None:
            raise PhoneError("the bot was not started by the sandbox")
        match (await _given(request)).get("action"):
            case "kill":
                await process.kill()
            case "start":
                await process.start()
            case "restart":
                await process.restart()
            case _:
                raise PhoneError("an action is kill, start or restart")
        return web.json_response({"ok": True, "result": self._sandbox.bot_state()})

    async def faults(self, _: web.Request) -> web.StreamResponse:
        """Answer the faults in force."""
        active = self._sandbox.faults.active
        shown = [{name: getattr(one, name) for name in (*FAULT_FIELDS, "hits")} for one in active]
        return web.json_response({"ok": True, "result": shown})

    async def add_fault(self, request: web.Request) -> web.StreamResponse:
        """Put a fault in force."""
        given = await _given(request)
        if unknown := given.keys() - FAULT_FIELDS:
            raise PhoneError(f"a fault has no {', '.join(sorted(unknown))}")
        try:
            self._sandbox.faults.add(Fault(**given))
        except TypeError as error:
            raise PhoneError(str(error)) from None
        return web.json_response({"ok": True})

    async def lift_faults(self, _: web.Request) -> web.StreamResponse:
        """End every fault."""
        self._sandbox.faults.lift()
        return web.json_response({"ok": True})


def _act(phone: Phone, action: str, given: dict[str, Any]) -> Any:
    reply_to = _number(given.get("reply_to"), "reply_to")
    message_id = _number(given.get("message_id"), "message_id") or 0
    text = str(given.get("text", ""))
    # A group, and a topic of it; left out, the chat with the bot.
    chat_id = _number(given.get("chat_id"), "chat_id")
    thread = _number(given.get("thread"), "thread")
    result: Any = None
    match action:
        case "text":
            result = phone.text(text, reply_to=reply_to, chat_id=chat_id, thread=thread)
        case "tap":
            query_id = phone.tap(message_id, str(given.get("data", "")), chat_id=chat_id)
            result = {"callback_query_id": query_id}
        case "open":
            result = phone.open(str(given.get("link") or given.get("start") or ""))
        case "vote":
            result = phone.vote(message_id, *_options(given.get("options", [])))
        case "photo" | "voice" | "sticker" | "document" | "video":
            name, mime, content = given.get("upload") or ("", "", None)
            caption = str(given.get("caption", ""))
            result = phone.send_file(
                action,
                content,
                name=name,
                mime=mime,
                caption=caption,
                reply_to=reply_to,
                chat_id=chat_id,
                thread=thread,
            )
        case "edit":
            result = phone.edit(message_id, text, chat_id=chat_id)
        case "block":
            phone.block()
        case "unblock":
            phone.unblock()
        case _:
            raise PhoneError(f"a phone has no action {action}")
    return result


def _options(value: Any) -> list[int]:
    if not isinstance(value, list) or not all(type(each) is int for each in value):
        raise PhoneError("options is a list of numbers")
    return value


def _number(value: Any, name: str) -> int | None:
    if value is None or value == "":
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise PhoneError(f"{name} must be a number") from None


async def _given(request: web.Request) -> dict[str, Any]:
    """Return the fields of a JSON or multipart body; a file stands under ``upload``."""
    given: dict[str, Any] = {}
    if request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                continue
            content = bytes(await part.read(decode=True))
            if part.filename is not None:
                mime = part.headers.get("Content-Type", "application/octet-stream")
                given["upload"] = (part.filename, mime, content)
            elif part.name is not None:
                given[part.name] = content.decode(errors="replace")
        return given
    if not request.can_read_body:
        return given
    if request.content_type != "application/json":
        raise PhoneError("a request is JSON or multipart/form-data")
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise PhoneError("this is not JSON") from None
    if not isinstance(body, dict):
        raise PhoneError("a request is a JSON object")
    return body
