"""Dialogues: one for each chat, kept in a table, so that a restart interrupts nobody."""

from scheduler import dialogues
from scheduler.database import Store
from tests.scheduler.conftest import NOW


def test_a_dialogue_is_read_back_as_it_was_put(store: Store) -> None:
    data = {"step": "label", "label": "Ñ 🌿 <b>", "next": None, "areas": ["face"]}
    store.write_now(dialogues.put, 1, "enroll", data, now=NOW, outbox_id=7)
    found = store.write_now(dialogues.of_chat, 1)
    assert found == dialogues.Dialogue("enroll", data, 7, NOW)


def test_a_new_dialogue_takes_the_place_of_the_old(store: Store) -> None:
    store.write_now(dialogues.put, 1, "enroll", {"step": "area"}, now=NOW, outbox_id=7)
    store.write_now(dialogues.put, 1, "broadcast", {}, now=NOW + 1)
    found = store.write_now(dialogues.of_chat, 1)
    assert found == dialogues.Dialogue("broadcast", {}, None, NOW + 1)


def test_a_dialogue_is_left_once_and_only_in_its_own_chat(store: Store) -> None:
    for chat in (1, 2):
        store.write_now(dialogues.put, chat, "enroll", {}, now=NOW)
    assert store.write_now(dialogues.close, 1)
    assert not store.write_now(dialogues.close, 1)
    assert store.write_now(dialogues.of_chat, 1) is None
    assert store.write_now(dialogues.of_chat, 2) is not None
