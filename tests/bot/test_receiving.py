"""What is kept of an update: not the words that it only repeats."""

from bot.receive import without_quotes

CHAT = {"id": 7, "type": "private"}
WHOLE = {"message_id": 40, "date": 1, "chat": CHAT, "text": "about somebody", "from": {"id": 1}}


def test_a_pressed_button_brings_only_the_number_of_its_message():
    update = {"update_id": 1, "callback_query": {"id": "1", "data": "a:1", "message": WHOLE}}
    assert without_quotes(update) == {
        "update_id": 1,
        "callback_query": {
            "id": "1",
            "data": "a:1",
            "message": {"message_id": 40, "date": 1, "chat": CHAT},
        },
    }


def test_an_answer_keeps_its_own_words_and_loses_those_it_quotes():
    message = {**WHOLE, "text": "mine", "reply_to_message": WHOLE, "quote": {"text": "somebody"}}
    for kind in ("message", "edited_message"):
        kept = without_quotes({"update_id": 1, kind: message})[kind]
        assert kept["text"] == "mine"
        assert kept["reply_to_message"] == {"message_id": 40, "date": 1, "chat": CHAT}
        assert "quote" not in kept


def test_whatever_else_comes_is_kept_as_it_is():
    update = {"update_id": 1, "my_chat_member": {"chat": CHAT}, "odd": [1], "message": None}
    assert without_quotes(update) == update
