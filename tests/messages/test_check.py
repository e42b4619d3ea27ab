"""Every fault of the content is named, at once, in its place, and with what to do."""

from pathlib import Path

import pytest

from messages.check import check

PROTOCOL = "protocols/skin/protocol.toml"
CORE = "common/core.toml"
EN = "protocols/skin/en.toml"
ES = "protocols/skin/es.toml"
COMMON_EN = "common/en.toml"
COMMON_ES = "common/es.toml"


def lines(*directories: Path) -> list[str]:
    return [str(issue) for issue in check(*directories)]


def test_sound_content_has_no_issue(tree: Path) -> None:
    assert lines(tree) == []


def test_a_file_with_five_mistakes_gives_five_lines(edited) -> None:
    root = edited(
        (PROTOCOL, 'filler = "ask"', 'filler = "sometimes"'),
        (PROTOCOL, 'every = ["2 weeks", "4 weeks"]', 'every = ["0 weeks", "4 weeks"]'),
        (PROTOCOL, 'topic = "soreness"', 'topic = "sorenes"'),
        (PROTOCOL, 'useful_for = "2 days"', 'useful_for = "20 hours"'),
        (PROTOCOL, "comfort = true", "confort = true"),
    )
    topics = ["care", "soreness", "bruising", "diet", "activity", "appointment", "lump", "result"]
    allowed = ", ".join(f'"{topic}"' for topic in topics) + ' or "expectations"'
    assert lines(root) == [
        f"{PROTOCOL}: {line}"
        for line in (
            "cadence.every: an interval of zero never passes: write at least a day",
            'filler: \'sometimes\' is not "never" or "ask"',
            'step.bumps.confort: is not a key here: did you mean "comfort"?',
            f"step.bumps.topic: 'sorenes' is not {allowed}: did you mean \"soreness\"?",
            'step.bumps.useful_for: must be more than after = "1 day": both count from the anchor',
        )
    ]


# Each row: what is changed in which file, the key of the one issue, and words of its problem.
STRUCTURE_FAULTS = [
    (PROTOCOL, 'after = "1 day"', 'after = "1 dya"', "step.bumps.after", "unknown unit"),
    (PROTOCOL, 'after = "1 day"', "after = 24", "step.bumps.after", "must be words such as"),
    (PROTOCOL, 'after = "1 day"', 'after = "-1 days"', "step.bumps.after", "is not a time"),
    (PROTOCOL, 'after = "1 day"', 'aftr = "1 day"', "step.bumps.aftr", 'did you mean "after"?'),
    (PROTOCOL, 'after = "1 day"', "", "step.bumps", "needs after"),
    (PROTOCOL, 'after = "1 day"', 'after = "1 day"\nbefore = "1 day"', "step.bumps", "keep one"),
    (PROTOCOL, 'useful_for = "2 days"', "", "step.bumps.useful_for", "is missing"),
    (PROTOCOL, 'useful_for = "2 days"', 'useful_for = "1 day"', "step.bumps.useful_for", "after"),
    (PROTOCOL, 'at = "17:30"', 'at = "25:00"', "step.bumps.at", 'such as "10:00"'),
    (PROTOCOL, 'after = "1 day"', 'after = "25 hours"', "step.bumps.at", "only with days"),
    (PROTOCOL, "comfort = true", 'comfort = "true"', "step.bumps.comfort", "true or false"),
    (
        PROTOCOL,
        'kind = "choice"',
        'kind = "yes_no"',
        "step.bumps.question.bumps.options",
        "remove options",
    ),
    (
        PROTOCOL,
        '"better", "worse"',
        '"better"',
        "step.bumps.question.bumps.options",
        "at least two",
    ),
    (PROTOCOL, 'kind = "pain"', 'kind = "pane"', "step.bumps.question.pain.kind", "pain"),
    (PROTOCOL, 'treatment = "skin"', 'treatment = "skim"', "treatment", "folder's name"),
    (PROTOCOL, 'treatment = "skin"', "", "treatment", "is missing"),
    (PROTOCOL, 'treatment = "skin"', 'tretment = "skin"', "tretment", 'mean "treatment"?'),
    (PROTOCOL, "[3, 4]", "[4, 3]", "cadence.sessions", "smaller one comes first"),
    (PROTOCOL, "[3, 4]", '["3", 4]', "cadence.sessions.#1", "whole number"),
    (PROTOCOL, '"13 weeks", "26 weeks"', '"0 days", "1 day"', "cadence.maintenance", "of zero"),
    (PROTOCOL, "maintenance", "maintenence", "cadence.maintenence", 'mean "maintenance"?'),
    (PROTOCOL, '[[step]]\nkey = "bumps"', '[[step]]\nky = "bumps"', "step #1.ky", 'mean "key"?'),
    (PROTOCOL, 'filler = "ask"', 'filler = "ask"\nomit = ["cair"]', "omit", 'mean "care"?'),
    (PROTOCOL, 'filler = "ask"', 'filler = "ask"\ncore = "yes"', "core", "true or false"),
    (PROTOCOL, "comfort = true", 'areas = ["chek"]', "step.bumps.areas", 'mean "cheek"?'),
    (PROTOCOL, "comfort = true", "lipolytic = true", "step.bumps.lipolytic", "never sent"),
    (PROTOCOL, "comfort = true", 'repeat = ["1 day"]', "step.bumps.repeat", "further along"),
    (PROTOCOL, "comfort = true", 'repeat = ["50 hours"]', "step.bumps.repeat", "in days or weeks"),
    (PROTOCOL, "comfort = true", 'repeat = "2 days"', "step.bumps.repeat", "must be a list"),
    (CORE, 'useful_for = "6 hours"', 'useful_for = "1 hour"', "step.care.useful_for", "after"),
    (
        CORE,
        'quiet = "earlier"',
        'quiet = "never"',
        "step.visit.quiet",
        '"wait", "earlier" or "around"',
    ),
    (CORE, 'quiet = "earlier"', 'useful_for = "3 days"', "step.visit.useful_for", "less than"),
]


