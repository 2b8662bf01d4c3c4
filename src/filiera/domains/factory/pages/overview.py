"""The factory page put together: its head, its controls, and the places where its regions are drawn.

Each region draws itself from the choice, by its own callback, all at the same time.
"""

from __future__ import annotations

from dash import Dash, html
from dash.development.base_component import Component

from filiera.domains.factory.pages import comparison, deliveries, headline, machines, rejects, trend
from filiera.domains.factory.pages.controls import CONTROLS
from filiera.domains.factory.pages.questions import scope
from filiera.serving.reader import Serving
from filiera.web.choice import Choice
from filiera.web.parts import empty, page_head, place


def layout(serving: Serving, query: str) -> Component:
    """The page for this query of the URL."""
    found = scope(serving)
    if found is None:
        return empty(
            "No production yet",
            "The last run published no production. Add files or connect the database, then:",
            commands=("filiera run",),
        )
    regions = [
        place(headline.REGION, lines=3),
        place(trend.REGION, lines=10),
        place(comparison.REGION, lines=8),
        place(machines.REGION, lines=8),
    ]
    return html.Div(
        className="stack",
        children=[
            page_head("Factory production"),
            html.Div(id=deliveries.REGION),
            *CONTROLS.body(serving, Choice.from_query(query, found), regions),
            place(rejects.REGION, lines=6),
        ],
    )


def register_callbacks(app: Dash, serving: Serving) -> None:
    """Register the controls and every region."""
    CONTROLS.register(app, serving)
    for part in (deliveries, headline, trend, comparison, machines, rejects):
        part.register(app, serving)
