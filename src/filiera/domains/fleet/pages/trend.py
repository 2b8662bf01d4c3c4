"""Punctuality over time by city of departure, and what a delivery costs and brings in."""

from __future__ import annotations

from typing import Any

from dash import Dash, html
from dash.development.base_component import Component

from filiera.domains.fleet.pages.controls import CONTROLS
from filiera.domains.fleet.pages.questions import CITIES, CURRENCY, NOTHING_DONE, Done, steps
from filiera.serving.reader import Serving
from filiera.web.charts import amounts, rates, series_of
from filiera.web.choice import Choice
from filiera.web.over_time import OverTime
from filiera.web.parts import card

REGION = "fleet-trend"
ENOUGH_DELIVERIES = 20
"""A city with fewer in a step shows no rate there: it would say little."""

_MONEY = [
    {"name": "revenue", "label": "Revenue", "color": "var(--accent)"},
    {"name": "cost", "label": "Cost", "color": "var(--scrap)"},
]


def register(app: Dash, serving: Serving) -> None:
    """Draw both charts of the choice."""

    @CONTROLS.region(app, REGION)
    def draw(choice: Choice) -> Component:
        return charts(serving, choice)


def over_time(serving: Serving, choice: Choice) -> OverTime[Done]:
    """What was done from each city, step by step."""
    return OverTime.of(steps(serving, choice), choice, CITIES, NOTHING_DONE, lambda done: done.delivered)


def charts(serving: Serving, choice: Choice) -> Component:
    """The two cards."""
    done = over_time(serving, choice).mostly_whole()
    return html.Div(
        className="pair",
        children=[
            card(
                f"On time per {done.grain}",
                rates(
                    "Share of deliveries on time by city over time",
                    done.rows(_told_rate),
                    series_of(done, together=True),
                ),
                note=f"By city of departure, {done.note}",
            ),
            card(
                "Cost and revenue per delivery",
                amounts("Cost and revenue per delivery over time", _money(done), _MONEY),
                note=f"{CURRENCY}; cost is fuel and tolls",
            ),
        ],
    )


def _told_rate(one: Done) -> float | None:
    return one.on_time_rate if one.delivered >= ENOUGH_DELIVERIES else None


def _money(done: OverTime[Done]) -> list[dict[Any, Any]]:
    together = [(start, done.together(start)) for start in done.starts]
    return [{**done.named(start), "cost": one.cost_each, "revenue": one.revenue_each} for start, one in together]
