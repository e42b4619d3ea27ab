"""Moments in people's own words, read strictly."""

import subprocess
import sys
import time as stopwatch
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dates import LONGEST, Moment, NotUnderstood, Prefer, Reason, read_moment

MADRID = "Europe/Madrid"
NEW_YORK = "America/New_York"
NOW = "2026-05-05 12:00"  # a Tuesday


def at(text: str, zone: str = MADRID, fold: int = 0) -> int:
    aware = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return int(aware.timestamp() * 1000)


def shown(ms: int | None, zone: str = MADRID) -> str | None:
    if ms is None:
        return None
    return datetime.fromtimestamp(ms / 1000, ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M")


def read(
    text: str,
    prefer: Prefer = "future",
    *,
    language: str = "en",
    zone: str = MADRID,
    now: str = NOW,
    clinic_language: str | None = None,
) -> Moment | NotUnderstood:
    return read_moment(
        text,
        now_ms=at(now, zone),
        zone=zone,
        language=language,
        clinic_language=clinic_language,
        prefer=prefer,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "Tue 2026-05-05 12:00"),
        ("today 15:30", "Tue 2026-05-05 15:30"),
        ("15:30", "Tue 2026-05-05 15:30"),
        ("11:30", "Wed 2026-05-06 11:30"),
        ("tomorrow 5pm", "Wed 2026-05-06 17:00"),
        ("tomorrow 17h", "Wed 2026-05-06 17:00"),
        ("tomorrow noon", "Wed 2026-05-06 12:00"),
        ("tomorrow at 12 pm", "Wed 2026-05-06 12:00"),
        ("tomorrow at 12 am", "Wed 2026-05-06 00:00"),
        ("tomorrow 07:30", "Wed 2026-05-06 07:30"),
        ("day after tomorrow 9:15", "Thu 2026-05-07 09:15"),
        ("fri 15:30", "Fri 2026-05-08 15:30"),
        ("15:30 fri", "Fri 2026-05-08 15:30"),
        ("Fri, 3:30 p.m.", "Fri 2026-05-08 15:30"),
        ("on friday at 10", "Fri 2026-05-08 10:00"),
        ("tue 15:30", "Tue 2026-05-05 15:30"),
        ("tue 11:30", "Tue 2026-05-12 11:30"),
        ("12 May 10:00", "Tue 2026-05-12 10:00"),
        ("10:00 12 May", "Tue 2026-05-12 10:00"),
        ("May 12 at 10", "Tue 2026-05-12 10:00"),
        ("the 12th of May 2027 10:00", "Wed 2027-05-12 10:00"),
        ("tue 12 may 10:00", "Tue 2026-05-12 10:00"),
        ("2026-05-12 10:00", "Tue 2026-05-12 10:00"),
        ("2026-05-12T10:00", "Tue 2026-05-12 10:00"),
        ("2026-05-12 10:00:00", "Tue 2026-05-12 10:00"),
        ("31/5 10:00", "Sun 2026-05-31 10:00"),
        ("31.5.26 10:00", "Sun 2026-05-31 10:00"),
        ("31-05-2026 10:00", "Sun 2026-05-31 10:00"),
        ("tue 12/5 10:00", "Tue 2026-05-12 10:00"),
        ("fri 5/8 10.30", "Fri 2026-05-08 10:30"),
        ("in two weeks at 16:00", "Tue 2026-05-19 16:00"),
        ("in 2 hours", "Tue 2026-05-05 14:00"),
        ("in 2h", "Tue 2026-05-05 14:00"),
    ],
)
def test_a_moment_in_english(text: str, expected: str) -> None:
    moment = read(text)
    assert isinstance(moment, Moment)
    assert (shown(moment.ms), moment.has_time, moment.other) == (expected, True, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tomorrow", "Wed 2026-05-06"),
        ("fri", "Fri 2026-05-08"),
        ("this friday", "Fri 2026-05-08"),
        ("next monday", "Mon 2026-05-11"),
        ("12 may", "Tue 2026-05-12"),
        ("in two weeks", "Tue 2026-05-19"),
        ("2 weeks from now", "Tue 2026-05-19"),
        ("a fortnight", "Tue 2026-05-19"),
        ("next week", "Tue 2026-05-12"),
        ("2w", "Tue 2026-05-19"),
        ("in 2 w", "Tue 2026-05-19"),
        ("3 days", "Fri 2026-05-08"),
        ("10d", "Fri 2026-05-15"),
        ("1m", "Fri 2026-06-05"),
        ("6 months", "Thu 2026-11-05"),
        ("1y", "Wed 2027-05-05"),
        ("31/5", "Sun 2026-05-31"),
        ("29 feb", "Tue 2028-02-29"),
        ("12 march", "Fri 2027-03-12"),
    ],
)
def test_a_day_without_a_time_is_at_the_clinics_default_time(text: str, expected: str) -> None:
    moment = read(text)
    assert moment == Moment(at(f"{expected[4:]} 10:00"), has_time=False)
    assert shown(moment.ms) == f"{expected} 10:00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mañana a las 17", "Wed 2026-05-06 17:00"),
        ("manana 17:00", "Wed 2026-05-06 17:00"),
        ("mañana a las 5 de la tarde", "Wed 2026-05-06 17:00"),
        ("mañana a las 10 de la mañana", "Wed 2026-05-06 10:00"),
        ("mañana a las 10 y media", "Wed 2026-05-06 10:30"),
        ("mañana al mediodía", "Wed 2026-05-06 12:00"),
        ("pasado mañana 10h", "Thu 2026-05-07 10:00"),
        ("hoy a las 15:30", "Tue 2026-05-05 15:30"),
        ("martes 10:00", "Tue 2026-05-12 10:00"),
        ("martes a las 10", "Tue 2026-05-12 10:00"),
        ("el miércoles 10:00", "Wed 2026-05-06 10:00"),
        ("miercoles 10:00", "Wed 2026-05-06 10:00"),
        ("el lunes que viene 10:00", "Mon 2026-05-11 10:00"),
        ("el próximo lunes a las 17", "Mon 2026-05-11 17:00"),
        ("12 de mayo a las 10:00", "Tue 2026-05-12 10:00"),
        ("lunes 15 de junio 10h", "Mon 2026-06-15 10:00"),
        ("dentro de dos semanas a las 10", "Tue 2026-05-19 10:00"),
        ("fri 10:00", "Fri 2026-05-08 10:00"),
    ],
)
def test_a_moment_in_spanish(text: str, expected: str) -> None:
    moment = read(text, language="es")
    assert isinstance(moment, Moment)
    assert (shown(moment.ms), moment.has_time, moment.other) == (expected, True, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("el martes", "2026-05-12"),
        ("mañana", "2026-05-06"),
        ("dentro de dos semanas", "2026-05-19"),
        ("en 2 semanas", "2026-05-19"),
        ("dos semanas", "2026-05-19"),
        ("2 semanas", "2026-05-19"),
        ("dentro de un mes", "2026-06-05"),
        ("la semana que viene", "2026-05-12"),
        ("próximo mes", "2026-06-05"),
        ("12 de mayo de 2027", "2027-05-12"),
        ("2w", "2026-05-19"),
    ],
)
def test_a_day_in_spanish(text: str, expected: str) -> None:
    assert read(text, language="es") == Moment(at(f"{expected} 10:00"), has_time=False)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr", "vendredi à 10h30", "2026-05-08 10:30"),
        ("fr", "dans deux semaines", "2026-05-19 10:00"),
        ("de", "übermorgen um 10:00 uhr", "2026-05-07 10:00"),
        ("de", "12. mai 16:00", "2026-05-12 16:00"),
        ("pt-br", "amanhã às 16:00", "2026-05-06 16:00"),
        ("ru", "в пятницу в 15:30", "2026-05-08 15:30"),
        ("ru", "через 2 недели", "2026-05-19 10:00"),
        ("no-such-language", "friday 15:30", "2026-05-08 15:30"),
        ("", "tomorrow", "2026-05-06 10:00"),
    ],
)
def test_other_languages_come_with_dateparser(language: str, text: str, expected: str) -> None:
    moment = read(text, language=language)
    assert isinstance(moment, Moment)
    assert moment.ms == at(expected)


