"""Which answers alarm, and how what a patient wrote is laid out for staff: the pure parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.layout import CAPTION_LIMIT, PIECE, parts, pieces, units
from bot.patient.answering import alarm_of
from bot.patient.concerns import day_of, higher
from messages.catalogue import Catalogue, load
from messages.course import judge_pain
from messages.markup import plain, problems
from messages.protocol import Question
from scheduler.channel import Attachment

# CLINICAL facts, "Core steps" and "Danger signs": what each danger question is worth.
ALARMS = {
    ("breathing", "yes"): "emergency",
    ("skin_or_sight", "yes"): "emergency",
    ("swallowing", "yes"): "emergency",
    ("uneven_smile", "yes"): "urgent",
    ("redness_spreading", "yes"): "urgent",
    ("pus", "yes"): "urgent",
    ("skin_change", "yes"): "urgent",
    ("new_lump", "yes"): "urgent",
    ("bald_patch", "yes"): "review",
    ("bruise", "bigger"): "review",
    ("bumps", "worse"): "review",
    ("swelling", "more"): "review",
    ("mostly_down", "no"): "review",
}
# A lump a month after a fat-dissolving session is often only firmness: looked at, not urgent.
EXPECTED_COURSE = {("lump_day28_lipolytic", "new_lump", "yes"): "review"}
SILENT = {"scabs", "easier_to_move", "satisfaction", "goal", "eating"}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def test_every_answer_of_every_shipped_question_alarms_as_the_clinical_facts_say(
    catalogue: Catalogue,
) -> None:
    met = set()
    for protocol in catalogue.protocols.values():
        for step in protocol.steps:
            for question in step.questions:
                for answer in question.answers:
                    expected = EXPECTED_COURSE.get(
                        (step.key, question.key, answer), ALARMS.get((question.key, answer))
                    )
                    if question.kind == "pain":
                        expected = "review" if int(answer) >= 7 else None
                    place = f"{protocol.treatment} {step.key} {question.key} {answer}"
                    finding = (
                        judge_pain(int(answer), hours=None, lipolytic=False, before=None)
                        if question.kind == "pain"
                        else None
                    )
                    assert alarm_of(question, answer, finding) == expected, place
                met.add(question.key)
    assert {key for key, _ in ALARMS} | SILENT <= met


def test_an_alarm_for_an_answer_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match="is no answer"):
        Question(key="pus", kind="yes_no", alarm={"si": "urgent"})


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (None, None, None),
        ("review", None, "review"),
        ("review", "emergency", "emergency"),
        ("urgent", "review", "urgent"),
    ],
)
def test_the_graver_level_wins(one: str, other: str, expected: str) -> None:
    assert higher(one, other) == expected  # type: ignore[arg-type]  # rows of the table are plain strings


def test_days_after_a_session_are_calendar_days_where_the_patient_is() -> None:
    evening = 1_777_924_800_000  # 4 May 2026, 22:00 in Madrid
    assert day_of(evening, evening + 3 * 3_600_000, "Europe/Madrid") == 1
    assert day_of(evening, evening + 3 * 3_600_000, "America/New_York") == 0
    assert day_of(evening, evening - 24 * 3_600_000, "Europe/Madrid") == -1


@given(st.text(max_size=6_000), st.integers(2, 4_000))
def test_pieces_fit_and_lose_nothing_but_spaces(text: str, size: int) -> None:
    cut = list(pieces(text, size))
    assert all(piece and units(piece) <= size for piece in cut)
    assert "".join("".join(cut).split()) == "".join(text.split())


@given(
    st.text(max_size=4_096),
    st.sampled_from([None, "photo", "voice", "video", "document", "sticker"]),
)
def test_whatever_is_passed_on_telegram_takes(text: str, kind: str | None) -> None:
    attachment = Attachment(kind, file_id="f") if kind else None  # type: ignore[arg-type]  # sampled
    laid = parts("💬 <b>A.P.</b>", text, attachment)
    assert laid[0].headed
    assert [part.attachment for part in laid].count(attachment) == (1 if attachment else len(laid))
    for part in laid:
        assert problems(part.html) == []
        assert units(plain(part.html)) <= (CAPTION_LIMIT if part.attachment else 4_096)
        if part.attachment is not None and kind == "sticker":
            assert part.html == ""


def test_a_long_text_is_cut_at_a_space() -> None:
    first, second = pieces("word " * 1_000)
    assert units(first) <= PIECE
    assert first.endswith("word")
    assert second.startswith("word")
