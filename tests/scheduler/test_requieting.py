"""New quiet hours for what is planned: only what they touch moves, to where a new plan puts it."""

from datetime import time

from hypothesis import given
from hypothesis import strategies as st

from messages.catalogue import Catalogue
from scheduler import requieting
from scheduler.database import Store, Tx
from scheduler.enrollment import Enrolled
from scheduler.quiet import NotUseful, QuietHours, settle
from scheduler.requieting import Moves
from tests.scheduler.conftest import DAY, HOUR, NOW

ZONES = ("Europe/Madrid", "America/Lima", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu")
YEAR = 366 * DAY


@given(
    due=st.integers(NOW, NOW + YEAR),
    zone=st.sampled_from(ZONES),
    edges=st.tuples(st.times(), st.times()),
)
def test_what_the_quick_look_spares_is_never_moved(
    due: int, zone: str, edges: tuple[time, time]
) -> None:
    quiet = QuietHours(*(edge.replace(second=0, microsecond=0) for edge in edges))
    if not requieting._near(due, zone, quiet):
        for policy in ("wait", "earlier"):
            moved = settle(due, due + DAY, policy, quiet, zone, not_before=NOW)
            assert not isinstance(moved, NotUseful)
            assert moved.at == due


def rows(tx: Tx) -> dict[int, int]:
    found = tx.all(
        """SELECT id, ready_at FROM outbox WHERE clinic_id = :clinic_id AND state = 'pending'
             AND kind = 'reminder'"""
    )
    return {row["id"]: row["ready_at"] for row in found}


def test_the_preview_counts_what_is_then_done_and_the_way_back_restores_it(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        before = rows(tx)
        late = QuietHours(time(8), time(12))
        shown = requieting.preview(tx, late, catalogue, now=NOW)
        assert rows(tx) == before, "a preview changes nothing"
        assert requieting.apply(tx, late, catalogue, now=NOW) == shown
        after = rows(tx)
        assert sum(after[row] != before[row] for row in before) == shown.moved > 0
        assert shown.moved + shown.dropped + shown.same == len(before)
        back = requieting.apply(tx, QuietHours(), catalogue, now=NOW)
        assert back.moved == shown.moved
        assert rows(tx) == before

    store.write_now(story)


def test_what_waits_for_a_person_or_for_its_next_try_stays(
    store: Store, catalogue: Catalogue, enrolled: Enrolled
) -> None:
    def story(tx: Tx) -> None:
        tx.run("UPDATE outbox SET held = 'stopped' WHERE clinic_id = :clinic_id AND id % 2 = 0")
        tx.run("UPDATE outbox SET attempts = 1 WHERE clinic_id = :clinic_id AND id % 2 = 1")
        always = QuietHours(time(8), time(7))
        assert requieting.apply(tx, always, catalogue, now=NOW + HOUR) == Moves()

    store.write_now(story)
