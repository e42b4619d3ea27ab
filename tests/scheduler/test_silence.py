"""When a silence is asked about: after three check-ins on three days that nobody answered."""

import pytest

from scheduler import silence
from scheduler.database import Row, Store, Tx
from scheduler.enrollment import Enrolled
from tests.scheduler.conftest import DAY, HOUR, NOW, PATIENT_CHAT

ZONE = "Europe/Madrid"
# NOW is ten in the morning in Madrid; its midnight is fourteen hours later.
MIDNIGHT = NOW + 14 * HOUR


def watched(tx: Tx, enrolled: Enrolled, left: list[int], sign: int | None, now: int) -> list[Row]:
    """Let check-ins leave at these moments, the last at ``now``; return the silences owed."""
    rows = tx.all(
        """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND kind = 'reminder'
             AND enrollment_id = :enrollment_id ORDER BY id""",
        enrollment_id=enrolled.enrollment_id,
    )
    if sign is not None:
        tx.run(
            """INSERT INTO replies (clinic_id, patient_id, kind, text, at)
               VALUES (:clinic_id, :patient_id, 'text', 'hello', :at)""",
            patient_id=rows[0]["patient_id"],
            at=sign,
        )
    for row, at in zip(rows, left, strict=False):
        tx.run(
            """UPDATE outbox SET state = 'sent', settled_at = :at, reason = 'delivered'
               WHERE clinic_id = :clinic_id AND id = :id""",
            id=row["id"],
            at=at,
        )
    silence.watch(tx, rows[len(left)], ZONE, lambda _treatment, _step: True, now=now)
    return tx.all(
        """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND chat_id = :chat
             AND kind = 'answer' AND ready_at > :now""",
        chat=PATIENT_CHAT,
        now=now,
    )


@pytest.mark.parametrize(
    ("left", "sign", "now", "asked"),
    [
        ([], None, NOW, False),
        ([NOW], None, NOW + DAY, False),
        ([NOW, NOW + DAY], None, NOW + 2 * DAY, True),
        # Check-ins of one day count as one, to the last minute of it.
        ([NOW, NOW + HOUR], None, NOW + 2 * HOUR, False),
        ([NOW, NOW + HOUR], None, NOW + DAY, False),
        ([NOW, MIDNIGHT - 1], None, NOW + DAY, False),
        ([NOW, MIDNIGHT], None, NOW + 2 * DAY, True),
        # A sign of life begins the count anew; what left in the same moment was not after it.
        ([NOW, NOW + DAY], NOW, NOW + 2 * DAY, False),
        ([NOW, NOW + DAY], NOW - 1, NOW + 2 * DAY, True),
        ([NOW, NOW + DAY, NOW + 2 * DAY], NOW, NOW + 3 * DAY, True),
    ],
)
def test_three_days_of_check_ins_without_a_sign_of_life_are_a_silence(
    store: Store, enrolled: Enrolled, left: list[int], sign: int | None, now: int, asked: bool
) -> None:
    owed = store.write_now(watched, enrolled, left, sign, now)
    assert [row["ready_at"] for row in owed] == ([now + silence.ASK_AFTER_MS] if asked else [])
