"""The headline figures: produced, good, scrap and scrap rate, each against the equal period before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dash import Dash, Input, html
from dash.development.base_component import Component

from filiera.domains.factory.pages.choice import HELD, Choice
from filiera.domains.factory.pages.over_time import OverTime
from filiera.domains.factory.pages.questions import Made, totals
from filiera.serving.reader import Serving
from filiera.web.numbers import Change, change, change_in_points, counted, percent, pieces
from filiera.web.parts import Better, figure, region

REGION = "factory-headline"


def register(app: Dash, serving: Serving) -> None:
    """Draw the figures of the choice."""

    @region(app, REGION, Input(HELD, "data"))
    def draw(held: dict[str, Any]) -> Component:
        return figures(serving, Choice.from_store(held))


@dataclass(frozen=True)
class _Figure:
    label: str
    of: Callable[[Made], float | None]
    written: Callable[[Any], str]
    changed: Callable[[float | None, float | None], Change | None]
    better: Better
    colour: str


_FIGURES = (
    _Figure("Produced", lambda made: made.produced, pieces, change, "up", "var(--accent)"),
    _Figure("Good", lambda made: made.good, pieces, change, "up", "var(--good)"),
    _Figure("Scrap", lambda made: made.scrap, pieces, change, "down", "var(--scrap)"),
    _Figure("Scrap rate", lambda made: made.scrap_rate, percent, change_in_points, "down", "var(--scrap)"),
)


def figures(serving: Serving, choice: Choice) -> Component:
    """The four figures."""
    now = totals(serving, choice.period, choice.plants)
    before = _before(serving, choice)
    over_time = OverTime.of(serving, choice).whole()
    return html.Div(
        className="figures",
        children=[
            figure(
                one.label,
                one.written(one.of(now)),
                one.changed(one.of(now), one.of(before)) if before else None,
                better=one.better,
                against=f"previous {counted(choice.period.days, 'day')}",
                series=[one.of(over_time.together(start)) for start in over_time.starts],
                colour=one.colour,
            )
            for one in _FIGURES
        ],
    )


def _before(serving: Serving, choice: Choice) -> Made | None:
    """What was made in the period before, unless the data does not reach back over all of it."""
    if choice.period.previous.first < choice.scope.days.first:
        return None
    return totals(serving, choice.period.previous, choice.plants)
