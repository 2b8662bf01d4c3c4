"""What is chosen on a page, a period and values of its facets, and how it is written in the URL.

The URL is where the choice lives: a shared link shows the same. Without dates it means the last 90 days of
the data, so a bookmark stays fresh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self
from urllib.parse import parse_qs, urlencode

from filiera.web.period import DEFAULT_PRESET, Period

MOST_VALUES = 100
_YEARS = range(1970, 2200)

Values = Mapping[str, tuple[str, ...]]
"""Values of facets, by the facet's name in the URL."""


@dataclass(frozen=True)
class Facet:
    """Something by which a page can be narrowed, beside days."""

    name: str
    """Its name in the URL."""
    label: str
    noun: str
    """One of them, as in "No such plant"."""
    plural: str

    @property
    def every(self) -> str:
        """What stands in the control while all are meant."""
        return f"All {self.plural}"


@dataclass(frozen=True)
class Scope:
    """What there is to choose from: the days with data, and the values of each facet."""

    days: Period
    values: Values


@dataclass(frozen=True)
class Choice:
    """A period and values, of what there is."""

    period: Period
    chosen: Values
    """Those chosen of each facet of the scope; none means all."""
    scope: Scope

    @classmethod
    def from_query(cls, query: str, scope: Scope) -> Self:
        """Read the URL's query; what is wrong in it counts as not given."""
        given = parse_qs(query.removeprefix("?"))
        first, last = (_day(given.get(name, [""])[0]) for name in ("from", "to"))
        default = DEFAULT_PRESET.until(scope.days.last)
        period = Period(first, last) if first and last and first <= last else default
        chosen = {facet: tuple(dict.fromkeys(given.get(facet, ())))[:MOST_VALUES] for facet in scope.values}
        return cls(period, chosen, scope)

    @property
    def query(self) -> str:
        """The query that says this choice, with its days, so it stays the same when newer data comes."""
        days = [("from", self.period.first.isoformat()), ("to", self.period.last.isoformat())]
        values = [(facet, value) for facet, values in self.chosen.items() for value in values]
        return f"?{urlencode([*days, *values])}"

    def offered(self, facet: str) -> tuple[str, ...]:
        """The values that can be chosen, with those of the URL that no longer exist."""
        return tuple(dict.fromkeys((*self.scope.values[facet], *self.chosen[facet])))

    def choosing(self, facet: str, *values: str) -> Self:
        """The same choice with other values of a facet."""
        return replace(self, chosen={**self.chosen, facet: values})

    def unfiltered(self) -> Self:
        """What is shown when nothing was chosen."""
        period = DEFAULT_PRESET.until(self.scope.days.last)
        return replace(self, period=period, chosen=dict.fromkeys(self.scope.values, ()))

    def store(self, version: str | None) -> dict[str, Any]:
        """This choice for the browser to hold; a new version makes every region draw itself anew."""
        return {
            "period": _held(self.period),
            "chosen": {facet: list(values) for facet, values in self.chosen.items()},
            "days": _held(self.scope.days),
            "values": {facet: list(values) for facet, values in self.scope.values.items()},
            "version": version,
        }

    @classmethod
    def from_store(cls, held: dict[str, Any]) -> Self:
        """What `store` gave the browser."""
        values, chosen = (
            {facet: tuple(values) for facet, values in held[name].items()} for name in ("values", "chosen")
        )
        return cls(_period(held["period"]), chosen, Scope(_period(held["days"]), values))


def _held(period: Period) -> list[str]:
    return [period.first.isoformat(), period.last.isoformat()]


def _period(held: list[str]) -> Period:
    first, last = held
    return Period(date.fromisoformat(first), date.fromisoformat(last))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in _YEARS else None
