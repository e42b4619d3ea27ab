"""The door: /start with and without a link, for patients, for staff, and for anybody else."""

from typing import Final

from bot import languages, telling
from bot.patient import coming, consenting, new_phone
from bot.turn import Turn
from scheduler import consent, enrollment, invitations, opening, patients, reach, staff
from scheduler.database import Row
from scheduler.invitations import Invitation
from scheduler.patients import Patient

PREFIX: Final = "c"
BUTTONS: Final = (PREFIX,)
"""The prefixes of callback data that :func:`button` answers."""

_OVER: Final = ("completed", "ended")


def start(turn: Turn) -> None:
    """Answer /start: open the link that it came with, or say where this person is."""
    token = turn.incoming.argument
    # What a patient writes behind it was taken as their words already.
    if not token or (turn.patient is not None and not invitations.is_token(token)):
        _where(turn)
        return
    found = opening.look(turn.tx, token, chat_id=turn.chat_id, now=turn.now)
    invitation = found.invitation
    if found.result == "ignored":
        return
    if found.result == "own":
        _where(turn)
    elif found.result != "open" or invitation is None:
        _refuse(turn, found.result)
    elif invitation.role != "patient":
        _join(turn, invitation)
    elif turn.staff is not None:
        _ask_staff(turn, invitation)
    else:
        _enter(turn, invitation)


def _refuse(turn: Turn, why: str) -> None:
    turn.say(turn.text(f"patient.link.{why}", phone=turn.clinic.phone))


def _ask_staff(turn: Turn, invitation: Invitation) -> None:
    """A patient's link on a staff phone is most likely a slip: ask before it is used up."""
    turn.say(
        turn.text("patient.link.staff_phone"),
        [
            [turn.button("patient.button.leave_link", f"{PREFIX}:leave:{invitation.id}")],
            [turn.button("patient.button.open_link", f"{PREFIX}:open:{invitation.id}")],
        ],
    )


def _join(turn: Turn, invitation: Invitation) -> None:
    """Make whoever opened a staff link a member; the inviter is told."""
    role: staff.Role = "manager" if invitation.role == "manager" else "practitioner"
    if turn.staff is not None and role in (turn.staff.role, "practitioner"):
        # It would give them nothing: the link stays good for the colleague it was made for.
        turn.say(turn.text("patient.link.already_staff"))
        return
    if not invitations.use(turn.tx, invitation.id, chat_id=turn.chat_id, now=turn.now):
        _refuse(turn, "used")
        return
    inviter = staff.by_id(turn.tx, invitation.staff_id) if invitation.staff_id else None
    turn.staff = staff.welcome(
        turn.tx,
        chat_id=turn.chat_id,
        name=turn.incoming.name or str(turn.chat_id),
        role=role,
        language=turn.language,
        actor=inviter.actor if inviter else "system",
        now=turn.now,
    )
    _greet_staff(turn, turn.staff)
    if inviter is not None:
        telling.tell_text(turn, [inviter], f"patient.told.joined_{role}", name=turn.staff.name)


def _greet_staff(turn: Turn, member: staff.Staff) -> None:
    turn.say(
        turn.text(f"patient.start.{member.role}", clinic=turn.clinic.name),
        languages.language_buttons(turn, lambda code: f"{languages.PREFIX}:{code}"),
    )


def _enter(turn: Turn, invitation: Invitation, *, edit: bool = False) -> None:
    """Open a patient's link: it is used up, and the chat is tied to the enrollment."""
    moving = patients.by_id(turn.tx, invitation.patient_id or 0)
    if moving is not None:
        _enter_anew(turn, invitation, moving, edit=edit)
        return
    row = enrollment.get(turn.tx, invitation.enrollment_id or 0)
    if row is None or row["status"] in _OVER:
        _refuse(turn, "expired")
        return
    if not invitations.use(turn.tx, invitation.id, chat_id=turn.chat_id, now=turn.now):
        _refuse(turn, "used")
        return
    enrolled = patients.by_id(turn.tx, row["patient_id"])
    patient = enrollment.open_link(
        turn.tx, row["id"], chat_id=turn.chat_id, language=turn.language, now=turn.now
    )
    known = turn.patient
    turn.patient = patient
    if known is None and enrolled is not None and enrolled.chat_id is not None:
        patient = new_phone.leave(turn, patient, enrolled.chat_id, row["id"])
    if consent.holds(turn.tx, patient.id, "aftercare"):
        _start_at_once(turn, patient, row, label=enrolled.label if enrolled else "")
        return
    if patient.state in ("unreachable", "stopped"):
        patients.becomes(turn.tx, patient.id, "invited", actor="patient", now=turn.now)
    consenting.greet(turn, row["id"], edit=edit)


