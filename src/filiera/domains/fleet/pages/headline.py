"""The headline figures: punctuality, deliveries made, cost and revenue of one, against the equal period before."""

from __future__ import annotations

from dash import Dash
from dash.development.base_component import Component

from filiera.domains.fleet.pages.controls import CONTROLS
from filiera.domains.fleet.pages.questions import CURRENCY, Done, totals
from filiera.domains.fleet.pages.trend import over_time
from filiera.serving.reader import Serving
from filiera.web.choice import Choice
from filiera.web.figures import Figure
from filiera.web.figures import figures as drawn
from filiera.web.numbers import amount, change, change_in_points, percent, pieces

REGION = "fleet-headline"

_FIGURES: tuple[Figure[Done], ...] = (
    Figure("On time", lambda done: done.on_time_rate, percent, change_in_points, "up", "var(--good)"),
    Figure("Delivered", lambda done: done.delivered, pieces, change, "up", "var(--accent)"),
    Figure("Cost per delivery", lambda done: done.cost_each, amount, change, "down", "var(--scrap)", CURRENCY),
    Figure("Revenue per delivery", lambda done: done.revenue_each, amount, change, "up", "var(--accent)", CURRENCY),
)


def register(app: Dash, serving: Serving) -> None:
    """Draw the figures of the choice."""

    @CONTROLS.region(app, REGION)
    def draw(choice: Choice) -> Component:
        return figures(serving, choice)


def figures(serving: Serving, choice: Choice) -> Component:
    """The four figures."""
    return drawn(_FIGURES, choice, lambda period: totals(serving, choice, period), over_time(serving, choice))
