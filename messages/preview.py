"""A patient's whole timeline in words, as `aftercare preview` prints it before anybody gets it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from messages.catalogue import Catalogue
from messages.markup import plain
from messages.render import local, moment

__all__ = ["AskedRow", "Moment", "Row", "rows"]


@dataclass(frozen=True, slots=True)
class Moment:
    """When one step of a plan goes out.

    Attributes:
        step_key: which step.
        due_at: UTC epoch ms.
        useful_until: UTC epoch ms; after it the step is not sent any more.
        late: whether it goes in the words that it has for coming late.
    """

    step_key: str
    due_at: int
    useful_until: int
    late: bool = False


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A question under a message: its key, its words, and the labels of its buttons."""

    key: str
    text: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One message of the timeline, without markup.

    Attributes:
        key: the step.
        when: the local time in the patient's words, "Tue 5 May, 10:00".
        iso: the same as ISO 8601 with the offset of the zone.
        text: what the message says.
        questions: what it asks, in order.
        useful_until: like ``when``.
        useful_until_iso: like ``iso``.
    """

    key: str
    when: str
    iso: str
    text: str
    questions: tuple[AskedRow, ...]
    useful_until: str
    useful_until_iso: str


def rows(
    catalogue: Catalogue,
    treatment: str,
    language: str,
    planned: Iterable[Moment],
    *,
    zone: str,
    params: Mapping[str, object],
) -> tuple[Row, ...]:
    """Return the messages of a plan in the order in which they go out.

    Args:
        catalogue: the texts.
        treatment: whose steps they are.
        language: of the patient.
        planned: the moments, in any order.
        zone: the patient's IANA time zone.
        params: what the placeholders of the steps stand for.

    Raises:
        KeyError: there is no such treatment or step.
    """
    protocol = catalogue.protocols[treatment]
    spoken = catalogue.language(language)
    found = []
    for each in sorted(planned, key=lambda one: one.due_at):
        questions = tuple(
            AskedRow(
                question.key,
                plain(catalogue.question(spoken, protocol, each.step_key, question.key)),
                tuple(
                    str(catalogue.answer(spoken, protocol, each.step_key, question.key, answer))
                    for answer in question.answers
                ),
            )
            for question in protocol.step(each.step_key).questions
        )
        found.append(
            Row(
                key=each.step_key,
                when=moment(each.due_at, zone, spoken),
                iso=_iso(each.due_at, zone),
                text=plain(
                    catalogue.step_text(
                        spoken, protocol, each.step_key, "late" if each.late else "", **params
                    )
                ).strip(),
                questions=questions,
                useful_until=moment(each.useful_until, zone, spoken),
                useful_until_iso=_iso(each.useful_until, zone),
            )
        )
    return tuple(found)


def _iso(instant: int, zone: str) -> str:
    return local(instant, zone).isoformat(timespec="seconds")
