import pytest

from scheduler import patients, reach, replies, roster, staff
from scheduler.roster import Wanted
from tests.scheduler.conftest import DAY, DOCTOR_CHAT, NOW, enroll_patient


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
                labels(roster.page(tx, each, limit=9, now=NOW)),
            )
            for each in (doctor, stranger, manager)
        ]

    assert store.write_now(look) == [(True, ["A.P."]), (False, []), (True, ["A.P."])]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("", ["STRASSE", "Жанна", "Ángel Ñ", "d_e", "c!", "50%", "Ab"]),
        ("ab", ["Ab"]),
        ("B", ["Ab"]),
        ("%", ["50%"]),
        ("_", ["d_e"]),
        ("!", ["c!"]),
        ("'%\";--", []),
        ("ÁNGEL", ["Ángel Ñ"]),
        ("angel  n", ["Ángel Ñ"]),
        ("ЖАННА", ["Жанна"]),
        ("straße", ["STRASSE"]),
    ],
)
def test_a_search_is_for_the_signs_themselves(store, search, expected):
    def look(tx):
        for label in ("Ab", "50%", "c!", "d_e", "Ángel Ñ", "Жанна", "STRASSE"):
            patients.add(tx, label=label, language="en", timezone="Europe/Madrid", now=NOW)
        manager = member(tx, 1, "manager")
        return labels(roster.page(tx, manager, Wanted(words=search), limit=9, now=NOW))

    assert store.write_now(look) == expected


def test_pages_go_on_from_a_patient_in_both_directions(store, catalogue):
    def look(tx):
        ids = [
            enroll_patient(tx, catalogue, chat_id=700 + number, label=f"P{number}").patient_id
            for number in range(5)
        ]
        doctor = staff.at_chat(tx, DOCTOR_CHAT)

        def page(**place):
            return labels(roster.page(tx, doctor, limit=2, now=NOW, **place))

        first = page()
        enroll_patient(tx, catalogue, chat_id=720, label="meanwhile")
        return first, page(before=ids[3]), page(before=ids[1]), page(after=ids[0])

    assert store.write_now(look) == (["P4", "P3"], ["P2", "P1"], ["P0"], ["P2", "P1"])


def end(tx, made):
    tx.run(
        "UPDATE enrollments SET status = 'ended' WHERE clinic_id = :clinic_id AND id = :id",
        id=made.enrollment_id,
    )


def test_each_status_finds_whom_it_means(store, catalogue):
    def look(tx):
        made = {
            name: enroll_patient(tx, catalogue, chat_id=700 + n, label=name)
            for n, name in enumerate(("runs", "lost", "sore", "better", "asks", "over", "alarm"))
        }
        steps = {
            name: tx.all(
                """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND patient_id = :id
                     AND step_key IS NOT NULL ORDER BY id""",
                id=each.patient_id,
            )
            for name, each in made.items()
        }
        reach.lost(tx, made["lost"].patient_id, actor="system", now=NOW)
        end(tx, made["over"])
        for name in ("sore", "better"):
            replies.answer(tx, steps[name][0], "pain", "8", now=NOW + 1)
            replies.off_course(tx, steps[name][0], "pain", "pain_severe")
        replies.answer(tx, steps["better"][1], "pain", "1", now=NOW + 2)
        replies.free(
            tx,
            made["asks"].patient_id,
            "text",
            text="?",
            file_id=None,
            context=None,
            now=NOW,
        )
        tx.run(
            """INSERT INTO alerts (clinic_id, patient_id, level, spoken, state, opened_at,
                   raised_at, told_at)
               VALUES (:clinic_id, :id, 'urgent', 1, 'open', :now, :now, :now)""",
            id=made["alarm"].patient_id,
            now=NOW,
        )
        manager = member(tx, 1, "manager")

        def found(now=NOW + 3, **wanted):
            return labels(roster.page(tx, manager, Wanted(**wanted), limit=9, now=now))

        return {status: found(status=status) for status in roster.STATUSES} | {
            "later": found(status="off_course", now=NOW + 4 * DAY),
            "facial": len(found(treatment="facial")),
            "hair": found(treatment="hair"),
            "words too": found(status="active", words="AS"),
        }

    assert store.write_now(look) == {
        "active": ["alarm", "asks", "better", "sore", "runs"],
        "unreachable": ["lost"],
        "off_course": ["alarm", "sore"],
        "unanswered": ["asks"],
        "ended": ["over"],
        "later": ["alarm"],
        "facial": 7,
        "hair": [],
        "words too": ["asks"],
    }
