"""Sessions late in the evening, and consents at night: the danger signs reach everybody."""

import pytest

from tests.conftest import moment

CARE = "You can go on with your day"
LATE = "Counted from your visit"


@pytest.fixture
async def doctor(joins):
    return await joins()


async def enrolled(world, enrolls, doctor, at, name="Anna", **choice):
    """Enroll somebody whose session ends at a local time of Monday; their phone and their link."""
    await world.until(moment(f"2026-05-04 {at}"))
    return world.person(name), await enrolls(doctor, **choice)


async def consents(world, chats, phone, token, at):
    """Open the link and say yes at a local time; what the bot sends at that moment."""
    await world.until(moment(f"2026-05-04 {at}"))
    phone.open(token)
    await world.settle()
    world.new(phone)
    await chats.tap(phone, "May I send", "Yes, send me aftercare messages")
    return world.texts(phone)


def lists(texts):
    return [text for text in texts if CARE in text or LATE in text]


@pytest.mark.parametrize(
    ("session", "consent"),
    [("20:30", "21:05"), ("20:30", "23:30"), ("21:40", "23:30"), ("19:30", "21:05")],
)
async def test_whoever_consents_at_night_gets_the_danger_signs_at_once(
    world, chats, enrolls, doctor, session, consent
):
    anna, token = await enrolled(world, enrolls, doctor, session)
    said = await consents(world, chats, anna, token, consent)
    (said,) = lists(said)
    assert LATE in said, "nobody goes on with their day at night"
    assert "112 now: hard to breathe, swollen face or tongue" in said
    await chats.tap(anna, "Is it hard to breathe", "No")
    assert LATE in chats.last(anna, "Is it hard to breathe")["text"], "a tap does not change them"
    await world.until(moment("2026-05-05 08:59"))
    assert world.texts(anna) == [], "the night is quiet"
    await world.until(moment("2026-05-06 09:00"))
    assert lists(world.texts(anna)) == [], "and the list is not sent again"


async def test_a_consent_just_before_the_night_brings_the_list_before_the_night(
    world, chats, enrolls, doctor
):
    anna, token = await enrolled(world, enrolls, doctor, "20:30")
    said = await consents(world, chats, anna, token, "20:58")
    assert lists(said) == []
    await world.until(moment("2026-05-04 20:59"))
    assert len(lists(world.texts(anna))) == 1
    await world.until(moment("2026-05-05 08:59"))
    assert world.texts(anna) == []


async def test_a_session_that_ends_at_night_brings_the_list_in_the_morning_in_late_words(
    world, chats, enrolls, doctor
):
    """She agreed before the session, and has not asked for anything since."""
    ends = moment("2026-05-04 21:40")
    anna, token = await enrolled(world, enrolls, doctor, "18:00", session_at=ends)
    assert lists(await consents(world, chats, anna, token, "18:05")) == []
    await world.until(moment("2026-05-05 08:59"))
    assert world.texts(anna) == []
    await world.until(moment("2026-05-05 09:00"))
    (late,) = lists(world.texts(anna))
    assert LATE in late
    assert "makeup" in late


async def test_six_hours_after_the_session_the_list_is_over(world, chats, enrolls, doctor):
    anna, token = await enrolled(world, enrolls, doctor, "16:00")
    said = await consents(world, chats, anna, token, "23:30")
    assert lists(said) == []
    await world.until(moment("2026-05-05 09:30"))
    assert lists(world.texts(anna)) == []


async def test_an_outage_that_ends_at_night_does_not_swallow_the_list(
    world, chats, enrolls, doctor
):
    anna, token = await enrolled(world, enrolls, doctor, "18:30")
    await consents(world, chats, anna, token, "18:35")
    await world.stop_bot()
    world.clock.set(moment("2026-05-04 22:00"))
    await world.start_bot()
    assert lists(world.texts(anna)) == []
    await world.until(moment("2026-05-05 09:00"))
    (late,) = lists(world.texts(anna))
    assert LATE in late


async def test_what_does_not_leave_soon_after_the_tap_waits_for_the_morning(
    world, chats, enrolls, doctor
):
    anna, token = await enrolled(world, enrolls, doctor, "20:30")
    await world.until(moment("2026-05-04 23:00"))
    anna.open(token)
    await world.settle()
    down = world.sandbox.faults.refuse(401, "Unauthorized", method="sendMessage", count=None)
    await chats.tap(anna, "May I send", "Yes, send me aftercare messages")
    await world.after(hours=1)
    assert down.hits
    world.sandbox.faults.lift()
    world.new(anna)
    await world.until(moment("2026-05-05 08:59"))
    assert lists(world.texts(anna)) == [], "nobody is woken at night"
    await world.until(moment("2026-05-05 09:30"))
    assert len(lists(world.texts(anna))) == 1


async def test_a_danger_sign_after_the_list_at_night_is_answered_at_once(
    world, chats, enrolls, doctor
):
    anna, token = await enrolled(world, enrolls, doctor, "20:30")
    await consents(world, chats, anna, token, "23:30")
    await chats.tap(anna, "Is it hard to breathe", "Yes")
    assert any("112" in text for text in world.texts(anna))


async def test_a_vessel_check_after_filler_is_asked_at_once_too(world, chats, enrolls, doctor):
    anna, token = await enrolled(world, enrolls, doctor, "20:30", filler=True)
    said = await consents(world, chats, anna, token, "21:05")
    assert len([text for text in said if "turns white or blotchy" in text]) == 1
