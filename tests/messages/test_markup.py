"""What a person typed never becomes markup, and what Telegram would refuse is told beforehand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.markup import Html, escape, plain, problems
from messages.template import Template, Text

anything = st.text(st.characters(), max_size=60)


@given(anything)
def test_no_parameter_breaks_the_html_it_stands_in(value: str) -> None:
    text = Text.parse("en", '<b>Hi {who}</b> <a href="tg://user?id={who}">x</a>')
    html = text.html({"who": value})
    assert problems(html) == []
    html.encode("utf-8")
    assert html.count("<") == 4


@given(anything.filter(str.isprintable))
def test_what_can_be_printed_reaches_the_reader_unchanged(value: str) -> None:
    assert plain(escape(value)) == value


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\x00", "\x1b", "\ud83d", "\x7f"])
def test_marks_that_turn_or_break_the_message_are_left_out(mark: str) -> None:
    assert escape(f"a{mark}b") == "ab"


def test_lines_joined_emoji_and_other_scripts_are_kept() -> None:
    kept = "a\nb\t👩‍⚕️ задыхаюсь ضيق"
    assert escape(kept) == kept


@given(anything)
def test_looking_for_problems_never_raises(markup: str) -> None:
    assert isinstance(problems(markup), list)
    assert isinstance(plain(markup), str)


@pytest.mark.parametrize(
    "markup",
    [
        "<b>a <i>b</i></b>",
        "<u>a</u><s>b</s><tg-spoiler>c</tg-spoiler>",
        '<a href="https://example.org/?a=1&amp;b=2">x</a>',
        "<a href='tg://user?id=1'>x</a>",
        "<blockquote expandable>x</blockquote>",
        '<pre><code class="language-python">x</code></pre>',
        '<span class="tg-spoiler">x</span>',
        '<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji>',
        "&lt; &gt; &amp; &quot; &#39; &#x1F600;",
    ],
)
def test_what_telegram_takes_has_no_problem(markup: str) -> None:
    assert problems(markup) == []


@pytest.mark.parametrize(
    ("markup", "problem"),
    [
        ("<b>a", "never closed"),
        ("a</b>", "closes nothing"),
        ("<b><i>a</b></i>", "close the inner tag first"),
        ("<p>a</p>", "no tag <p>"),
        ("a<br/>", 'a bare "<"'),
        ("1 < 2", "write &lt;"),
        ("2 > 1", "write &gt;"),
        ("a & b", "write &amp;"),
        ("&nbsp;", "write &amp;"),
        ("<a>x</a>", 'needs href="…"'),
        ("<a href=x>y</a>", 'a bare "<"'),
        ('<b class="x">y</b>', "takes no 'class'"),
        ('<span class="red">x</span>', "tg-spoiler"),
        ("<span>x</span>", 'needs class="…"'),
        ("<code><b>x</b></code>", "allows no tags"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", "inside another"),
    ],
)
def test_what_telegram_refuses_is_told_with_its_cure(markup: str, problem: str) -> None:
    assert any(problem in each for each in problems(markup))


@given(anything)
def test_a_text_with_its_braces_doubled_says_itself(text: str) -> None:
    template = Template.parse(text.replace("{", "{{").replace("}", "}}"))
    assert template.fill(lambda name: name) == text


@given(anything)
def test_a_template_is_read_or_refused_with_a_value_error(source: str) -> None:
    try:
        template = Template.parse(source)
    except ValueError:
        return
    assert len(template.pieces) == len(template.names) + 1


@pytest.mark.parametrize("source", ["{", "}", "{}", "{Name}", "{a b}", "{a!r}", "{a:>3}", "{a.b}"])
def test_a_brace_that_is_no_placeholder_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="a lone"):
        Template.parse(source)


def test_html_that_is_html_already_is_not_escaped_again() -> None:
    text = Text.parse("en", "{a}{b}")
    assert text.html({"a": Html("<b>x</b>"), "b": "<b>"}) == "<b>x</b>&lt;b&gt;"
