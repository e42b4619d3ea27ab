"""A manager changes what the clinic is in chat, and it holds from then on."""

import json
from typing import Any

import pytest

from scheduler import staff
from tests.conftest import moment


async def opens(world: Any, chats: Any, name: str) -> None:
    world.manager.text("/settings")
    await world.settle()
    await chats.tap(world.manager, "Settings", name)


async def test_a_change_is_shown_saved_and_written_down(world: Any, chats: Any) -> None:
    await opens(world, chats, "Clinic name")
    world.manager.text("Clínica <Sol>")
    await world.settle()
    asked = chats.last(world.manager, "Save it?")
    assert "Alba Clinic → Clínica <Sol>" in chats.shown(asked)
    assert world.bot.clinic.name == "Alba Clinic", "nothing holds before it is saved"

    await chats.tap(world.manager, "Save it?", "✅ Save")
    assert world.bot.clinic.name == "Clínica <Sol>"
    await chats.tap(world.manager, "Clínica <Sol>", "‹ All settings")
    assert "Clinic name: Clínica <Sol> ✎" in chats.shown(chats.last(world.manager, "Settings"))

    noted = await world.store.read(
        lambda tx: tx.all(
            """SELECT actor, detail FROM events
               WHERE clinic_id = :clinic_id AND kind = 'setting_changed'"""
        )
    )
    assert [(row["actor"], json.loads(row["detail"])) for row in noted] == [
        ("staff:1", {"setting": "clinic_name", "before": "Alba Clinic", "after": "Clínica <Sol>"})
    ]


async def test_it_holds_after_a_restart_and_can_be_taken_back(world: Any, chats: Any) -> None:
    await opens(world, chats, "Days between tips")
    await chats.tap(world.manager, "Days between tips", "14 days")
    await chats.tap(world.manager, "Save it?", "✅ Save")
    await world.stop_bot()
    await world.start_bot()
    assert world.bot.clinic.tips_gap_ms == 14 * 24 * 3_600_000

    await opens(world, chats, "Days between tips")
    await chats.tap(world.manager, "Days between tips: 14 days", "↩️ Back to 3 days")
    await chats.tap(world.manager, "Save it?", "✅ Save")
    assert world.bot.clinic.tips_gap_ms == 3 * 24 * 3_600_000
    assert not world.bot.standing.changed


async def test_new_quiet_hours_say_what_moves_and_move_it(
    world: Any, chats: Any, joins: Any, enrolls: Any
) -> None:
    doctor = await joins()
    patient = world.person("Ana")
    # A session at ten in the evening: what is due an hour later waits for the morning.
    await world.until(moment("2026-05-04 22:00"))
    await chats.consent(patient, await enrolls(doctor))
    world.new(world.manager)

    await opens(world, chats, "Quiet hours")
    world.manager.text("23:30-07:00")
    await world.settle()
    asked = chats.shown(chats.last(world.manager, "Save it?"))
    assert "21:00–09:00 → 23:30–07:00" in asked
    moved = int(asked.split("🕘 ")[1].split(" ")[0])
    before = await _ready(world)
    await chats.tap(world.manager, "Save it?", "✅ Save")
    after = await _ready(world)
    assert sum(before[row] != after[row] for row in before) == moved > 0
    madrid = "Europe/Madrid"
    assert not any(world.bot.clinic.quiet.holds(at, madrid) for at in after.values())


async def _ready(world: Any) -> dict[int, int]:
    rows = await world.store.read(
        lambda tx: tx.all(
            """SELECT id, ready_at FROM outbox
               WHERE clinic_id = :clinic_id AND kind = 'reminder' AND state = 'pending'"""
        )
    )
    return {row["id"]: row["ready_at"] for row in rows}


async def test_what_no_setting_can_be_is_explained_and_changes_nothing(
    world: Any, chats: Any
) -> None:
    for name, written, told in (
        ("Phone", "call me", "not a phone number"),
        ("Time zone", "madird", "Do you mean Europe/Madrid?"),
        ("Quiet hours", "9 to 5", "I don't understand these hours"),
        ("Next call, urgent", "0", "a number from 1 to 720"),
        ("Public holidays", "Atlantis", "I don't know the holidays"),
        ("Closed days", "yesterday", "or it is over"),
        ("Language", "Klingon", "tap one of the languages"),
    ):
        await opens(world, chats, name)
        world.manager.text(written)
        await world.settle()
        assert told in chats.shown(world.manager.transcript()[-1]), name
    world.manager.photo()
    await world.settle()
    assert "tap one of the languages" in chats.shown(world.manager.transcript()[-1])
    assert not world.bot.standing.changed


