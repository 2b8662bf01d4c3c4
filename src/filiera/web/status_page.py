"""The status as people read it: what is published, which deliveries wait, and how the latest runs ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dash import Dash, Input, html
from dash.development.base_component import Component

from filiera.serving.reader import Serving
from filiera.settings import Settings
from filiera.web.numbers import MISSING, day, moment, pieces
from filiera.web.page import PUBLICATION, Page
from filiera.web.parts import badge, card, coded, page_head, place, region
from filiera.web.status import RecentRuns, RunState, Status, read_status
from filiera.web.tables import named, number, table

REGION = "status-all"
TITLE = "Status"

_KINDS = {"Failed": "refused", "Paused": "held", "Retrying": "held"}
_STATES = {"admitted": "taken in", "held": "held until somebody decides", "refused": "refused"}


def status_page(settings: Settings, recent_runs: RecentRuns | None) -> Page:
    """The page of this installation."""

    def layout(_serving: Serving, _query: str) -> Component:
        return html.Div([page_head(TITLE), place(REGION, lines=8)], className="stack")

    def register(app: Dash, serving: Serving) -> None:
        @region(app, REGION, Input(PUBLICATION, "data"))
        def draw(_publication: Any) -> Component:
            return shown(read_status(serving, settings.present(), recent_runs))

    return Page("/runs", TITLE, layout, register)


def shown(status: Status) -> Component:
    """The cards."""
    return html.Div(
        className="stack",
        children=[
            html.Div([_published(status), _batches(status)], className="pair"),
            card("Latest runs", _runs(status.runs), note=coded("The newest first; `filiera runs` says more.")),
        ],
    )


def _published(status: Status) -> Component:
    if status.published is None:
        return card("Published", html.P("Nothing yet.", className="all-well"))
    found = status.published
    told = {
        "Published": moment(found.published_at),
        "Data of": day(found.logical_date),
        "By run": found.run_id,
        "Warehouse": found.warehouse,
        "Version": found.version,
    }
    rows = [html.Tr([html.Th(name, scope="row"), html.Td(value)]) for name, value in told.items()]
    return card("Published", html.Table(html.Tbody(rows), className="rows told"), note="What every page shows.")


def _batches(status: Status) -> Component:
    rows = [
        html.Tr([named(state.capitalize(), _STATES.get(state, "")), number(pieces(count), "batches")])
        for state, count in sorted(status.batches.items())
    ]
    if not rows:
        return card("Deliveries", html.P("None came yet.", className="all-well"))
    return card(
        "Deliveries", table(["State", "Batches"], rows, "ranked told"), note="What became of the batches that came."
    )


def _runs(runs: list[RunState]) -> Component:
    if not runs:
        return html.P("No run is recorded.", className="all-well")
    return table(["Run", "State", "Took", "What it says"], [_run(run) for run in runs], "ranked runs")


def _run(run: RunState) -> Component:
    took = run.ended_at - run.started_at if run.ended_at else None
    return html.Tr(
        [
            named(run.run_id, moment(run.started_at)),
            html.Td(badge(run.state, _KINDS.get(run.state, "plain"))),
            html.Td(_told(took)),
            html.Td(run.message or MISSING, className="message"),
        ]
    )


def _told(took: timedelta | None) -> str:
    if took is None:
        return MISSING
    minutes, seconds = divmod(round(took.total_seconds()), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
