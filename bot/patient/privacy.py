"""/privacy: what is held, why, how long, who sees it; every consent, taken back by a tap."""

from typing import Final

from bot import telling
from bot.patient import coming, consent_texts, consenting, correcting, picturing
from bot.turn import Turn
from messages.markup import Html
from messages.render import day_long
from scheduler import consent, holding, reconsent
from scheduler.channel import Button
from scheduler.consent import PURPOSES, Purpose
from scheduler.patients import Patient

_BY_NAME: Final[dict[str, Purpose]] = {purpose: purpose for purpose in PURPOSES}


def show(turn: Turn, patient: Patient) -> None:
    """Answer /privacy."""
    turn.say(_words(turn, patient), _buttons(turn, patient))


def choose(turn: Turn, patient: Patient, name: str, *, given: bool) -> None:
    """Take a consent back, or give it, from under the notice; the notice then shows it."""
    purpose = _BY_NAME.get(name)
    if purpose is None:
        turn.toast("patient.start.old_button")
        return
    stands = _standing(turn, patient, purpose)
    if stands == ("yes" if given else "no"):
        turn.toast("patient.toast.already")
    elif purpose == "aftercare":
        _choose_aftercare(turn, patient, given=given)
    elif purpose == "tips" and given and not consent.holds(turn.tx, patient.id, "aftercare"):
        turn.toast("patient.rights.privacy.off_first", alert=True)
        return
    else:
        consent_texts.record(turn, purpose, given=given)
        turn.toast("patient.toast.noted" if given else "patient.rights.toast.withdrawn")
        if purpose == "photos":
            _follow_photos(turn, patient, given=given)
    patient = turn.patient or patient
    turn.edit(_words(turn, patient), _buttons(turn, patient))


def _choose_aftercare(turn: Turn, patient: Patient, *, given: bool) -> None:
    if given:
        consenting.resume(turn, patient)
    else:
        consenting.stop(turn, patient)
        turn.toast("patient.rights.toast.withdrawn")


def _follow_photos(turn: Turn, patient: Patient, *, given: bool) -> None:
    if given:
        picturing.show_waiting(turn, patient)
        return
    picturing.drop(turn, patient)
    members = telling.in_charge(turn, patient)
    telling.tell_text(turn, members, "patient.rights.told.photos_withdrawn", patient=patient)


def answer_again(turn: Turn, patient: Patient, name: str, *, given: bool) -> None:
    """Take the answer to a text that has changed: the plan goes on from here, or stops."""
    purpose = _BY_NAME.get(name)
    if purpose is None or _standing(turn, patient, purpose) != "outdated":
        turn.toast("patient.start.old_button")
        return
    if purpose != "aftercare":
        consenting.set_tips(turn, patient, wanted=given)
    elif given:
        consent_texts.record(turn, purpose, given=True)
        holding.release(turn.tx, patient, turn.catalogue, turn.clinic, now=turn.now)
        went_on = turn.text("patient.rights.again.went_on")
        turn.edit("\n\n".join([went_on, coming.next_line(turn, patient)]))
        members = telling.in_charge(turn, patient)
        telling.tell_text(turn, members, "patient.rights.told.again_yes", patient=patient)
    else:
        consenting.stop(turn, patient)
        turn.toast("patient.rights.toast.withdrawn")


def _words(turn: Turn, patient: Patient) -> str:
    return "\n\n".join(
        [
            turn.text("patient.rights.privacy.title"),
            _notice(turn),
            "\n".join(
                [
                    turn.text("patient.rights.privacy.choices"),
                    *(_state(turn, patient, purpose) for purpose in PURPOSES),
                ]
            ),
            turn.text("patient.rights.privacy.safety"),
        ]
    )


def _notice(turn: Turn) -> Html:
    keeping = turn.clinic.keeping
    law = Html("")
    if keeping.record_months:
        months = turn.text("patient.rights.privacy.months", n=keeping.record_months)
        law = turn.text("patient.rights.privacy.law", months=months)
    return turn.text(
        "patient.rights.privacy.notice",
        clinic=turn.clinic.name,
        phone=turn.clinic.phone,
        months=turn.text("patient.rights.privacy.months", n=keeping.ended_months),
        days=turn.text("patient.rights.privacy.days", n=keeping.update_days),
        law=law,
    )


def _state(turn: Turn, patient: Patient, purpose: Purpose) -> Html:
    said = consent.last(turn.tx, patient.id, purpose)
    day = "" if said is None else day_long(said.at, patient.timezone, turn.language)
    what = turn.text(f"patient.rights.privacy.what.{purpose}")
    stands = _standing(turn, patient, purpose)
    return turn.text(f"patient.rights.privacy.state.{stands}", what=what, day=day)


def _standing(turn: Turn, patient: Patient, purpose: Purpose) -> consent.Standing:
    declared = reconsent.declared(turn.catalogue, purpose)
    return consent.standing(turn.tx, patient.id, purpose, declared)


def _buttons(turn: Turn, patient: Patient) -> list[list[Button]]:
    rows = []
    for purpose in PURPOSES:
        # A yes to an older text can be taken back, and given anew.
        stands = _standing(turn, patient, purpose)
        if stands != "yes":
            rows.append(_button(turn, purpose, "start", "on"))
        if stands in ("yes", "outdated"):
            rows.append(_button(turn, purpose, "stop", "off"))
    rows.append([turn.button("patient.rights.button.mydata", "my:data")])
    rows.append([correcting.button(turn)])
    rows.append([turn.button("patient.rights.button.forgetme", "my:forget")])
    return rows


def _button(turn: Turn, purpose: Purpose, word: str, way: str) -> list[Button]:
    return [turn.button(f"patient.rights.button.{word}_{purpose}", f"my:{way}:{purpose}")]
