"""Charts over time, alike on every page: bars of sums, lines of rates."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from filiera.web.over_time import ALL, OverTime, SumT
from filiera.web.parts import spoken

Rows = Sequence[dict[Any, Any]]

_HEIGHT = {"base": 250, "sm": 310}
_SMALLEST_RANGE = 0.002
_WIDE_RANGE = 0.02
_TICKS = 4

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


def series_of(over_time: OverTime[SumT], *, together: bool = False) -> list[dict[str, Any]]:
    """The series of a chart, if wanted with a dotted one of all places where there are several."""
    series: list[dict[str, Any]] = [
        {"name": one.key, "label": one.name, "color": one.colour} for one in over_time.series
    ]
    if together and len(series) > 1:
        series.append({"name": ALL, "label": "Together", "color": "var(--ink)", "strokeDasharray": "1 5"})
    return series


def bars(told: str, rows: Rows, series: list[Any]) -> Component:
    """Stacked bars of counts."""
    return html.Div(
        role="img",
        **spoken(told),
        children=dmc.BarChart(
            type="stacked",
            data=list(rows),
            series=series,
            maxBarWidth=46,
            barChartProps=_MARGIN,
            fillOpacity=1,
            valueFormatter={"function": "pieces"},
            yAxisProps={"tickFormatter": {"function": "short"}, "width": 52},
            **_CHART,
        ),
    )


def rates(told: str, rows: Rows, series: list[Any]) -> Component:
    """Lines of ratios, on an axis around what there is; from zero on, all lines would be the same flat one."""
    values = _values(rows) or [0.0]
    room = max(max(values) - min(values), _SMALLEST_RANGE) / 2
    steps = 20 if room > _WIDE_RANGE else 1000
    least, most = max(0.0, min(values) - room), max(values) + room
    if max(values) <= 1:
        most = min(most, 1.0)
    low, high = floor(least * steps), ceil(most * steps)
    # Left to itself the chart puts its last tick wherever the axis ends.
    apart = ceil((high - low) / _TICKS)
    if high == steps:
        low = high - _TICKS * apart
    ticks = [(low + place * apart) / steps for place in range(_TICKS + 1)]
    axis = {"domain": [ticks[0], ticks[-1]], "ticks": ticks, "allowDataOverflow": True}
    written = {"tickFormatter": {"function": "wholePercent"}, "width": 52} if room > _WIDE_RANGE else {"width": 58}
    return _lines(told, rows, series, "percent", {**axis, **written})


def amounts(told: str, rows: Rows, series: list[Any]) -> Component:
    """Lines of amounts, from zero on."""
    top = _TICKS * _round(max(_values(rows), default=1.0) / _TICKS)
    axis = {"width": 52, "domain": [0, top], "allowDataOverflow": True, "tickFormatter": {"function": "short"}}
    return _lines(told, rows, series, "pieces", axis)


def _lines(told: str, rows: Rows, series: list[Any], written: str, axis: dict[str, Any]) -> Component:
    return html.Div(
        role="img",
        **spoken(told),
        children=dmc.LineChart(
            data=list(rows),
            series=series,
            curveType="monotone",
            strokeWidth=2.25,
            withDots=len(rows) == 1,
            lineChartProps=_MARGIN,
            connectNulls=False,
            valueFormatter={"function": written},
            yAxisProps=axis,
            **_CHART,
        ),
    )


def _values(rows: Rows) -> list[float]:
    return [value for row in rows for value in row.values() if isinstance(value, float)]


def _round(value: float) -> float:
    """A round number that is not smaller."""
    step = 10.0 ** floor(log10(value)) / 2 if value > 0 else 1.0
    return ceil(value / step) * step
