"""Production and scrap over time, by plant, in days, weeks or months as the period is long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor
from typing import Any, Literal

import dash_mantine_components as dmc
from dash import Dash, Input, State, html
from dash.development.base_component import Component

from filiera.domains.factory.pages.choice import HELD, Choice
from filiera.domains.factory.pages.over_time import ALL, OverTime
from filiera.domains.factory.pages.questions import Made
from filiera.serving.reader import Serving
from filiera.web.parts import card, region, spoken

REGION = "factory-trend"
MEASURE = "factory-trend-measure"
SCRAP = "factory-trend-scrap"

Measure = Literal["rate", "pieces"]

_HEIGHT = {"base": 250, "sm": 310}
_SMALLEST_RANGE = 0.002

_CHART: dict[str, Any] = {
    "dataKey": "step",
    "h": _HEIGHT,
    "withLegend": True,
    "legendProps": {"verticalAlign": "bottom"},
    "tickLine": "none",
    "gridAxis": "x",
    "strokeDasharray": "0",
    # The padding is room for the last label: without it most others are left out too.
    "xAxisProps": {
        "minTickGap": 20,
        "interval": "equidistantPreserveStart",
        "padding": {"left": 12, "right": 26},
    },
    "tooltipProps": {"labelFormatter": {"function": "fullStep"}},
    "tooltipAnimationDuration": 0,
}
_MARGIN = {"margin": {"top": 10, "right": 8}}


def register(app: Dash, serving: Serving) -> None:
    """Draw both charts of the choice, and the second again when its measure is changed."""

    @region(app, REGION, Input(HELD, "data"))
    def draw(held: dict[str, Any]) -> Component:
        return charts(serving, Choice.from_store(held))

    @region(app, SCRAP, Input(MEASURE, "value"), State(HELD, "data"), first=False)
    def redraw(measure: Measure, held: dict[str, Any]) -> Component:
        return _scrap_chart(OverTime.of(serving, Choice.from_store(held)), measure)


def charts(serving: Serving, choice: Choice) -> Component:
    """The two cards."""
    made = OverTime.of(serving, choice)
    return html.Div(
        className="pair",
        children=[
            card(
                f"Production per {made.grain}",
                _bars(made, "Production by plant over time", lambda one: one.produced),
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


def _scrap_chart(made: OverTime, measure: Measure) -> Component:
    if measure == "pieces":
        return _bars(made, "Scrapped pieces by plant over time", lambda one: one.scrap)
    data = made.mostly_whole().rows(lambda one: one.scrap_rate)
    series = _series(made)
    if len(series) > 1:
        series.append(
            {"name": ALL, "label": "Together", "color": "var(--ink)", "strokeDasharray": "1 5"},
        )
    return html.Div(
        role="img",
        **spoken("Scrap rate by plant over time"),
        children=dmc.LineChart(
            data=data,
            series=series,
            curveType="monotone",
            strokeWidth=2.25,
            withDots=len(data) == 1,
            lineChartProps=_MARGIN,
            connectNulls=False,
            valueFormatter={"function": "percent"},
            yAxisProps={"width": 58, "domain": _around(data), "allowDataOverflow": True},
            **_CHART,
        ),
    )


def _bars(made: OverTime, told: str, measure: Callable[[Made], float | None]) -> Component:
    return html.Div(
        role="img",
        **spoken(told),
        children=dmc.BarChart(
            type="stacked",
            data=made.rows(measure),
            series=_series(made),
            maxBarWidth=46,
            barChartProps=_MARGIN,
            fillOpacity=1,
            valueFormatter={"function": "pieces"},
            yAxisProps={"tickFormatter": {"function": "short"}, "width": 52},
            **_CHART,
        ),
    )


def _series(made: OverTime) -> list[Any]:
    return [{"name": one.key, "label": one.name, "color": one.colour} for one in made.series]


def _around(data: Sequence[dict[Any, Any]]) -> list[float]:
    """The axis for rates: around what there is; from zero on, all lines would be the same flat one."""
    rates = [value for row in data for value in row.values() if isinstance(value, float)] or [0.0]
    room = max(max(rates) - min(rates), _SMALLEST_RANGE) / 2
    return [max(0.0, floor((min(rates) - room) * 1000) / 1000), ceil((max(rates) + room) * 1000) / 1000]