@pytest.mark.parametrize("fault", STRUCTURE_FAULTS, ids=lambda fault: f"{fault[3]}: {fault[2]}")
def test_one_fault_of_a_protocol_is_one_line_that_blocks(edited, fault) -> None:
    file, old, new, key, problem = fault
    found = check(edited((file, old, new)))
    assert [(issue.file, issue.key) for issue in found] == [(file, key)]
    assert problem in found[0].problem
    assert found[0].blocks


# The last column: whether a message could break, so that loading refuses the content.
TEXT_FAULTS = [
    (EN, "Cheek", "", "area.cheek", "is empty", True),
    (ES, 'hand = "Mano"', "", "area.hand", "needs a name", False),
    (ES, 'hand = "Mano"', "hand = 3", "area.hand", "must be text in quotes", True),
    (ES, 'hand = "Mano"', 'hnad = "Mano"', "area.hnad", 'did you mean "area.hand"?', False),
    (ES, 'worse = "Peor"', "", "step.bumps.question.bumps.answer.worse", "needs a label", False),
    (ES, 'text = "¿Cómo van los bultitos?"', "", "step.bumps.question.bumps.text", "words", False),
    (ES, "Un día", "{fone} Un día", "step.bumps.text", '{fone} in: did you mean "phone"?', True),
    (ES, "Un día", "Un {Día}", "step.bumps.text", 'a lone "{"', True),
    (ES, "Un día", "{phone}, un día", "step.bumps.text", "which en lacks", False),
    (COMMON_ES, 'Llama al <b>{phone}</b>."\nlate', 'Llama."\nlate', "step.care.text",
     "lacks {phone}", False),
    (COMMON_ES, "Hace un rato", "<b>Hace un rato", "step.care.late", "never closed", True),
    (COMMON_ES, "Hace un rato", "<h1>Hace</h1> un rato", "step.care.late", "no tag <h1>", True),
    (COMMON_ES, "Hace un rato", "Ayer & hoy", "step.care.late", "a bare", True),
    (EN, "One day since your visit.", "<b> </b>", "step.bumps.text", "shows nothing", True),
    (EN, "One day", "\\u0007 day", "step.bumps.text", "control character", True),
    (COMMON_ES, "Hace un rato", "3 < 4", "step.care.late", "a bare", True),
    (COMMON_ES, 'no = "No"', 'no = "No <b>nunca</b>"', "answer.no", "no HTML", False),
    (COMMON_ES, 'no = "No"', f'no = "{"No " * 14}"', "answer.no", "at most 40", False),
    (COMMON_ES, '[answer]\nyes = "Sí"', "[answer]", "answer.yes", "is missing", False),
    (COMMON_ES, "one = ", "oen = ", "things.count.oen", 'did you mean "one"?', True),
    (COMMON_ES, 'one = "{n} cosa", ', "", "things.count.one", "plural form", False),
    (COMMON_ES, 'late = "Hace un rato de tu visita.\\nLlama al <b>{phone}</b>."', "",
     "step.care.late", "another language has a late text", False),
    (COMMON_ES, 'phrases = ["no te preocupes"]', "phrases = 3", "never", "lists of phrases", False),
    (EN, "One day", "Cheek: one day", "step.bumps.text", "first line", False),
    (EN, "One day", "Your SKIN BOOST was one day", "step.bumps.text", "first line", False),
    (COMMON_EN, "One hour", "Your cheek: one hour", "step.care.text", 'names "Cheek"', False),
    (COMMON_EN, "One hour", "{clinic}: one hour", "step.care.text", 'names "{clinic}"', False),
    (COMMON_EN, "One hour", "Don’t  worry. One hour", "step.care.text", "don't worry", False),
    (EN, "How sore is it?", "It is guaranteed.", "step.bumps.question.pain.text", "forbids", False),
    (EN, "One day since your visit.", "Hm. " * 80, "step.bumps.text", "at most 300", False),
    (EN, "One day since your visit.", "so " * 20 + "long.", "step.bumps.text", "21 words", False),
    ("patient/es.toml", 'hello = "Hola {name}"', 'hello = "Hola {nombre}"', "hello", "fills", True),
    ("patient/es.toml", "Parar", "P" * 41, "button.stop", "at most 40", False),
    ("clinic/es.toml", "Enviado.", "e" * 4097, "sent", "Telegram takes 4096", True),
    ("clinic/es.toml", "sent", "snet", "snet", 'did you mean "sent"?', False),
    ("clinic/es.toml", 'sent = "Enviado."', "", "sent", "translate it", False),
]  # fmt: skip


