"""Sums in steps of days, weeks or months: the rows of the charts, and how each step is named.

A week or month at the edge of the period may be cut: what is shown of it then is named for what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Generic, Protocol, Self, TypeVar

from filiera.web.choice import Choice, Facet
from filiera.web.numbers import counted, day, span
from filiera.web.period import Grain, Period, whole_step
from filiera.web.theme import SERIES, colours

ENOUGH_OF_A_STEP = 0.5
ALL = "all"
"""Key of everything together."""


class Addable(Protocol):
    """What can be summed over places and steps."""

    def __add__(self, other: Any) -> Any:
        """Both together."""


SumT = TypeVar("SumT", bound=Addable)


@dataclass(frozen=True)
class Step(Generic[SumT]):
    """What one place did in one day, week or month of the period."""

    start: date
    name: str
    done: SumT


@dataclass(frozen=True)
class Series:
    """One place in a chart."""

    key: str
    name: str
    colour: str


@dataclass(frozen=True)
class OverTime(Generic[SumT]):
    """What the places of a facet did, step by step."""

    starts: Sequence[date]
    series: Sequence[Series]
    days: Period
    grain: Grain
    _none: SumT
    _done: dict[tuple[date, str], SumT]

    @classmethod
    def of(
        cls,
        steps: Sequence[Step[SumT]],
        choice: Choice,
        facet: Facet,
        none: SumT,
        size: Callable[[SumT], float],
    ) -> Self:
        """Put the steps in order; with more places than colours, the smaller ones come together."""
        sizes: dict[str, float] = {}
        for step in steps:
            sizes[step.name] = sizes.get(step.name, 0) + size(step.done)
        series, key_of = _series(sizes, choice.offered(facet.name), f"Other {facet.plural}")
        done: dict[tuple[date, str], SumT] = {}
        for step in steps:
            at = (step.start, key_of(step.name))
            done[at] = done.get(at, none) + step.done
        days = choice.period.within(choice.scope.days) or choice.period
        return cls(sorted({step.start for step in steps}), series, days, choice.period.grain, none, done)

    def rows(self, measure: Callable[[SumT], float | None]) -> list[dict[Any, Any]]:
        """The rows of a chart: a step's name, its name in full, and the measure of each place and of all."""
        return [
            {
                **self.named(start),
                ALL: measure(self.together(start)),
                **{one.key: measure(self._done.get((start, one.key), self._none)) for one in self.series},
            }
            for start in self.starts
        ]

    def named(self, start: date) -> dict[Any, Any]:
        """A step's name, and its name in full."""
        return {"step": self._label(start), "told": self._told(start)}

    def together(self, start: date) -> SumT:
        """What all places did in a step."""
        total = self._none
        for one in self.series:
            total += self._done.get((start, one.key), self._none)
        return total

    def whole(self) -> Self:
        """Only the steps that are here whole: a week cut short would look like a loss."""
        return replace(self, starts=[start for start in self.starts if self._share(start) == 1])

    def mostly_whole(self) -> Self:
        """Without the steps of which less than half is here: the rate of a lone Sunday misleads."""
        starts = [start for start in self.starts if self._share(start) >= ENOUGH_OF_A_STEP]
        return replace(self, starts=starts or self.starts)

    @property
    def note(self) -> str:
        """The days shown, and whether a step at their edge is cut."""
        told = span(self.days.first, self.days.last)
        first, last = (self._is_cut(start) for start in (self.days.first, self.days.last))
        if not first and not last:
            return told
        which = "first and last" if first and last else "first" if first else "last"
        return f"{told}; {which} {self.grain} not whole"

    def _is_cut(self, edge: date) -> bool:
        return any(self._share(start) < 1 for start in self.starts if self._covered(start).holds(edge))

    def _covered(self, start: date) -> Period:
        """The days of a step that lie in the period and the data."""
        whole = whole_step(start, self.grain)
        return whole.within(self.days) or whole

    def _share(self, start: date) -> float:
        return self._covered(start).days / whole_step(start, self.grain).days

    def _label(self, start: date) -> str:
        first = self._covered(start).first
        return f"{start:%b %Y}" if self.grain == "month" else f"{first.day} {first:%b}"

    def _told(self, start: date) -> str:
        if self.grain == "day":
            return f"{start:%A}, {day(start)}"
        whole, covered = whole_step(start, self.grain), self._covered(start)
        name = span(whole.first, whole.last) if self.grain == "week" else f"{start:%B %Y}"
        return name if covered == whole else f"{name}, {covered.days} of {counted(whole.days, 'day')}"


def _series(sizes: dict[str, float], offered: Sequence[str], others: str) -> tuple[list[Series], Callable[[str], str]]:
    names, colour = sorted(sizes), colours(offered)
    if len(names) > len(SERIES):
        names = sorted(sorted(names, key=lambda name: -sizes[name])[: len(SERIES) - 1])
    # A key is a path for the chart library, so a name, which may have dots, is not one.
    keys = {name: f"series{number}" for number, name in enumerate(names)}
    series = [Series(key, name, colour.get(name, SERIES[0])) for name, key in keys.items()]
    if len(names) < len(sizes):
        series.append(Series("others", others, "var(--soft)"))
    return series, lambda name: keys.get(name, "others")
