"""Opening a link: what a token leads to, who said what to it, how many wrong ones a chat may try.

A token cannot be guessed (160 random bits); the limit keeps a chat from trying all day long.
"""

from dataclasses import dataclass
from typing import Final, Literal

from scheduler import events, invitations
from scheduler.database import Row, Tx
from scheduler.invitations import Invitation
from scheduler.patients import Patient

MAX_WRONG: Final = 10
WINDOW_MS: Final = 60 * 60 * 1000
_SAY_AGAIN_AFTER_MS: Final = 60 * 1000

Result = Literal["open", "own", "used", "expired", "unknown", "too_many", "ignored"]
Standing = Literal["not_opened", "no_answer", "declined", "new_phone"]


@dataclass(frozen=True, slots=True)
class Found:
    """What a token leads to.

    ``result``: "open" it may be used; "own" this chat used it before; "used" somebody else did;
    "expired"; "unknown"; "too_many" the chat has tried too many wrong ones and is to be told so;
    "ignored" it was told a moment ago. The invitation is given where there is one to speak of.
    """

    result: Result
    invitation: Invitation | None = None


def look(tx: Tx, token: str, *, chat_id: int, now: int) -> Found:
    """Look at what a token leads to, without using it (``now`` in UTC epoch ms).

    After ten wrong tokens in a row within an hour a chat's tokens are not even looked at until
    the hour is over; it is told so, but not more than once a minute.
    """
    actor = f"chat:{chat_id}"
    if _wrong_in_a_row(tx, actor, now=now) >= MAX_WRONG:
        return _enough(tx, actor, now=now)
    invitation = invitations.find(tx, token)
    if invitation is None:
        events.note(tx, "wrong_token", actor=actor, now=now)
        if _wrong_in_a_row(tx, actor, now=now) >= MAX_WRONG:
            return _enough(tx, actor, now=now)
        return Found("unknown")
    events.note(tx, "token_looked_at", actor=actor, now=now, invitation=invitation.id)
    state = invitation.state(now)
    if state == "used" and invitation.used_by == chat_id:
        return Found("own", invitation)
    return Found(state, invitation)


def was_shown(tx: Tx, invitation_id: int, *, chat_id: int, now: int) -> Invitation | None:
    """Return the invitation if this chat came with its token in the last hour, else None."""
    held = tx.value(
        """SELECT 1 FROM events WHERE clinic_id = :clinic_id AND actor = :actor
             AND kind = 'token_looked_at' AND at > :since AND detail = :detail LIMIT 1""",
        actor=f"chat:{chat_id}",
        since=now - WINDOW_MS,
        detail=f'{{"invitation": {invitation_id}}}',
    )
    return None if held is None else invitations.by_id(tx, invitation_id)


def waiting(tx: Tx, patient_id: int) -> list[Row]:
    """Return the enrollments whose link a patient opened and that have not begun, oldest first."""
    return tx.all(
        """SELECT * FROM enrollments
           WHERE clinic_id = :clinic_id AND patient_id = :patient_id AND status = 'invited'
             AND EXISTS (SELECT 1 FROM invitations
                 WHERE invitations.clinic_id = :clinic_id
                   AND invitations.enrollment_id = enrollments.id
                   AND invitations.used_at IS NOT NULL)
           ORDER BY id""",
        patient_id=patient_id,
    )


def _enough(tx: Tx, actor: str, *, now: int) -> Found:
    told: int | None = tx.value(
        """SELECT MAX(at) FROM events WHERE clinic_id = :clinic_id AND actor = :actor
             AND kind = 'tokens_refused' AND at > :since""",
        actor=actor,
        since=now - WINDOW_MS,
    )
    if told is not None and now - told < _SAY_AGAIN_AFTER_MS:
        return Found("ignored")
    events.note(tx, "tokens_refused", actor=actor, now=now)
    return Found("too_many")


def _wrong_in_a_row(tx: Tx, actor: str, *, now: int) -> int:
    count: int = tx.value(
        """SELECT COUNT(*) FROM events WHERE clinic_id = :clinic_id AND actor = :actor
             AND kind = 'wrong_token' AND at > :since
             AND id > COALESCE((SELECT MAX(good.id) FROM events AS good
                 WHERE good.clinic_id = :clinic_id AND good.actor = :actor
                   AND good.kind = 'token_looked_at' AND good.at > :since), 0)""",
        actor=actor,
        since=now - WINDOW_MS,
    )
    return count


def standing(tx: Tx, patient: Patient) -> Standing:
    """Return how somebody who is "invited" stands to the last link they opened.

    "no_answer" they have said neither yes nor no to it; "declined" they said no; "new_phone" it
    was opened on another phone, whose yes is waited for.
    """
    if patient.chat_id is None:
        return "not_opened"
    opened_at = _opened_at(tx, patient.id)
    kinds = {
        event["kind"] for event in events.of_patient(tx, patient.id) if event["at"] >= opened_at
    }
    if "plan_declined" in kinds:
        return "declined"
    return "new_phone" if "phone_changed" in kinds else "no_answer"


def _opened_at(tx: Tx, patient_id: int) -> int:
    """Return when a patient last opened a link (UTC epoch ms); 0 where it is not known."""
    found: int | None = tx.value(
        """SELECT MAX(used_at) FROM invitations
           WHERE clinic_id = :clinic_id AND (patient_id = :patient_id OR enrollment_id IN
               (SELECT id FROM enrollments
                WHERE clinic_id = :clinic_id AND patient_id = :patient_id))""",
        patient_id=patient_id,
    )
    return found or 0


def decline(tx: Tx, patient_id: int, enrollment_id: int, *, now: int) -> bool:
    """Remember that a patient said no to a plan; returns whether it is the first time.

    Whoever opened another link since, from a new phone for one, is asked anew.
    """
    before = tx.value(
        """SELECT 1 FROM events WHERE clinic_id = :clinic_id AND patient_id = :patient_id
             AND kind = 'plan_declined' AND enrollment_id = :enrollment_id
             AND at >= :opened_at LIMIT 1""",
        patient_id=patient_id,
        enrollment_id=enrollment_id,
        opened_at=_opened_at(tx, patient_id),
    )
    if before is None:
        events.note(
            tx,
            "plan_declined",
            actor="patient",
            now=now,
            patient_id=patient_id,
            enrollment_id=enrollment_id,
        )
    return before is None
