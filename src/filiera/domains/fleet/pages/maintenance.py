"""Vehicles due for maintenance: overdue ones first, then those of the next two weeks."""

from __future__ import annotations

from collections.abc import Sequence

from dash import Dash, html
from dash.development.base_component import Component

from filiera.domains.fleet.pages.controls import CONTROLS
from filiera.domains.fleet.pages.now import SOON_DAYS, DueVehicle, due_vehicles
from filiera.serving.reader import Serving
from filiera.web.choice import Choice
from filiera.web.numbers import MISSING, counted, day, pieces
from filiera.web.parts import badge, card
from filiera.web.tables import more, named, number, table

REGION = "fleet-maintenance"
SHOWN = 8


def register(app: Dash, serving: Serving) -> None:
    """Draw the vehicles of the chosen types."""

    @CONTROLS.region(app, REGION)
    def draw(choice: Choice) -> Component:
        return due(serving, choice)


def due(serving: Serving, choice: Choice) -> Component:
    """The card."""
    found = due_vehicles(serving, choice)
    overdue = sum(vehicle.is_overdue for vehicle in found)
    if not found:
        content: Component = html.P(f"No vehicle is due within {SOON_DAYS} days.", className="all-well")
    else:
        content = _listed(found)
    return card(
        "Maintenance due",
        content,
        note=f"On the day of the run: {overdue} overdue, {len(found) - overdue} due within {SOON_DAYS} days",
    )


def _listed(found: Sequence[DueVehicle]) -> Component:
    heads = ["Vehicle", "Due", "Last time", "Km since"]
    parts = [table(heads, [_row(vehicle) for vehicle in found[:SHOWN]], "ranked due")]
    if rest := found[SHOWN:]:
        parts.append(
            more(len(rest), "vehicle", table(heads, [_row(vehicle) for vehicle in rest], "ranked due", headed=False))
        )
    return html.Div(parts)


def _row(vehicle: DueVehicle) -> Component:
    last = [html.Span(vehicle.last_type), html.Span(_day(vehicle), className="aside block")]
    return html.Tr(
        [
            named(vehicle.plate, vehicle.vehicle_type),
            html.Td([_due(vehicle), html.Span(day(vehicle.due) if vehicle.due else "", className="aside block")]),
            html.Td(last if vehicle.last_type else MISSING),
            number(pieces(round(vehicle.km)), "km since"),
        ]
    )


def _day(vehicle: DueVehicle) -> str:
    return day(vehicle.last_day) if vehicle.last_day else ""


def _due(vehicle: DueVehicle) -> Component:
    if vehicle.days is None:
        return badge("never maintained", "held")
    if vehicle.days < 0:
        return badge(f"{counted(-vehicle.days, 'day')} overdue", "refused")
    if vehicle.days == 0:
        return badge("today", "held")
    return badge(f"in {counted(vehicle.days, 'day')}", "held")
