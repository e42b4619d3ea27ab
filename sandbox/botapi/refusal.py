"""A refusal: the answer of the Bot API when it does not do what was asked."""

from typing import Any


class Refusal(Exception):
    """The request is refused with a status, Telegram's words, and sometimes parameters.

    ``status`` is both the HTTP status and ``error_code``; ``parameters`` is the Bot API's
    ResponseParameters (``retry_after`` in seconds, ``migrate_to_chat_id``).
    """

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """Return the JSON body of the answer."""
        body = {"ok": False, "error_code": self.status, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(words: str) -> Refusal:
    """Return a refusal with status 400 in the form Telegram words it."""
    return Refusal(400, f"Bad Request: {words}")


def too_many(retry_after: int) -> Refusal:
    """Return Telegram's 429, asking for a pause of ``retry_after`` seconds."""
    words = f"Too Many Requests: retry after {retry_after}"
    return Refusal(429, words, retry_after=retry_after)
