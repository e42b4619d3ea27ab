"""Consent: per purpose, the newest word holds, and every word stays on record."""

from scheduler import consent
from scheduler.consent import Purpose
from scheduler.database import Store
from scheduler.enrollment import Enrolled
from tests.scheduler.conftest import NOW


def say(store: Store, patient_id: int, purpose: Purpose, given: bool) -> None:
    store.write_now(consent.record, patient_id, purpose, given=given, version="2", now=NOW)


def test_the_newest_word_holds(store: Store, enrolled: Enrolled) -> None:
    patient = enrolled.patient_id
    for given in (False, True, False):
        say(store, patient, "aftercare", given)
        assert store.write_now(consent.holds, patient, "aftercare") is given


def test_one_purpose_says_nothing_about_the_other(store: Store, enrolled: Enrolled) -> None:
    say(store, enrolled.patient_id, "tips", given=False)
    assert store.write_now(consent.holds, enrolled.patient_id, "aftercare")
    assert not store.write_now(consent.holds, enrolled.patient_id, "tips")


def test_without_a_word_nothing_is_allowed(store: Store) -> None:
    assert not store.write_now(consent.holds, 1, "aftercare")
    assert not store.write_now(consent.answered, 1, "aftercare")


def test_a_no_is_an_answer_too_and_everything_stays_on_record(
    store: Store, enrolled: Enrolled
) -> None:
    say(store, enrolled.patient_id, "tips", given=False)
    assert store.write_now(consent.answered, enrolled.patient_id, "tips")
    lines = store.write_now(
        lambda tx: tx.all(
            """SELECT given, version FROM consents WHERE clinic_id = :clinic_id
                 AND purpose = 'tips' ORDER BY id"""
        )
    )
    assert lines == [{"given": 1, "version": "1"}, {"given": 0, "version": "2"}]
