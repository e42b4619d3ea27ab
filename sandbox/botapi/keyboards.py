"""Keyboards under a message: what Telegram refuses beyond the plain types."""

import re
from collections.abc import Mapping
from typing import Any

from sandbox.botapi.html import checked_url
from sandbox.botapi.refusal import bad_request

LABELS = frozenset({"text", "icon_custom_emoji_id", "style"})
STYLES = frozenset({"danger", "success", "primary"})
MOST_BUTTONS = 100
MOST_IN_A_ROW = 8
USER_LINK = re.compile(r"tg://(?:user|openmessage)\?\S+$")


def check_keyboard(markup: Mapping[str, Any] | None) -> None:
    """Check an inline or a reply keyboard.

    Raises:
        Refusal: 400 in Telegram's words where it has some.
    """
    if markup is None:
        return
    inline, keyboard = markup.get("inline_keyboard", ()), markup.get("keyboard", ())
    for rows in (inline, keyboard):
        if sum(map(len, rows)) > MOST_BUTTONS or any(len(row) > MOST_IN_A_ROW for row in rows):
            raise bad_request("reply markup is too long")
    for row in inline:
        for button in row:
            _check_inline_button(button)
    if any(not _label(button).strip() for row in keyboard for button in row):
        raise bad_request("can't parse keyboard button: text of the button is empty")


def _label(button: Any) -> str:
    return button if isinstance(button, str) else str(button["text"])


def _check_inline_button(button: Mapping[str, Any]) -> None:
    if not button["text"].strip():
        raise bad_request(
            "can't parse inline keyboard button: inline keyboard button text must be non-empty"
        )
    if button.get("style", "primary") not in STYLES:
        raise bad_request("can't parse inline keyboard button: invalid button style specified")
    kinds = button.keys() - LABELS
    if not kinds:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if len(kinds) > 1:
        raise bad_request(
            "can't parse inline keyboard button: exactly one of its optional fields must be used, "
            f"not {', '.join(sorted(kinds))} (Telegram would take one of them)"
        )
    if "url" in button:
        url = button["url"]
        if checked_url(url) is None and not USER_LINK.match(url):
            raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