def test_staff_may_type_in_the_clinics_language_too() -> None:
    assert read("el martes") == NotUnderstood("unclear")
    assert read("el martes", clinic_language="es") == Moment(at("2026-05-12 10:00"), has_time=False)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("now", "en", "2026-05-05 12:00"),
        ("ahora mismo", "es", "2026-05-05 12:00"),
        ("11:30", "en", "2026-05-05 11:30"),
        ("15:30", "en", "2026-05-04 15:30"),
        ("today 11:30", "en", "2026-05-05 11:30"),
        ("hoy a las 11:30", "es", "2026-05-05 11:30"),
        ("yesterday 17:00", "en", "2026-05-04 17:00"),
        ("ayer a las 17:00", "es", "2026-05-04 17:00"),
        ("yesterday", "en", "2026-05-04 10:00"),
        ("anteayer", "es", "2026-05-03 10:00"),
        ("last friday 15:30", "en", "2026-05-01 15:30"),
        ("el viernes pasado", "es", "2026-05-01 10:00"),
        ("fri", "en", "2026-05-01 10:00"),
        ("tue", "en", "2026-05-05 10:00"),
        ("tue 15:30", "en", "2026-04-28 15:30"),
        ("2 hours ago", "en", "2026-05-05 10:00"),
        ("2h ago", "en", "2026-05-05 10:00"),
        ("half an hour ago", "en", "2026-05-05 11:30"),
        ("hace 2h", "es", "2026-05-05 10:00"),
        ("hace dos días", "es", "2026-05-03 10:00"),
        ("3 days", "en", "2026-05-02 10:00"),
        ("2w", "en", "2026-04-21 10:00"),
        ("30 april", "en", "2026-04-30 10:00"),
        ("28 dec", "en", "2025-12-28 10:00"),
    ],
)
def test_a_session_lies_in_the_past(text: str, language: str, expected: str) -> None:
    moment = read(text, "past", language=language)
    assert isinstance(moment, Moment)
    assert moment.ms == at(expected)


