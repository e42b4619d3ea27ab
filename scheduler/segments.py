"""Segments: which patients a broadcast is for, how many get it, and why the others do not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from scheduler.database import Row, Tx

Kind = Literal["all", "treatment", "language"]
Fate = Literal["reached", "no_consent", "stopped", "unreachable", "not_opened"]
LEFT_OUT: Final[tuple[Fate, ...]] = ("no_consent", "stopped", "unreachable", "not_opened")

# What would become of a copy for this patient. The newest line about tips is what holds.
_FATE: Final = """CASE
    WHEN patients.chat_id IS NULL OR patients.state = 'invited' THEN 'not_opened'
    WHEN patients.state <> 'active' THEN patients.state
    WHEN COALESCE((SELECT consents.given FROM consents
        WHERE consents.clinic_id = :clinic_id AND consents.patient_id = patients.id
          AND consents.purpose = 'tips' ORDER BY consents.id DESC LIMIT 1), 0) = 0
        THEN 'no_consent'
    ELSE 'reached' END"""


@dataclass(frozen=True, slots=True)
class Segment:
    """Everyone, the patients of one treatment (of any course), or those who read one language."""

    kind: Kind = "all"
    value: str = ""

    @property
    def code(self) -> str:
        """The form that the database keeps: "all", "treatment:facial", "language:es"."""
        return f"{self.kind}:{self.value}" if self.value else self.kind

    @classmethod
    def parse(cls, code: str) -> "Segment":
        """Read the form that :attr:`code` gives.

        Raises:
            ValueError: it is none.
        """
        kind, _, value = code.partition(":")
        match kind, bool(value):
            case ("all", False):
                return cls()
            case ("treatment", True):
                return cls("treatment", value)
            case ("language", True):
                return cls("language", value)
        raise ValueError(f"no segment is written {code!r}")


EVERYONE: Final = Segment()


@dataclass(frozen=True, slots=True)
class Audience:
    """How many patients of a segment get a broadcast, and how many do not, by reason."""

    reached: int = 0
    left_out: Mapping[Fate, int] = field(default_factory=dict)

    @property
    def whole(self) -> int:
        """How many patients are in the segment at all."""
        return self.reached + sum(self.left_out.values())


def audience(tx: Tx, segment: Segment) -> Audience:
    """Count who of a segment would get a broadcast at this moment."""
    rows = tx.all(
        f"""SELECT fate, COUNT(*) AS n FROM (SELECT {_FATE} AS fate FROM patients
                WHERE patients.clinic_id = :clinic_id AND {_within(segment)}) AS fates
            GROUP BY fate""",
        value=segment.value,
    )
    return _audience(rows)


def audiences(tx: Tx) -> dict[Segment, Audience]:
    """Count the audience of every segment that has a patient: everyone first."""
    fates = f"""SELECT patients.id, patients.language, {_FATE} AS fate FROM patients
                WHERE patients.clinic_id = :clinic_id"""
    by_language = tx.all(
        f"""SELECT language AS value, fate, COUNT(*) AS n FROM ({fates}) AS fates
            GROUP BY language, fate ORDER BY language"""
    )
    by_treatment = tx.all(
        f"""SELECT treated.treatment AS value, fate, COUNT(*) AS n FROM ({fates}) AS fates
            JOIN (SELECT DISTINCT patient_id, treatment FROM enrollments
                  WHERE clinic_id = :clinic_id) AS treated ON treated.patient_id = fates.id
            GROUP BY treated.treatment, fate ORDER BY treated.treatment"""
    )
    found = {EVERYONE: _audience(by_language)}
    kinds: tuple[tuple[Kind, list[Row]], ...] = (
        ("treatment", by_treatment),
        ("language", by_language),
    )
    for kind, rows in kinds:
        for value in dict.fromkeys(row["value"] for row in rows):
            found[Segment(kind, value)] = _audience(row for row in rows if row["value"] == value)
    return found


def reached(segment: Segment) -> str:
    """Return the condition on ``patients`` that holds for who gets a broadcast to a segment.

    The statement that uses it binds ``value`` to the segment's own.
    """
    return f"patients.clinic_id = :clinic_id AND {_within(segment)} AND {_FATE} = 'reached'"


def _within(segment: Segment) -> str:
    if segment.kind == "treatment":
        return """EXISTS (SELECT 1 FROM enrollments WHERE enrollments.clinic_id = :clinic_id
            AND enrollments.patient_id = patients.id AND enrollments.treatment = :value)"""
    return "patients.language = :value" if segment.kind == "language" else "1 = 1"


def _audience(rows: Iterable[Row]) -> Audience:
    counts: dict[Fate, int] = {}
    for row in rows:
        counts[row["fate"]] = counts.get(row["fate"], 0) + row["n"]
    return Audience(
        counts.pop("reached", 0), {fate: counts[fate] for fate in LEFT_OUT if fate in counts}
    )
