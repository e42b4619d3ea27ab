"""/export: what may be seen, as a file that no spreadsheet is tricked by."""

import csv
import io
import json
import zipfile

import pytest

from bot import export_file
from scheduler import exports, replies
from tests.journeys.practitioner_chat import join


async def enroll(world, doctor, label):
    await doctor.says(f'/enroll facial "{label}" face next=2w')
    await doctor.taps("✅ Confirm")


def documents(world, chat):
    """The archives that a phone was sent, as {file name: text}."""
    found = []
    for message in chat.messages():
        if "document" in message:
            files = world.sandbox.world.files
            content = files.content(files.get(message["document"]["file_id"]))
            archive = zipfile.ZipFile(io.BytesIO(content))
            assert archive.testzip() is None
            found.append(
                {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
            )
    return found


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


FILES = [
    "patients",
    "enrollments",
    "sessions",
    "messages",
    "replies",
    "written_by_staff",
    "alerts",
]


async def test_it_says_what_it_would_hold_and_asks_first(world):
    doctor = await join(world, "Dr. Ruiz")
    await enroll(world, doctor, "A.P.")
    asked = await doctor.says("/export")
    assert "It holds your own 1 patient with plans" in asked
    assert "not encrypted" in asked
    assert doctor.buttons == ["📊 As tables (CSV)", "🧩 For programs (JSON)", "✖ Leave"]
    assert await doctor.taps("✖ Leave") == "❎ Nothing was exported."
    assert documents(world, doctor) == []


async def test_the_tables_hold_what_happened_and_no_formula(world):
    doctor = await join(world, "Dr. Ruiz")
    for label in ("=1+1", "+A", "-B", "@C", "D"):
        await enroll(world, doctor, label)
    await world.store.write(
        replies.free, 5, "text", text="\t=cmd()", file_id=None, context=None, now=world.clock.now()
    )
    await doctor.says("/export")
    await doctor.taps("📊")
    (held,) = documents(world, doctor)
    assert list(held) == [f"{name}.csv" for name in FILES]
    assert [row["label"] for row in table(held["patients.csv"])] == [
        "'=1+1",
        "'+A",
        "'-B",
        "'@C",
        "D",
    ]
    (reply,) = table(held["replies.csv"])
    assert reply["text"] == "'\t=cmd()"
    assert reply["at"] == "2026-05-04T10:00:00+02:00"
    assert len(table(held["sessions.csv"])) == 10
    assert {row["state"] for row in table(held["messages.csv"])} == {"pending"}
    assert "📦 Export · CSV · Mon 4 May, 10:00" in doctor.said
    chat_ids = {str(message["chat"]["id"]) for message in doctor.messages()}
    assert not any(number in text for text in held.values() for number in chat_ids)


async def test_json_holds_the_same_unchanged(world):
    doctor = await join(world, "Dr. Ruiz")
    await enroll(world, doctor, "=1+1")
    await doctor.says("/export")
    await doctor.taps("🧩")
    (held,) = documents(world, doctor)
    assert [row["label"] for row in json.loads(held["patients.json"])] == ["=1+1"]
    assert json.loads(held["alerts.json"]) == []


async def test_a_practitioner_gets_their_own_and_a_manager_all(world):
    one, other = await join(world, "Dr. Ruiz"), await join(world, "Dr. Gil")
    await enroll(world, one, "A.P.")
    await enroll(world, other, "B.Q.")
    boss = await join(world, "Boss", role="manager")
    for who, labels in ((one, ["A.P."]), (other, ["B.Q."]), (boss, ["A.P.", "B.Q."])):
        await who.says("/export")
        await who.taps("📊")
        (held,) = documents(world, who)
        assert [row["label"] for row in table(held["patients.csv"])] == labels
        assert {row["label"] for row in table(held["messages.csv"])} == set(labels)
    await boss.says("/audit exports")
    assert "📦 Boss exported 2 patients as CSV" in boss.said
    assert "📦 Dr. Ruiz exported 1 patient as CSV" in boss.said


async def test_a_large_export_comes_in_parts_without_a_gap(world, monkeypatch):
    monkeypatch.setattr(export_file, "PART_BYTES", 1)
    monkeypatch.setattr(exports, "SPAN", 2)
    doctor = await join(world, "Dr. Ruiz")
    for number in range(5):
        await enroll(world, doctor, f"P{number}")
    await doctor.says("/export")
    await doctor.taps("📊")
    parts = documents(world, doctor)
    labels = [
        row["label"]
        for held in parts
        for name, text in held.items()
        if name.startswith("patients")
        for row in table(text)
    ]
    assert labels == [f"P{number}" for number in range(5)]
    assert len(parts) > 10
    assert doctor.said == f"📦 That was all: {len(parts)} files."


async def test_a_hundred_thousand_replies_go_out_a_few_at_a_time_and_each_once(world, monkeypatch):
    doctor = await join(world, "Dr. Ruiz")
    await enroll(world, doctor, "A.P.")
    await world.store.write(
        lambda tx: tx.many(
            """INSERT INTO replies (clinic_id, patient_id, kind, text, at)
               VALUES (:clinic_id, 1, 'text', :text, :at)""",
            ({"text": f"=reply {number}", "at": number} for number in range(100_000)),
        )
    )
    most = 0
    some = exports.some

    def watched(*given):
        nonlocal most
        rows, place = some(*given)
        most = max(most, len(rows))
        return rows, place

    monkeypatch.setattr(exports, "some", watched)
    await doctor.says("/export")
    await doctor.taps("📊")
    (held,) = documents(world, doctor)
    texts = [row["text"] for row in table(held["replies.csv"])]
    assert texts == [f"'=reply {number}" for number in range(100_000)]
    assert most == exports.SPAN


async def test_pressed_twice_it_comes_once(world):
    doctor = await join(world, "Dr. Ruiz")
    await enroll(world, doctor, "A.P.")
    await doctor.says("/export")
    message = doctor.last()
    for _ in range(2):
        doctor.phone.tap(message["message_id"], "x:csv")
    await world.settle()
    assert len(documents(world, doctor)) == 1


async def test_somebody_removed_meanwhile_gets_nothing(world):
    doctor = await join(world, "Dr. Ruiz")
    boss = await join(world, "Boss", role="manager")
    await enroll(world, doctor, "A.P.")
    await doctor.says("/export")
    message = doctor.last()
    await boss.says("/staff")
    await boss.taps("✖️ Remove Dr. Ruiz")
    await boss.taps("Boss · 0")
    await boss.taps("Yes, remove")
    doctor.phone.tap(message["message_id"], "x:csv", forged=True)
    await world.settle()
    assert documents(world, doctor) == []


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_begins_a_formula(sign):
    assert exports.plain(f"{sign}1") == f"'{sign}1"
    assert exports.plain("1" + sign) == "1" + sign
    assert exports.plain(-1) == -1
