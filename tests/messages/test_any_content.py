"""Whatever a file holds, checking it ends in issues and never in an exception."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messages.catalogue import CatalogueInvalid, load
from messages.check import Issue, check

PATHS = (
    "common/core.toml",
    "common/es.toml",
    "protocols/skin/protocol.toml",
    "protocols/skin/es.toml",
    "patient/en.toml",
)
# Values that parse as TOML and belong nowhere.
ODD = (
    "3", "-1", "true", "nan", "1e400", "99999999999999999999", '""', '"x"', '"\\u0000"', '"{"',
    '"<b>"', "[]", "[[1]]", "[{}]", "[{key = 1}]", '["", ""]', "{}", "{a = {b = 1}}",
    '{other = "{n}"}', "{other = 1}", "07:32:00", "1979-05-27T07:32:00Z", '"1 day"', '"0 days"',
    '"9999 weeks"', '[{key = "care"}, {key = "care"}]',
)  # fmt: skip
HEADERS = ("[step]", "[[area]]", "[name]", "[[step.question]]", "[cadence]", "[never]", "[a.b.c]")

odd_lines = st.one_of(
    st.sampled_from(ODD).map(lambda value: ("value", value)),
    st.sampled_from(HEADERS).map(lambda header: ("line", header)),
    st.just(("line", "")),
    st.text(max_size=12).map(lambda text: ("line", text)),
)


def examined(sources: dict[str, str], path: str, content: bytes) -> list[Issue]:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for name, text in sources.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        (root / path).write_bytes(content)
        issues = check(root)
        # What is not refused can be loaded, so that no reload fails in an unforeseen way.
        if any(issue.blocks for issue in issues):
            with pytest.raises(CatalogueInvalid):
                load(root)
        else:
            load(root)
        return issues


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(PATHS), st.integers(0, 60), odd_lines)
def test_a_line_turned_into_anything_never_makes_check_raise(
    sources, path: str, number: int, odd: tuple[str, str]
) -> None:
    lines = sources[path].split("\n")
    number %= len(lines)
    what, new = odd
    key, equals, _ = lines[number].partition("=")
    lines[number] = f"{key}{equals} {new}" if what == "value" and equals else new
    issues = examined(sources, path, "\n".join(lines).encode("utf-8", "surrogatepass"))
    assert all(str(issue).count(": ") >= 2 for issue in issues)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PATHS), st.integers(0, 900), st.integers(0, 40), st.binary(max_size=8))
def test_bytes_put_anywhere_never_make_check_raise(
    sources, path: str, start: int, length: int, new: bytes
) -> None:
    whole = sources[path].encode()
    start %= len(whole)
    examined(sources, path, whole[:start] + new + whole[start + length :])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PATHS), st.text(max_size=80))
def test_a_file_of_anything_never_makes_check_raise(sources, path: str, text: str) -> None:
    examined(sources, path, text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("path", PATHS)
def test_a_file_nested_beyond_reason_is_an_issue(sources, path: str) -> None:
    issues = examined(sources, path, b"a = " + b"[" * 20_000)
    assert [issue.key for issue in issues if issue.file.startswith(path)] == ["syntax"]
