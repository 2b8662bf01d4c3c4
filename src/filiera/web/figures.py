"""Headline figures of a page: each against the equal period before, with its course over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from dash import html
from dash.development.base_component import Component

from filiera.web.choice import Choice
from filiera.web.numbers import Change, counted
from filiera.web.over_time import OverTime, SumT
from filiera.web.parts import Better, figure
from filiera.web.period import Period


@dataclass(frozen=True)
class Figure(Generic[SumT]):
    """One figure, as it is computed from sums and judged."""

    label: str
    of: Callable[[SumT], float | None]
    written: Callable[[Any], str]
    changed: Callable[[float | None, float | None], Change | None]
    better: Better
    colour: str
    unit: str | None = None


def figures(
    kinds: Sequence[Figure[SumT]], choice: Choice, totals: Callable[[Period], SumT], over_time: OverTime[SumT]
) -> Component:
    """The figures of the choice; `totals` sums over a period."""
    now, before = totals(choice.period), _before(choice, totals)
    whole = over_time.whole()
    return html.Div(
        className="figures",
        children=[
            figure(
                one.label,
                one.written(one.of(now)),
                one.changed(one.of(now), one.of(before)) if before is not None else None,
                better=one.better,
                against=f"previous {counted(choice.period.days, 'day')}",
                series=[one.of(whole.together(start)) for start in whole.starts],
                colour=one.colour,
                unit=one.unit,
            )
            for one in kinds
        ],
    )


def _before(choice: Choice, totals: Callable[[Period], SumT]) -> SumT | None:
    """What there was in the period before, unless the data does not reach back over all of it."""
    if choice.period.previous.first < choice.scope.days.first:
        return None
    return totals(choice.period.previous)
