"""The audit: who saw, changed, sent and exported what, the newest first, page by page.

Pages go on from the place of an entry in the order of events, and every way of looking is borne by
an index, so that years of events cost no more than a day's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from heapq import nlargest
from itertools import chain
from typing import Final, Literal, get_args

from scheduler import events
from scheduler.database import Row, Tx

Group = Literal["saw", "changed", "sent", "exported", "refused"]
GROUPS: Final[tuple[Group, ...]] = get_args(Group)

KINDS: Final[Mapping[Group, tuple[str, ...]]] = {
    "saw": ("card_opened", "chart_opened", "photos_opened", "figures_seen"),
    "changed": (
        "enrolled",
        "link_made",
        "plan_declined",
        "patient_active",
        "patient_stopped",
        "patient_unreachable",
        "consent_withdrawn",
        "language_chosen",
        "visit_confirmed",
        "visit_change_wanted",
        "correction_wanted",
        "visit_canceled",
        "label_corrected",
        "new_phone_link",
        "phone_changed",
        "patients_merged",
        "alert_taken",
        "alert_left",
        "alert_call_done",
        "alert_not_urgent",
        "no_answer_needed",
        "setting_changed",
        "staff_invited",
        "staff_joined",
        "staff_promoted",
        "staff_removed",
        "staff_lost",
        "staff_found",
        "plan_add",
        "plan_move",
        "plan_attend",
        "plan_miss",
        "plan_cancel",
        "plan_protocol",
        "plan_pause",
        "plan_resume",
        "plan_hand_over",
        "plan_end",
        "plan_taken_back",
        "patient_handed_over",
        "staff_handed_over",
        "tip_turned_on",
        "tip_turned_off",
        "erased",
        "hours_set",
        "absence_planned",
        "absence_canceled",
        "group_asked",
        "group_in_use",
        "group_lost",
        "group_stopped",
    ),
    "sent": (
        "staff_wrote",
        "review_send",
        "review_leave",
        "broadcast_started",
        "broadcast_paused",
        "broadcast_resumed",
        "broadcast_canceled",
    ),
    "exported": ("exported",),
    "refused": ("command_refused", "tokens_refused"),
}
"""What belongs in the audit; each kind has a sentence ``clinic.audit.event.<kind>``."""


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """The place of an entry: its moment (UTC epoch ms) and its id."""

    at: int
    id: int


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for; None and empty leave open.

    ``actor`` is as events name it: "staff:3", "patient", "system".
    """

    group: Group | None = None
    actor: str | None = None
    patient_id: int | None = None


def entries(tx: Tx, question: Question, *, limit: int, before: Cursor | None = None) -> list[Row]:
    """Return events, the newest first, with ``detail`` decoded.

    Args:
        tx: the open transaction.
        question: which.
        limit: how many at most.
        before: the place of the last one on the page before.
    """
    kinds = tuple(KINDS[question.group] if question.group else chain(*KINDS.values()))
    conditions = ["events.clinic_id = :clinic_id"]
    if question.actor is not None:
        conditions.append("events.actor = :actor")
    if question.patient_id is not None:
        conditions.append("events.patient_id = :patient_id")
    if before is not None:
        conditions.append("events.at <= :at AND (events.at < :at OR events.id < :id)")
    # Bound to a person the events come in order by themselves; otherwise kind by kind they do.
    bound = question.actor is not None or question.patient_id is not None
    found: list[Row] = []
    for some in (kinds,) if bound else tuple((kind,) for kind in kinds):
        names = {f"kind{index}": kind for index, kind in enumerate(some)}
        found += tx.all(
            f"""SELECT events.* FROM events WHERE {" AND ".join(conditions)}
                  AND events.kind IN ({", ".join(f":{name}" for name in names)})
                ORDER BY events.at DESC, events.id DESC LIMIT :limit""",
            actor=question.actor,
            patient_id=question.patient_id,
            at=before.at if before else None,
            id=before.id if before else None,
            limit=limit,
            **names,
        )
    newest = nlargest(limit, found, key=lambda row: (row["at"], row["id"]))
    return [events.decoded(row) for row in newest]