def _enter_anew(turn: Turn, invitation: Invitation, patient: Patient, *, edit: bool) -> None:
    """Open a link that brings a patient to a new phone, with all that is theirs."""
    match new_phone.arrive(turn, invitation, patient):
        case "arrived":
            rows = enrollment.of_patient(turn.tx, patient.id)
            consenting.greet(turn, rows[0]["id"], edit=edit)
        case "here":
            _where(turn)
        case "used":
            _refuse(turn, "used")
        case "somebody_else":
            turn.say(turn.text("patient.link.somebody_else", phone=turn.clinic.phone))


def _start_at_once(turn: Turn, patient: Patient, row: Row, *, label: str) -> None:
    """The patient has said yes before: the new plan starts, and both sides are told."""
    patient = consenting.start_plans(turn, patient)
    turn.say("\n\n".join([turn.text("patient.start.new_plan"), coming.next_line(turn, patient)]))
    members = telling.for_enrollment(turn, patient, row["id"])
    key = "patient.told.new_plan" if label == patient.label else "patient.told.known_as"
    telling.tell_text(turn, members, key, patient=patient, enrollment_id=row["id"], given=label)


def _where(turn: Turn) -> None:
    """Say where this person is, whoever they are."""
    if turn.staff is not None:
        _greet_staff(turn, turn.staff)
    if turn.patient is not None:
        _where_patient(turn, turn.patient)
    elif turn.staff is None:
        turn.say(
            turn.text(
                "patient.start.stranger",
                clinic=turn.clinic.name,
                phone=turn.clinic.phone,
                emergency=turn.clinic.emergency,
            )
        )


def _where_patient(turn: Turn, patient: Patient) -> None:
    if consent.holds(turn.tx, patient.id, "aftercare") and patient.state == "active":
        # An app that takes the bot back sends /start by itself: they were greeted for the one.
        if not reach.just_back(turn.tx, patient.id, now=turn.now):
            turn.say(
                "\n\n".join([turn.text("patient.start.active"), coming.next_line(turn, patient)])
            )
        return
    if consenting.never_began(turn, patient):
        _refuse(turn, "expired")
        return
    waiting = opening.waiting(turn.tx, patient.id)
    if waiting and patient.state == "invited":
        consenting.greet(turn, waiting[-1]["id"])
        return
    turn.say(
        turn.text("patient.start.stopped", phone=turn.clinic.phone),
        [[turn.button("patient.button.resume", f"{PREFIX}:resume")]],
    )


def button(turn: Turn) -> None:
    """Take a tap on a button of the door, of the greeting, or about consent."""
    patient = turn.patient
    match turn.incoming.data.split(":")[1:]:
        case ["open" | "leave" as choice, number] if number.isdecimal():
            _opened_by_staff(turn, int(number), leave=choice == "leave")
        case ["tips", "yes" | "no" as answer] if patient is not None:
            consenting.set_tips(turn, patient, wanted=answer == "yes")
        case ["tips", "yes" | "no" as answer, "below"] if patient is not None:
            consenting.set_tips(turn, patient, wanted=answer == "yes", below=True)
        case ["resume"] if patient is not None:
            consenting.resume(turn, patient, edit=True)
        case ["only_tips"] if patient is not None:
            consenting.resume(turn, patient, edit=True, only_tips=True)
        case ["yes" | "no" as answer, number] if patient is not None and _theirs(turn, number):
            answered = consenting.agree if answer == "yes" else consenting.decline
            answered(turn, patient, int(number))
        case ["speak", code, number] if patient is not None and _theirs(turn, number):
            _speak(turn, patient, code, int(number))
        case _:
            turn.toast("patient.start.old_button")


def _theirs(turn: Turn, number: str) -> bool:
    """Whether the enrollment that a button names belongs to the patient who pressed it."""
    row = enrollment.get(turn.tx, int(number)) if number.isdecimal() else None
    return row is not None and turn.patient is not None and row["patient_id"] == turn.patient.id


def _speak(turn: Turn, patient: Patient, code: str, enrollment_id: int) -> None:
    if code not in turn.catalogue.languages or consent.holds(turn.tx, patient.id, "aftercare"):
        turn.toast("patient.start.old_button")
        return
    languages.speak(turn, code)
    consenting.greet(turn, enrollment_id, edit=True)


def _opened_by_staff(turn: Turn, invitation_id: int, *, leave: bool) -> None:
    invitation = opening.was_shown(turn.tx, invitation_id, chat_id=turn.chat_id, now=turn.now)
    if turn.staff is None or invitation is None or invitation.state(turn.now) != "open":
        turn.toast("patient.start.old_button")
        return
    if leave:
        turn.edit(turn.text("patient.link.left"))
        turn.toast("patient.toast.noted")
        return
    _enter(turn, invitation, edit=True)
