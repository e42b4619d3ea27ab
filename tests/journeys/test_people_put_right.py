"""Who a patient is, put right from the card: the label, the phone, a record that is there twice."""

import re

import pytest

from tests.journeys.practitioner_chat import join, words


async def enroll(world, doctor, label, *, opens=True, line="facial face next=2w"):
    """Enroll a patient by one line; the patient opens the link and agrees."""
    await doctor.says(f'/enroll {line} "{label}"')
    link = re.search(r"https://t\.me/\S+", await doctor.taps("✅ Confirm"))[0]
    patient = await join(world, label, role="patient")
    if opens:
        patient.phone.open(link)
        await world.settle()
        await patient.taps("Yes")
        await patient.taps("Yes")
    world.new(patient.phone)
    return patient


async def menu(doctor, label):
    await doctor.says(f"/patient {label}")
    await doctor.taps("👤 Patient")


async def test_a_label_is_corrected_and_the_card_says_so(world):
    doctor = await join(world, "Dr. Ruiz")
    ana = await enroll(world, doctor, "A.P.")
    await menu(doctor, "A.P.")
    assert doctor.said == "👤 A.P.\nWhat would you like to put right?"
    assert "What is the right label for A.P.?" in await doctor.taps("✏️ Correct the label")
    assert "needs a letter or a digit" in await doctor.says("…")
    assert doctor.buttons == ["✖ Leave"]
    assert "Please keep to 40" in await doctor.says("x" * 41)
    assert await doctor.says("  Á.P.   1042 ") == "✅ A.P. is called Á.P. 1042 from now on."
    card = await doctor.taps("‹ The card")
    assert card.startswith("👤 Á.P. 1042")
    assert "✏️ Dr. Ruiz corrected the label (it was A.P.)" in card
    await doctor.says("/patients a.p. 1042")
    assert doctor.buttons[0].startswith("🟢 Á.P. 1042")
    assert world.texts(ana.phone) == []


async def test_a_label_that_is_taken_is_said_and_the_same_one_changes_nothing(world):
    doctor = await join(world, "Dr. Ruiz")
    await enroll(world, doctor, "One", opens=False)
    await enroll(world, doctor, "Two", opens=False)
    await menu(doctor, "One")
    await doctor.taps("✏️")
    assert await doctor.says("One") == "They are called One already."
    await menu(doctor, "One")
    await doctor.taps("✏️")
    assert "There is another patient of that label" in await doctor.says("Two")


async def test_what_is_asked_is_left_by_its_button_by_a_command_and_by_time(world):
    doctor = await join(world, "Dr. Ruiz")
    await enroll(world, doctor, "A.P.", opens=False)

    async def asked():
        await menu(doctor, "A.P.")
        await doctor.taps("✏️")

    await asked()
    assert await doctor.taps("✖ Leave") == "❎ Left. Nothing was changed."
    assert "I'm not sure what to do with that" in await doctor.says("B.Q.")
    await asked()
    await doctor.says("/patients")
    assert "Patients with “B.Q.”" not in await doctor.says("B.Q.")
    await asked()
    await world.after(hours=1)
    assert "I'm not sure what to do with that" in await doctor.says("B.Q.")
    await asked()
    await doctor.says("/cancel")
    await doctor.says("/patient A.P.")
    assert doctor.said.startswith("👤 A.P.")


async def test_what_is_asked_survives_a_restart(world):
    doctor = await join(world, "Dr. Ruiz")
    await enroll(world, doctor, "A.P.", opens=False)
    await menu(doctor, "A.P.")
    await doctor.taps("✏️")
    await world.stop_bot()
    await world.start_bot()
    assert await doctor.says("B.Q.") == "✅ A.P. is called B.Q. from now on."


async def test_a_new_phone_keeps_the_history_and_the_old_one_is_let_go(world):
    doctor = await join(world, "Dr. Ruiz")
    old = await enroll(world, doctor, "A.P.")
    await world.after(hours=25)
    asked = next(m for m in old.messages() if "How sore" in words(m))
    await old.taps("4", asked)
    world.new(old.phone)
    await menu(doctor, "A.P.")
    link = re.search(r"https://t\.me/\S+", await doctor.taps("📱 New phone"))[0]
    assert "The old phone is told" in doctor.said
    old.phone.open(link)
    await world.settle()
    assert "May I send" not in old.said, "it is the phone that they have"
    world.new(old.phone)
    new = await join(world, "new", role="patient")
    new.phone.open(link)
    await world.settle()
    assert "May I send" in new.said
    (told,) = world.texts(old.phone)
    assert told.startswith("📱 Your messages now go to another phone.")
    assert "opened on another phone" in doctor.said
    await world.after(hours=24)
    assert world.texts(old.phone) == []
    assert len(world.new(new.phone)) == 1
    await new.taps("Yes")
    await world.after(days=7)
    assert world.texts(old.phone) == []
    assert any("bruis" in text.lower() for text in world.texts(new.phone))
    card = await doctor.says("/patient A.P.")
    while "Earlier ›" in doctor.buttons:
        card += await doctor.taps("Earlier ›")
    assert "→ 4" in card
    assert "📱 Dr. Ruiz made a link to a new phone" in card
    assert "📱 Another phone: the old one was let go of" in card
    world.new(doctor.phone)
    old.phone.text("Are you there?")
    await world.settle()
    assert world.texts(doctor.phone) == [], "the old phone is nobody's now"
    third = await join(world, "third", role="patient")
    third.phone.open(link)
    await world.settle()
    assert "May I send" not in third.said
    assert world.texts(doctor.phone) == []


