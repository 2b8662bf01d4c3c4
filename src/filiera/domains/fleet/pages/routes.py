"""Routes, the dearest first, or those that use most fuel for their length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import dash_mantine_components as dmc
from dash import Dash, Input, html
from dash.development.base_component import Component

from filiera.domains.fleet.pages.controls import CONTROLS
from filiera.domains.fleet.pages.questions import CURRENCY
from filiera.domains.fleet.pages.ranked import ENOUGH_DELIVERIES, Route, routes
from filiera.serving.reader import Serving
from filiera.web.choice import Choice
from filiera.web.numbers import MISSING, amount, counted, large_amount
from filiera.web.parts import card, spoken
from filiera.web.tables import barred, more, named, number, table

REGION = "fleet-routes"
ORDER = "fleet-routes-order"
ROWS = "fleet-routes-rows"
SHOWN = 8

Order = Literal["cost", "fuel"]


def register(app: Dash, serving: Serving) -> None:
    """Draw the routes of the choice, and again when their order is changed."""

    @CONTROLS.region(app, REGION)
    def draw(choice: Choice) -> Component:
        return dearest(serving, choice)

    @CONTROLS.region(app, ROWS, Input(ORDER, "value"))
    def redraw(choice: Choice, order: Order) -> Component:
        return rows(routes(serving, choice), order)


def dearest(serving: Serving, choice: Choice) -> Component:
    """The card."""
    found = routes(serving, choice)
    return card(
        "Routes",
        html.Div(rows(found, "cost"), id=ROWS),
        note=f"Cost in {CURRENCY}, fuel in litres per 100 km; {counted(len(found), 'route')} with deliveries",
        aside=dmc.SegmentedControl(
            id=ORDER,
            size="xs",
            value="cost",
            data=[{"value": "cost", "label": "Cost"}, {"value": "fuel", "label": "Fuel"}],
            **spoken("Order routes by"),
        ),
    )


def rows(found: Sequence[Route], order: Order) -> Component:
    """The table, in this order; a route with few deliveries is left out of the order by fuel."""
    if order == "fuel":
        told = [route for route in found if route.liters_per_100_km and route.done.delivered >= ENOUGH_DELIVERIES]
        found = sorted(told, key=lambda route: -(route.liters_per_100_km or 0.0))
    draw = _Rows(found, order)
    parts = [draw.of(found[:SHOWN])]
    if rest := found[SHOWN:]:
        parts.append(more(len(rest), "route", draw.of(rest, headed=False)))
    return html.Div(parts)


class _Rows:
    """Rows of bars drawn to one scale."""

    def __init__(self, found: Sequence[Route], order: Order) -> None:
        self._order = order
        self._most = max((self._measure(route) for route in found), default=0.0) or 1.0

    def of(self, found: Sequence[Route], *, headed: bool = True) -> Component:
        heads = ["Route", "Cost", "Per delivery", "Revenue each", "L/100 km"]
        if self._order == "fuel":
            heads = ["Route", "L/100 km", "Per delivery", "Revenue each", "Cost"]
        return table(heads, [self._row(route) for route in found], "ranked routes", headed=headed)

    def _measure(self, route: Route) -> float:
        return route.done.cost if self._order == "cost" else route.liters_per_100_km or 0.0

    def _row(self, route: Route) -> Component:
        cost, fuel = large_amount(route.done.cost), _fuel(route)
        first, last = (cost, fuel) if self._order == "cost" else (fuel, cost)
        return html.Tr(
            [
                named(f"{route.origin} → {route.destination}", route.code),
                barred(self._measure(route) / self._most, first, "var(--accent)"),
                number(amount(route.done.cost_each), "per delivery"),
                number(amount(route.done.revenue_each), "revenue each", "secondary"),
                number(last, "L/100 km" if self._order == "cost" else "cost"),
            ]
        )


def _fuel(route: Route) -> str:
    return MISSING if route.liters_per_100_km is None else f"{route.liters_per_100_km:.1f}"
