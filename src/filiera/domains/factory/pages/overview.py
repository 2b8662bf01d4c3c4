"""The factory page put together: its head, its controls, and the places where its regions are drawn.

Each region draws itself from the choice, by its own callback, all at the same time.
"""

from __future__ import annotations

from dash import Dash, dcc, html
from dash.development.base_component import Component

from filiera.domains.factory.pages import comparison, controls, deliveries, headline, machines, rejects, trend
from filiera.domains.factory.pages.choice import HELD, Choice
from filiera.domains.factory.pages.questions import scope
from filiera.serving.reader import Serving
from filiera.web.parts import empty, freshness, place


def layout(serving: Serving, query: str) -> Component:
    """The page for this query of the URL."""
    found = scope(serving)
    if found is None:
        return empty(
            "No production yet",
            "The last run published no production. Add files or connect the database, then:",
            commands=("filiera run",),
        )
    choice = Choice.from_query(query, found)
    shown, nothing = controls.outcome(serving, choice)
    return html.Div(
        className="stack",
        children=[
            dcc.Store(id=HELD, data=choice.store(serving.version())),
            html.Div([html.H1("Factory production"), freshness()], className="page-head"),
            html.Div(id=deliveries.REGION),
            controls.bar(choice),
            html.Div(nothing, id=controls.NOTHING),
            html.Div(
                id=controls.REGIONS,
                className="stack",
                hidden=not shown,
                children=[
                    place(headline.REGION, lines=3),
                    place(trend.REGION, lines=10),
                    place(comparison.REGION, lines=8),
                    place(machines.REGION, lines=8),
                ],
            ),
            place(rejects.REGION, lines=6),
        ],
    )


def register_callbacks(app: Dash, serving: Serving) -> None:
    """Register the controls and every region."""
    for part in (controls, deliveries, headline, trend, comparison, machines, rejects):
        part.register(app, serving)
