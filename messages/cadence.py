"""When the next session of a course is due, as the treatment's cadence has it (pure)."""

from messages.protocol import Cadence, Phase
from messages.times import Offset

__all__ = ["proposed"]


def proposed(cadence: Cadence, held: int) -> tuple[Offset, ...]:
    """Return the distances from the last session that fit the next one, the nearest first.

    Where a part of the course may go on or be over, the distances of both are there: a
    practitioner decides. Nothing is proposed after a course without maintenance.

    Args:
        cadence: the protocol's.
        held: how many sessions took place so far, at least one.
    """
    phases = [Phase(sessions=cadence.sessions, every=cadence.every), *cadence.then]
    if cadence.maintenance is not None:
        phases.append(Phase(every=cadence.maintenance))
    found: set[Offset] = set()
    for phase in phases:
        if phase.sessions is not None and held >= phase.sessions[1]:
            held -= phase.sessions[1]
            continue
        found.update(phase.every)
        if phase.sessions is not None and held < phase.sessions[0]:
            break
        held = 0
    return tuple(sorted(found, key=lambda offset: offset.nominal_seconds))
