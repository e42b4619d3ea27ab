"""The days on which a clinic is closed: public holidays of its region, and days of its own."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

_LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True, order=True)
class Closure:
    """A day, or a span of days with both its ends, on which the clinic does not open.

    Raises:
        ValueError: it ends before it begins, or is longer than a year.
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        if not 0 <= (self.last - self.first).days < _LONGEST_DAYS:
            raise ValueError("a closure is one day up to a year")

    @classmethod
    def parse(cls, text: str) -> "Closure":
        """Read what ``str`` gives: "2026-12-24" or "2026-08-10..2026-08-21".

        Raises:
            ValueError: it is neither.
        """
        first, dots, last = (part.strip() for part in text.partition(".."))
        begins = date.fromisoformat(first)
        return cls(begins, date.fromisoformat(last) if dots else begins)

    def __str__(self) -> str:
        if self.first == self.last:
            return self.first.isoformat()
        return f"{self.first.isoformat()}..{self.last.isoformat()}"

    def days(self) -> Iterator[date]:
        """Yield each day of it."""
        for number in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=number)


@lru_cache(maxsize=1)
def regions() -> Mapping[str, tuple[str, ...]]:
    """Return the countries whose public holidays are known, and the regions of each, as codes."""
    import holidays  # noqa: PLC0415  most clinics' bots never need it

    return {country: tuple(parts) for country, parts in holidays.list_supported_countries().items()}


def named(region: str, years: Iterable[int], language: str = "en") -> dict[date, str]:
    """Return the public holidays of a region ("ES", "ES-MD") in some years, with their names.

    The names are in ``language`` where they are known in it, else in the country's own.
    """
    import holidays  # noqa: PLC0415  as above

    country, _, part = region.partition("-")
    calendar = holidays.country_holidays(country, subdiv=part or None, years=years)
    wanted = [each for each in calendar.supported_languages if each.split("_")[0] == language]
    if wanted:
        calendar = holidays.country_holidays(
            country, subdiv=part or None, years=years, language=wanted[0]
        )
    return dict(sorted(calendar.items()))


def closed(region: str, own: Iterable[Closure], years: Iterable[int]) -> frozenset[date]:
    """Return every day of some years on which the clinic is closed; "" is no region.

    Days of its own that lie in other years are among them too.
    """
    public = named(region, years) if region else {}
    return frozenset(public) | frozenset(day for closure in own for day in closure.days())
