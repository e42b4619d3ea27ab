import pytest

from bot.practitioner import enroll_line


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        (
            'facial "A.P." face next=2w',
            [("", "facial"), ('"', "A.P."), ("", "face"), ("next", "2w")],
        ),
        ("“A. P.” facial", [('"', "A. P."), ("", "facial")]),
        ("„A. P.“ x", [('"', "A. P."), ("", "x")]),
        ("«A. P.» x", [('"', "A. P."), ("", "x")]),
        ('session="yesterday 17:00"', [("session", "yesterday 17:00")]),
        ("session=“12 May 10:00” y", [("session", "12 May 10:00"), ("", "y")]),
        ("próxima = 2w", [("próxima", "2w")]),
        ("label=", [("label", "")]),
        ("label= ", [("label", "")]),
        ('""', [('"', "")]),
        ("  ", []),
        ("10:30", [("", "10:30")]),
        ("A=B=C", [("", "A=B=C")]),
    ],
)
def test_a_line_falls_into_options_quotes_and_words(line, pieces):
    assert enroll_line.split(line) == pieces
