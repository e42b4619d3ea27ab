"""Staff: who belongs to the clinic, as what, and who is told."""

import pytest

from messages.catalogue import Catalogue
from scheduler import dialogues, outbox, staff
from scheduler.database import Store, Tx
from scheduler.enrollment import Enrolled
from scheduler.outbox import Lane
from scheduler.said import Said
from scheduler.staff import Role, Staff
from tests.scheduler.conftest import DOCTOR_CHAT, NOW, enroll_patient

MANAGER_CHAT = 700


def join(store: Store, chat_id: int, role: Role = "practitioner", name: str = "Nora") -> Staff:
    return store.write_now(
        staff.welcome,
        chat_id=chat_id,
        name=name,
        role=role,
        language="en",
        actor="system",
        now=NOW,
    )


def remove(store: Store, member: Staff) -> bool:
    return store.write_now(staff.remove, member.id, actor="staff:1", now=NOW)


def at(store: Store, chat_id: int) -> Staff | None:
    return store.write_now(staff.at_chat, chat_id)


def test_a_member_is_known_by_their_chat(store: Store) -> None:
    member = join(store, 1)
    assert at(store, 1) == member
    assert store.write_now(staff.by_id, member.id) == member
    assert at(store, 2) is None


@pytest.mark.parametrize(
    ("first", "second", "then"),
    [
        ("practitioner", "manager", "manager"),
        ("manager", "practitioner", "manager"),
        ("practitioner", "practitioner", "practitioner"),
    ],
)
def test_a_second_welcome_never_takes_a_role_away(
    store: Store, first: Role, second: Role, then: Role
) -> None:
    member = join(store, 1, first)
    again = join(store, 1, second)
    assert (again.id, again.role) == (member.id, then)


def test_a_removed_member_is_nobody_and_their_dialogue_is_over(store: Store) -> None:
    join(store, MANAGER_CHAT, "manager")
    member = join(store, 1)
    store.write_now(dialogues.put, 1, "enroll", {"step": "area"}, now=NOW)
    assert remove(store, member)
    assert at(store, 1) is None
    assert store.write_now(staff.by_id, member.id) is None
    assert store.write_now(dialogues.of_chat, 1) is None
    assert not remove(store, member)


def test_the_last_manager_cannot_be_removed(store: Store) -> None:
    first, second = join(store, 1, "manager"), join(store, 2, "manager")
    assert remove(store, first)
    assert not remove(store, second)
    assert at(store, 2) is not None


def test_somebody_who_was_removed_may_join_again_as_somebody_new(store: Store) -> None:
    join(store, MANAGER_CHAT, "manager")
    member = join(store, 1)
    remove(store, member)
    again = join(store, 1)
    assert again.id != member.id
    assert at(store, 1) == again


def test_whoever_leaves_the_team_and_is_a_patient_too_keeps_what_the_patient_is_owed(
    store: Store, catalogue: Catalogue
) -> None:
    def story(tx: Tx) -> dict[str, str]:
        staff.welcome(
            tx, chat_id=1, name="Nora", role="practitioner", language="en", actor="system", now=NOW
        )
        own = enroll_patient(tx, catalogue, chat_id=1, label="N.N.").patient_id
        other = enroll_patient(tx, catalogue, chat_id=2, label="A.P.").patient_id
        for words, patient_id, more in (
            ("call 112", own, {"lane": Lane.SAFETY}),
            ("the clinic wrote", own, {}),
            ("a card", None, {}),
            ("an answer about A.P.", other, {}),
            ("A.P. wrote", other, {"kind": "relay"}),
            ("an alert", own, {"kind": "alert"}),
        ):
            outbox.say(tx, Said(words), chat_id=1, now=NOW, patient_id=patient_id, **more)  # type: ignore[arg-type]
        member = staff.at_chat(tx, 1)
        assert member is not None
        assert staff.remove(tx, member.id, actor="system", now=NOW)
        rows = tx.all(
            """SELECT content, state FROM outbox WHERE clinic_id = :clinic_id AND chat_id = 1
                 AND step_key IS NULL ORDER BY id"""
        )
        return {Said.from_json(row["content"]).html: row["state"] for row in rows}

    assert store.write_now(story) == {
        "call 112": "pending",
        "the clinic wrote": "pending",
        "a card": "canceled",
        "an answer about A.P.": "canceled",
        "A.P. wrote": "canceled",
        "an alert": "canceled",
    }


def test_managers_come_first_then_names(store: Store) -> None:
    for chat, role, name in (
        (1, "practitioner", "Zoe"),
        (2, "practitioner", "Ada"),
        (3, "manager", "Mia"),
    ):
        join(store, chat, role, name)  # type: ignore[arg-type]  # mypy widens the tuple
    assert [each.name for each in store.write_now(staff.everyone)] == ["Mia", "Ada", "Zoe"]
    assert [each.name for each in store.write_now(staff.everyone, "manager")] == ["Mia"]


def test_the_one_who_enrolled_is_told_and_without_them_every_manager(
    store: Store, enrolled: Enrolled
) -> None:
    manager = join(store, MANAGER_CHAT, "manager")
    (doctor,) = store.write_now(staff.responsible_for, enrolled.enrollment_id)
    assert doctor.chat_id == DOCTOR_CHAT
    remove(store, doctor)
    assert store.write_now(staff.responsible_for, enrolled.enrollment_id) == [manager]


def test_the_managers_of_the_settings_are_made_once(store: Store) -> None:
    for _ in range(2):
        store.write_now(staff.ensure_managers, [5, 6], language="en", now=NOW)
    assert [each.chat_id for each in store.write_now(staff.everyone, "manager")] == [5, 6]


def test_a_name_and_a_language_follow_the_person(store: Store) -> None:
    member = join(store, 1)
    store.write_now(staff.rename, member.id, name="Nora R.")
    store.write_now(staff.speaks, member.id, "es")
    again = at(store, 1)
    assert again is not None
    assert (again.name, again.language) == ("Nora R.", "es")


def test_staff_of_another_clinic_are_nobody_here(store: Store, catalogue: Catalogue) -> None:
    join(store, 1)

    def elsewhere(tx: Tx) -> list[Staff]:
        there = Tx(tx._driver, clinic_id=2)
        enroll_patient(there, catalogue)
        return staff.everyone(there)

    assert [each.chat_id for each in store.write_now(elsewhere)] == [DOCTOR_CHAT]
    assert at(store, DOCTOR_CHAT) is None
