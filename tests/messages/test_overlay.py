"""A clinic's own directory changes what it names and leaves the rest as shipped."""

from pathlib import Path

from messages.catalogue import load
from messages.check import check
from messages.times import Offset


def test_one_text_is_changed_and_its_neighbors_stay(write, tree: Path) -> None:
    own = write({"patient/es.toml": 'hello = "Buenas, {name}"'}, "own")
    assert check(tree, own) == []
    catalogue = load(tree, own)
    assert catalogue.text("es", "patient.hello", name="x") == "Buenas, x"
    assert catalogue.text("es", "patient.button.stop") == "Parar"
    assert catalogue.text("en", "patient.hello", name="x") == "Hello x"


def test_a_plural_is_replaced_whole(write, tree: Path) -> None:
    own = write({"common/en.toml": '[things]\ncount = {other = "{n} of it"}'}, "own")
    assert load(tree, own).text("en", "common.things.count", n=1) == "1 of it"
    assert [issue.key for issue in check(tree, own)] == ["things.count.one"]


def test_a_step_is_changed_key_by_key(write, tree: Path) -> None:
    own = write({"common/core.toml": '[[step]]\nkey = "visit"\nbefore = "2 days"'}, "own")
    step = load(tree, own).protocols["skin"].step("visit")
    assert (step.offset, str(step.at), step.quiet) == (Offset(days=2), "10:00:00", "earlier")


def test_a_step_that_came_after_may_come_before(write, tree: Path) -> None:
    protocol = '[[step]]\nkey = "bumps"\nbefore = "1 day"\nuseful_for = "1 hour"'
    own = write({"protocols/skin/protocol.toml": protocol}, "own")
    assert check(tree, own) == []
    assert load(tree, own).protocols["skin"].step("bumps").before


def test_a_core_step_is_left_out(write, tree: Path) -> None:
    own = write({"protocols/skin/protocol.toml": 'omit = ["care"]'}, "own")
    assert check(tree, own) == []
    assert [step.key for step in load(tree, own).protocols["skin"].steps] == ["visit", "bumps"]


def test_a_treatments_step_replaces_the_core_one_in_its_place(write, tree: Path) -> None:
    step = (
        '[[step]]\nkey = "care"\ntopic = "care"\nanchor = "session"\n'
        'after = "2 hours"\nuseful_for = "9 hours"'
    )
    own = write({"protocols/skin/protocol.toml": step}, "own")
    steps = load(tree, own).protocols["skin"].steps
    assert [step.key for step in steps] == ["care", "visit", "bumps"]
    assert (steps[0].offset, steps[0].questions) == (Offset(seconds=7200), ())


def test_a_whole_treatment_is_added_in_one_folder(write, tree: Path) -> None:
    own = write(
        {
            "protocols/glow/protocol.toml": 'treatment = "glow"\nkind = "consultation"',
            "protocols/glow/en.toml": 'name = "Glow"',
            "protocols/glow/es.toml": 'name = "Brillo"',
        },
        "own",
    )
    assert check(tree, own) == []
    catalogue = load(tree, own)
    assert catalogue.treatment_name("es", "glow") == "Brillo"
    assert [step.key for step in catalogue.protocols["glow"].steps] == ["care", "visit"]


def test_a_treatment_in_the_clinics_only_language_is_loaded(write, tree: Path) -> None:
    own = write(
        {
            "protocols/glow/protocol.toml": 'treatment = "glow"\nkind = "consultation"',
            "protocols/glow/es.toml": 'name = "Brillo"',
        },
        "own",
    )
    assert [issue.file for issue in check(tree, own)] == ["protocols/glow/en.toml"]
    assert load(tree, own).treatment_name("en", "glow") == "Brillo"


def test_a_placeholder_that_the_shipped_text_has_not_is_refused_in_every_language(
    write, tree: Path
) -> None:
    own = write(
        {
            "patient/en.toml": 'hello = "Hello {surname}"',
            "patient/es.toml": 'hello = "Hola {surname}"',
        },
        "own",
    )
    assert {issue.file for issue in check(tree, own) if issue.blocks} == {
        "patient/en.toml",
        "patient/es.toml",
    }


def test_a_key_that_no_code_asks_for_is_told_even_if_every_language_has_it(
    write, tree: Path
) -> None:
    own = write({f"clinic/{each}.toml": 'extra = "More"' for each in ("en", "es")}, "own")
    assert [issue.key for issue in check(tree, own)] == ["extra", "extra"]


def test_an_answer_label_for_a_clinics_own_choice_may_be_shared(write, tree: Path) -> None:
    question = '[[step.question]]\nkey = "how"\nkind = "choice"\noptions = ["fine", "bad"]'
    own = write(
        {
            "common/core.toml": f'[[step]]\nkey = "care"\n{question}',
            "common/en.toml": '[answer]\nfine = "Fine"\nbad = "Bad"\n'
            '[step.care.question.how]\ntext = "How?"',
            "common/es.toml": '[answer]\nfine = "Bien"\nbad = "Mal"\n'
            '[step.care.question.how]\ntext = "¿Qué tal?"',
        },
        "own",
    )
    assert load(tree, own).answer("es", "skin", "care", "how", "bad") == "Mal"
    # The words of the question that was replaced are of no use any more.
    assert {issue.key for issue in check(tree, own)} == {"step.care.question.breathing.text"}


def test_a_shipped_file_is_not_blamed_for_the_clinics_broken_one(write, tree: Path) -> None:
    own = write({"patient/es.toml": 'hello = "Buenas'}, "own")
    (issue,) = check(tree, own)
    assert (issue.file, issue.key) == ("patient/es.toml:1", "syntax")
