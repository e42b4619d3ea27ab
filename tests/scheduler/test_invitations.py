"""Invitations: a link opens one door, once, for a while, and the database cannot forge it."""

import re

import pytest

from scheduler import invitations
from scheduler.database import Store, Tx
from scheduler.enrollment import Enrolled
from scheduler.invitations import VALID_FOR_MS, Invitation, Role
from tests.scheduler.conftest import NOW


def invite(store: Store, role: Role = "practitioner", now: int = NOW) -> tuple[str, Invitation]:
    def use_case(tx: Tx) -> tuple[str, Invitation]:
        token = invitations.invite(tx, role, now=now)
        found = invitations.find(tx, token)
        assert found is not None
        return token, found

    return store.write_now(use_case)


def use(store: Store, invitation: Invitation, chat_id: int, now: int = NOW) -> bool:
    return store.write_now(invitations.use, invitation.id, chat_id=chat_id, now=now)


def test_a_token_is_long_random_and_fits_a_start_link(store: Store) -> None:
    tokens = {invite(store)[0] for _ in range(50)}
    assert len(tokens) == 50
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{27}", token) for token in tokens)


def test_only_the_hash_of_a_token_is_kept(store: Store) -> None:
    token, _ = invite(store)
    rows = store.write_now(
        lambda tx: tx.all("SELECT * FROM invitations WHERE clinic_id = :clinic_id")
    )
    assert token not in str(rows)
    assert re.fullmatch(r"[0-9a-f]{64}", rows[0]["token_hash"])


def test_of_two_who_open_a_link_at_once_one_wins(store: Store) -> None:
    token, invitation = invite(store)
    assert use(store, invitation, 1)
    assert not use(store, invitation, 2)
    assert not use(store, invitation, 1)
    after = store.write_now(invitations.find, token)
    assert after is not None
    assert (after.state(NOW), after.used_by) == ("used", 1)


@pytest.mark.parametrize("role", ["patient", "practitioner", "manager"])
def test_a_link_expires_to_the_millisecond(store: Store, role: Role) -> None:
    _, invitation = invite(store, role)
    end = NOW + VALID_FOR_MS[role]
    assert invitation.state(end - 1) == "open"
    assert invitation.state(end) == "expired"
    assert not use(store, invitation, 1, now=end)
    assert use(store, invitation, 1, now=end - 1)


def test_a_new_link_for_a_plan_ends_the_old_one(store: Store, enrolled: Enrolled) -> None:
    newer = store.write_now(
        invitations.invite, "patient", now=NOW + 1, enrollment_id=enrolled.enrollment_id
    )
    old = store.write_now(invitations.find, enrolled.token)
    new = store.write_now(invitations.find, newer)
    assert old is not None
    assert new is not None
    assert (old.state(NOW + 1), new.state(NOW + 1)) == ("expired", "open")
    assert new.enrollment_id == enrolled.enrollment_id


def test_a_link_for_one_plan_leaves_other_links_alone(store: Store, enrolled: Enrolled) -> None:
    _, staffs = invite(store)
    store.write_now(invitations.invite, "patient", now=NOW, enrollment_id=enrolled.enrollment_id)
    again = store.write_now(invitations.by_id, staffs.id)
    assert again == staffs


@pytest.mark.parametrize("token", ["", "x", "' OR 1=1 --", "A" * 27])
def test_a_token_that_was_never_given_opens_nothing(store: Store, token: str) -> None:
    invite(store)
    assert store.write_now(invitations.find, token) is None
    assert store.write_now(invitations.by_id, 99) is None


def test_another_clinics_token_opens_nothing_here(store: Store) -> None:
    token, _ = invite(store)

    def elsewhere(tx: Tx) -> Invitation | None:
        return invitations.find(Tx(tx._driver, clinic_id=2), token)

    assert store.write_now(elsewhere) is None
