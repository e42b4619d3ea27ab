"""A patient's file that nobody was shown: its sender is told, once."""

import json

from scheduler import outbox, replies, withholding
from scheduler.database import Row, Store, Tx
from scheduler.said import Said
from tests.scheduler.conftest import NOW, PATIENT_CHAT, enroll_patient


def notices(tx: Tx) -> list[Row]:
    return tx.all(
        """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND chat_id = :chat_id
             AND content LIKE '%patient.file.%'""",
        chat_id=PATIENT_CHAT,
    )


def test_it_is_told_once_however_many_were_to_get_it(store: Store, catalogue) -> None:
    enrolled = store.write_now(enroll_patient, catalogue)
    reply_id = store.write_now(
        replies.free,
        enrolled.patient_id,
        "document",
        text=None,
        file_id="f",
        context=None,
        now=NOW,
        message_id=12,
    )

    def brings(tx: Tx, chat_id: int) -> Row:
        row = outbox.row(tx, outbox.say(tx, Said("x"), chat_id=chat_id, now=NOW, reply_id=reply_id))
        assert row is not None
        return row

    for reader in (901, 902):
        store.write_now(withholding.tell, store.write_now(brings, reader), "program", now=NOW)
    (told,) = store.write_now(notices)
    said = json.loads(told["content"])
    assert json.loads(said["form"])["notice"] == "patient.file.program"
    assert said["reply_to"] == 12


def test_a_file_of_staff_that_could_not_be_sent_is_not_told_to_the_patient(store: Store) -> None:
    row = store.write_now(
        lambda tx: outbox.row(tx, outbox.say(tx, Said("x"), chat_id=PATIENT_CHAT, now=NOW))
    )
    store.write_now(withholding.tell, row, "unreadable", now=NOW)
    assert store.write_now(notices) == []
