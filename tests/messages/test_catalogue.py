"""Texts are found in the right place and language, filled in safely, and loaded all or nothing."""

from pathlib import Path

import pytest

from messages.catalogue import Catalogue, CatalogueInvalid, load
from messages.check import check
from messages.render import Html


@pytest.fixture
def catalogue(tree: Path) -> Catalogue:
    return load(tree)


def test_a_text_is_filled_in_and_its_parameters_are_escaped(catalogue: Catalogue) -> None:
    assert (
        catalogue.text("en", "patient.hello", name="<b>Ann & co") == "Hello &lt;b&gt;Ann &amp; co"
    )
    assert catalogue.text("en", "patient.hello", name=Html("<b>Ann</b>")) == "Hello <b>Ann</b>"


def test_a_text_may_be_a_parameter_of_another_without_being_escaped_twice(
    catalogue: Catalogue,
) -> None:
    inner = catalogue.text("en", "patient.hello", name="&")
    assert catalogue.text("es", "patient.hello", name=inner) == "Hola Hello &amp;"


def test_a_label_is_plain_as_buttons_show_no_html(catalogue: Catalogue) -> None:
    assert catalogue.label("en", "patient.hello", name="A & B") == "Hello A & B"


@pytest.mark.parametrize(
    ("language", "greeting"),
    [("es", "Hola x"), ("es-MX", "Hola x"), ("ES", "Hola x"), ("fr", "Hello x"), ("", "Hello x")],
)
def test_a_language_is_found_without_its_region_and_else_the_default_is_spoken(
    catalogue: Catalogue, language: str, greeting: str
) -> None:
    assert catalogue.text(language, "patient.hello", name="x") == greeting


def test_the_same_texts_with_another_default_language_hold_everything_else() -> None:
    catalogue = load()
    other = catalogue.speaking("es")
    held = [name for name in Catalogue.__slots__ if not name.startswith("_")]
    assert [getattr(other, name) for name in held] == [getattr(catalogue, name) for name in held]
    assert other.language("xx") == "es"


def test_the_default_language_is_the_clinics_own(tree: Path) -> None:
    catalogue = load(tree, default="es")
    assert catalogue.text("fr", "patient.hello", name="x") == "Hola x"
    assert catalogue.language("fr") == "es"
    assert catalogue.language("en-GB") == "en"
    assert catalogue.language(None) == "es"


def test_a_text_that_a_language_lacks_comes_from_the_next_one(write, tree: Path) -> None:
    write({"patient/fr.toml": 'hello = "Bonjour {name}"'})
    catalogue = load(tree, default="es")
    assert catalogue.text("fr", "patient.hello", name="x") == "Bonjour x"
    assert catalogue.label("fr", "patient.button.stop") == "Parar"


@pytest.mark.parametrize(
    ("language", "n", "said"),
    [("en", 1, "1 thing"), ("en", 0, "0 things"), ("en", 12_345, "12,345 things"),
     ("es", 1, "1 cosa"), ("es", 12_345, "12.345 cosas")],
)  # fmt: skip
def test_a_plural_form_is_chosen_by_the_rule_of_the_language(
    catalogue: Catalogue, language: str, n: int, said: str
) -> None:
    assert catalogue.text(language, "common.things.count", n=n) == said


def test_russian_has_three_forms(write, tree: Path) -> None:
    forms = '{one = "{n} раз", few = "{n} раза", many = "{n} раз", other = "{n} раза"}'
    write({"common/ru.toml": f"[things]\ncount = {forms}"})
    catalogue = load(tree)
    said = [catalogue.text("ru", "common.things.count", n=n) for n in (1, 2, 5, 11, 21, 22)]
    assert said == ["1 раз", "2 раза", "5 раз", "11 раз", "21 раз", "22 раза"]


def test_an_unknown_key_and_a_forgotten_parameter_are_named(catalogue: Catalogue) -> None:
    with pytest.raises(KeyError, match=r"^'patient\.helo'$"):
        catalogue.text("es", "patient.helo")
    with pytest.raises(KeyError, match=r"patient\.hello: \{name\} was given nothing"):
        catalogue.text("es", "patient.hello")