async def test_a_link_of_a_new_record_leaves_none_behind_when_a_known_patient_opens_it(world):
    doctor = await join(world, "Dr. Ruiz")
    ana = await enroll(world, doctor, "A.P.")
    await doctor.says('/enroll hair scalp "Anna"')
    link = re.search(r"https://t\.me/\S+", await doctor.taps("✅ Confirm"))[0]
    assert (await doctor.says("/patient Anna")).startswith("👤 Anna")
    ana.phone.open(link)
    await world.settle()
    assert "Hair restoration" in await doctor.says("/patient A.P.")
    boss = await join(world, "Boss", role="manager")
    await boss.says("/patients")
    assert [label.split()[1] for label in boss.buttons] == ["A.P.", "Filter"]


async def test_a_new_phone_that_is_another_patients_is_for_the_clinic_to_settle(world):
    doctor = await join(world, "Dr. Ruiz")
    await enroll(world, doctor, "One")
    two = await enroll(world, doctor, "Two")
    await menu(doctor, "One")
    link = re.search(r"https://t\.me/\S+", await doctor.taps("📱 New phone"))[0]
    two.phone.open(link)
    await world.settle()
    assert "already belongs to another plan" in two.said
    assert "was opened on the phone of Two. Is it the same person?" in doctor.said


async def test_a_duplicate_is_merged_after_a_look_at_what_moves(world):
    doctor = await join(world, "Dr. Ruiz")
    first = await enroll(world, doctor, "A.P.")
    second = await enroll(world, doctor, "AP")
    await menu(doctor, "A.P.")
    assert "Who is the same person as A.P.?" in await doctor.taps("🔀 Merge a duplicate")
    assert "I find nobody else" in await doctor.says("nobody")
    assert "Which one is the same person" in await doctor.says("ap")
    assert doctor.buttons[0] == "🟢 AP · No. 2 · Facial rejuvenation · day 0"
    preview = await doctor.taps("🟢 AP")
    assert "Merge No. 2 AP into No. 1 A.P.?" in preview
    assert "➡️ What moves over: 1 plan." in preview
    assert "Two plans for Facial rejuvenation: the newer one goes on." in preview
    assert "📱 Both have a phone." in preview
    assert "Merge No. 1 A.P. into No. 2 AP?" in await doctor.taps("⇄ Keep AP instead")
    await doctor.taps("⇄ Keep A.P. instead")
    assert await doctor.taps("✅ Merge") == "✅ AP and A.P. are one patient now: A.P."
    assert "another phone" in second.said
    world.new(second.phone)
    await world.after(hours=25)
    assert world.texts(second.phone) == []
    texts = world.texts(first.phone)
    assert len(texts) == len(set(texts)), "nothing comes twice"
    assert any("How sore" in text for text in texts)
    card = await doctor.says("/patient A.P.")
    while "Earlier ›" in doctor.buttons:
        card += await doctor.taps("Earlier ›")
    assert "🔀 Dr. Ruiz merged the record of AP into this one" in card
    assert "I know no patient of yours" in await doctor.says("/patient 2")


@pytest.mark.parametrize(
    "data",
    ["m:o:2", "m:l:2", "m:n:2", "m:d:2", "m:p:1:2", "m:p:2:1", "m:y:1:2:0", "m:p:1:1", "m:p:1:x"],
)
async def test_no_button_reaches_a_colleagues_patient(world, data):
    one, other = await join(world, "Dr. Ruiz"), await join(world, "Dr. Gil")
    await enroll(world, one, "A.P.", opens=False)
    await enroll(world, other, "B.Q.", opens=False)
    await one.says("/patients")
    before = one.messages()
    one.phone.tap(one.last()["message_id"], data, forged=True)
    await world.settle()
    assert one.messages() == before


async def test_whoever_was_only_called_to_an_alert_puts_nothing_right(world):
    doctor, other = await join(world, "Dr. Ruiz"), await join(world, "Dr. Gil")
    ana = await enroll(world, doctor, "A.P.")
    await enroll(world, other, "B.Q.", opens=False)
    await ana.says("I can't breathe, my throat is closing")
    assert "EMERGENCY · A.P." in other.said
    card = await other.taps("📇 Open the card")
    assert "👤 A.P." in card
    assert "👤 Patient" not in other.buttons
    await doctor.taps("📇 Open the card")
    assert "👤 Patient" in doctor.buttons
    toasts = []
    world.sandbox.world.listen(
        lambda event, data: toasts.append(data["text"]) if event == "toast" else None
    )
    heard = len(other.messages())
    for forged in ("m:o:1", "m:l:1", "m:n:1", "m:d:1", "m:p:1:2", "m:p:2:1", "p:k:1"):
        other.phone.tap(other.last()["message_id"], forged, forged=True)
        await world.settle()
    assert len(toasts) == 7
    assert len(other.messages()) == heard
    assert words(other.last()) == card
    # Nor does a record of theirs swallow that patient.
    await menu(other, "B.Q.")
    await other.taps("🔀 Merge a duplicate")
    assert "I find nobody else" in await other.says("A.P.")
