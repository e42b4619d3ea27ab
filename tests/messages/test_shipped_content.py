"""The content that comes with the program is complete, safe to send and fit to read."""

from messages.catalogue import SHIPPED, load
from messages.check import check
from messages.markup import plain


def test_the_shipped_content_has_no_issue() -> None:
    assert [str(issue) for issue in check(SHIPPED)] == []


def test_every_step_of_every_treatment_can_be_said_in_every_language() -> None:
    catalogue = load()
    params = dict.fromkeys(("clinic", "phone", "emergency", "session_day", "next_session"), "x")
    assert set(catalogue.languages) >= {"en", "es"}
    for language in catalogue.languages:
        for treatment, protocol in catalogue.protocols.items():
            assert catalogue.treatment_name(language, treatment)
            for step in protocol.steps:
                assert catalogue.step_text(language, protocol, step.key, **params)
                for question in step.questions:
                    assert catalogue.question(language, protocol, step.key, question.key)
                    for answer in question.answers:
                        assert catalogue.answer(language, protocol, step.key, question.key, answer)


def test_every_list_of_what_to_wait_for_names_the_sauna() -> None:
    catalogue = load()
    params = dict.fromkeys(("clinic", "phone", "emergency", "session_day", "next_session"), "x")
    lists = {
        (language, treatment): catalogue.step_text(language, protocol, "care", **params)
        for language in ("en", "es")
        for treatment, protocol in catalogue.protocols.items()
        if protocol.kind == "treatment"
    }
    assert [key for key, text in lists.items() if "sauna" not in text] == []


def test_no_first_line_of_a_message_to_a_patient_gives_anything_away() -> None:
    catalogue = load()
    secrets = {"Alba Clinic"}
    for language in catalogue.languages:
        secrets |= {catalogue.treatment_name(language, name) for name in catalogue.protocols}
    looked_at = 0
    for language in catalogue.languages:
        for protocol in catalogue.protocols.values():
            for step in protocol.steps:
                words = plain(
                    catalogue.step_text(
                        language,
                        protocol,
                        step.key,
                        clinic="Alba Clinic",
                        phone="1",
                        emergency="2",
                        session_day="3",
                        next_session="4",
                    )
                )
                first = words.strip().partition("\n")[0].casefold()
                areas = {
                    catalogue.area_name(language, protocol.treatment, area)
                    for area in protocol.areas
                }
                looked_at += 1
                assert not [each for each in secrets if each.casefold() in first], step.key
                assert not [each for each in areas if f" {each.casefold()} " in first], step.key
    assert looked_at > 100