async def test_holidays_and_days_of_its_own_close_the_clinic(world: Any, chats: Any) -> None:
    await opens(world, chats, "Public holidays")
    world.manager.text("es-md")
    await world.settle()
    assert "Spain, MD" in chats.shown(chats.last(world.manager, "Save it?"))
    assert "Mon, 12 Oct 2026 (National Day)" in chats.shown(chats.last(world.manager, "Save it?"))
    await chats.tap(world.manager, "Save it?", "✅ Save")
    await opens(world, chats, "Closed days")
    world.manager.text("10 August - 12 August\n24/12")
    await world.settle()
    await chats.tap(world.manager, "Save it?", "✅ Save")
    hours = world.bot.clinic.hours
    for day, is_open in (
        ("2026-10-09", True),
        ("2026-10-12", False),
        ("2026-08-11", False),
        ("2026-08-13", True),
        ("2026-12-24", False),
    ):
        assert hours.open_at(moment(f"{day} 12:00"), "Europe/Madrid") is is_open, day

    await opens(world, chats, "Closed days")
    await chats.tap(world.manager, "Closed days", "✖️ Mon, 10 Aug 2026 – Wed, 12 Aug 2026")
    await chats.tap(world.manager, "Save it?", "✅ Save")
    assert world.bot.clinic.hours.open_at(moment("2026-08-11 12:00"), "Europe/Madrid")


async def test_opening_hours_are_read_in_words(world: Any, chats: Any) -> None:
    await opens(world, chats, "Opening hours")
    world.manager.text("Mon-Thu 9:00-19:00, Sat 10:00-14:00")
    await world.settle()
    asked = chats.shown(chats.last(world.manager, "Save it?"))
    assert "Mon–Fri 09:00–18:00 → Mon–Thu 09:00–19:00 · Sat 10:00–14:00" in asked
    await chats.tap(world.manager, "Save it?", "✅ Save")
    hours = world.bot.clinic.hours
    assert not hours.open_at(moment("2026-05-08 12:00"), "Europe/Madrid")
    assert hours.open_at(moment("2026-05-09 12:00"), "Europe/Madrid")


async def test_two_managers_at_once_the_second_looks_again(
    world: Any, chats: Any, joins: Any
) -> None:
    other = await joins("Olga", role="manager")
    await opens(world, chats, "Emergency number")
    world.manager.text("911")
    await world.settle()
    other.text("/settings")
    await world.settle()
    await chats.tap(other, "Settings", "Emergency number")
    other.text("999")
    await world.settle()
    await chats.tap(other, "Save it?", "✅ Save")
    await chats.tap(world.manager, "Save it?", "✅ Save")
    assert world.bot.clinic.emergency == "999"
    assert "Emergency number: 999" in chats.shown(chats.last(world.manager, "Emergency number"))


async def test_only_a_manager_opens_them_and_old_buttons_do_nothing(
    world: Any, chats: Any, joins: Any
) -> None:
    doctor = await joins()
    doctor.text("/settings")
    await world.settle()
    assert "do not know that command" in chats.shown(doctor.transcript()[-1])
    await opens(world, chats, "Clinic name")
    message = world.manager.transcript()[-1]["message_id"]
    for data in ("g:save:0", "g:try:0:0", "g:open:99", "g:drop:7", "g:x:1:2:3"):
        doctor.tap(message, data, forged=True)
        world.manager.tap(message, data, forged=True)
        await world.settle()
    assert not world.bot.standing.changed


async def test_the_clinics_language_is_spoken_to_whoever_has_none_of_ours(
    world: Any, chats: Any, joins: Any
) -> None:
    await opens(world, chats, "Language")
    await chats.tap(world.manager, "Language: English", "Español")
    await chats.tap(world.manager, "Save it?", "✅ Save")
    stranger = world.person("Ève", language="fr")
    stranger.open()
    await world.settle()
    assert "Se abre con un enlace" in chats.shown(stranger.transcript()[-1])


async def test_a_setting_that_is_undone_never_holds(world: Any) -> None:
    def fails(tx: Any) -> None:
        member = staff.everyone(tx, "manager")[0]
        world.bot.standing.adjust(tx, "clinic_name", "X", actor=member.actor, now=1)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await world.store.write(fails)
    assert world.bot.clinic.name == "Alba Clinic"


@pytest.mark.parametrize("pays", [True, False])
async def test_paying_for_more_than_thirty_a_second_is_the_operators_choice(
    make_world: Any, pays: bool
) -> None:
    world = make_world(paid_broadcast=pays)
    await world.open()
    world.manager.text("/help")
    await world.settle()
    sent = world.sandbox.ledger.of(world.manager.person.id)
    assert sent
    assert {entry.paid for entry in sent} == {pays}


async def test_a_tap_on_old_settings_ends_nothing_that_is_in_the_making(
    world: Any, chats: Any, joins: Any
) -> None:
    await opens(world, chats, "Clinic name")
    await chats.tap(world.manager, "Clinic name", "‹ All settings")
    old = chats.last(world.manager, "Settings")
    world.manager.text("/enroll hair scalp")
    await world.settle()
    enrolling = chats.last(world.manager, "New aftercare plan")
    toasts: list[str] = []
    world.sandbox.world.listen(
        lambda event, data: toasts.append(data["text"]) if event == "toast" else None
    )
    world.manager.tap(old["message_id"], chats.labels(old)[0])
    await world.settle()
    assert [toast[:31] for toast in toasts] == ["You are in the middle of someth"]
    await chats.tap(world.manager, "Settings", "✖️ Close")
    world.manager.text("14:20")
    await world.settle()
    shown = chats.last(world.manager, "New aftercare plan")
    assert shown["message_id"] > enrolling["message_id"], "the enrollment goes on"
