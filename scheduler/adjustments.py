"""What managers changed of the clinic's settings in chat, and who changed what from what to what.

Values are kept as the environment writes them; what they mean is the business of whoever reads the
environment too, so that one check holds for both.
"""

from scheduler import events
from scheduler.database import Tx


def kept(tx: Tx) -> dict[str, str]:
    """Return what was set in chat, by the name of the setting."""
    return {
        row["name"]: row["value"]
        for row in tx.all("SELECT name, value FROM clinic_settings WHERE clinic_id = :clinic_id")
    }


def adjust(tx: Tx, name: str, value: str | None, *, before: str, actor: str, now: int) -> None:
    """Set one setting, or take back what was set (None); written to the audit log.

    Args:
        tx: the open transaction.
        name: which setting.
        value: as the environment would write it.
        before: what held until now, in the same form.
        actor: who changes it, as events name people.
        now: UTC epoch ms.
    """
    if value is None:
        tx.run(
            "DELETE FROM clinic_settings WHERE clinic_id = :clinic_id AND name = :name", name=name
        )
    else:
        tx.run(
            """INSERT INTO clinic_settings (clinic_id, name, value, changed_at)
               VALUES (:clinic_id, :name, :value, :now)
               ON CONFLICT (clinic_id, name) DO UPDATE SET value = excluded.value,
                   changed_at = excluded.changed_at""",
            name=name,
            value=value,
            now=now,
        )
    events.note(
        tx, "setting_changed", actor=actor, now=now, setting=name, before=before, after=value
    )
