"""Consent in the chat: the greeting that asks for it, the answers, tips, /stop and /resume."""

from bot import telling
from bot.languages import language_buttons
from bot.patient import coming, consent_texts
from bot.turn import Turn
from scheduler import consent, dialogues, enrollment, events, holding, opening, patients, reconsent
from scheduler.channel import Button
from scheduler.patients import Patient


def greet(turn: Turn, enrollment_id: int, *, edit: bool = False) -> None:
    """Say what the bot does and ask for consent to aftercare messages."""
    say = turn.edit if edit else turn.say
    say(
        consent_texts.asked(turn, "aftercare"),
        _consent_buttons(turn, enrollment_id, languages=True),
    )


def remind(turn: Turn, enrollment_id: int) -> None:
    """Show the consent buttons again to somebody who writes without having answered."""
    turn.say(
        turn.text("patient.consent.reminder"),
        _consent_buttons(turn, enrollment_id, languages=False),
    )


def _consent_buttons(turn: Turn, enrollment_id: int, *, languages: bool) -> list[list[Button]]:
    rows = [
        [turn.button("patient.button.consent_yes", f"c:yes:{enrollment_id}")],
        [turn.button("patient.button.consent_no", f"c:no:{enrollment_id}")],
    ]
    if languages:
        rows += language_buttons(turn, lambda code: f"c:speak:{code}:{enrollment_id}")
    return rows


def agree(turn: Turn, patient: Patient, enrollment_id: int) -> None:
    """Take a yes to aftercare: the plan is active from here; the practitioner is told."""
    if _running(turn, patient):
        turn.toast("patient.toast.already")
        return
    if _ended_unopened(turn, patient, enrollment_id):
        # There is nothing to agree to any more, as where the link had not been opened.
        turn.edit(turn.text("patient.link.expired", phone=turn.clinic.phone))
        return
    patient = _say_yes(turn, patient)
    agreed = turn.text("patient.consent.agreed", clinic=turn.clinic.name, phone=turn.clinic.phone)
    turn.edit("\n\n".join([agreed, coming.next_line(turn, patient)]))
    turn.toast("patient.toast.thanks")
    telling.tell_text(
        turn,
        telling.for_enrollment(turn, patient, enrollment_id),
        "patient.told.agreed",
        patient=patient,
        enrollment_id=enrollment_id,
    )
    if not consent.answered(turn.tx, patient.id, "tips"):
        _ask_tips(turn)


def _ended_unopened(turn: Turn, patient: Patient, enrollment_id: int) -> bool:
    """Whether the clinic has ended a plan before its patient answered, and no other is there."""
    row = enrollment.get(turn.tx, enrollment_id)
    begun = row is not None and row["started_at"] is not None
    return not begun and not _under_way(turn, patient)


def never_began(turn: Turn, patient: Patient) -> bool:
    """Whether a patient never answered, and there is no plan any more to answer for."""
    answered = consent.answered(turn.tx, patient.id, "aftercare")
    return not answered and not _under_way(turn, patient)


def _under_way(turn: Turn, patient: Patient) -> bool:
    rows = enrollment.of_patient(turn.tx, patient.id)
    return any(each["status"] in enrollment.UNDER_WAY for each in rows)


def _running(turn: Turn, patient: Patient) -> bool:
    """Whether there is nothing left to agree to."""
    return (
        patient.state == "active"
        and consent.standing(
            turn.tx, patient.id, "aftercare", reconsent.declared(turn.catalogue, "aftercare")
        )
        == "yes"
        and not opening.waiting(turn.tx, patient.id)
    )


def _say_yes(turn: Turn, patient: Patient) -> Patient:
    consent_texts.record(turn, "aftercare", given=True)
    return start_plans(turn, patient)


def start_plans(turn: Turn, patient: Patient) -> Patient:
    """Let everything go on that a consent which holds covers; return the patient as of now."""
    patients.becomes(turn.tx, patient.id, "active", actor="patient", now=turn.now)
    turn.patient = patients.by_id(turn.tx, patient.id) or patient
    for row in opening.waiting(turn.tx, patient.id):
        holding.begin(turn.tx, row["id"], turn.patient, turn.catalogue, turn.clinic, now=turn.now)
    holding.release(turn.tx, turn.patient, turn.catalogue, turn.clinic, now=turn.now)
    reconsent.ask_if_outdated(
        turn.tx, turn.patient, "aftercare", turn.catalogue, turn.clinic, now=turn.now
    )
    return turn.patient


