"""Deliveries in progress, the one promised first at the top, as of the newest record."""

from __future__ import annotations

from collections.abc import Sequence

from dash import Dash, html
from dash.development.base_component import Component

from filiera.domains.fleet.pages.controls import CONTROLS
from filiera.domains.fleet.pages.now import OpenDelivery, open_deliveries
from filiera.serving.reader import Serving
from filiera.web.choice import Choice
from filiera.web.numbers import counted, day
from filiera.web.parts import badge, card
from filiera.web.tables import more, named, table

REGION = "fleet-in-progress"
SHOWN = 6
MOST = 60

_STATUS = {"pending": "pending", "in_transit": "in transit"}


def register(app: Dash, serving: Serving) -> None:
    """Draw the deliveries under way of the chosen cities and vehicle types."""

    @CONTROLS.region(app, REGION)
    def draw(choice: Choice) -> Component:
        return under_way(serving, choice)


def under_way(serving: Serving, choice: Choice) -> Component:
    """The card."""
    found = open_deliveries(serving, choice)
    if not found:
        return card("Deliveries in progress", html.P("None is under way.", className="all-well"))
    late = sum(delivery.is_late for delivery in found)
    as_of = found[0].as_of
    return card(
        "Deliveries in progress",
        _listed(found),
        note=f"{counted(len(found), 'delivery')}, {late or 'none'} of them late,"
        f" as of {day(as_of)}, {as_of:%H:%M} local time.",
    )


def _listed(found: Sequence[OpenDelivery]) -> Component:
    heads = ["Delivery", "Promised", "On the way"]
    parts = [table(heads, [_row(delivery) for delivery in found[:SHOWN]], "ranked open")]
    if rest := found[SHOWN:MOST]:
        listed = table(heads, [_row(delivery) for delivery in rest], "ranked open", headed=False)
        unseen = len(found) - MOST
        note = f"{counted(unseen, 'later delivery')} not listed; choose a city or a vehicle type to see fewer."
        content = html.Div([listed, html.P(note, className="note") if unseen > 0 else None])
        parts.append(more(len(rest), "delivery", content))
    return html.Div(parts)


def _row(delivery: OpenDelivery) -> Component:
    ahead = day(delivery.promised) if delivery.promised.date() != delivery.as_of.date() else "today"
    state = _late(delivery) if delivery.is_late else badge(_STATUS[delivery.status])
    return html.Tr(
        [
            named(delivery.customer, delivery.tracking),
            html.Td([state, html.Span(f"{ahead}, {delivery.promised:%H:%M}", className="aside block")]),
            html.Td(
                [
                    html.Span(f"{delivery.origin} → {delivery.destination}"),
                    html.Span(f"{delivery.driver} · {delivery.plate}", className="aside block"),
                ]
            ),
        ]
    )


def _late(delivery: OpenDelivery) -> Component:
    hours, minutes = divmod(delivery.overdue_minutes, 60)
    return badge(f"{hours} h {minutes:02} min late" if hours else f"{minutes} min late", "refused")
