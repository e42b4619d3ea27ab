"""The unsent reminders of one plan: moved, brought back, held back. Instants in UTC epoch ms.

Each statement names the state that it expects, so that a row that has left meanwhile, or may have,
is never touched.
"""

from scheduler.database import Tx
from scheduler.outbox import Owed


def move(tx: Tx, row_id: int, owed: Owed) -> None:
    """Have an unsent row go at other times, for another session where that is so."""
    tx.run(
        """UPDATE outbox SET session_id = :session_id, due_at = :due_at, ready_at = :ready_at,
               useful_until = :useful_until
           WHERE clinic_id = :clinic_id AND id = :id AND state = 'pending'
             AND possible_duplicate = 0""",
        id=row_id,
        **_times(owed),
    )


def hang_on(tx: Tx, row_id: int, session_id: int) -> None:
    """Have an unsent row count as owed for another session; its times stay."""
    tx.run(
        """UPDATE outbox SET session_id = :session_id
           WHERE clinic_id = :clinic_id AND id = :id AND session_id <> :session_id
             AND state = 'pending' AND possible_duplicate = 0""",
        id=row_id,
        session_id=session_id,
    )


def revive(tx: Tx, row_id: int, owed: Owed, *, chat_id: int | None, held: str | None) -> None:
    """Owe a row again that was ended without a try to send it."""
    tx.run(
        """UPDATE outbox SET state = 'pending', reason = NULL, settled_at = NULL, held = :held,
               chat_id = :chat_id, session_id = :session_id, due_at = :due_at,
               ready_at = :ready_at, useful_until = :useful_until
           WHERE clinic_id = :clinic_id AND id = :id AND state IN ('canceled', 'expired')
             AND attempts = 0 AND possible_duplicate = 0""",
        id=row_id,
        chat_id=chat_id,
        held=held,
        **_times(owed),
    )


def hold(tx: Tx, enrollment_id: int) -> None:
    """Hold back every reminder of a plan that the clinic pauses; what waits already stays so."""
    tx.run(
        """UPDATE outbox SET held = 'paused'
           WHERE clinic_id = :clinic_id AND enrollment_id = :id AND kind = 'reminder'
             AND state = 'pending' AND held IS NULL""",
        id=enrollment_id,
    )


def go_on(tx: Tx, row_id: int, held: str | None, *, chat_id: int | None) -> None:
    """Let a row that the clinic's pause held back wait for what else there is, if anything."""
    tx.run(
        """UPDATE outbox SET held = :held, chat_id = COALESCE(chat_id, :chat_id)
           WHERE clinic_id = :clinic_id AND id = :id AND state = 'pending' AND held = 'paused'""",
        id=row_id,
        held=held,
        chat_id=chat_id,
    )


def _times(owed: Owed) -> dict[str, int]:
    return {
        "session_id": owed.session_id,
        "due_at": owed.due_at,
        "ready_at": owed.ready_at,
        "useful_until": owed.useful_until,
    }