@pytest.mark.parametrize("fault", TEXT_FAULTS, ids=lambda fault: f"{fault[3]}: {fault[4]}")
def test_one_fault_of_a_text_is_told_and_blocks_only_what_could_break(edited, fault) -> None:
    file, old, new, key, problem, blocks = fault
    found = [issue for issue in check(edited((file, old, new))) if problem in issue.problem]
    assert [(issue.file, issue.key, issue.blocks) for issue in found] == [(file, key, blocks)]


@pytest.mark.parametrize("clean", [True, False])
def test_a_sentence_of_twenty_words_is_fine_and_one_more_is_not(edited, clean: bool) -> None:
    text = " ".join(["word"] * (20 if clean else 21)) + "."
    found = lines(edited((EN, "How sore is it?", f"Well? {text} So.")))
    assert (found == []) is clean


def test_staff_texts_may_have_long_sentences(edited) -> None:
    assert lines(edited(("practitioner/en.toml", "Done.", "so " * 30 + "long."))) == []


def test_a_fault_of_syntax_names_the_line_and_nothing_else(edited) -> None:
    (line,) = lines(edited((ES, 'cheek = "Mejilla"', 'cheek = "Mejilla')))
    assert line.startswith(f"{ES}:4: syntax: not valid TOML at column ")


def test_a_file_that_is_not_utf8_names_the_line(tree: Path) -> None:
    (tree / ES).write_bytes(b'name = "x"\n# \xf1\n')
    (line,) = lines(tree)
    assert line == f"{ES}:2: encoding: is not UTF-8: save the file as UTF-8"


def test_a_broken_protocol_says_nothing_of_its_texts(edited) -> None:
    (line,) = lines(edited((PROTOCOL, "[cadence]", "[cadence")))
    assert line.startswith(f"{PROTOCOL}:8: syntax: ")


def test_a_step_that_is_there_twice_is_named(edited) -> None:
    root = edited((CORE, 'key = "visit"', 'key = "care"'))
    assert f"{CORE}: step.care: is there twice: rename or remove one" in lines(root)


def test_a_missing_file_is_one_line_and_a_new_language_wants_every_file(write, tree: Path) -> None:
    (tree / "protocols/skin/es.toml").unlink()
    (line,) = lines(tree)
    assert line.startswith("protocols/skin/es.toml: file: is missing: write its 8 texts")
    write({"patient/fr.toml": 'hello = "Bonjour {name}"\n[button]\nstop = "Arrêter"\n'})
    assert [line.partition(":")[0] for line in lines(tree)] == [
        "clinic/fr.toml",
        "common/fr.toml",
        "practitioner/fr.toml",
        "protocols/skin/es.toml",
        "protocols/skin/fr.toml",
    ]


def test_a_text_that_no_language_has_blocks(edited) -> None:
    found = check(
        edited(
            (EN, 'text = "One day since your visit."', ""),
            (ES, 'text = "Un día desde tu visita."', ""),
        )
    )
    assert [(issue.key, issue.blocks) for issue in found] == [("step.bumps.text", True)] * 2


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("protocol/skin/en.toml", 'did you mean "protocols"?'),
        ("protocols/skin/protocols.toml", 'did you mean "protocol.toml"?'),
        ("patient/english.toml", "is not a language"),
        ("patient/xx.toml", "is not a language"),
        ("notes.toml", "in no folder"),
    ],
)
def test_a_file_that_nobody_reads_is_told(write, tree: Path, path: str, problem: str) -> None:
    write({path: ""})
    (line,) = lines(tree)
    assert line.startswith(f"{path}: file: ")
    assert problem in line


def test_a_directory_that_is_not_there_is_an_issue(tree: Path) -> None:
    (line,) = lines(tree, tree / "nowhere")
    assert line.endswith("nowhere: directory: does not exist: create it or correct the path")


def test_an_empty_directory_is_told_what_it_lacks(tmp_path: Path) -> None:
    assert lines(tmp_path) == ["common/core.toml: file: is missing: it holds the core steps"]
