"""Polls on a phone: a vote changes the message and is told to the bot as Telegram tells it."""

from typing import Any

import pytest

from sandbox.phones import Phone, PhoneError
from tests.sandbox.test_phones import updates


async def sends(call: Any, phone: Phone, **how: Any) -> int:
    message = await call(
        "sendPoll", chat_id=phone.person.id, question="Sun cream?", options=["Yes", "No"], **how
    )
    return int(message.result["message_id"])


async def test_a_vote_is_seen_changed_and_taken_back(call: Any, anna: Phone) -> None:
    poll = await sends(call, anna, is_anonymous=False)
    told = []
    for options in ((1,), (0,), ()):
        voted = anna.vote(poll, *options)["poll"]
        assert [each["voter_count"] for each in voted["options"]] == [
            int(place in options) for place in range(2)
        ]
        assert voted["total_voter_count"] == len(options)
        told += [each["poll_answer"] for each in await updates(call) if "poll_answer" in each]
    assert [each["option_ids"] for each in told] == [[1], [0], []]
    assert told[0]["option_persistent_ids"] == ["1"]
    assert told[0]["user"]["id"] == anna.person.id
    assert told[0]["poll_id"] == anna.transcript()[-1]["poll"]["id"]


async def test_an_anonymous_poll_names_nobody(call: Any, anna: Phone) -> None:
    anna.vote(await sends(call, anna), 0)
    (told,) = await updates(call)
    assert told["poll"]["total_voter_count"] == 1
    assert "poll_answer" not in told


async def test_what_telegrams_apps_do_not_let_anybody_vote_is_refused(
    call: Any, anna: Phone
) -> None:
    poll = await sends(call, anna, is_anonymous=False)
    closed = await sends(call, anna, is_closed=True)
    once = await sends(call, anna, allows_revoting=False)
    anna.vote(once, 0)
    for message, options, why in (
        (poll, (2,), "options 0 to 1"),
        (poll, (0, 1), "takes one answer"),
        (closed, (0,), "closed"),
        (once, (1,), "once"),
        (999, (0,), "no poll"),
    ):
        with pytest.raises(PhoneError, match=why):
            anna.vote(message, *options)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["Yes", "n" * 101], "must not exceed 100"),
        (["Yes", " Yes "], "POLL_OPTION_DUPLICATE"),
        (["Yes", " "], "must be non-empty"),
        ([str(number) for number in range(13)], "options"),
    ],
)
async def test_a_poll_that_telegram_would_not_take_is_refused(
    call: Any, anna: Phone, options: list[str], why: str
) -> None:
    answer = await call("sendPoll", chat_id=anna.person.id, question="Sun?", options=options)
    assert answer.refusal[0] == 400
    assert why in answer.refusal[1]


async def test_a_video_reaches_the_bot_and_goes_out_again(call: Any, anna: Phone) -> None:
    anna.video(caption="Look")
    (update,) = await updates(call)
    file_id = update["message"]["video"]["file_id"]
    sent = await call("sendVideo", chat_id=anna.person.id, video=file_id, caption="Hi")
    assert sent.result["video"]["file_id"] == file_id
    wrong = await call("sendPhoto", chat_id=anna.person.id, photo=file_id)
    assert wrong.refusal[0] == 400
