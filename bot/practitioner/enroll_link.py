"""The link that a patient opens: the QR picture to show, the words to send, and until when."""

from bot.carried import CARD
from bot.turn import Turn
from messages.render import moment
from scheduler import invitations
from scheduler.channel import Attachment


def hand_over(turn: Turn, token: str, *, label: str, patient_id: int) -> int:
    """Give the practitioner a patient's single-use link as a QR picture with the link under it.

    Returns:
        The outbox row. Its words are wiped once they are sent: whoever holds the link can open it.
    """
    link = turn.link(token)
    until = turn.now + invitations.VALID_FOR_MS["patient"]
    return turn.say(
        turn.text(
            "practitioner.enroll.done.caption",
            label=label,
            link=link,
            until=moment(until, turn.clinic.timezone, turn.language),
        ),
        [[turn.button("practitioner.enroll.button.card", f"{CARD}:c:{patient_id}")]],
        attachment=Attachment(kind="photo", made="qr", args={"link": link}),
        secret=True,
        patient_id=patient_id,
    )
