"""Anything may happen in any order, and the outbox still agrees with what was really sent.

The judge is a ledger outside the database: what the fake channel accepted, for which row, when.
"""

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from messages.catalogue import Catalogue, load
from sandbox.clock import ManualClock
from scheduler import (
    appointments,
    asked_for,
    changes,
    consent,
    decisions,
    enrollment,
    holding,
    outbox,
    patients,
    plans,
    upkeep,
    waits,
)
from scheduler.backup import begin_review
from scheduler.channel import (
    Ambiguous,
    Delivered,
    Message,
    Outcome,
    Rejected,
    Retry,
    Unreachable,
)
from scheduler.database import Row, SqlcipherDriver, Store, Tx
from scheduler.dispatch import Dispatcher
from scheduler.enrollment import Choice
from scheduler.migrations import migrate
from scheduler.outbox import Kind
from scheduler.pacer import Limits, Pacer
from scheduler.prepare import Preparer
from scheduler.prepared import Prepared
from scheduler.said import Said
from tests.scheduler.conftest import CLINIC, DAY, DOCTOR_CHAT, HOUR, KEY, NOW, doctor

CHATS = (601, 602, 603)
STATES = {"pending", "sending", *outbox.SETTLED}
# What a channel may answer, and whether the message was really accepted.
ANSWERS: tuple[tuple[Outcome, bool], ...] = (
    (Delivered(0), True),
    (Ambiguous("read timeout"), True),
    (Ambiguous("reset"), False),
    (Retry("connection refused", scope="bot"), False),
    (Retry("temporary"), False),
    (Retry("too many requests", 5_000), False),
    (Retry("too many requests", 60_000, scope="bot"), False),
    (Unreachable("blocked"), False),
    (Rejected("message is too long"), False),
)
answers = st.lists(st.sampled_from(ANSWERS), max_size=6)


