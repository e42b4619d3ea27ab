"""Files drawn at sending time: what a scanner, a calendar and an eye find in them."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO

import icalendar
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.attachments import QR_PIXELS, make

LINK = "https://t.me/AftercareDemoBot?start=AbCdEfGhIjKlMnOpQrStUv"
MAY_4 = round(datetime(2026, 5, 4, 8, tzinfo=UTC).timestamp() * 1000)
SESSION = {
    "uid": "session-12@clinic-1",
    "starts_at": MAY_4,
    "stamp": MAY_4 - 9e8,
    "summary": "Visit",
}
LABELS = {
    "day": "Days",
    "session": "Session",
    "pain": "Pain",
    "original": "Before",
    "mild": "mild",
    "moderate": "moderate",
    "severe": "severe",
    "empty": "No answers yet",
}
BLUE = (0, 0x72, 0xB2)


def qr_modules(link: str) -> list[list[bool]]:
    name, content = make("qr", {"link": link})
    assert name == "qr.png"
    picture = Image.open(BytesIO(content)).convert("L")
    modules = segno.make(link, error="m", micro=False).symbol_size(border=0)[0]
    scale = picture.width // (modules + 8)
    assert picture.width == picture.height == scale * (modules + 8)
    assert picture.width >= QR_PIXELS
    middle = scale // 2
    return [
        [
            picture.getpixel((x * scale + middle, y * scale + middle)) == 0
            for x in range(modules + 8)
        ]
        for y in range(modules + 8)
    ]


def test_a_qr_holds_its_link_inside_a_quiet_zone():
    dark = qr_modules(LINK)
    inside = [row[4:-4] for row in dark[4:-4]]
    assert inside == [[bool(m) for m in row] for row in segno.make(LINK, error="m").matrix]
    border = dark[:4] + dark[-4:] + [row[:4] + row[-4:] for row in dark]
    assert not any(any(row) for row in border)


def test_another_link_is_another_picture():
    assert make("qr", {"link": LINK}) != make("qr", {"link": LINK + "w"})


def entry(**changes: object) -> icalendar.Event:
    name, content = make("calendar", SESSION | changes)
    assert name == "appointment.ics"
    (event,) = icalendar.Calendar.from_ical(content).walk("VEVENT")
    return event


def test_a_calendar_entry_is_at_the_sessions_instant_with_an_alarm_the_day_before():
    event = entry(minutes=45)
    assert event.decoded("dtstart") == datetime(2026, 5, 4, 8, tzinfo=UTC)
    assert event.decoded("dtend") == datetime(2026, 5, 4, 8, 45, tzinfo=UTC)
    (alarm,) = event.walk("VALARM")
    assert alarm.decoded("trigger") == timedelta(days=-1)
    assert alarm["action"] == "DISPLAY"


def test_a_moved_session_replaces_its_older_entry():
    moved = entry(starts_at=MAY_4 + 86_400_000, sequence=1)
    assert moved["uid"] == entry()["uid"]
    assert (entry()["sequence"], moved["sequence"]) == (0, 1)


def properties(content: bytes) -> list[str]:
    unfolded = content.decode().replace("\r\n ", "")
    assert "\n" not in unfolded.replace("\r\n", "")
    return [line.split(":")[0].split(";")[0] for line in unfolded.split("\r\n") if line]


@settings(max_examples=200)
@given(st.text(), st.text(), st.text())
def test_no_text_becomes_a_property_of_its_own(summary: str, location: str, uid: str):
    hostile = {"summary": f"a{summary}", "location": f"b{location}", "uid": f"c{uid}"}
    plain = make("calendar", SESSION | {"summary": "a", "location": "b", "uid": "c"})[1]
    assert properties(make("calendar", SESSION | hostile)[1]) == properties(plain)


def test_line_breaks_in_a_summary_stay_words():
    event = entry(summary="Visit\r\nATTENDEE:mailto:x@example.org\u2028; 10:30, room\t2")
    assert str(event["summary"]) == "Visit ATTENDEE:mailto:x@example.org ; 10:30, room 2"


def test_control_characters_stay_out_of_a_calendar_entry():
    event = entry(summary="Vi\x00sit\x1b[2J", uid="session 12\r\nx;é\x07@clinic-1")
    assert str(event["summary"]) == "Vi sit [2J"
    assert str(event["uid"]) == "session12xé@clinic-1"


def draw(**args: object) -> Image.Image:
    given_args = {"title": "A.P.", "points": [], "sessions": [0], "labels": LABELS} | args
    # As the outbox keeps them.
    name, content = make("chart", json.loads(json.dumps(given_args)))
    assert name == "chart.png"
    picture = Image.open(BytesIO(content)).convert("RGB")
    assert picture.size == (1200, 960)
    return picture


def points(*values: tuple[float, int], kind: str = "pain") -> list[dict[str, object]]:
    return [{"day": day, "value": value, "kind": kind} for day, value in values]


def count(picture: Image.Image, color: tuple[int, int, int]) -> int:
    return sum(n for n, found in picture.getcolors(1 << 20) if found == color)


def test_a_chart_shows_each_kind_of_pain_in_its_color():
    one = draw(points=points((1, 6), (2, 4)))
    two = draw(points=points((1, 6), (2, 4)) + points((1, 3), (2, 2), kind="original"))
    orange = (0xD5, 0x5E, 0)
    assert count(one, BLUE) > 1000
    assert count(one, orange) == 0
    assert count(two, orange) > 1000


GREEN = (0xD5, 0xEC, 0xDD)
RED = (0xB3, 0x26, 0x1E)
PURPLE = (0x7A, 0x4B, 0x8F)


def test_the_expected_course_is_a_band_as_high_as_the_pain_that_is_expected():
    flat = draw(course=[{"start": 0, "end": 3, "pain": 3}])
    high = draw(course=[{"start": 0, "end": 3, "pain": 6}])
    assert count(draw(), GREEN) == 0
    assert count(high, GREEN) > 1.4 * count(flat, GREEN) > 50_000


def test_what_is_off_the_course_wears_a_ring():
    on = points((1, 6))
    off = [on[0] | {"off": True}]
    assert count(draw(points=on), RED) == 0
    assert count(draw(points=off), RED) > 300


def test_an_alert_is_marked_on_its_day():
    assert count(draw(alerts=[2]), RED) > 300
    assert count(draw(alerts=[1, 2]), RED) > count(draw(alerts=[2]), RED) + 200


def test_a_bruise_is_drawn_the_larger_the_worse_it_is_said_to_be():
    sizes = [
        count(draw(bruises=[{"day": 2, "answer": answer}]), PURPLE)
        for answer in ("none", "fading", "same", "bigger")
    ]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == len(sizes)
    off = draw(bruises=[{"day": 2, "answer": "same", "off": True}])
    assert count(off, RED) > 200


def test_a_chart_without_points_is_drawn_all_the_same():
    picture = draw()
    assert count(picture, BLUE) == 0
    assert picture.tobytes() != draw(labels=LABELS | {"empty": ""}).tobytes()


def test_no_line_is_drawn_across_a_session():
    far = points((1, 2), (13, 8))
    assert count(draw(points=far, sessions=[0, 7]), BLUE) < count(draw(points=far), BLUE) / 2


def test_words_are_never_read_as_formulas_nor_letters_missed():
    draw(title="$\\frac{A$ 日本 😀 {x}_2^", labels=LABELS | {"pain": "$$", "day": "Дни"})


@pytest.mark.parametrize("value", [0, 5, 10])
def test_the_ends_of_the_scale_are_inside_the_picture(value: int):
    picture = draw(points=points((3, value)))
    assert count(picture, BLUE) > 200


def test_the_same_chart_drawn_in_many_threads_is_the_same():
    args = {"title": "A.P.", "points": points((1, 6), (2, 4)), "sessions": [0], "labels": LABELS}
    with ThreadPoolExecutor(4) as pool:
        pictures = set(pool.map(lambda _: make("chart", args), range(8)))
    assert len(pictures) == 1


def test_an_unknown_maker_is_refused():
    with pytest.raises(ValueError, match="poster"):
        make("poster", {})
