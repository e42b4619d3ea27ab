"""What an update says in plain values, and what counts as unreadable."""

import json
from typing import Any

import pytest
from telegram import Bot

from bot.incoming import Incoming, Unreadable, read_payload

MESSAGE: dict[str, Any] = {
    "message_id": 40,
    "date": 1,
    "chat": {"id": 7, "type": "private"},
    "from": {"id": 7, "is_bot": False, "first_name": "Ana"},
    "text": "hello",
}


def read(**changed: object) -> Incoming:
    return read_payload(json.dumps({"update_id": 1, "message": MESSAGE | changed}), Bot("1:a"))


def test_a_message_becomes_plain_values() -> None:
    incoming = read()
    assert (incoming.kind, incoming.chat_id, incoming.text) == ("text", 7, "hello")
    assert incoming.written_at == 1000


@pytest.mark.parametrize(
    "changed",
    [{"text": 3}, {"text": ["hello"]}, {"message_id": "40"}, {"date": None}, {"chat": 7}],
    ids=str,
)
def test_a_value_of_another_type_makes_it_unreadable_and_its_words_stay_out_of_the_error(
    changed: dict[str, object],
) -> None:
    with pytest.raises(Unreadable) as caught:
        read(**changed)
    assert "hello" not in str(caught.value)
    assert caught.value.__cause__ is None
