"""The fleet page put together: its head, its controls, and the places where its regions are drawn.

Each region draws itself from the choice, by its own callback, all at the same time.
"""

from __future__ import annotations

from dash import Dash, html
from dash.development.base_component import Component

from filiera.domains.fleet.pages import drivers, headline, in_progress, maintenance, routes, trend, week
from filiera.domains.fleet.pages.controls import CONTROLS
from filiera.domains.fleet.pages.questions import scope
from filiera.serving.reader import Serving
from filiera.web.choice import Choice
from filiera.web.parts import empty, page_head, place

TITLE = "Fleet and deliveries"


def layout(serving: Serving, query: str) -> Component:
    """The page for this query of the URL."""
    found = scope(serving)
    if found is None:
        return empty(
            "No deliveries yet",
            "The last run published no deliveries. Connect the fleet's database, or make example data, then run:",
            commands=("filiera generate fleet", "filiera run"),
        )
    regions = [
        place(headline.REGION, lines=3),
        place(trend.REGION, lines=10),
        place(week.REGION, lines=8),
        html.Div([place(routes.REGION, lines=8), place(drivers.REGION, lines=8)], className="pair"),
    ]
    return html.Div(
        className="stack",
        children=[
            page_head(TITLE),
            *CONTROLS.body(serving, Choice.from_query(query, found), regions),
            html.Div([place(maintenance.REGION), place(in_progress.REGION)], className="pair"),
        ],
    )


def register_callbacks(app: Dash, serving: Serving) -> None:
    """Register the controls and every region."""
    CONTROLS.register(app, serving)
    for part in (headline, trend, week, routes, drivers, maintenance, in_progress):
        part.register(app, serving)
