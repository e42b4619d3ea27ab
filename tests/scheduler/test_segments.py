"""Who a segment holds, and why some of them get no broadcast."""

import pytest

from messages.catalogue import Catalogue
from scheduler import consent, enrollment, patients, segments, staff
from scheduler.clinic import Clinic
from scheduler.database import Store, Tx
from scheduler.enrollment import Choice
from scheduler.segments import EVERYONE, Audience, Segment

NOW = 1_777_881_600_000
CLINIC = Clinic("Alba Clinic", "Europe/Madrid", "en", "+34 911 234 567", "112")


def add(
    tx: Tx,
    catalogue: Catalogue,
    number: int,
    *,
    state: patients.State = "active",
    tips: tuple[bool, ...] = (True,),
    language: str = "en",
    treatments: tuple[str, ...] = ("facial",),
) -> None:
    doctor = staff.at_chat(tx, 501) or staff.welcome(
        tx, chat_id=501, name="Dr", role="manager", language="en", actor="system", now=NOW
    )
    patient_id = patients.add(
        tx, label=f"P{number}", language=language, timezone="Europe/Madrid", now=NOW
    )
    for treatment in treatments:
        protocol = catalogue.protocols[treatment]
        enrollment.enroll(
            tx,
            Choice(treatment, protocol.areas[0], f"P{number}", session_at=NOW),
            protocol=protocol,
            clinic=CLINIC,
            staff=doctor,
            now=NOW,
            patient_id=patient_id,
        )
    if state != "invited":
        patients.meet(tx, patient_id, chat_id=1000 + number, language=language, now=NOW)
        patients.becomes(tx, patient_id, state, actor="patient", now=NOW)
    for given in tips:
        consent.record(tx, patient_id, "tips", given=given, version="1", now=NOW)


def test_everybody_is_counted_once_with_the_first_reason_that_holds(
    store: Store, catalogue: Catalogue
) -> None:
    def story(tx: Tx) -> None:
        add(tx, catalogue, 1, treatments=("facial", "hair"))
        add(tx, catalogue, 2, language="es")
        add(tx, catalogue, 3, tips=())
        add(tx, catalogue, 4, tips=(True, False))
        add(tx, catalogue, 5, tips=(False, True), treatments=("hair",))
        add(tx, catalogue, 6, state="stopped")
        add(tx, catalogue, 7, state="unreachable", language="es")
        add(tx, catalogue, 8, state="invited", tips=())
        found = segments.audiences(tx)
        why = {"no_consent": 2, "stopped": 1, "unreachable": 1, "not_opened": 1}
        assert found == {
            EVERYONE: Audience(3, why),
            Segment("treatment", "facial"): Audience(2, why),
            Segment("treatment", "hair"): Audience(2),
            Segment("language", "en"): Audience(
                2, {"no_consent": 2, "stopped": 1, "not_opened": 1}
            ),
            Segment("language", "es"): Audience(1, {"unreachable": 1}),
        }
        assert found == {segment: segments.audience(tx, segment) for segment in found}
        assert found[EVERYONE].whole == 8

    store.write_now(story)


@pytest.mark.parametrize(
    "segment", [EVERYONE, Segment("treatment", "fat-reduction"), Segment("language", "pt-br")]
)
def test_a_segment_is_read_back_as_it_was_written(segment: Segment) -> None:
    assert Segment.parse(segment.code) == segment


@pytest.mark.parametrize("code", ["", "all:x", "treatment", "treatment:", "area:face"])
def test_what_is_no_segment_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="no segment"):
        Segment.parse(code)
