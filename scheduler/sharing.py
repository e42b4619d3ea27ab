"""Check-ins of one patient that fall within hours of each other leave together.

Two plans, or two sessions, may ask the same question an hour apart. The earlier one then waits for
the later one; leaving together, they become one message (``scheduler.prepare``). It waits no longer
than a step may be late without being late (``timing.LATE_GRACE``), and only while it is of use.
"""

from collections.abc import Sequence

from messages.catalogue import Catalogue
from messages.protocol import Step
from scheduler.database import Row, Tx
from scheduler.outbox import Lane
from scheduler.timing import LATE_GRACE

Checks = Sequence[tuple[Row, Step]]


def aligned(checks: Checks) -> dict[int, int]:
    """Return which rows are to wait for a later check-in, and until when (epoch ms); pure.

    Args:
        checks: unsent check-ins of one patient, each with its step.
    """
    waits: dict[int, int] = {}
    for row, step in checks:
        later = [
            other["ready_at"]
            for other, asked in checks
            if other["id"] != row["id"]
            and _in_order(row, other)
            and row["ready_at"] < other["ready_at"] <= row["due_at"] + LATE_GRACE
            and other["ready_at"] < row["useful_until"]
            and asked.topic == step.topic
            and all(question in asked.questions for question in step.questions)
        ]
        if later:
            waits[row["id"]] = min(later)
    return waits


def _in_order(row: Row, other: Row) -> bool:
    return (row["due_at"], row["id"]) < (other["due_at"], other["id"])


def share(tx: Tx, patient_id: int, catalogue: Catalogue) -> int:
    """Have a patient's check-ins wait for others that fall soon after; returns how many do."""
    rows = tx.all(
        """SELECT outbox.*, enrollments.treatment FROM outbox
           JOIN enrollments ON enrollments.clinic_id = :clinic_id
             AND enrollments.id = outbox.enrollment_id
           WHERE outbox.clinic_id = :clinic_id AND outbox.patient_id = :patient_id
             AND outbox.kind = 'reminder' AND outbox.state = 'pending'
             AND outbox.lane = :lane AND outbox.possible_duplicate = 0""",
        patient_id=patient_id,
        lane=int(Lane.REMINDER),
    )
    waits = aligned([(row, step) for row in rows if (step := _asking(catalogue, row)) is not None])
    for row_id, ready_at in waits.items():
        tx.run(
            """UPDATE outbox SET ready_at = :ready_at
               WHERE clinic_id = :clinic_id AND id = :id AND state = 'pending'""",
            id=row_id,
            ready_at=ready_at,
        )
    return len(waits)


def _asking(catalogue: Catalogue, row: Row) -> Step | None:
    """Return the step of a row if it asks anything; None also where the protocol lacks it now."""
    try:
        step = catalogue.protocols[row["treatment"]].step(row["step_key"])
    except KeyError:
        return None
    return step if step.questions else None
