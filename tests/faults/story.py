"""What the in-process stories of the faults begin with: a clinic with one patient, and her rows."""

from typing import Any

from bot.request import AiohttpRequest
from sandbox.phones import Phone
from scheduler import notices, staff
from scheduler.broadcasts import Started, start
from scheduler.database import Row, Tx
from scheduler.said import Said
from scheduler.segments import EVERYONE
from scheduler.tip import Tip
from tests.faults import practice
from tests.faults.child import ZONE

HOUR = 60 * 60 * 1000
SOON = 0.3


class Impatient(AiohttpRequest):
    """The bot's own requests with timeouts that a test can wait for, long polls included."""

    def __init__(self, **given: Any) -> None:
        super().__init__(
            connect_timeout=SOON,
            read_timeout=SOON,
            write_timeout=SOON,
            media_write_timeout=SOON,
            pool_timeout=SOON,
            **given,
        )

    async def do_request(self, *args: Any, **given: Any) -> tuple[int, bytes]:
        """Make one request as the bot does, and wait no longer than ``SOON`` for its answer."""
        return await super().do_request(*args, **{**given, "read_timeout": SOON})


class Story:
    """A world with a practitioner and a patient whose facial is over just now."""

    def __init__(self, world: Any) -> None:
        self.world = world

    async def begin(self, *, next_at: int | None = None, zone: str = ZONE) -> None:
        world = self.world
        self.doctor: Phone = world.person("Dr. Ruiz", role="practitioner")
        self.ana: Phone = world.person("Ana")
        for phone in (self.doctor, self.ana):
            phone.person.started = True
        now = world.clock.now()
        await world.store.write(
            staff.welcome,
            chat_id=self.doctor.person.id,
            name="Dr. Ruiz",
            role="practitioner",
            language="en",
            actor="system",
            now=now,
        )
        await world.store.write(
            practice.enroll, self.ana, self.doctor, "A.P.", now=now, next_at=next_at, zone=zone
        )
        if world.bot.webhook is None:
            await world.settle()

    async def owe(self, kind: str) -> int:
        """Have something of a kind fall due now or soon; returns the chat that it is for."""
        world, now = self.world, self.world.clock.now()
        match kind:
            case "reminder":
                return self.ana.person.id
            case "answer":
                self.ana.text("/plan")
                return self.ana.person.id
            case "broadcast":
                await world.store.write(_broadcast, world.manager.person.id, now=now)
                return self.ana.person.id
            case "alert":
                await world.store.write(_alert, self.doctor.person.id, now=now)
                return self.doctor.person.id
        raise AssertionError(kind)

    async def row(self, kind: str, chat_id: int) -> Row:
        """Return the first row of a kind in a chat."""
        found: Row = await self.world.store.read(_first_row, kind, chat_id)
        return found

    async def rows(self, table: str = "outbox") -> list[Row]:
        """Return a whole table."""
        found: list[Row] = await self.world.store.read(practice.rows_of, table)
        return found


def _broadcast(tx: Tx, manager: int, *, now: int) -> None:
    member = staff.at_chat(tx, manager)
    assert member is not None
    begun = start(
        tx,
        Tip("Drink a glass of water"),
        EVERYONE,
        member=member,
        clinic=practice.CLINIC,
        progress_message=None,
        now=now,
    )
    assert isinstance(begun, Started)


def _alert(tx: Tx, doctor: int, *, now: int) -> None:
    member = staff.at_chat(tx, doctor)
    assert member is not None
    notices.tell(tx, [member], "practitioner.unreachable", now=now, label="A.P.")


def _first_row(tx: Tx, kind: str, chat_id: int) -> Row | None:
    return tx.first(
        """SELECT * FROM outbox WHERE clinic_id = :clinic_id AND kind = :kind
             AND chat_id = :chat_id ORDER BY due_at, id LIMIT 1""",
        kind=kind,
        chat_id=chat_id,
    )


def words_of(row: Row) -> str:
    """Return the text of a row that was worded beforehand."""
    return Said.from_json(row["content"]).html if row["content"] else ""
