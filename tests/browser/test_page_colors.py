"""The page's colors: every text stands out from its ground, in the light and the dark theme."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "sandbox" / "page" / "styles" / "tokens.css"
READABLE = 4.5  # WCAG 2.2 AA, success criterion 1.4.3
STATES = ("pending", "sending", "sent", "expired", "canceled", "refused", "uncertain")
PAIRS = (
    *(("text", ground) for ground in ("ground", "surface", "surface-2", "hover", "theirs", "own")),
    *(("soft", ground) for ground in ("ground", "surface", "surface-2", "hover", "theirs")),
    *(("accent", ground) for ground in ("surface", "hover", "accent-soft")),
    *(("link", ground) for ground in ("theirs", "surface")),
    *((state, f"{state}-soft") for state in STATES),
    ("on-accent", "accent"),
    ("text", "accent-soft"),
    ("own-soft", "own"),
    *((name, "theirs") for name in ("name", "name-practitioner", "name-manager")),
    ("code", "theirs"),
    ("danger", "surface"),
    ("danger", "danger-soft"),
    ("good", "surface"),
    ("good", "sent-soft"),
)


# Keys and day labels let their ground shine through: the share of their own color counts.
OVER = (
    *(("key", ground) for ground in ("wall-1", "wall-2", "wall-3")),
    *(("key-hover", ground) for ground in ("wall-1", "wall-2", "wall-3")),
    *(("pill", ground) for ground in ("wall-3", "theirs", "own")),
)


def theme(name: str) -> dict[str, str]:
    """Return the tokens; the dark theme lies over the light one."""
    light, dark = TOKENS.read_text().split("@media (prefers-color-scheme: dark)")
    found = re.compile(r"--([\w-]+): (#[0-9a-f]{6}|rgb\([^)]*\));")
    tokens = dict(found.findall(light))
    return tokens | dict(found.findall(dark)) if name == "dark" else tokens


def luminance(color: str) -> float:
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dim, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(name: str, text: str, ground: str) -> None:
    tokens = theme(name)
    assert contrast(tokens[text], tokens[ground]) >= READABLE


def laid_over(color: str, ground: str) -> str:
    """Return what is seen of a translucent color, such as "rgb(48 78 84 / 72%)"."""
    *own, share = (int(number) for number in re.findall(r"\d+", color))
    below = [int(ground[at : at + 2], 16) for at in (1, 3, 5)]
    seen = [(up * share + down * (100 - share)) / 100 for up, down in zip(own, below, strict=True)]
    return "#" + "".join(f"{round(one):02x}" for one in seen)


def test_a_translucent_color_is_mixed_with_its_ground() -> None:
    assert laid_over("rgb(0 100 255 / 50%)", "#ffffff") == "#80b2ff"


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize(("color", "ground"), OVER)
def test_white_words_stand_out_from_keys_and_labels(name: str, color: str, ground: str) -> None:
    tokens = theme(name)
    assert contrast(tokens["on-key"], laid_over(tokens[color], tokens[ground])) >= READABLE
