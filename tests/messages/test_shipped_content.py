"""The content that comes with the program is complete, safe to send and fit to read."""

from messages.catalogue import SHIPPED, load
from messages.check import check


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
