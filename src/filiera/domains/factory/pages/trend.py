"""Production and scrap over time, by plant, in days, weeks or months as the period is long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor
from typing import Any, Literal

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component

from filiera.domains.factory.pages.choice import HELD, Choice
from filiera.domains.factory.pages.questions import NONE_MADE, Made, Step, steps
from filiera.serving.reader import Serving
from filiera.web.numbers import counted, day, span
from filiera.web.parts import card, region
from filiera.web.period import Grain, Period, whole_step
from filiera.web.theme import SERIES, colours

REGION = "factory-trend"
MEASURE = "factory-trend-measure"

Measure = Literal["rate", "pieces"]

_OTHERS = "Other plants"
_HEIGHT = {"base": 250, "sm": 310}
_TITLES: dict[Grain, str] = {"day": "per day", "week": "per week", "month": "per month"}


@dataclass(frozen=True)
class _Series:
    key: str
    name: str
    colour: str


def register(app: Dash, serving: Serving) -> None:
    """Draw both charts of the choice, and the second again when its measure is changed."""

    @region(app, REGION, Input(HELD, "data"))
    def draw(held: dict[str, Any]) -> Component:
        return charts(serving, Choice.from_store(held))

    @app.callback(  # type: ignore[untyped-decorator]
        Output("factory-trend-scrap", "children"),
        Input(MEASURE, "value"),
        State(HELD, "data"),
        prevent_initial_call=True,
    )
    def redraw(measure: Measure, held: dict[str, Any]) -> Component:
        return _scrap_chart(_Trend.of(serving, Choice.from_store(held)), measure)


def charts(serving: Serving, choice: Choice) -> Component:
    """The two cards."""
    trend = _Trend.of(serving, choice)
    title = _TITLES[choice.period.grain]
    return html.Div(
        className="pair",
        children=[
            card(f"Production {title}", _production_chart(trend), note=trend.note),
            card(
                f"Scrap {title}",
                html.Div(_scrap_chart(trend, "rate"), id="factory-trend-scrap"),
                note=trend.note,
                aside=dmc.SegmentedControl(
                    id=MEASURE,
                    size="xs",
                    value="rate",
                    data=[{"value": "rate", "label": "Rate"}, {"value": "pieces", "label": "Pieces"}],
                    **{"aria-label": "Show scrap as"},
                ),
            ),
        ],
    )


@dataclass(frozen=True)
class _Trend:
    starts: Sequence[date]
    made: dict[tuple[date, str], Made]
    series: Sequence[_Series]
    days: Period
    grain: Grain

    @classmethod
    def of(cls, serving: Serving, choice: Choice) -> _Trend:
        grain = choice.period.grain
        found = steps(serving, choice.period, choice.plants, grain)
        series, key_of = _series(found, choice.all_plants)
        made: dict[tuple[date, str], Made] = {}
        for step in found:
            place = (step.start, key_of(step.plant))
            made[place] = made.get(place, NONE_MADE) + step.made
        days = choice.period.within(choice.scope.days) or choice.period
        return cls(sorted({step.start for step in found}), made, series, days, grain)

    def covered(self, start: date) -> Period | None:
        """The days of a step that lie in the period and the data."""
        return whole_step(start, self.grain).within(self.days)

    def told(self, start: date) -> str:
        """A step in full, for whoever points at it."""
        whole = whole_step(start, self.grain)
        if self.grain == "day":
            return f"{start:%A}, {day(start)}"
        covered = self.covered(start) or whole
        name = span(whole.first, whole.last) if self.grain == "week" else f"{start:%B %Y}"
        return name if covered == whole else f"{name}, {covered.days} of {counted(whole.days, 'day')}"

    def label(self, start: date) -> str:
        """A step in short, for the axis."""
        return f"{start:%b %Y}" if self.grain == "month" else f"{start.day} {start:%b}"

    @property
    def note(self) -> str:
        """What the period is, and that a step at its edge is cut."""
        edges = (self.starts[0], self.starts[-1]) if self.starts else ()
        cut = [start for start in edges if self.covered(start) != whole_step(start, self.grain)]
        told = span(self.days.first, self.days.last)
        if not cut:
            return told
        which = "first and last" if len(set(cut)) > 1 else "first" if cut[0] == edges[0] else "last"
        return f"{told}; {which} {self.grain} not whole"

    def data(self, measure: Callable[[Made], float | None]) -> list[dict[str, Any]]:
        """The chart's rows, one per step."""
        return [
            {
                "step": self.label(start),
                "told": self.told(start),
                **{one.key: measure(self.made.get((start, one.key), NONE_MADE)) for one in self.series},
                "all": measure(sum((self.made.get((start, one.key), NONE_MADE) for one in self.series), NONE_MADE)),
            }
            for start in self.starts
        ]


