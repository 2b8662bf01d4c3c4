"""The headline figures: produced, good, scrap and scrap rate, each against the equal period before."""

from __future__ import annotations

from dash import Dash
from dash.development.base_component import Component

from filiera.domains.factory.pages.controls import CONTROLS
from filiera.domains.factory.pages.questions import PLANT, Made, totals
from filiera.domains.factory.pages.trend import over_time
from filiera.serving.reader import Serving
from filiera.web.choice import Choice
from filiera.web.figures import Figure
from filiera.web.figures import figures as drawn
from filiera.web.numbers import change, change_in_points, percent, pieces

REGION = "factory-headline"

_FIGURES: tuple[Figure[Made], ...] = (
    Figure("Produced", lambda made: made.produced, pieces, change, "up", "var(--accent)"),
    Figure("Good", lambda made: made.good, pieces, change, "up", "var(--good)"),
    Figure("Scrap", lambda made: made.scrap, pieces, change, "down", "var(--scrap)"),
    Figure("Scrap rate", lambda made: made.scrap_rate, percent, change_in_points, "down", "var(--scrap)"),
)


def register(app: Dash, serving: Serving) -> None:
    """Draw the figures of the choice."""

    @CONTROLS.region(app, REGION)
    def draw(choice: Choice) -> Component:
        return figures(serving, choice)


def figures(serving: Serving, choice: Choice) -> Component:
    """The four figures."""
    plants = choice.chosen[PLANT]
    return drawn(_FIGURES, choice, lambda period: totals(serving, period, plants), over_time(serving, choice))
