"""Notices that are owed by the program itself: a text's key now, its words when it leaves.

A notice is put into words in the language that its reader speaks at that moment.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from messages.catalogue import Catalogue
from messages.render import day, moment
from scheduler import outbox, patients, staff
from scheduler.clinic import Clinic
from scheduler.database import Tx
from scheduler.said import Said
from scheduler.staff import Staff

_FORM = "notice"


def tell(
    tx: Tx,
    members: Iterable[Staff],
    key: str,
    *,
    now: int,
    patient_id: int | None = None,
    **params: str | int,
) -> None:
    """Owe each member a notice, ahead of everything that is not urgent.

    Args:
        tx: the open transaction.
        members: who is told.
        key: the text's key in the catalogue.
        now: UTC epoch ms.
        patient_id: whom it is about, if anybody.
        **params: what the text's placeholders stand for.
    """
    notice = Said(html="", form=_form(key, params))
    for member in members:
        outbox.say(tx, notice, chat_id=member.chat_id, now=now, kind="alert", patient_id=patient_id)


def said(
    key: str,
    *,
    reply_to: int | None = None,
    edits_row: int | None = None,
    **params: str | int,
) -> Said:
    """Return what an outbox row holds for a notice with this text and these parameters.

    Args:
        key: the text's key in the catalogue.
        reply_to: the message of its reader that it quotes.
        edits_row: the row whose message it changes.
        **params: what the text's placeholders stand for.
    """
    return Said(html="", form=_form(key, params), reply_to=reply_to, edits_row=edits_row)


def _form(key: str, params: Mapping[str, str | int]) -> str:
    return json.dumps({_FORM: key, "params": params}, ensure_ascii=False)


def word(tx: Tx, form: str, chat_id: int, catalogue: Catalogue, clinic: Clinic) -> str:
    """Put a notice into the words of its reader (HTML).

    A parameter named ``…_ms`` is an instant (epoch ms): its text's placeholder lacks the ``_ms``
    and gets the moment in the clinic's zone. One named ``…_day`` is an instant too, of which the
    placeholder gets the day. The clinic's numbers need not be given.
    """
    notice: dict[str, Any] = json.loads(form)
    reader = staff.at_chat(tx, chat_id) or patients.at_chat(tx, chat_id)
    language = reader.language if reader else clinic.language
    params = dict(
        _worded(name, value, clinic.timezone, language) for name, value in notice["params"].items()
    )
    numbers = {"phone": clinic.phone, "emergency": clinic.emergency}
    return str(catalogue.text(language, notice[_FORM], **(numbers | params)))


def _worded(name: str, value: Any, zone: str, language: str) -> tuple[str, Any]:
    if name.endswith("_ms"):
        return name.removesuffix("_ms"), moment(value, zone, language)
    if name.endswith("_day"):
        return name.removesuffix("_day"), day(value, zone, language)
    return name, value
