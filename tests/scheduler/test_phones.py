"""A new phone: what goes along, what is taken back, and whose yes counts."""

import json

from scheduler import consent, conversation, outbox, patients, phones, staff
from scheduler.said import Said
from tests.scheduler.conftest import DOCTOR_CHAT, NOW, PATIENT_CHAT, enroll_patient

NEW_CHAT = 602


def arrive(tx, patient_id):
    patients.meet(tx, patient_id, chat_id=NEW_CHAT, language="en", now=NOW)
    return phones.let_go(tx, patient_id, old_chat=PATIENT_CHAT, new_chat=NEW_CHAT, now=NOW)


def test_what_is_owed_goes_along_and_what_belongs_to_the_old_chat_is_taken_back(store, catalogue):
    def story(tx):
        made = enroll_patient(tx, catalogue)
        patient = patients.known(tx, made.patient_id)
        doctor = staff.at_chat(tx, DOCTOR_CHAT)
        written = conversation.write(
            tx, doctor, patient, "text", text="Hello", file_id=None, message_id=5, now=NOW
        )

        def say(chat_id, words="", **more):
            about = {"chat_id": chat_id, "now": NOW, "patient_id": patient.id}
            return outbox.say(tx, Said(words, form=more.pop("form", None)), **about, **more)

        silence = json.dumps({"silence": {"stage": "ask", "since": 0}})
        rows = {
            "answer": say(PATIENT_CHAT, "Thank you"),
            "from staff": say(PATIENT_CHAT, "Hello", kind="relay", staff_message_id=written),
            "silence": say(PATIENT_CHAT, form=silence),
            "to staff": say(DOCTOR_CHAT, "They wrote", kind="relay"),
        }
        arrive(tx, patient.id)
        after = {name: outbox.row(tx, number) for name, number in rows.items()}
        reminders = tx.all(
            """SELECT chat_id, held FROM outbox WHERE clinic_id = :clinic_id
                 AND kind = 'reminder' AND state = 'pending'"""
        )
        return (
            {name: (row["state"], row["chat_id"]) for name, row in after.items()},
            {(row["chat_id"], row["held"]) for row in reminders},
        )

    assert store.write_now(story) == (
        {
            "answer": ("canceled", PATIENT_CHAT),
            "from staff": ("pending", NEW_CHAT),
            "silence": ("pending", NEW_CHAT),
            "to staff": ("pending", DOCTOR_CHAT),
        },
        {(NEW_CHAT, "consent")},
    )


def test_the_yes_of_the_old_phone_does_not_count_for_the_new_one(store, catalogue):
    def story(tx):
        patient_id = enroll_patient(tx, catalogue).patient_id
        patient = arrive(tx, patient_id)
        return patient.state, [consent.holds(tx, patient_id, each) for each in consent.PURPOSES]

    assert store.write_now(story) == ("invited", [False] * len(consent.PURPOSES))