class World:
    """What is outside the database: time, the channel, and what people really decided."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.clock = ManualClock(NOW)
        self.script: list[tuple[Outcome, bool]] = []
        self.hangs = False
        self.hung = asyncio.Event()
        self.accepted: Counter[int] = Counter()
        self.row_of: dict[int, Row] = {}
        self.messages: list[Message] = []
        self.violations: list[str] = []
        self.prepare = Preparer(catalogue, CLINIC)

    def prepared(self, tx: Tx, row: Row, *, now: int) -> Prepared:
        """Prepare a row for real, and remember which row a message is."""
        found = self.prepare(tx, row, now=now)
        if isinstance(found, Message):
            self.row_of[id(found)] = row
            self.messages.append(found)  # kept, so that ids are not used twice
            # Noted, not raised: the dispatcher survives a fault while a row is prepared.
            self.violations += self._overtaking(tx, row)
            if row["kind"] == "reminder":
                self.violations += self._not_allowed(tx, row, now)
        return found

    def _overtaking(self, tx: Tx, row: Row) -> list[str]:
        if row["lane"] != outbox.Lane.ANSWER or row["kind"] == "reminder":
            return []
        before = tx.first(
            """SELECT id FROM outbox WHERE clinic_id = :clinic_id AND chat_id = :chat_id
                 AND lane = :lane AND state IN ('pending', 'sending') AND id < :id
                 AND kind <> 'reminder' AND held IS NULL AND ready_at <= created_at""",
            chat_id=row["chat_id"],
            lane=row["lane"],
            id=row["id"],
        )
        return [] if before is None else [f"{row['id']} overtakes {before['id']}"]

    def _not_allowed(self, tx: Tx, row: Row, now: int) -> list[str]:
        patient = patients.by_id(tx, row["patient_id"])
        assert patient is not None
        wrong = {
            "a patient who stopped": patient.state != "active",
            "without consent": not consent.holds(tx, patient.id, "aftercare"),
            "too early": now < row["ready_at"],
            "too late": now >= row["useful_until"],
            "at night": CLINIC.quiet.holds(now, patient.timezone)
            and not asked_for.still_is(row, now=now),
        }
        return [f"{row['id']} goes out: {why}" for why, so in wrong.items() if so]

    async def deliver(self, message: Message) -> Outcome:
        row = self.row_of[id(message)]
        outcome, accepted = self.script.pop(0) if self.script else (Delivered(0), True)
        self.accepted[row["id"]] += accepted
        if self.hangs:
            self.hung.set()
            await asyncio.Event().wait()
        if isinstance(outcome, Delivered):
            return Delivered(row["id"])
        return outcome


class Delivery(RuleBasedStateMachine):
    """Enroll, say, stop, resume, move, pause, cancel, deliver with every outcome, crash, restore,
    set the clock."""

    template: Path
    catalogue: Catalogue

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="machine"))
        shutil.copy(self.template, self.folder / "aftercare.db")
        self.world = World(self.catalogue)
        self.known: set[int] = set()
        self._open()

    def _open(self) -> None:
        driver = SqlcipherDriver(self.folder / "aftercare.db", KEY)
        # Power cuts are another test's; here it is the order of things, many times over.
        driver.connection.execute("PRAGMA synchronous = OFF")
        self.store = Store(driver)
        self.dispatcher = Dispatcher(
            self.store,
            self.world,
            self.world.prepared,
            self.world.clock,
            Pacer(Limits(per_second=None, chat_gap=0, group_gap=0)),
            in_flight=3,
        )

    @property
    def now(self) -> int:
        return self.world.clock.now()

    def do(self, use_case: Any, *args: Any, **kwargs: Any) -> Any:
        return self.store.write_now(use_case, *args, **kwargs)

    def remember(self) -> None:
        self.known |= {row["id"] for row in self.rows()}

    def rows(self) -> list[Row]:
        found: list[Row] = self.do(
            lambda tx: tx.all("SELECT * FROM outbox WHERE clinic_id = :clinic_id ORDER BY id")
        )
        return found

    @initialize()
    def one_patient(self) -> None:
        self.enroll(CHATS[0], "facial", 14)

    @rule(
        chat=st.sampled_from(CHATS),
        treatment=st.sampled_from(("facial", "fat-reduction", "consultation")),
        next_in=st.sampled_from((None, 4, 14)),
    )
    def enroll(self, chat: int, treatment: str, next_in: int | None) -> None:
        self.do(self._enroll, chat, treatment, next_in)
        self.remember()

    def _enroll(self, tx: Tx, chat: int, treatment: str, next_in: int | None) -> None:
        known = patients.at_chat(tx, chat)
        protocol = self.catalogue.protocols[treatment]
        consultation = protocol.kind == "consultation"
        choice = Choice(
            treatment,
            protocol.areas[0] if protocol.areas else "",
            f"patient {chat}",
            session_at=self.now + (2 * DAY if consultation else -HOUR),
            next_at=self.now + next_in * DAY if next_in and not consultation else None,
        )
        made = enrollment.enroll(
            tx,
            choice,
            protocol=protocol,
            clinic=CLINIC,
            staff=doctor(tx, now=self.now),
            now=self.now,
            patient_id=known.id if known else None,
        )
        patient = enrollment.open_link(
            tx, made.enrollment_id, chat_id=chat, language="en", now=self.now
        )
        if known is None:
            self._agree(tx, patient)
        elif known.state != "active":
            return
        active = patients.by_id(tx, patient.id)
        assert active is not None
        holding.begin(tx, made.enrollment_id, active, self.catalogue, CLINIC, now=self.now)

    def _agree(self, tx: Tx, patient: patients.Patient) -> None:
        consent.record(tx, patient.id, "aftercare", given=True, version="1", now=self.now)
        patients.becomes(tx, patient.id, "active", actor="patient", now=self.now)

    @rule(
        chat=st.sampled_from((*CHATS, DOCTOR_CHAT)),
        kind=st.sampled_from(("answer", "relay", "alert")),
        edit=st.booleans(),
        times=st.integers(1, 3),
    )
    def say(self, chat: int, kind: Kind, edit: bool, times: int) -> None:
        said = Said("hello", edit_message_id=5 if edit else None)
        for _ in range(times):
            self.do(outbox.say, said, chat_id=chat, now=self.now, kind=kind)
        self.remember()

    @rule(chat=st.sampled_from(CHATS), withdraw=st.booleans())
    def patient_stops(self, chat: int, withdraw: bool) -> None:
        def stops(tx: Tx) -> None:
            patient = patients.at_chat(tx, chat)
            if patient is None or patient.state != "active":
                return
            if withdraw:
                consent.record(tx, patient.id, "aftercare", given=False, version="1", now=self.now)
            state: patients.State = "invited" if withdraw else "stopped"
            patients.becomes(tx, patient.id, state, actor="patient", now=self.now)
            holding.hold(tx, patient.id, "consent" if withdraw else "stopped")

        self.do(stops)

    @rule(chat=st.sampled_from(CHATS))
    def patient_comes_back(self, chat: int) -> None:
        def comes_back(tx: Tx) -> None:
            patient = patients.at_chat(tx, chat)
            if patient is None or patient.state == "active":
                return
            self._agree(tx, patient)
            active = patients.by_id(tx, patient.id)
            assert active is not None
            holding.release(tx, active, self.catalogue, CLINIC, now=self.now)

        self.do(comes_back)

    @rule(chat=st.sampled_from(CHATS))
    def patient_cancels_the_visit(self, chat: int) -> None:
        def cancels(tx: Tx) -> None:
            reminder = tx.first(
                """SELECT outbox.* FROM outbox JOIN sessions
                     ON sessions.clinic_id = :clinic_id AND sessions.id = outbox.session_id
                   WHERE outbox.clinic_id = :clinic_id AND outbox.chat_id = :chat_id
                     AND sessions.state = 'planned' AND sessions.starts_at > :now LIMIT 1""",
                chat_id=chat,
                now=self.now,
            )
            if reminder is None:
                return
            assert appointments.cancel(
                tx, reminder, catalogue=self.catalogue, clinic=CLINIC, now=self.now
            )

        self.do(cancels)

    @rule(
        chat=st.sampled_from(CHATS),
        kind=st.sampled_from(("move", "pause", "resume", "end")),
        days=st.sampled_from((1, 3, 20)),
    )
    def clinic_changes_the_plan(self, chat: int, kind: changes.Kind, days: int) -> None:
        def change(tx: Tx) -> None:
            patient = patients.at_chat(tx, chat)
            plan = enrollment.of_patient(tx, patient.id)[0] if patient else None
            if plan is None:
                return
            what = changes.Change(kind)
            if kind == "move":
                visit = enrollment.sessions_of(tx, plan["id"])[-1]
                at = visit["starts_at"] + days * DAY
                what = changes.Change(kind, visit_id=visit["id"], at=at)
            try:
                proposal = plans.propose(tx, plan["id"], what, self.catalogue, CLINIC, now=self.now)
            except changes.Impossible:
                return
            member = doctor(tx, now=self.now)
            plans.carry_out(tx, proposal, self.catalogue, CLINIC, member=member, now=self.now)

        self.do(change)
        self.remember()

    @rule()
    def a_backup_is_made(self) -> None:
        self.store.close()
        shutil.copy(self.folder / "aftercare.db", self.folder / "backup.db")
        self._open()

    @rule()
    @precondition(lambda self: (self.folder / "backup.db").exists())
    def the_backup_comes_back(self) -> None:
        """Restore it in review mode: what was sent since must not go out again by itself."""
        self.store.close()
        shutil.copy(self.folder / "backup.db", self.folder / "aftercare.db")
        self._open()
        self.do(begin_review, now=self.now)
        assert self.runner.run(self.dispatcher.recover()) == 0
        rows = {row["id"]: row for row in self.rows()}
        self.known = set(rows)
        for row_id in list(self.world.accepted):
            row = rows.get(row_id)
            if row is None:
                # It came after the backup; its number will be given again.
                del self.world.accepted[row_id]
            elif row["state"] == "pending":
                ready = row["ready_at"] <= self.now
                assert row["held"] or not ready, "what may have been sent goes out by itself"
                # From here on the ledger counts what the restored database sends.
                self.world.accepted[row_id] = 0

    @rule(choice=st.sampled_from(("send", "leave")))
    def managers_decide(self, choice: decisions.Choice) -> None:
        self.do(decisions.decide_restored, choice, actor="staff:1", now=self.now)

    @rule(answers=answers)
    def deliver(self, answers: list[tuple[Outcome, bool]]) -> None:
        self.world.script = list(answers)
        self.runner.run(self.dispatcher.drain())
        self.world.script = []
        self.remember()

    @rule(answers=answers)
    def crash(self, answers: list[tuple[Outcome, bool]]) -> None:
        """Kill the process while requests are on their way, and start it again."""
        self.world.script, self.world.hangs = list(answers), True
        self.runner.run(self._abandon())
        self.world.script, self.world.hangs = [], False
        self.store.close()
        self._open()
        self.runner.run(self.dispatcher.recover())
        self.remember()

    async def _abandon(self) -> None:
        self.world.hung.clear()
        drain = asyncio.create_task(self.dispatcher.drain())
        hung = asyncio.create_task(self.world.hung.wait())
        await asyncio.wait({drain, hung}, return_when=asyncio.FIRST_COMPLETED)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    @rule(answers=answers)
    def stop_and_start(self, answers: list[tuple[Outcome, bool]]) -> None:
        """SIGTERM: what was taken is settled, and nothing is left to recover."""
        self.world.script = list(answers)

        async def stop() -> None:
            running = asyncio.create_task(self.dispatcher.run())
            await asyncio.sleep(0)
            assert await self.dispatcher.stop()
            await running

        self.runner.run(stop())
        self.world.script = []
        self.store.close()
        self._open()
        assert self.runner.run(self.dispatcher.recover()) == 0
        self.remember()

    @rule(by=st.sampled_from((1_000, 60_000, HOUR, 5 * HOUR, 12 * HOUR, DAY, 8 * DAY)))
    def time_passes(self, by: int) -> None:
        self._it_is(self.now + by)

    @rule(days=st.integers(0, 9), answers=answers)
    def deliver_at_night(self, days: int, answers: list[tuple[Outcome, bool]]) -> None:
        """Start again at 22:30, after some days of which nothing left."""
        evening = CLINIC.quiet.ends_after(self.now, CLINIC.timezone) + 13 * HOUR + HOUR // 2
        self._it_is(evening + days * DAY)
        self.deliver(answers)

    @rule(to_next=st.just(value=True))
    @precondition(lambda self: self.dispatcher.next_ready is not None)
    def time_comes(self, to_next: bool) -> None:
        assert self.dispatcher.next_ready is not None
        self._it_is(max(self.now, self.dispatcher.next_ready))

    @rule(by=st.sampled_from((60_000, HOUR)))
    def the_clock_is_set_back(self, by: int) -> None:
        self._it_is(self.now - by)

    def _it_is(self, instant: int) -> None:
        """Set the clock; the heartbeat takes note, within five seconds in life."""
        self.world.clock.set(instant)
        self.heartbeat(answered=True)

    @rule(answered=st.booleans())
    def heartbeat(self, answered: bool) -> None:
        """Keep the tables in order, and ask Telegram where something waits for its answer."""
        self.do(upkeep.beat, CLINIC, now=self.now)
        self.do(waits.telegram_answered, answered=answered, now=self.now)
        self.remember()

    @invariant()
    def every_row_is_in_one_known_state_and_agrees_with_the_ledger(self) -> None:
        assert not self.world.violations, self.world.violations
        rows = self.rows()
        assert self.known <= {row["id"] for row in rows}, "a row was lost"
        for row in rows:
            assert row["state"] in STATES - {"sending"}
            assert (row["settled_at"] is None) == (row["state"] == "pending")
            assert row["state"] == "pending" or row["reason"]
            accepted = self.world.accepted[row["id"]]
            edit = row["content"] is not None and "edit_message_id" in row["content"]
            if row["state"] == "sent":
                assert accepted >= 1, "marked sent, and was not"
            elif accepted and not edit:
                in_doubt = row["state"] == "uncertain" or row["possible_duplicate"]
                assert in_doubt, f"sent, but {row['state']}: {row['reason']}"
                assert row["state"] in ("pending", "uncertain")
            if accepted > 1 and not edit:
                assert row["possible_duplicate"], "sent twice, and nobody would know"
            if row["kind"] in ("reminder", "answer", "relay") and not edit:
                assert accepted <= 2, "more than one duplicate"

    def teardown(self) -> None:
        try:
            self._comes_to_rest()
        finally:
            self.store.close()
            self.runner.close()
            shutil.rmtree(self.folder)

    def _comes_to_rest(self) -> None:
        """With a channel that works again, every row comes to its end; nothing waits for good."""
        self.managers_decide("leave")
        for _ in range(1_000):
            self.runner.run(self.dispatcher.drain())
            upcoming = self.dispatcher.next_ready
            if upcoming is None:
                break
            self.world.clock.set(max(self.now, upcoming))
        else:
            pytest.fail("the outbox does not come to rest")
        self.every_row_is_in_one_known_state_and_agrees_with_the_ledger()
        open_rows = [row for row in self.rows() if row["state"] == "pending"]
        assert all(row["held"] for row in open_rows)
        # What is held expires with its usefulness.
        last = max((row["useful_until"] for row in open_rows), default=self.now)
        self.world.clock.set(max(self.now, last))
        self.do(upkeep.beat, CLINIC, now=self.now)
        self.runner.run(self.dispatcher.drain())  # what staff are told of it
        left = [row for row in self.rows() if row["state"] not in outbox.SETTLED]
        assert not left, left


@pytest.fixture(scope="module", autouse=True)
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Migrate one empty database, which every example copies."""
    Delivery.template = tmp_path_factory.mktemp("machine") / "empty.db"
    driver = SqlcipherDriver(Delivery.template, KEY)
    migrate(driver)
    driver.close()
    Delivery.catalogue = load()


