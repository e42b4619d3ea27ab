"""A vote in a poll of the bot's: what changes in the message, and the update that tells of it."""

from collections.abc import Sequence
from typing import Any

from sandbox.world import Message, Person


class VoteRefused(Exception):
    """This vote cannot be cast, in words for whoever cast it."""


def cast(message: Message | None, person: Person, options: Sequence[int]) -> dict[str, Any]:
    """Cast a vote in a private chat's poll, or take it back with no options; changes ``message``.

    Returns:
        The ``poll_answer`` of the update.

    Raises:
        VoteRefused: the message is no open poll, or Telegram's apps would not take this vote.
    """
    poll = message.get("poll") if message is not None else None
    if poll is None:
        raise VoteRefused("that message is no poll")
    if poll["is_closed"]:
        raise VoteRefused("this poll is closed")
    chosen = sorted(set(options))
    if any(not 0 <= option < len(poll["options"]) for option in chosen):
        raise VoteRefused(f"this poll has the options 0 to {len(poll['options']) - 1}")
    if len(chosen) > 1 and not poll["allows_multiple_answers"]:
        raise VoteRefused("this poll takes one answer")
    if any(option["voter_count"] for option in poll["options"]) and not poll["allows_revoting"]:
        raise VoteRefused("this poll takes a vote once")
    for place, option in enumerate(poll["options"]):
        option["voter_count"] = int(place in chosen)
    poll["total_voter_count"] = int(bool(chosen))
    return {
        "poll_id": poll["id"],
        "user": person.user(),
        "option_ids": chosen,
        "option_persistent_ids": [poll["options"][place]["persistent_id"] for place in chosen],
    }
