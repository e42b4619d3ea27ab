"""getUpdates: long polling by one bot at a time."""

import asyncio
from collections.abc import Mapping
from typing import Any

from sandbox.botapi.refusal import Refusal
from sandbox.botapi.webhook import Webhook
from sandbox.updates import MAX_BATCH, Update, UpdateQueue

LONGEST_POLL = 50.0
OTHER_POLL = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)


class Polling:
    """The long poll under way, of which there is at most one."""

    def __init__(self, updates: UpdateQueue, webhook: Webhook) -> None:
        self._updates = updates
        self._webhook = webhook
        self._current: asyncio.Task[None] | None = None
        self._reason = OTHER_POLL

    async def poll(self, values: Mapping[str, Any]) -> list[Update]:
        """Confirm what lies below the offset and wait for what comes, at most ``timeout`` s.

        Raises:
            Refusal: 409 where another poll or a webhook takes over.
        """
        if self._webhook.url:
            raise Refusal(409, WEBHOOK_ACTIVE)
        self.interrupt(OTHER_POLL)
        if "allowed_updates" in values:
            self._updates.allow(values["allowed_updates"])
        if offset := values.get("offset"):
            self._updates.confirm(offset)
        limit = values.get("limit", MAX_BATCH)
        timeout = min(float(values.get("timeout", 0)), LONGEST_POLL)
        if len(self._updates) == 0 and timeout > 0:
            await self._wait(timeout)
        return self._updates.batch(limit)

    def interrupt(self, reason: str) -> None:
        """End the poll that waits, with 409."""
        if self._current is not None:
            self._reason = reason
            self._current.cancel()
            self._current = None

    async def _wait(self, timeout: float) -> None:  # noqa: ASYNC109 - the Bot API's parameter
        waiting = asyncio.create_task(self._updates.arrival(timeout))
        self._current = waiting
        try:
            await asyncio.wait({waiting})
            if waiting.cancelled():
                raise Refusal(409, self._reason)
        finally:
            waiting.cancel()
            if self._current is waiting:
                self._current = None
