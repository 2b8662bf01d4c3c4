"""Drivers by efficiency: punctual, sparing with fuel, and busy; the best or the last of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import dash_mantine_components as dmc
from dash import Dash, Input, html
from dash.development.base_component import Component

from filiera.domains.fleet.pages.controls import CONTROLS
from filiera.domains.fleet.pages.questions import NOTHING_DONE
from filiera.domains.fleet.pages.ranked import ENOUGH_DELIVERIES, Driver, drivers
from filiera.serving.reader import Serving
from filiera.web.choice import Choice
from filiera.web.numbers import MISSING, percent, pieces
from filiera.web.parts import card, spoken
from filiera.web.tables import barred, named, number, table

REGION = "fleet-drivers"
END = "fleet-drivers-end"
ROWS = "fleet-drivers-rows"
SHOWN = 8
NOTABLE = 0.03
"""From this share of fuel above or below the usual on, it is marked."""

End = Literal["best", "last"]


def register(app: Dash, serving: Serving) -> None:
    """Draw the drivers of the choice, and again when the other end of the list is wanted."""

    @CONTROLS.region(app, REGION)
    def draw(choice: Choice) -> Component:
        return ranking(serving, choice)

    @CONTROLS.region(app, ROWS, Input(END, "value"))
    def redraw(choice: Choice, end: End) -> Component:
        return rows(drivers(serving, choice), end)


def ranking(serving: Serving, choice: Choice) -> Component:
    """The card."""
    return card(
        "Drivers by efficiency",
        html.Div(rows(drivers(serving, choice), "best"), id=ROWS),
        note="Mean rank of punctuality, deliveries, and fuel against the same type of vehicle."
        f" With {ENOUGH_DELIVERIES} deliveries or more; the mark is the mean of all.",
        aside=dmc.SegmentedControl(
            id=END,
            size="xs",
            value="best",
            data=[{"value": "best", "label": "Best"}, {"value": "last", "label": "Last"}],
            **spoken("Show which drivers"),
        ),
    )


def rows(found: Sequence[Driver], end: End) -> Component:
    """The table of one end of the list, with each driver's place in it."""
    if not found:
        return html.P(f"No driver made {ENOUGH_DELIVERIES} deliveries in this choice.", className="all-well")
    placed = list(enumerate(found, 1))
    shown = placed[:SHOWN] if end == "best" else placed[: -SHOWN - 1 : -1]
    done = sum((driver.done for driver in found), NOTHING_DONE)
    heads = ["Driver", "On time", "Fuel vs usual", "Delivered"]
    return table(heads, [_row(place, driver, done.on_time_rate or 0.0) for place, driver in shown], "ranked drivers")


def _row(place: int, driver: Driver, mean: float) -> Component:
    rate = driver.done.on_time_rate
    fuel = driver.fuel_against_usual
    judged = "" if fuel is None or abs(fuel) < NOTABLE else "worse" if fuel > 0 else "better"
    return html.Tr(
        [
            named(f"{place}. {driver.name}", driver.code),
            barred(rate or 0.0, percent(rate, 1), "var(--good)", mean),
            number(_signed(fuel), "fuel vs usual", judged),
            number(pieces(driver.done.delivered), "delivered"),
        ]
    )


def _signed(share: float | None) -> str:
    if share is None:
        return MISSING
    sign = "+" if share > 0 else "\N{MINUS SIGN}"
    return f"{sign}{abs(share) * 100:.1f} %"
