"""The virtual clock, and the timekeeper that lets no speed jump over what is due."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.clock import ManualClock, SandboxClock
from sandbox.server import Sandbox
from sandbox.timekeeper import Timekeeper

START = 1_777_888_800_000
HOUR = 3_600_000


class Mono:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def mono() -> Mono:
    return Mono()


@pytest.fixture
def virtual(mono: Mono) -> SandboxClock:
    return SandboxClock(start=START, monotonic=mono)


def test_time_runs_at_the_speed_that_was_set(mono: Mono, virtual: SandboxClock) -> None:
    mono.seconds += 2
    assert virtual.now() == START + 2_000
    virtual.set_speed(3600)
    mono.seconds += 1
    assert virtual.now() == START + 2_000 + HOUR
    virtual.set_speed(0)
    mono.seconds += 1000
    assert virtual.now() == START + 2_000 + HOUR


def test_the_clock_waits_at_its_ceiling_and_goes_on_from_there(
    mono: Mono, virtual: SandboxClock
) -> None:
    virtual.set_speed(3600)
    virtual.hold_at(START + HOUR)
    assert virtual.seconds_until(START + HOUR) == 1
    mono.seconds += 50
    assert virtual.now() == START + HOUR
    virtual.hold_at(None)
    assert virtual.now() == START + HOUR
    mono.seconds += 1
    assert virtual.now() == START + 2 * HOUR


def test_a_ceiling_in_the_past_holds_the_present(mono: Mono, virtual: SandboxClock) -> None:
    mono.seconds += 10
    virtual.hold_at(START)
    mono.seconds += 10
    assert virtual.now() == START + 10_000


def test_a_step_runs_to_its_target_and_then_at_the_old_speed(
    mono: Mono, virtual: SandboxClock
) -> None:
    virtual.run_to(START + 24 * HOUR)
    assert virtual.state()["speed"] > 10_000
    mono.seconds += 60
    assert virtual.now() == START + 24 * HOUR
    assert virtual.arrive()
    mono.seconds += 1
    assert virtual.now() == START + 24 * HOUR + 1000
    assert not virtual.arrive()


def test_a_step_holds_at_what_is_due_on_its_way(mono: Mono, virtual: SandboxClock) -> None:
    virtual.hold_at(START + HOUR)
    virtual.run_to(START + 24 * HOUR)
    mono.seconds += 60
    assert virtual.now() == START + HOUR
    assert not virtual.arrive()
    virtual.hold_at(START + 5 * HOUR)
    mono.seconds += 60
    assert virtual.now() == START + 5 * HOUR
    virtual.hold_at(None)
    mono.seconds += 60
    assert virtual.now() == START + 24 * HOUR


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("wait"), st.floats(0, 100)),
            st.tuples(st.just("speed"), st.floats(0, 100_000)),
            st.tuples(st.just("run"), st.integers(-HOUR, 100 * HOUR)),
            st.tuples(st.just("hold"), st.one_of(st.none(), st.integers(-HOUR, 100 * HOUR))),
        )
    )
)
def test_the_clock_never_runs_backward_nor_past_its_ceiling(steps: list[tuple[str, Any]]) -> None:
    mono = Mono()
    clock = SandboxClock(start=START, monotonic=mono)
    before = clock.now()
    for step, value in steps:
        match step:
            case "wait":
                mono.seconds += value
            case "speed":
                clock.set_speed(value)
            case "run":
                clock.run_to(before + value)
            case "hold":
                clock.hold_at(None if value is None else before + value)
        now = clock.now()
        assert now >= before
        assert clock.ceiling is None or now <= clock.ceiling
        state = clock.state()
        told = state["sim"] + (mono.seconds - state["mono"]) * 1000 * state["speed"]
        assert now == int(min(told, state["ceiling"] or told))
        before = now


@pytest.mark.parametrize("speed", [-1.0, float("inf"), float("nan")])
def test_a_speed_that_is_none_is_refused(virtual: SandboxClock, speed: float) -> None:
    with pytest.raises(ValueError, match="a speed is between"):
        virtual.set_speed(speed)


def test_a_manual_clock_stands_still_and_tells_when_it_is_set() -> None:
    clock = ManualClock(START)
    rung: list[int] = []
    clock.on_change(lambda: rung.append(clock.now()))
    clock.advance(HOUR)
    clock.set(START)
    assert rung == [START + HOUR, START]
    assert clock.seconds_until(START) == 0
    assert clock.seconds_until(START + 1) > 0


class Linked:
    """A sandbox with the virtual clock and a bot's end of the link."""

    def __init__(self, sandbox: Sandbox, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.sandbox = sandbox
        self.socket = socket
        clock = sandbox.clock
        assert isinstance(clock, SandboxClock)
        self.clock = clock

    async def report(self, next_due: int | None, *, idle: bool = True) -> None:
        """Send what the bot owes next."""
        frame = {"type": "outbox", "rows": [], "next_due": next_due, "counts": {}, "idle": idle}
        await self.socket.send_json(frame)

    async def told(self, ceiling: int | None) -> dict[str, Any]:
        """Wait until the sandbox tells of a clock with this ceiling."""
        async with asyncio.timeout(5):
            while True:
                frame: dict[str, Any] = json.loads((await self.socket.receive()).data)
                assert frame["type"] == "clock"
                if frame["ceiling"] == ceiling:
                    return frame


@pytest.fixture
async def linked(http: aiohttp.ClientSession) -> AsyncIterator[Linked]:
    clock = SandboxClock(start=START)
    sandbox = Sandbox(clock=clock)
    sandbox.timekeeper = Timekeeper(clock, sandbox.updates, patience=0.05)
    sandbox.link._timekeeper = sandbox.timekeeper
    await sandbox.start()
    async with http.ws_connect(sandbox.link_url) as socket:
        yield Linked(sandbox, socket)
    await sandbox.stop()


async def test_the_clock_waits_for_the_bot_at_the_due_moment(linked: Linked) -> None:
    await linked.told(None)
    due = START + HOUR
    await linked.report(due)
    await linked.told(due)
    linked.clock.set_speed(100_000_000)
    assert (await linked.told(due))["speed"] == 100_000_000
    assert linked.clock.now() <= due
    await linked.report(due + HOUR)
    await linked.told(due + HOUR)
    assert linked.sandbox.clock_state()["next_due"] == due + HOUR


async def test_the_clock_does_not_wait_for_ever(linked: Linked) -> None:
    due = START + HOUR
    await linked.report(due)
    await linked.told(due)
    linked.clock.run_to(START + 3 * HOUR)
    await linked.told(START + 3 * HOUR)  # the hold at `due` was given up, the run goes on
    await linked.told(None)
    assert linked.clock.now() >= START + 3 * HOUR


async def test_a_fast_clock_waits_while_the_bot_works_on_an_update(linked: Linked) -> None:
    linked.sandbox.timekeeper._patience = 60.0  # type: ignore[union-attr] - the fixture made one
    linked.clock.set_speed(1000)
    await linked.told(None)
    await linked.report(None, idle=False)
    async with asyncio.timeout(5):
        while (frame := json.loads((await linked.socket.receive()).data))["ceiling"] is None:
            pass
    assert linked.clock.now() == frame["ceiling"]
    await linked.report(None, idle=True)
    await linked.told(None)


async def test_no_ceiling_outlives_the_bot(linked: Linked) -> None:
    await linked.report(START + HOUR)
    await linked.told(START + HOUR)
    changed = asyncio.Event()
    linked.clock.on_change(changed.set)
    await linked.socket.close()
    async with asyncio.timeout(5):
        await changed.wait()
    assert linked.clock.ceiling is None
    assert not linked.sandbox.link.connected


async def test_a_frame_that_says_nothing_is_passed_over(linked: Linked) -> None:
    for frame in ("nonsense", "[]", '{"type": "else"}', '{"type": "outbox", "next_due": "x"}'):
        await linked.socket.send_str(frame)
    await linked.report(START + HOUR)
    await linked.told(START + HOUR)


async def test_what_only_the_clock_needs_leaves_the_rows_on_the_page(linked: Linked) -> None:
    await linked.socket.send_json(
        {"type": "outbox", "rows": [{"id": 1}], "next_due": None, "counts": {}, "idle": True}
    )
    await linked.socket.send_json({"type": "standing", "next_due": START + HOUR, "idle": False})
    await linked.told(START + HOUR)
    assert linked.sandbox.link.outbox["rows"] == [{"id": 1}]