@pytest.mark.parametrize("by", [3_000, 60_000, HOUR])
@pytest.mark.parametrize("noticed", [True, False])
def test_what_is_said_after_the_clock_was_set_back_does_not_overtake(
    by: int, noticed: bool
) -> None:
    machine = Delivery()
    machine.one_patient()
    machine.time_passes(1_000)
    for chat in (CHATS[1], DOCTOR_CHAT):
        machine.say(chat, "answer", edit=False, times=2)
    machine.crash([(Ambiguous("reset"), False)])
    if noticed:
        machine.the_clock_is_set_back(by)
    else:
        machine.world.clock.set(machine.now - by)
    for chat in (CHATS[1], DOCTOR_CHAT):
        machine.say(chat, "answer", edit=False, times=2)
    machine.deliver([])
    for _ in range(2):
        machine.time_passes(5_000)  # a heartbeat
        machine.deliver([])
    machine.every_row_is_in_one_known_state_and_agrees_with_the_ledger()
    said = [row for row in machine.rows() if row["kind"] == "answer" and row["attempts"]]
    machine.teardown()
    assert len(said) == 8, "what was said before the step waits for its time to come again"


class Thorough(Delivery):
    """The same, at the volume that is promised."""


_PATIENT = settings(deadline=None, suppress_health_check=list(HealthCheck))
Delivery.TestCase.settings = settings(_PATIENT, max_examples=20, stateful_step_count=30)
_EXAMPLES = 500 if os.environ.get("CHAOS", "") == "long" else 200
Thorough.TestCase.settings = settings(_PATIENT, max_examples=_EXAMPLES, stateful_step_count=50)
TestDelivery = pytest.mark.usefixtures("_prepared")(Delivery.TestCase)
TestDeliveryAtLength = pytest.mark.fault(pytest.mark.usefixtures("_prepared")(Thorough.TestCase))
