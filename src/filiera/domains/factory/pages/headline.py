"""The headline figures: produced, good, scrap and scrap rate, each against the equal period before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from dash import Dash, Input, html
from dash.development.base_component import Component

from filiera.domains.factory.pages.choice import HELD, Choice
from filiera.domains.factory.pages.questions import NONE_MADE, Made, steps, totals
from filiera.serving.reader import Serving
from filiera.web.numbers import change, change_in_points, counted, percent, pieces
from filiera.web.parts import figure, region
from filiera.web.period import whole_step

REGION = "factory-headline"


def register(app: Dash, serving: Serving) -> None:
    """Draw the figures of the choice."""

    @region(app, REGION, Input(HELD, "data"))
    def draw(held: dict[str, Any]) -> Component:
        return figures(serving, Choice.from_store(held))


def figures(serving: Serving, choice: Choice) -> Component:
    """The four figures."""
    now = totals(serving, choice.period, choice.plants)
    before = _before(serving, choice)
    over_time = _over_time(serving, choice)
    against = f"previous {counted(choice.period.days, 'day')}"

    def line(of: Callable[[Made], float | None]) -> list[float | None]:
        return [of(made) for made in over_time]

    good, scrap = "var(--good)", "var(--scrap)"
    return html.Div(
        className="figures",
        children=[
            figure(
                "Produced",
                pieces(now.produced),
                change(now.produced, before and before.produced),
                better="up",
                against=against,
                series=line(lambda made: made.produced),
                colour="var(--accent)",
            ),
            figure(
                "Good",
                pieces(now.good),
                change(now.good, before and before.good),
                better="up",
                against=against,
                series=line(lambda made: made.good),
                colour=good,
            ),
            figure(
                "Scrap",
                pieces(now.scrap),
                change(now.scrap, before and before.scrap),
                better="down",
                against=against,
                series=line(lambda made: made.scrap),
                colour=scrap,
            ),
            figure(
                "Scrap rate",
                percent(now.scrap_rate),
                change_in_points(now.scrap_rate, before and before.scrap_rate),
                better="down",
                against=against,
                series=line(lambda made: made.scrap_rate),
                colour=scrap,
            ),
        ],
    )


def _before(serving: Serving, choice: Choice) -> Made | None:
    """What was made in the period before, unless the data does not reach back over all of it."""
    if choice.period.previous.first < choice.scope.days.first:
        return None
    return totals(serving, choice.period.previous, choice.plants)


def _over_time(serving: Serving, choice: Choice) -> list[Made]:
    """The steps of the period that are whole: a week cut short would look like a loss."""
    days = choice.period.within(choice.scope.days) or choice.period
    by_start: dict[date, Made] = {}
    for step in steps(serving, choice.period, choice.plants, choice.period.grain):
        whole = whole_step(step.start, choice.period.grain)
        if whole.within(days) == whole:
            by_start[step.start] = by_start.get(step.start, NONE_MADE) + step.made
    return list(by_start.values())