def test_a_core_step_is_said_in_common_words_unless_the_treatment_has_its_own(
    catalogue: Catalogue, edited
) -> None:
    skin = catalogue.protocols["skin"]
    common = "Una hora desde tu visita.\nLlama al <b>1</b>."
    assert catalogue.step_text("es", skin, "care", phone="1") == common
    own = load(
        edited(
            ("protocols/skin/en.toml", "[step.bumps]", '[step.care]\ntext = "Own."\n[step.bumps]')
        )
    )
    assert own.step_text("en", "skin", "care", phone="1") == "Own."
    # Nothing but the treatment's own words would be right for it: its late text is not the core's.
    assert own.step_text("en", "skin", "care", "late", phone="1") == "Own."
    assert not own.has_late_text("skin", "care")
    # A patient gets the general words in their own language before the special ones in another.
    assert own.step_text("es", "skin", "care", phone="1") == common


def test_a_late_text_is_used_where_there_is_one(catalogue: Catalogue) -> None:
    assert catalogue.step_text("en", "skin", "care", "late", phone="1").startswith("A while")
    assert catalogue.step_text("en", "skin", "bumps", "late") == "One day since your visit."
    assert catalogue.has_late_text("skin", "care")
    assert not catalogue.has_late_text("skin", "bumps")


def test_a_question_and_its_answers_have_words(catalogue: Catalogue) -> None:
    assert catalogue.question("es", "skin", "bumps", "bumps") == "¿Cómo van los bultitos?"
    assert catalogue.answer("es", "skin", "bumps", "bumps", "worse") == "Peor"
    assert catalogue.answer("es", "skin", "care", "breathing", "yes") == "Sí"
    assert catalogue.answer("es", "skin", "bumps", "pain", "10") == "10"
    with pytest.raises(KeyError, match=r"answer\.strange"):
        catalogue.answer("es", "skin", "bumps", "bumps", "strange")


def test_treatments_and_areas_have_names(catalogue: Catalogue) -> None:
    assert catalogue.treatment_name("es", "skin") == "Piel viva"
    assert catalogue.area_name("es", "skin", "hand") == "Mano"


@pytest.mark.parametrize(
    ("word", "treatment"),
    [("skin", "skin"), ("sikn", "skin"), ("SKIN", "skin"), ("sk", "skin"), ("píel", "skin"),
     ("boost", None), ("", None), ("zebra", None)],
)  # fmt: skip
def test_the_treatment_that_was_probably_meant_is_found(
    catalogue: Catalogue, word: str, treatment: str | None
) -> None:
    assert catalogue.nearest_treatment(word, "es") == treatment


def test_content_that_could_break_a_message_is_refused_with_every_issue(edited) -> None:
    root = edited(
        ("patient/es.toml", "{name}", "{nombre}"),
        ("practitioner/es.toml", "done", "dnoe"),
    )
    with pytest.raises(CatalogueInvalid) as refused:
        load(root)
    assert list(refused.value.issues) == check(root)
    assert "patient/es.toml: hello: nothing fills {nombre}" in str(refused.value)
    assert "practitioner/es.toml: dnoe" in str(refused.value)


def test_what_is_only_ill_said_is_loaded(edited) -> None:
    root = edited(("protocols/skin/en.toml", "How sore is it?", "It is guaranteed to go."))
    assert check(root)
    assert load(root).question("en", "skin", "bumps", "pain") == "It is guaranteed to go."


def test_a_catalogue_cannot_be_changed(catalogue: Catalogue) -> None:
    with pytest.raises(TypeError):
        catalogue.protocols["skin"] = None
    with pytest.raises(AttributeError):
        catalogue.anything = 1


def test_a_step_may_have_a_name_of_its_own_and_then_in_every_language(write, tree: Path) -> None:
    file = tree / "common/en.toml"
    named = file.read_text().replace("[step.care]", '[step.care]\nname = "What to do"', 1)
    write({"common/en.toml": named})
    assert load(tree).step_name("en", "skin", "care") == "What to do"
    assert load(tree).step_name("en", "skin", "visit") is None
    (issue,) = [issue for issue in check(tree) if issue.key == "step.care.name"]
    assert issue.file == "common/es.toml"
