"""The webhook: updates are posted to the bot instead of being fetched."""

import asyncio
import contextlib
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from sandbox.botapi.refusal import bad_request
from sandbox.clock import Clock
from sandbox.updates import UpdateQueue

SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}$")
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
TIMEOUT = 30.0


@dataclass
class Webhook:
    """Where updates are posted, and how that goes.

    An update is taken when the bot answers 2xx. Otherwise it is posted again, after the answer's
    Retry-After or a wait that doubles, in real time; the ones behind it wait, so that order holds.
    ``first_wait`` is the first of these waits in seconds.
    """

    updates: UpdateQueue
    clock: Clock
    first_wait: float = FIRST_WAIT
    url: str = ""
    secret: str = ""
    max_connections: int = 40
    last_error_date: int | None = None
    last_error: str = ""
    _task: asyncio.Task[None] | None = None

    async def set(self, values: dict[str, Any]) -> None:
        """Post updates to a URL from now on; an empty one ends it.

        Raises:
            Refusal: 400 for an address or a secret that Telegram would not take. Unlike Telegram,
                plain http is fine here, because the bot under test listens on this machine.
        """
        url = values["url"]
        secret = values.get("secret_token", "")
        if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
            raise bad_request("invalid webhook URL specified")
        if secret and not SECRET.match(secret):
            raise bad_request("secret token contains unallowed characters")
        if "certificate" in values:
            raise bad_request("the sandbox does not play self-signed certificates")
        await self.stop()
        self.url, self.secret = url, secret
        self.max_connections = values.get("max_connections", 40)
        self.last_error, self.last_error_date = "", None
        if values.get("drop_pending_updates"):
            self.updates.drop()
        if "allowed_updates" in values:
            self.updates.allow(values["allowed_updates"])
        if url:
            self._task = asyncio.create_task(self._deliver())

    def info(self) -> dict[str, Any]:
        """Return the Bot API's WebhookInfo."""
        info: dict[str, Any] = {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates),
        }
        if self.url:
            info["max_connections"] = self.max_connections
        if self.updates.allowed:
            info["allowed_updates"] = self.updates.allowed
        if self.last_error_date is not None:
            info |= {"last_error_date": self.last_error_date, "last_error_message": self.last_error}
        return info

    async def stop(self) -> None:
        """End the deliveries."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _deliver(self) -> None:
        wait = self.first_wait
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                await self.updates.arrival(TIMEOUT)
                update = self.updates.first()
                if update is None:
                    continue
                retry_after = await self._post(session, update.body)
                if retry_after is None:
                    self.updates.settle(update)
                    wait = self.first_wait
                    continue
                await asyncio.sleep(retry_after or wait)
                wait = min(wait * 2, LONGEST_WAIT)

    async def _post(self, session: aiohttp.ClientSession, body: str) -> float | None:
        """Post one update: None if it was taken, else the seconds the bot asked for (or 0)."""
        headers = {"Content-Type": "application/json"}
        if self.secret:
            headers[SECRET_HEADER] = self.secret
        try:
            async with session.post(self.url, data=body.encode(), headers=headers) as answer:
                if answer.ok:
                    return None
                self._failed(f"Wrong response from the webhook: {answer.status} {answer.reason}")
                asked = answer.headers.get("Retry-After", "")
                return float(asked) if asked.isdecimal() else 0.0
        except (aiohttp.ClientError, TimeoutError) as error:
            self._failed(f"Connection failed: {type(error).__name__}")
            return 0.0

    def _failed(self, words: str) -> None:
        self.last_error = words
        self.last_error_date = self.clock.now() // 1000
