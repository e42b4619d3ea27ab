"""Who a segment holds, and why some of them get no broadcast."""

import pytest

from messages.catalogue import Catalogue
from scheduler import consent, enrollment, outbox, patients, segments, staff
from scheduler.clinic import Clinic
from scheduler.database import Store, Tx
from scheduler.enrollment import Choice
from scheduler.quiet import QuietHours
from scheduler.said import Said
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


def count(tx: Tx, segment: Segment, *, gap_ms: int = 0, now: int = NOW) -> Audience:
    return segments.audience(tx, segment, quiet=QuietHours(), gap_ms=gap_ms, now=now)


def having(**chosen: str) -> Segment:
    made = EVERYONE
    for kind, value in chosen.items():
        made = made.having(kind, *value.split(","))  # type: ignore[arg-type]
    return made


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
        why = {"no_consent": 2, "stopped": 1, "unreachable": 1, "not_opened": 1}
        english = {"no_consent": 2, "stopped": 1, "not_opened": 1}
        for segment, reached, left_out in (
            (EVERYONE, 3, why),
            (having(treatment="facial"), 2, why),
            (having(treatment="hair"), 2, {}),
            (having(treatment="facial,hair"), 3, why),
            (having(language="en"), 2, english),
            (having(language="es"), 1, {"unreachable": 1}),
            (having(language="es", treatment="hair"), 0, {}),
            (having(status="over"), 0, {}),
            (having(staff="1"), 3, why),
            (having(staff="2"), 0, {}),
        ):
            assert count(tx, segment) == Audience(reached, left_out), segment.code

    store.write_now(story)


def test_an_alert_and_a_recent_tip_leave_a_patient_out(store: Store, catalogue: Catalogue) -> None:
    def story(tx: Tx) -> None:
        for number in (1, 2, 3):
            add(tx, catalogue, number)
        tx.run(
            """INSERT INTO alerts (clinic_id, patient_id, level, spoken, state, opened_at,
                   raised_at, told_at) VALUES (:clinic_id, 1, 'urgent', 1, 'open', 1, 1, 1)"""
        )
        tip = outbox.say(tx, Said("x"), chat_id=1002, now=NOW, kind="broadcast", patient_id=2)
        outbox.sent(tx, tip, 5, now=NOW)
        day = 24 * 3_600_000
        assert count(tx, EVERYONE) == Audience(2, {"alert": 1})
        late = count(tx, EVERYONE, gap_ms=3 * day, now=NOW + 3 * day - 1)
        assert late.left_out == {"alert": 1, "recent": 1}
        assert count(tx, EVERYONE, gap_ms=3 * day, now=NOW + 3 * day).reached == 2

    store.write_now(story)


def test_at_night_it_says_for_how_many_it_waits(store: Store, catalogue: Catalogue) -> None:
    def story(tx: Tx) -> None:
        add(tx, catalogue, 1)
        add(tx, catalogue, 2)
        tx.run(
            "UPDATE patients SET timezone = 'America/Lima' WHERE clinic_id = :clinic_id AND id = 2"
        )
        # Ten in Madrid is three at night in Lima.
        assert count(tx, EVERYONE) == Audience(2, {}, asleep=1)

    store.write_now(story)


def test_the_last_visit_counts_and_not_an_older_or_a_coming_one(
    store: Store, catalogue: Catalogue
) -> None:
    def story(tx: Tx) -> None:
        add(tx, catalogue, 1)
        day = 24 * 3_600_000
        tx.run(
            """INSERT INTO sessions (clinic_id, enrollment_id, starts_at, timezone, state,
                   created_at, changed_at)
               VALUES (:clinic_id, 1, :later, 'Europe/Madrid', 'planned', 1, 1)""",
            later=NOW + 30 * day,
        )
        for days, within, before in ((6, 1, 0), (8, 0, 1), (31, 1, 0)):
            now = NOW + days * day
            assert count(tx, having(within="7"), now=now).reached == within, days
            assert count(tx, having(before="7"), now=now).reached == before, days

    store.write_now(story)


@pytest.mark.parametrize(
    "segment",
    [
        EVERYONE,
        having(treatment="fat-reduction"),
        having(language="pt-br", staff="3,12", within="30", area="face"),
    ],
)
def test_a_segment_is_read_back_as_it_was_written(segment: Segment) -> None:
    assert Segment.parse(segment.code) == segment


def test_a_second_tap_takes_a_value_out_again_and_days_are_one_number() -> None:
    both = EVERYONE.toggled("language", "es").toggled("language", "en")
    assert both.values("language") == ("en", "es")
    assert both.toggled("language", "es").toggled("language", "en") == EVERYONE
    assert EVERYONE.toggled("within", "7").toggled("within", "30").values("within") == ("30",)


@pytest.mark.parametrize(
    "code", ["", "all:x", "treatment", "treatment:", "city:x", "within:x", "within:7,8", "status:x"]
)
def test_what_is_no_segment_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match=r"segment|number of days|status"):
        Segment.parse(code)
