import pytest

from scheduler import patients, roster, staff
from tests.scheduler.conftest import DOCTOR_CHAT, NOW, enroll_patient


def member(tx, chat_id, role):
    return staff.welcome(
        tx, chat_id=chat_id, name="N", role=role, language="en", actor="system", now=NOW
    )


def labels(found):
    return [each.patient.label for each in found]


def test_a_practitioner_sees_whom_they_enrolled_and_a_manager_everybody(store, enrolled):
    def look(tx):
        doctor = staff.at_chat(tx, DOCTOR_CHAT)
        stranger = member(tx, 777, "practitioner")
        manager = member(tx, 778, "manager")
        return [
            (
                roster.seen(tx, each, enrolled.patient_id) is not None,
                labels(roster.page(tx, each, offset=0, limit=9)),
            )
            for each in (doctor, stranger, manager)
        ]

    assert store.write_now(look) == [(True, ["A.P."]), (False, []), (True, ["A.P."])]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("", ["d_e", "c!", "50%", "Ab"]),
        ("ab", ["Ab"]),
        ("B", ["Ab"]),
        ("%", ["50%"]),
        ("_", ["d_e"]),
        ("!", ["c!"]),
        ("'; DROP TABLE patients; --", []),
    ],
)
def test_a_search_is_for_the_signs_themselves(store, search, expected):
    def look(tx):
        for label in ("Ab", "50%", "c!", "d_e"):
            patients.add(tx, label=label, language="en", timezone="Europe/Madrid", now=NOW)
        return labels(roster.page(tx, member(tx, 1, "manager"), search=search, offset=0, limit=9))

    assert store.write_now(look) == expected


def test_pages_go_on_where_the_last_one_ended(store, catalogue):
    def look(tx):
        for number in range(5):
            enroll_patient(tx, catalogue, chat_id=700 + number, label=f"P{number}")
        doctor = staff.at_chat(tx, DOCTOR_CHAT)
        return [labels(roster.page(tx, doctor, offset=start, limit=2)) for start in (0, 2, 4, 6)]

    assert store.write_now(look) == [["P4", "P3"], ["P2", "P1"], ["P0"], []]
