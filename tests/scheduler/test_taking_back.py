"""Any change of a plan, taken back, leaves it as it was: by property, on a real database."""

import itertools
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messages.catalogue import Catalogue
from scheduler import enrollment, outbox, plan_memory, plans
from scheduler.changes import Change, Impossible
from scheduler.database import Store, Tx
from scheduler.enrollment import Enrolled
from tests.scheduler.conftest import CLINIC, DAY, HOUR, NOW, PATIENT_CHAT, doctor, enroll_patient

VISIT = NOW + 14 * DAY


def state_of(tx: Tx, made: Enrolled) -> tuple[object, ...]:
    """Everything of a plan that taking back must bring back."""
    row = enrollment.get(tx, made.enrollment_id)
    assert row is not None
    facts = {k: row[k] for k in row if k != "version"}
    visits = [
        {k: each[k] for k in each if k != "changed_at"}
        for each in enrollment.sessions_of(tx, made.enrollment_id)
        if each["why"] != "undone"
    ]
    owed = [
        each
        for each in enrollment.reminders_of(tx, made.enrollment_id)
        if each["state"] != "canceled"
    ]
    return facts, visits, owed


changed = st.one_of(
    st.builds(Change, st.just("add"), at=st.integers(1, 90).map(lambda d: NOW + d * DAY)),
    st.builds(
        Change,
        st.just("add"),
        at=st.integers(1, 200).map(lambda hours: NOW - hours * HOUR),
        held=st.just(value=True),
        filler=st.sampled_from([None, True, False]),
    ),
    st.builds(
        Change,
        st.sampled_from(["move", "cancel", "attend", "miss"]),
        visit_id=st.integers(0, 3),
        at=st.integers(-30, 90).map(lambda d: NOW + d * DAY + HOUR),
    ),
    st.builds(Change, st.sampled_from(["pause", "resume", "end"])),
    st.builds(
        Change,
        st.just("protocol"),
        treatment=st.sampled_from(["facial", "hair", "pain", "cellulite"]),
        area=st.sampled_from(["face", "neck"]),
        filler=st.sampled_from([None, True]),
    ),
)


chats = itertools.count(PATIENT_CHAT + 1)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(earlier=st.lists(changed, max_size=2), last=changed, sent=st.integers(0, 6))
def test_any_change_that_is_taken_back_leaves_the_plan_as_it_was(
    store: Store, catalogue: Catalogue, earlier: list[Change], last: Change, sent: int
) -> None:
    now = NOW + HOUR

    def work(tx: Tx) -> None:
        member = doctor(tx)
        made = enroll_patient(tx, catalogue, chat_id=next(chats), next_at=VISIT)
        for row in enrollment.reminders_of(tx, made.enrollment_id)[:sent]:
            outbox.begin_attempt(tx, row, now=NOW)
            outbox.sent(tx, row["id"], 5000 + row["id"], now=NOW)
        ids = [each["id"] for each in enrollment.sessions_of(tx, made.enrollment_id)]

        def does(what: Change) -> int | None:
            if what.visit_id is not None:
                what = Change(**{**_fields(what), "visit_id": ids[what.visit_id % len(ids)]})
            try:
                proposal = plans.propose(tx, made.enrollment_id, what, catalogue, CLINIC, now=now)
            except Impossible:
                return None
            return plans.carry_out(tx, proposal, catalogue, CLINIC, member=member, now=now)

        for each in earlier:
            does(each)
        before = state_of(tx, made)
        left = {
            row["id"]: dict(row)
            for row in enrollment.reminders_of(tx, made.enrollment_id)
            if row["state"] == "sent"
        }
        change_id = does(last)
        for row in enrollment.reminders_of(tx, made.enrollment_id):
            assert row["id"] not in left or row == left[row["id"]]
        if change_id is not None:
            assert plan_memory.take_back(tx, change_id, member=member, now=now) is None
            assert state_of(tx, made) == before

    store.write_now(work)


def _fields(what: Change) -> dict[str, Any]:
    return {name: getattr(what, name) for name in Change.__slots__}