def _series(found: Sequence[Step], all_plants: Sequence[str]) -> tuple[list[_Series], Callable[[str], str]]:
    """One series a plant; with more plants than colours, the smaller ones together."""
    produced: dict[str, int] = {}
    for step in found:
        produced[step.plant] = produced.get(step.plant, 0) + step.made.produced
    plants, colour = sorted(produced), colours(all_plants)
    if len(plants) > len(SERIES):
        plants = sorted(sorted(plants, key=lambda plant: -produced[plant])[: len(SERIES) - 1])
    # A key is a path for the chart library, so a plant's name, which may have dots, is not one.
    keys = {plant: f"plant{number}" for number, plant in enumerate(plants)}
    series = [_Series(key, plant, colour.get(plant, SERIES[0])) for plant, key in keys.items()]
    if len(plants) < len(produced):
        series.append(_Series("others", _OTHERS, "var(--soft)"))
    return series, lambda plant: keys.get(plant, "others")


def _production_chart(trend: _Trend) -> Component:
    return _bars(trend, "Production by plant over time", lambda made: made.produced)


def _scrap_chart(trend: _Trend, measure: Measure) -> Component:
    if measure == "pieces":
        return _bars(trend, "Scrapped pieces by plant over time", lambda made: made.scrap)
    data = trend.data(lambda made: made.scrap_rate)
    series = [{"name": one.key, "label": one.name, "color": one.colour} for one in trend.series]
    if len(series) > 1:
        series.append({"name": "all", "label": "Together", "color": "var(--ink)", "strokeDasharray": "1 5"})
    return html.Div(
        role="img",
        **{"aria-label": "Scrap rate by plant over time"},
        children=dmc.LineChart(
            data=data,
            series=series,
            dataKey="step",
            h=_HEIGHT,
            curveType="monotone",
            strokeWidth=2.25,
            withDots=len(trend.starts) == 1,
            connectNulls=False,
            valueFormatter={"function": "percent"},
            yAxisProps={"width": 58, "domain": _around(data), "allowDataOverflow": True},
            **_CHART,
        ),
    )


def _bars(trend: _Trend, told: str, measure: Callable[[Made], float | None]) -> Component:
    return html.Div(
        role="img",
        **{"aria-label": told},
        children=dmc.BarChart(
            type="stacked",
            data=trend.data(measure),
            series=[{"name": one.key, "label": one.name, "color": one.colour} for one in trend.series],
            dataKey="step",
            h=_HEIGHT,
            maxBarWidth=46,
            fillOpacity=1,
            valueFormatter={"function": "pieces"},
            yAxisProps={"tickFormatter": {"function": "short"}, "width": 52},
            **_CHART,
        ),
    )


def _around(data: Sequence[dict[str, Any]]) -> list[float]:
    """The axis for rates: around what there is, not from zero, or every line would be the same flat one."""
    rates = [value for row in data for value in row.values() if isinstance(value, float)] or [0.0]
    room = max(max(rates) - min(rates), 0.002) / 2
    return [max(0.0, floor((min(rates) - room) * 1000) / 1000), ceil((max(rates) + room) * 1000) / 1000]


_CHART: dict[str, Any] = {
    "withLegend": True,
    "legendProps": {"verticalAlign": "bottom"},
    "tickLine": "none",
    "gridAxis": "x",
    "strokeDasharray": "0",
    "xAxisProps": {"minTickGap": 22, "interval": "preserveStartEnd"},
    "tooltipProps": {"labelFormatter": {"function": "fullStep"}},
    "tooltipAnimationDuration": 0,
}
