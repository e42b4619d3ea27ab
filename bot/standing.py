"""What the clinic is now: the operator's settings, with what managers changed in chat over them.

Read from the database once, at the start; a change is held from the commit that makes it, so that
whatever is looked at later sees it, and nothing is read again for every message.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final

import structlog
from pydantic import TypeAdapter, ValidationError

from bot.settings import Settings, written
from scheduler import adjustments
from scheduler.clinic import Clinic
from scheduler.clock import Clock
from scheduler.closures import closed
from scheduler.database import Tx
from scheduler.escalation import Escalation
from scheduler.keeping import Keeping
from scheduler.wallclock import MINUTE, local

log = structlog.get_logger(__name__)

CHANGEABLE: Final = (
    "clinic_name",
    "clinic_phone",
    "emergency_number",
    "clinic_hours",
    "holidays",
    "closed_days",
    "quiet_hours",
    "clinic_language",
    "clinic_timezone",
    "digest_at",
    "escalate_emergency_minutes",
    "escalate_urgent_minutes",
    "tips_every_days",
    "no_shows_before",
)
"""The settings that a manager may change in chat, by their names in :class:`Settings`."""

_NONE: Final = "none"
_DAY_MS: Final = 24 * 60 * MINUTE


def read(name: str, text: str) -> Any:
    """Return the value of a setting from the form that the environment has.

    Raises:
        ValueError: it is none that this setting can have.
    """
    field = Settings.model_fields[name]
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(Annotated[field.annotation, field])  # type: ignore[arg-type]
        return adapter.validate_python(text)
    except ValidationError as error:
        # The text may be anything that was typed: it does not belong into a log.
        raise ValueError(f"{name}: {error.errors(include_input=False)[0]['msg']}") from None


def form(value: Any) -> str:
    """Return the form in which a value is kept and offered: as in the environment."""
    return _NONE if value is None else written(value)


def clinic_of(settings: Settings, closed: frozenset[date] = frozenset()) -> Clinic:
    """Return the clinic that settings describe, which does not open on the days of ``closed``."""
    return Clinic(
        name=settings.clinic_name,
        timezone=settings.clinic_timezone,
        language=settings.clinic_language,
        phone=settings.clinic_phone,
        emergency=settings.emergency_number,
        quiet=settings.quiet_hours,
        hours=replace(settings.clinic_hours, closed=closed),
        escalation=Escalation(
            emergency_ms=settings.escalate_emergency_minutes * MINUTE,
            urgent_ms=settings.escalate_urgent_minutes * MINUTE,
        ),
        tips_gap_ms=settings.tips_every_days * _DAY_MS,
        no_shows_before=settings.no_shows_before / 100 or None,
        keeping=Keeping(
            ended_months=settings.keep_ended_months,
            update_days=settings.keep_updates_days,
            record_months=settings.keep_records_months,
            chat_hours=settings.delete_after_hours,
            export_hours=settings.export_hours,
        ),
    )


class Standing:
    """The settings as they are now, and the clinic that they make.

    Args:
        defaults: what the operator set.
        clock: which years the holidays are asked of.

    Attributes:
        settings: what holds now.
        clinic: the same, as the scheduler knows it.
        changed: the names of the settings that were changed in chat.
    """

    def __init__(self, defaults: Settings, clock: Clock) -> None:
        self._defaults = defaults
        self._clock = clock
        self.changed: frozenset[str] = frozenset()
        self.settings = defaults
        self._years: range = range(0)
        self._build()

    def load(self, tx: Tx) -> None:
        """Hold what the database has."""
        self._hold(adjustments.kept(tx))

    def value(self, name: str) -> Any:
        """Return what holds now for a setting."""
        return getattr(self.settings, name)

    def default(self, name: str) -> Any:
        """Return what the operator set."""
        return getattr(self._defaults, name)

    def adjust(self, tx: Tx, name: str, value: Any, *, actor: str, now: int) -> None:
        """Change one setting for good; it holds from the commit of ``tx`` on.

        What the operator set already is not kept a second time: it follows the environment again.

        Args:
            tx: the open transaction.
            name: one of ``CHANGEABLE``.
            value: as :func:`read` returns it.
            actor: who changes it, as events name people.
            now: UTC epoch ms.
        """
        back = value == self.default(name)
        adjustments.adjust(
            tx,
            name,
            None if back else form(value),
            before=form(self.value(name)),
            actor=actor,
            now=now,
        )
        kept = adjustments.kept(tx)
        tx.then(lambda: self._hold(kept))

    def _hold(self, kept: Mapping[str, str]) -> None:
        values: dict[str, Any] = {}
        for name, text in kept.items():
            try:
                values[name] = read(name, text)
            except (KeyError, ValueError):
                # An older program's, or of one that knew more: what the operator set is sound.
                log.warning("setting_not_usable", setting=name)
        self.changed = frozenset(values)
        self.settings = self._defaults.model_copy(update=values)
        self._build()

    def refresh(self) -> None:
        """Ask for the holidays of the coming years once a new year has begun."""
        if self._years != self._coming_years():
            self._build()

    def _build(self) -> None:
        self._years = self._coming_years()
        settings = self.settings
        self.clinic = clinic_of(
            settings, closed(settings.holidays, settings.closed_days, self._years)
        )

    def _coming_years(self) -> range:
        year = local(self._clock.now(), self.settings.clinic_timezone).year
        # The last one too: where it is not yet the new year, somebody may look back a day.
        return range(year - 1, year + 3)