def decline(turn: Turn, patient: Patient, enrollment_id: int) -> None:
    """Take a no to aftercare: nothing will be sent; the practitioner is told."""
    if consent.holds(turn.tx, patient.id, "aftercare"):
        # Said yes meanwhile, from another copy of the buttons; /stop is the way out then.
        turn.toast("patient.start.old_button")
        return
    if not opening.decline(turn.tx, patient.id, enrollment_id, now=turn.now):
        turn.toast("patient.toast.already")
    else:
        consent_texts.record(turn, "aftercare", given=False)
        telling.tell_text(
            turn,
            telling.for_enrollment(turn, patient, enrollment_id),
            "patient.told.declined",
            patient=patient,
            enrollment_id=enrollment_id,
        )
        turn.toast("patient.toast.noted")
    turn.edit(
        turn.text(
            "patient.consent.declined", phone=turn.clinic.phone, emergency=turn.clinic.emergency
        ),
        [[turn.button("patient.button.consent_yes", f"c:yes:{enrollment_id}")]],
    )


def _ask_tips(turn: Turn) -> None:
    turn.say(
        turn.text("patient.tips.ask"),
        [
            [
                turn.button("patient.button.tips_yes", "c:tips:yes"),
                turn.button("patient.button.tips_no", "c:tips:no"),
            ]
        ],
    )


def set_tips(turn: Turn, patient: Patient, *, wanted: bool, below: bool = False) -> None:
    """Take a yes or a no to tips, at any time; the buttons then offer the other answer.

    Args:
        turn: the update at hand.
        patient: who answers.
        wanted: whether tips may come.
        below: whether to answer with a message of its own, because the one with the button says
            something else: nobody loses the plan they look at.
    """
    if not consent.holds(turn.tx, patient.id, "aftercare"):
        # Tips alone are not offered: whoever stopped everything comes back with /resume first.
        turn.toast("patient.toast.resume_first", alert=True)
        return
    today = reconsent.declared(turn.catalogue, "tips")
    stands = consent.standing(turn.tx, patient.id, "tips", today)
    if stands == ("yes" if wanted else "no"):
        turn.toast("patient.toast.already")
        if below:
            return
    else:
        consent_texts.record(turn, "tips", given=wanted)
        turn.toast("patient.toast.noted")
    key, other, data = (
        ("patient.tips.on", "patient.button.tips_off", "c:tips:no")
        if wanted
        else ("patient.tips.off", "patient.button.tips_on", "c:tips:yes")
    )
    answer = turn.say if below else turn.edit
    answer(turn.text(key), [[turn.button(other, data)]])


def stop(turn: Turn, patient: Patient) -> None:
    """Stop everything at once: consent taken back, plans held, staff told (once)."""
    if patient.state == "stopped":
        turn.say(turn.text("patient.stop.already"), _after_stop(turn))
        return
    had_tips = consent.holds(turn.tx, patient.id, "tips")
    consent_texts.record(turn, "aftercare", given=False)
    consent_texts.record(turn, "tips", given=False)
    holding.hold(turn.tx, patient.id, "stopped")
    patients.becomes(turn.tx, patient.id, "stopped", actor="patient", now=turn.now)
    dialogues.close(turn.tx, turn.chat_id)
    events.note(turn.tx, "consent_withdrawn", actor="patient", now=turn.now, patient_id=patient.id)
    turn.say(
        turn.text("patient.stop.done", phone=turn.clinic.phone, emergency=turn.clinic.emergency),
        _after_stop(turn, only_tips=had_tips),
    )
    telling.tell_text(
        turn, telling.in_charge(turn, patient), "patient.told.stopped", patient=patient
    )


def _after_stop(turn: Turn, *, only_tips: bool = False) -> list[list[Button]]:
    rows = [[turn.button("patient.button.resume", "c:resume")]]
    if only_tips:
        rows.insert(0, [turn.button("patient.button.only_tips", "c:only_tips")])
    return rows


def resume(turn: Turn, patient: Patient, *, edit: bool = False, only_tips: bool = False) -> None:
    """Consent again and go on, without what is stale by now.

    Args:
        turn: the update at hand.
        patient: who comes back.
        edit: whether to answer by changing the message whose button was pressed.
        only_tips: whether the patient meant to stop the tips alone.
    """
    if _running(turn, patient):
        if edit:
            turn.toast("patient.toast.already")
        else:
            turn.say(
                "\n\n".join([turn.text("patient.resume.already"), coming.next_line(turn, patient)])
            )
        return
    if never_began(turn, patient):
        say = turn.edit if edit else turn.say
        say(turn.text("patient.link.expired", phone=turn.clinic.phone))
        return
    patient = _say_yes(turn, patient)
    key = "patient.resume.only_tips" if only_tips else "patient.resume.done"
    words = "\n\n".join([turn.text(key), coming.next_line(turn, patient)])
    rows: list[list[Button]] = []
    if not only_tips and not consent.holds(turn.tx, patient.id, "tips"):
        rows = [[turn.button("patient.button.tips_on", "c:tips:yes:below")]]
    if edit:
        turn.edit(words, rows)
        turn.toast("patient.toast.noted")
    else:
        turn.say(words, rows)
    telling.tell_text(
        turn, telling.in_charge(turn, patient), "patient.told.resumed", patient=patient
    )
