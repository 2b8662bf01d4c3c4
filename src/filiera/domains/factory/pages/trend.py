"""Production and scrap over time, by plant, in days, weeks or months as the period is long."""

from __future__ import annotations

from typing import Literal

import dash_mantine_components as dmc
from dash import Dash, Input, html
from dash.development.base_component import Component

from filiera.domains.factory.pages.controls import CONTROLS
from filiera.domains.factory.pages.questions import NONE_MADE, PLANT, PLANTS, Made, steps
from filiera.serving.reader import Serving
from filiera.web.charts import bars, rates, series_of
from filiera.web.choice import Choice
from filiera.web.over_time import OverTime
from filiera.web.parts import card, spoken

REGION = "factory-trend"
MEASURE = "factory-trend-measure"
SCRAP = "factory-trend-scrap"

Measure = Literal["rate", "pieces"]


def register(app: Dash, serving: Serving) -> None:
    """Draw both charts of the choice, and the second again when its measure is changed."""

    @CONTROLS.region(app, REGION)
    def draw(choice: Choice) -> Component:
        return charts(serving, choice)

    @CONTROLS.region(app, SCRAP, Input(MEASURE, "value"))
    def redraw(choice: Choice, measure: Measure) -> Component:
        return _scrap_chart(over_time(serving, choice), measure)


def over_time(serving: Serving, choice: Choice) -> OverTime[Made]:
    """What the plants made, step by step."""
    found = steps(serving, choice.period, choice.chosen[PLANT], choice.period.grain)
    return OverTime.of(found, choice, PLANTS, NONE_MADE, lambda made: made.produced)


def charts(serving: Serving, choice: Choice) -> Component:
    """The two cards."""
    made = over_time(serving, choice)
    produced = made.rows(lambda one: one.produced)
    return html.Div(
        className="pair",
        children=[
            card(
                f"Production per {made.grain}",
                bars("Production by plant over time", produced, series_of(made)),
                note=made.note,
            ),
            card(
                f"Scrap per {made.grain}",
                html.Div(_scrap_chart(made, "rate"), id=SCRAP),
                note=made.note,
                aside=dmc.SegmentedControl(
                    id=MEASURE,
                    size="xs",
                    value="rate",
                    data=[{"value": "rate", "label": "Rate"}, {"value": "pieces", "label": "Pieces"}],
                    **spoken("Show scrap as"),
                ),
            ),
        ],
    )


def _scrap_chart(made: OverTime[Made], measure: Measure) -> Component:
    if measure == "pieces":
        return bars("Scrapped pieces by plant over time", made.rows(lambda one: one.scrap), series_of(made))
    data = made.mostly_whole().rows(lambda one: one.scrap_rate)
    return rates("Scrap rate by plant over time", data, series_of(made, together=True))
