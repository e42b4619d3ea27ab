"""What is off the expected course (pure): which pain and which bruise a human should look at.

Source: CLINICAL facts, "Expected-course rules" and "Two truths about the course". Pain: mild 1–3,
moderate 4–6, severe 7–10; a change of 2 matters. To a human: 7 or more at any time; 4 or more
after 72 hours, after a fat-dissolving session after 7 days; a rise of 2 or more. A bruise that is
bigger, or not gone by day 10. None of this is a diagnosis: it is a practitioner who looks.
"""

from typing import Final, Literal

Finding = Literal["pain_severe", "pain_late", "pain_rising", "bruise_bigger", "bruise_late"]

SEVERE_PAIN: Final = 7
MODERATE_PAIN: Final = 4
RISE: Final = 2
SORE_FOR_HOURS: Final = 72
LIPOLYTIC_SORE_FOR_HOURS: Final = 7 * 24
BRUISE_GONE_BY_DAY: Final = 10


def judge_pain(
    score: int, *, hours: float | None, lipolytic: bool, before: int | None
) -> Finding | None:
    """Return what is off the course about the soreness of a session, or None.

    Args:
        score: 0 to 10.
        hours: elapsed hours since the session; None where it follows none.
        lipolytic: whether the session was a fat-dissolving one, which is sore for longer.
        before: the answer before this one after the same session, if there was one.

    Raises:
        ValueError: ``score`` is not on the scale.
    """
    if not 0 <= score <= 10:  # noqa: PLR2004 -- the scale's own ends
        raise ValueError(f"pain goes from 0 to 10, not {score}")
    if score >= SEVERE_PAIN:
        return "pain_severe"
    sore_for = LIPOLYTIC_SORE_FOR_HOURS if lipolytic else SORE_FOR_HOURS
    if score >= MODERATE_PAIN and hours is not None and hours > sore_for:
        return "pain_late"
    if before is not None and score - before >= RISE:
        return "pain_rising"
    return None


def expected_pain(hours: float, *, lipolytic: bool) -> int:
    """Return the most soreness that is on the course so long after a session, 0 to 10.

    Args:
        hours: elapsed hours since the session.
        lipolytic: whether the session was a fat-dissolving one.
    """
    sore_for = LIPOLYTIC_SORE_FOR_HOURS if lipolytic else SORE_FOR_HOURS
    return (SEVERE_PAIN if hours <= sore_for else MODERATE_PAIN) - 1


def judge_bruise(answer: str, *, day: int | None) -> Finding | None:
    """Return what is off the course about a bruise, or None.

    Args:
        answer: "none", "fading", "same" or "bigger".
        day: calendar days since the session where the patient is; None where it follows none.
    """
    if answer == "bigger":
        return "bruise_bigger"
    if answer != "none" and day is not None and day >= BRUISE_GONE_BY_DAY:
        return "bruise_late"
    return None
