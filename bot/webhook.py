"""Webhook mode: Telegram calls us. The inbox comes first here too, the answer 200 after it.

Meant to stand behind a reverse proxy that speaks TLS. Nobody but Telegram knows the secret token,
which is compared in constant time; it is drawn from the bot's own token, so there is one secret
less to set up.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from aiohttp import web

log = structlog.get_logger(__name__)

SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 -- a header's name
MAX_BODY: Final = 1024 * 1024
BODY_WITHIN_S: Final = 10.0
_LARGEST_ID: Final = 1 << 63

Keep = Callable[[list[dict[str, Any]]], Awaitable[int]]


def secret_for(token: str) -> str:
    """Return the secret token that Telegram is told to send along (64 hexadecimal digits)."""
    return hmac.new(token.encode(), b"aftercare webhook", hashlib.sha256).hexdigest()


class Webhook:
    """The server that Telegram calls.

    Args:
        url: the public address that Telegram is told; its path is the one served here.
        secret: what Telegram sends along.
        keep: commits raw updates to the inbox.
        healthy: says whether the bot is at work.
        body_within_s: how many seconds a call may take to say what it has to say.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        keep: Keep,
        healthy: Callable[[], Awaitable[bool]],
        *,
        body_within_s: float = BODY_WITHIN_S,
    ) -> None:
        self._body_within_s = body_within_s
        self._secret = secret.encode()
        self._keep = keep
        self._healthy = healthy
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_post(urlsplit(url).path or "/", self._update)
        app.router.add_get("/healthz", self._health)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=5.0, lingering_time=body_within_s
        )
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes any free one.

        Raises:
            OSError: the port is taken.
        """
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Answer what is under way and stop listening."""
        await self._runner.cleanup()

    async def _update(self, request: web.Request) -> web.Response:
        given = request.headers.get(SECRET_HEADER, "").encode()
        if not hmac.compare_digest(given, self._secret):
            log.warning("webhook_refused", reason="wrong or missing secret token")
            return web.Response(status=401)
        try:
            async with asyncio.timeout(self._body_within_s):
                update = json.loads(await request.read())
        except (ValueError, RecursionError):
            return web.Response(status=400)
        except TimeoutError:
            return web.Response(status=408)
        number = update.get("update_id") if isinstance(update, dict) else None
        if type(number) is not int or not 0 <= number < _LARGEST_ID:
            return web.Response(status=400)
        try:
            await self._keep([update])
        except Exception:
            # Not kept, so not confirmed: Telegram will bring it again.
            log.exception("webhook_not_kept")
            return web.Response(status=500)
        return web.Response()

    async def _health(self, _: web.Request) -> web.Response:
        well = await self._healthy()
        return web.json_response({"ok": well}, status=200 if well else 503)
