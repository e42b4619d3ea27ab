"""The files of /mydata, made when they leave: nothing of them waits in the database.

Made in a thread: what is held is read in one transaction, pictures are fetched from Telegram one
after the other, and each goes into the archive as it comes.
"""

import asyncio
import json
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any, Final

from telegram import Bot
from telegram.error import TelegramError

from bot.data_page import Subject, page
from bot.turn import House
from messages.catalogue import Catalogue
from messages.markup import plain
from scheduler import outbox, patients, portability, replies, wording
from scheduler.clinic import Clinic
from scheduler.clock import Clock
from scheduler.database import Store, Tx
from scheduler.patients import Patient
from scheduler.portability import Held

MAKER: Final = "mydata"
MOST_BYTES: Final = 45 * 1024 * 1024
"""Telegram takes 50 MB of a bot; what does not fit is named on the page."""
MOST_SECONDS: Final = 40.0
"""So long pictures are fetched: the files come within a minute."""
_ONE_SECONDS: Final = 15.0


class Files:
    """Makes the files of a patient's own data.

    Args:
        store: where the data is.
        bot: fetches pictures from Telegram.
        house: returns the clinic and its texts as they are now.
        clock: what the page says it was made at.
        monotonic: real seconds.
    """

    def __init__(
        self,
        store: Store,
        bot: Bot,
        house: Callable[[], House],
        clock: Clock,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._bot = bot
        self._house = house
        self._clock = clock
        self._monotonic = monotonic
        self._loop: asyncio.AbstractEventLoop | None = None

    def on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Fetch on this loop: the one that the bot lives on."""
        self._loop = loop

    def make(self, args: Mapping[str, Any]) -> tuple[str, bytes]:
        """Make one of the two files: ``args`` has the ``patient`` and which ``part`` it is.

        Returns:
            Its file name and its bytes.

        Raises:
            LookupError: the patient was erased meanwhile.
        """
        house, now = self._house(), self._clock.now()
        patient, held, sent = self._store.write_now(
            _gather, args["patient"], house.catalogue, house.clinic
        )

        def written(pictures: Mapping[int, str], *, linked: bool) -> str:
            subject = Subject(patient, held, sent, pictures, linked)
            return page(house.catalogue, house.clinic, subject, now=now)

        if args["part"] == "page":
            names = {number: f"pictures/{number}" for number, _, _ in portability.files(held)}
            return "mydata.html", written(names, linked=False).encode()
        return "mydata.zip", self._archive(held, written, now=now)

    def _archive(self, held: Held, written: Callable[..., str], *, now: int) -> bytes:
        whole = BytesIO()
        names: dict[int, str] = {}
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, name, content in self._pictures(held):
                if whole.tell() + len(content) > MOST_BYTES:
                    break
                names[number] = name
                # Pictures are compressed already.
                archive.writestr(name, content, compress_type=zipfile.ZIP_STORED)
            data = {
                "made_at": now,
                "instants": "milliseconds since 1970-01-01 UTC",
                "pictures": names,
                **held,
            }
            archive.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=1))
            archive.writestr("mydata.html", written(names, linked=True))
        return whole.getvalue()

    def _pictures(self, held: Held) -> Iterator[tuple[int, str, bytes]]:
        """Yield the pictures that Telegram gives out in time: number, name, bytes."""
        until = self._monotonic() + MOST_SECONDS
        for number, _, file_id in portability.files(held):
            if self._loop is None or self._monotonic() > until:
                return
            fetching = asyncio.run_coroutine_threadsafe(self._fetch(file_id), self._loop)
            try:
                suffix, content = fetching.result(_ONE_SECONDS)
            except (TelegramError, TimeoutError):
                fetching.cancel()
                continue
            yield number, f"pictures/{number}{suffix}", content

    async def _fetch(self, file_id: str) -> tuple[str, bytes]:
        file = await self._bot.get_file(file_id)
        suffix = PurePosixPath(file.file_path or "").suffix
        # What names the file comes from outside: letters and digits, or no ending at all.
        return suffix if suffix[1:].isalnum() else "", bytes(await file.download_as_bytearray())


def _gather(
    tx: Tx, patient_id: int, catalogue: Catalogue, clinic: Clinic
) -> tuple[Patient, Held, list[tuple[int, str]]]:
    patient = patients.known(tx, patient_id)
    held = portability.everything(tx, patient)
    return patient, held, [*_sent(tx, held, patient, catalogue, clinic)]


def _sent(
    tx: Tx, held: Held, patient: Patient, catalogue: Catalogue, clinic: Clinic
) -> Iterator[tuple[int, str]]:
    """Yield what reached the patient: the moment and the words, a reminder's as of today's text."""
    for row in held["outbox"]:
        if row["state"] != "sent" or row["chat_id"] != patient.chat_id:
            continue
        said = row["content"]["html"] if row["content"] and "html" in row["content"] else ""
        if row["step_key"] is not None:
            whole = outbox.row(tx, row["id"])
            try:
                if whole is not None:
                    subject = wording.subject_of(tx, whole, catalogue)
                    answers = replies.answers_to(tx, row["id"])
                    said = wording.reminder(catalogue, clinic, subject, answers).html
            except KeyError:
                said = row["step_key"]
        if said:
            yield row["settled_at"], plain(said)
