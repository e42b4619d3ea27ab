"""/mydata: everything held about a patient, as two files in the chat, once an hour."""

from typing import Final

from bot.patient import correcting
from bot.turn import Turn
from messages.render import clock
from scheduler import events
from scheduler.channel import Attachment
from scheduler.patients import Patient
from scheduler.wallclock import HOUR

AGAIN_MS: Final = HOUR
ASKED: Final = "data_asked"
_MAKER: Final = "mydata"


def give(turn: Turn, patient: Patient) -> None:
    """Owe the patient their two files, unless they had them within the hour."""
    asked = [
        event["at"] for event in events.of_patient(turn.tx, patient.id) if event["kind"] == ASKED
    ]
    if asked and turn.now - asked[-1] < AGAIN_MS:
        turn.say(
            turn.text(
                "patient.rights.mydata.too_soon",
                when=clock(asked[-1], patient.timezone, turn.language),
                again=clock(asked[-1] + AGAIN_MS, patient.timezone, turn.language),
            )
        )
        return
    events.note(turn.tx, ASKED, actor="patient", now=turn.now, patient_id=patient.id)
    turn.say(turn.text("patient.rights.mydata.coming"))
    for part, words in (("page", "readable"), ("whole", "whole")):
        turn.say(
            turn.text(f"patient.rights.mydata.{words}"),
            [[correcting.button(turn)]] if part == "page" else (),
            attachment=Attachment(
                "document", made=_MAKER, args={"patient": patient.id, "part": part}
            ),
            patient_id=patient.id,
        )
