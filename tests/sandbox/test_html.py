"""Telegram's HTML, with Telegram's own words for what is wrong with it."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.botapi.html import checked_url, parse_html, utf16_length
from sandbox.botapi.refusal import Refusal


def cut(text: str, entity: dict[str, object]) -> str:
    """Return what an entity covers, counted in UTF-16 code units as a phone does."""
    raw = text.encode("utf-16-le")
    begin, length = int(str(entity["offset"])), int(str(entity["length"]))
    return raw[begin * 2 : (begin + length) * 2].decode("utf-16-le")


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("b", "bold"),
        ("strong", "bold"),
        ("i", "italic"),
        ("em", "italic"),
        ("u", "underline"),
        ("ins", "underline"),
        ("s", "strikethrough"),
        ("strike", "strikethrough"),
        ("del", "strikethrough"),
        ("code", "code"),
        ("pre", "pre"),
        ("blockquote", "blockquote"),
        ("tg-spoiler", "spoiler"),
        ("B", "bold"),
    ],
)
def test_every_tag_has_its_entity(tag: str, kind: str) -> None:
    assert parse_html(f"a <{tag}>word</{tag}> z") == (
        "a word z",
        [{"type": kind, "offset": 2, "length": 4}],
    )


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ('<span class="tg-spoiler">x</span>', "x", [{"type": "spoiler"}]),
        ("<blockquote expandable>x</blockquote>", "x", [{"type": "expandable_blockquote"}]),
        (
            '<a href="https://clinic.example/a?b=1&amp;c=2">x</a>',
            "x",
            [{"type": "text_link", "url": "https://clinic.example/a?b=1&c=2"}],
        ),
        ('<a href="tg://user?id=42">x</a>', "x", [{"type": "text_mention", "user": {"id": 42}}]),
        ("<a href='javascript:alert(1)'>x</a>", "x", []),
        ("<a>clinic.example</a>", "clinic.example", [{"url": "http://clinic.example/"}]),
        (
            '<pre><code class="language-python">x = 1</code></pre>',
            "x = 1",
            [{"type": "pre", "language": "python"}],
        ),
        ('<code class="language-python">x</code>', "x", [{"type": "code"}]),
        ('<tg-emoji emoji-id="5368">👍</tg-emoji>', "👍", [{"custom_emoji_id": "5368"}]),
        ("<b></b>x", "x", []),
        ("<b>x</>", "x", [{"type": "bold"}]),
        ("&lt;b&gt; &amp; &quot;&#33;&#x1F600;", '<b> & "!😀', []),
        ("&copy; &nbsp; & &#0; &;", "&copy; &nbsp; & &#0; &;", []),
        ("AT&T &amp no semicolon", "AT&T & no semicolon", []),
    ],
)
def test_tags_and_references_become_text_and_entities(
    source: str, text: str, entities: list[dict[str, object]]
) -> None:
    found_text, found = parse_html(source)
    assert found_text == text
    assert len(found) == len(entities)
    for one, wanted in zip(found, entities, strict=True):
        assert one.items() >= wanted.items()
        assert "language" in wanted or "language" not in one


def test_nested_entities_are_listed_from_the_outside_in_utf16_units() -> None:
    text, entities = parse_html("😀<b>bold <i>both 😀</i></b><u>u</u>")
    assert text == "😀bold both 😀u"
    assert entities == [
        {"type": "bold", "offset": 2, "length": 12},
        {"type": "italic", "offset": 7, "length": 7},
        {"type": "underline", "offset": 14, "length": 1},
    ]
    assert [cut(text, entity) for entity in entities] == ["bold both 😀", "both 😀", "u"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<b>x", "Can't find end tag corresponding to start tag b"),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("é <p>x</p>", 'Unsupported start tag "p" at byte offset 3'),
        ("<br/>", 'Unsupported start tag "br/" at byte offset 0'),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        (
            "<a href>x</a>",
            'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0',
        ),
        ("<a =x>y</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<a href=x/y>z</a>", "Unexpected end of name token at byte offset 8"),
        ("<a href='x", "Unclosed start tag at byte offset 0"),
        ('<tg-emoji emoji-id="x">y</tg-emoji>', "Invalid custom emoji identifier specified"),
        (
            "&#xD800;",
            (
                "Text contains invalid Unicode characters after decoding HTML entities, "
                "check for unmatched surrogate code units"
            ),
        ),
    ],
)
def test_broken_html_is_refused_in_telegrams_words(source: str, words: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_html(source)
    assert refused.value.status == 400
    assert refused.value.description == f"Bad Request: can't parse entities: {words}"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_escaped_text_comes_back_as_it_was(text: str) -> None:
    assert parse_html(html.escape(text, quote=False)) == (text, [])


@given(st.lists(st.tuples(st.sampled_from("bius"), st.text("xé😀\n", min_size=1)), min_size=1))
def test_each_entity_covers_exactly_what_its_tag_enclosed(parts: list[tuple[str, str]]) -> None:
    source = "".join(f"😀<{tag}>{words}</{tag}>" for tag, words in parts)
    text, entities = parse_html(source)
    assert [cut(text, entity) for entity in entities] == [words for _, words in parts]


@given(st.text("<>/abi ='\"&;#x8-"))
def test_any_text_is_parsed_or_refused_but_never_crashes(source: str) -> None:
    try:
        text, entities = parse_html(source)
    except Refusal as refusal:
        described = refusal.description
    else:
        described = "Bad Request: can't parse entities: "
        length = utf16_length(text)
        assert all(0 <= one["offset"] < one["offset"] + one["length"] <= length for one in entities)
    assert described.startswith("Bad Request: can't parse entities: ")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://clinic.example", "https://clinic.example/"),
        ("https://clinic.example/path", "https://clinic.example/path"),
        ("clinic.example/path", "http://clinic.example/path"),
        ("t.me/bot?start=x", "http://t.me/bot?start=x"),
        ("tel:+34600000000", "tel:+34600000000"),
        ("javascript:alert(1)", None),
        ("not a link", None),
        ("", None),
    ],
)
def test_only_what_telegram_takes_for_a_link_is_one(url: str, kept: str | None) -> None:
    assert checked_url(url) == kept