def test_a_month_after_the_31st_is_the_last_day_of_a_shorter_one() -> None:
    assert read("1m", now="2027-01-31 12:00") == Moment(at("2027-02-28 10:00"), has_time=False)
    assert read("1m", "past", now="2028-03-31 12:00") == Moment(
        at("2028-02-29 10:00"), has_time=False
    )


def test_today_typed_before_the_default_time_is_now() -> None:
    moment = read("today", "past", now="2026-05-05 08:20")
    assert moment == Moment(at("2026-05-05 08:20"), has_time=False)


@pytest.mark.parametrize(
    ("text", "likely", "other"),
    [
        ("12/5 10:00", "2026-05-12 10:00", "2026-12-05 10:00"),
        ("12/05/2027", "2027-05-12 10:00", "2027-12-05 10:00"),
        ("5/5/2027", "2027-05-05 10:00", None),
        ("next fri 15:30", "2026-05-08 15:30", "2026-05-15 15:30"),
        ("next mon 15:30", "2026-05-11 15:30", None),
        ("tomorrow at 5", "2026-05-06 17:00", "2026-05-06 05:00"),
        ("tomorrow 3:30", "2026-05-06 15:30", "2026-05-06 03:30"),
        ("tomorrow at 9", "2026-05-06 09:00", None),
        # 05:00 is over today, and no reading any more
        ("today at 5", "2026-05-05 17:00", None),
        ("25 oct 02:30", "2026-10-25 02:30", "2026-10-25 02:30 again"),
    ],
)
def test_what_has_two_readings_says_so(text: str, likely: str, other: str | None) -> None:
    moment = read(text)
    assert isinstance(moment, Moment)
    assert moment.ms == at(likely)
    assert moment.other == (other and at(other.removesuffix(" again"), fold=other.count("again")))


@pytest.mark.parametrize(
    ("language", "zone", "expected"),
    [
        ("en", NEW_YORK, "2026-12-05 10:00"),
        ("en-US", NEW_YORK, "2026-12-05 10:00"),
        ("es", NEW_YORK, "2026-05-12 10:00"),
        ("en", "Europe/London", "2026-05-12 10:00"),
    ],
)
def test_the_month_comes_first_in_the_english_of_the_united_states(
    language: str, zone: str, expected: str
) -> None:
    moment = read("12/5", language=language, zone=zone)
    assert isinstance(moment, Moment)
    assert shown(moment.ms, zone) == shown(at(expected, zone), zone)


def test_a_time_that_clocks_skip_is_the_first_moment_after_and_says_so() -> None:
    moment = read("29 march 02:30", now="2026-03-20 12:00")
    assert moment == Moment(at("2026-03-29 03:00"), has_time=True, skipped=True)
    before = read("28 march 02:30", now="2026-03-20 12:00")
    assert isinstance(before, Moment)
    assert not before.skipped


