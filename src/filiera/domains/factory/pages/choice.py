"""What is chosen on the factory page, a period and plants, and how it is written in the URL.

The URL is where the choice lives: a shared link shows the same. Without dates it means the last 90 days of
the data, so a bookmark stays fresh.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Self
from urllib.parse import parse_qs, urlencode

from filiera.domains.factory.pages.questions import Scope
from filiera.web.period import DEFAULT_PRESET, Period

HELD = "factory-choice"
"""The `dcc.Store` that holds the choice; every region of the page draws itself from it."""

MOST_PLANTS = 100
_YEARS = range(1970, 2200)


@dataclass(frozen=True)
class Choice:
    """A period and plants, of what there is."""

    period: Period
    plants: tuple[str, ...]
    """Those chosen; none means all."""
    scope: Scope

    @classmethod
    def from_query(cls, query: str, scope: Scope) -> Self:
        """Read the URL's query; what is wrong in it counts as not given."""
        given = parse_qs(query.removeprefix("?"))
        first, last = (_day(given.get(name, [""])[0]) for name in ("from", "to"))
        default = DEFAULT_PRESET.until(scope.days.last)
        period = Period(first, last) if first and last and first <= last else default
        return cls(period, tuple(dict.fromkeys(given.get("plant", ())))[:MOST_PLANTS], scope)

    @property
    def query(self) -> str:
        """The query that says this choice, with its days, so it stays the same when newer data comes."""
        days = [("from", self.period.first.isoformat()), ("to", self.period.last.isoformat())]
        return f"?{urlencode([*days, *(('plant', plant) for plant in self.plants)])}"

    @property
    def all_plants(self) -> tuple[str, ...]:
        """The plants that can be chosen, with those of the URL that no longer exist."""
        return tuple(dict.fromkeys((*self.scope.plants, *self.plants)))

    def store(self, version: str | None) -> dict[str, Any]:
        """This choice for the browser to hold; a new version makes every region draw itself anew."""
        return {
            "from": self.period.first.isoformat(),
            "to": self.period.last.isoformat(),
            "plants": list(self.plants),
            "scope": [
                self.scope.days.first.isoformat(),
                self.scope.days.last.isoformat(),
                *self.scope.plants,
            ],
            "version": version,
        }

    @classmethod
    def from_store(cls, held: dict[str, Any]) -> Self:
        """What `store` gave the browser."""
        first, last, *plants = held["scope"]
        scope = Scope(Period(date.fromisoformat(first), date.fromisoformat(last)), tuple(plants))
        period = Period(date.fromisoformat(held["from"]), date.fromisoformat(held["to"]))
        return cls(period, tuple(held["plants"]), scope)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in _YEARS else None
