"""When an update cannot be handled: the sender is answered, staff are told, no words repeated."""

from bot.incoming import Incoming
from bot.turn import House
from scheduler import duty, outbox, patients, staff
from scheduler.database import Tx
from scheduler.said import Said


def tell_of_parked(tx: Tx, house: House, incoming: Incoming, *, now: int) -> None:
    """Tell the sender to call the clinic, and staff that something needs a look.

    Staff are those who look after the patient, and the managers.
    """
    if not incoming.private or not incoming.chat_id:
        return
    patient = patients.at_chat(tx, incoming.chat_id)
    language = patient.language if patient else house.catalogue.language(incoming.language_code)
    outbox.say(
        tx,
        Said(
            house.catalogue.text(
                language,
                "patient.trouble.parked",
                phone=house.clinic.phone,
                emergency=house.clinic.emergency,
            )
        ),
        chat_id=incoming.chat_id,
        now=now,
    )
    told = {member.chat_id: member for member in staff.everyone(tx, "manager")}
    if patient is not None:
        told |= {member.chat_id: member for member in duty.in_charge(tx, patient.id)}
    for member in told.values():
        if member.chat_id == incoming.chat_id:
            continue
        outbox.say(
            tx,
            Said(
                house.catalogue.text(
                    member.language,
                    "practitioner.trouble.parked",
                    label=patient.label if patient else "—",
                )
            ),
            chat_id=member.chat_id,
            now=now,
            kind="alert",
        )
