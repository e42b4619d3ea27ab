"""Faults on request: what the network and Telegram do to a bot on a bad day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "answer", "drop_before", "drop_after", "hang", "hang_after", "slow", "garbage", "cut_upload"
]
"""What happens to a request.

answer: ``status`` and ``body`` instead of doing anything. drop_before / drop_after: the
connection is cut before / after the method took effect. hang / hang_after: nothing is answered for
``seconds``, then the connection is cut; before / after it took effect. slow: done and answered
``seconds`` later. garbage: done, and answered with ``status`` and ``body`` that say nothing of it.
cut_upload: the connection is cut in the middle of the request's body.
"""

HTML = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
Matcher = Callable[[str, Mapping[str, Any]], bool]


@dataclass
class Fault:
    """One fault: which requests it hits, how many of them, and what happens to those.

    ``count`` is how many requests it hits before it is over (None: all until it is lifted),
    ``skip`` how many it lets pass first. ``hits`` counts them.
    """

    kind: Kind
    method: str | None = None
    chat_id: int | None = None
    count: int | None = 1
    skip: int = 0
    status: int = 200
    body: str = ""
    content_type: str = "application/json"
    seconds: float = 60.0
    matches: Matcher | None = None
    hits: int = field(default=0, init=False)

    def wants(self, method: str, chat_id: int | None, values: Mapping[str, Any]) -> bool:
        """Return whether this request is one that the fault is for."""
        return (
            self.method in (None, method)
            and self.chat_id in (None, chat_id)
            and (self.matches is None or self.matches(method, values))
        )


class Faults:
    """The faults in force, the oldest first; each request meets the first that wants it."""

    def __init__(self) -> None:
        self.active: list[Fault] = []

    def __bool__(self) -> bool:
        return bool(self.active)

    def add(self, fault: Fault) -> Fault:
        """Put a fault in force."""
        self.active.append(fault)
        return fault

    def lift(self, fault: Fault | None = None) -> None:
        """End one fault, or all of them."""
        if fault is None:
            self.active.clear()
        elif fault in self.active:
            self.active.remove(fault)

    def meet_upload(self, method: str) -> Fault | None:
        """Return the fault that cuts this request's upload, and count it."""
        for fault in self.active:
            if fault.kind == "cut_upload" and fault.method in (None, method):
                return self._count(fault)
        return None

    def meet(self, method: str, chat_id: int | None, values: Mapping[str, Any]) -> Fault | None:
        """Return the fault that this request meets and count it."""
        for fault in self.active:
            wanted = fault.kind != "cut_upload" and fault.wants(method, chat_id, values)
            if wanted and (met := self._count(fault)):
                return met
        return None

    def _count(self, fault: Fault) -> Fault | None:
        if fault.skip:
            fault.skip -= 1
            return None
        fault.hits += 1
        if fault.count is not None and fault.hits >= fault.count:
            self.active.remove(fault)
        return fault

    # The faults by name, as tests and the documentation speak of them.

    def refuse(self, status: int, description: str, **where: Any) -> Fault:
        """Answer with an error in the Bot API's form, for example 500 or 403."""
        body = _json(status, description)
        return self.add(Fault("answer", status=status, body=body, **where))

    def too_many(self, retry_after: int | None, **where: Any) -> Fault:
        """Answer 429, with ``retry_after`` seconds or without any."""
        body = _json(429, f"Too Many Requests: retry after {retry_after or ''}".strip())
        if retry_after is not None:
            body = body[:-1] + f', "parameters": {{"retry_after": {retry_after}}}}}'
        return self.add(Fault("answer", status=429, body=body, **where))

    def bad_gateway(self, **where: Any) -> Fault:
        """Answer 502 with a page of HTML, as a proxy before Telegram does."""
        return self.add(Fault("answer", status=502, body=HTML, content_type="text/html", **where))

    def broken_json(self, **where: Any) -> Fault:
        """Do what was asked and answer 200 with half a JSON document."""
        return self.add(Fault("garbage", body='{"ok": true, "resu', **where))

    def html(self, **where: Any) -> Fault:
        """Do what was asked and answer 200 with a page of HTML."""
        return self.add(Fault("garbage", body=HTML, content_type="text/html", **where))

    def drop_before(self, **where: Any) -> Fault:
        """Cut the connection before the method takes effect."""
        return self.add(Fault("drop_before", **where))

    def drop_after(self, **where: Any) -> Fault:
        """Cut the connection after the method took effect."""
        return self.add(Fault("drop_after", **where))

    def hang(self, seconds: float = 60.0, *, applied: bool = False, **where: Any) -> Fault:
        """Answer nothing for so long; whether the method takes effect first is ``applied``."""
        kind: Kind = "hang_after" if applied else "hang"
        return self.add(Fault(kind, seconds=seconds, **where))

    def slow(self, seconds: float, **where: Any) -> Fault:
        """Do what was asked and answer after so many real seconds."""
        return self.add(Fault("slow", seconds=seconds, **where))

    def cut_upload(self, **where: Any) -> Fault:
        """Cut the connection in the middle of the request's body; only ``method`` selects."""
        return self.add(Fault("cut_upload", **where))


def _json(status: int, description: str) -> str:
    words = description.replace("\\", "\\\\").replace('"', '\\"')
    return f'{{"ok": false, "error_code": {status}, "description": "{words}"}}'
