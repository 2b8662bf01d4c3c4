"""Production in steps of days, weeks or months: the rows of the charts, and how each step is named.

A week or month at the edge of the period may be cut: what is shown of it then is named for what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self

from filiera.domains.factory.pages.choice import Choice
from filiera.domains.factory.pages.questions import NONE_MADE, Made, Step, steps
from filiera.serving.reader import Serving
from filiera.web.numbers import counted, day, span
from filiera.web.period import Grain, Period, whole_step
from filiera.web.theme import SERIES, colours

ENOUGH_OF_A_STEP = 0.5
OTHERS = "Other plants"
ALL = "all"
"""Key of what all plants made together."""


@dataclass(frozen=True)
class PlantSeries:
    """One plant in a chart."""

    key: str
    name: str
    colour: str


@dataclass(frozen=True)
class OverTime:
    """What the plants made, step by step."""

    starts: Sequence[date]
    series: Sequence[PlantSeries]
    days: Period
    grain: Grain
    _made: dict[tuple[date, str], Made]

    @classmethod
    def of(cls, serving: Serving, choice: Choice) -> Self:
        """Ask for it."""
        grain = choice.period.grain
        found = steps(serving, choice.period, choice.plants, grain)
        series, key_of = _series(found, choice.all_plants)
        made: dict[tuple[date, str], Made] = {}
        for step in found:
            place = (step.start, key_of(step.plant))
            made[place] = made.get(place, NONE_MADE) + step.made
        days = choice.period.within(choice.scope.days) or choice.period
        return cls(sorted({step.start for step in found}), series, days, grain, made)

    def rows(self, measure: Callable[[Made], float | None]) -> list[dict[Any, Any]]:
        """The rows of a chart: a step's name, its name in full, and the measure of each plant and of all."""
        return [
            {
                "step": self._label(start),
                "told": self._told(start),
                ALL: measure(self.together(start)),
                **{one.key: measure(self._made.get((start, one.key), NONE_MADE)) for one in self.series},
            }
            for start in self.starts
        ]

    def together(self, start: date) -> Made:
        """What all plants made in a step."""
        return sum((self._made.get((start, one.key), NONE_MADE) for one in self.series), NONE_MADE)

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


def _series(found: Sequence[Step], all_plants: Sequence[str]) -> tuple[list[PlantSeries], Callable[[str], str]]:
    """One series a plant; with more plants than colours, the smaller ones together."""
    produced: dict[str, int] = {}
    for step in found:
        produced[step.plant] = produced.get(step.plant, 0) + step.made.produced
    plants, colour = sorted(produced), colours(all_plants)
    if len(plants) > len(SERIES):
        plants = sorted(sorted(plants, key=lambda plant: -produced[plant])[: len(SERIES) - 1])
    # A key is a path for the chart library, so a plant's name, which may have dots, is not one.
    keys = {plant: f"plant{number}" for number, plant in enumerate(plants)}
    series = [PlantSeries(key, plant, colour.get(plant, SERIES[0])) for plant, key in keys.items()]
    if len(plants) < len(produced):
        series.append(PlantSeries("others", OTHERS, "var(--soft)"))
    return series, lambda plant: keys.get(plant, "others")