@pytest.mark.parametrize(
    ("text", "prefer", "reason", "understood"),
    [
        ("yesterday 17:00", "future", "past", "2026-05-04 17:00"),
        ("4 may", "future", "past", "2026-05-04 10:00"),
        ("today 11:30", "future", "past", "2026-05-05 11:30"),
        ("tomorrow", "past", "future", "2026-05-06 10:00"),
        ("in two weeks", "past", "future", "2026-05-19 10:00"),
        ("in 2w", "past", "future", "2026-05-19 10:00"),
        ("12 may", "past", "future", "2026-05-12 10:00"),
        ("in 11 years", "future", "too_far", "2037-05-05 10:00"),
        ("12/5/2062", "future", "too_far", "2062-05-12 10:00"),
        ("1999-05-12", "past", "too_far", "1999-05-12 10:00"),
        ("thu 8 may", "future", "weekday", "2026-05-08 10:00"),
        ("thu 8/5", "future", "weekday", "2026-05-08 10:00"),
        ("9999 years", "future", "too_far", None),
        ("999999999 weeks", "past", "too_far", None),
        ("999999999 hours", "past", "too_far", None),
    ],
)
def test_what_is_understood_and_cannot_be_says_why(
    text: str, prefer: Prefer, reason: Reason, understood: str | None
) -> None:
    answer = read(text, prefer)
    assert isinstance(answer, NotUnderstood)
    assert answer.reason == reason
    assert (answer.understood and answer.understood.ms) == (understood and at(understood))


NO_MOMENTS = """
hello|no|yes|a|12|5|0|2026|1130|second|???|🙂|may|mar|may 2026|week|day|next|in|at 5 at 6
10:00 11:00|31 feb|31/2|2026-02-30|0/5|13/13/2026|0000-01-01|29/2/2027|1/2/3
el 31 de febrero|12/5/202|25:00|tomorrow 25:00|tomorrow 10:61|tomorrow 15 pm|tomorrow 0 am|11:3
2h|17h|12.5|12.05|10-12|-3 days|in -1 days|3 10:00|10:00 UTC|fri 10:00 PST|2026-05-12-10|12 apples
call me tomorrow|tomorrow maybe|fri fri|today tomorrow|now now|now 11:30|2 hours ago 11:30
12 may 13 may|12/5 13/5|tomorrow 12/5|in 2 days ago|tomorrow morning|mañana por la mañana|midnight
next next fri|last next fri|<b>fri</b>|fri; drop table|\x00fri|$fri|(fri)|fri 10:00 +
\u202efri|fri\u200b
"""


@pytest.mark.parametrize("text", ["", " ", *NO_MOMENTS.strip("\n").replace("\n", "|").split("|")])
def test_what_is_no_moment_is_not_understood(text: str) -> None:
    for language in ("en", "es"):
        for prefer in ("future", "past"):
            assert read(text, prefer, language=language) == NotUnderstood("unclear")


def test_a_long_text_is_not_even_looked_at() -> None:
    assert read("friday".ljust(LONGEST) + ".") == NotUnderstood("too_long")
    started = stopwatch.perf_counter()
    assert read("12:30 " * 100_000) == NotUnderstood("too_long")
    assert stopwatch.perf_counter() - started < 1


def test_the_default_time_is_the_clinics() -> None:
    moment = read_moment(
        "fri", now_ms=at(NOW), zone=MADRID, language="en", default_time=time(16, 30)
    )
    assert moment == Moment(at("2026-05-08 16:30"), has_time=False)


def test_dateparser_is_loaded_only_when_it_is_asked() -> None:
    code = "import sys, bot.dates; sys.exit('dateparser' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own words


bits = st.sampled_from(
    [
        *("next", "last", "in", "ago", "at", "a las", "el", "de", "fri", "martes", "may", "mayo"),
        *("12", "5", "31", "2026", "99999999", "10:30", "2w", "h", "pm", "/", "-", ".", ":", ","),
        *("weeks", "years", "now", "tomorrow", "mañana", "y media", "?", "🙂", "٣", "½", "²", "İ"),
    ]
)
typed = st.one_of(st.text(max_size=70), st.lists(bits, max_size=9).map(" ".join))


@settings(deadline=None)  # the first one loads dateparser
@given(
    text=typed,
    prefer=st.sampled_from(["future", "past"]),
    language=st.sampled_from(["en", "es", "ru", "ar", "zh-hans", "xx"]),
)
def test_nothing_that_is_typed_raises(text: str, prefer: Prefer, language: str) -> None:
    answer = read(text, prefer, language=language)
    if isinstance(answer, Moment):
        assert answer.ms >= at(NOW) if prefer == "future" else answer.ms <= at(NOW)
        assert abs(answer.ms - at(NOW)) < 11 * 366 * 86_400_000
