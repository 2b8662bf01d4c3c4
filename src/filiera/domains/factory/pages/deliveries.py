"""The warning above the figures: deliveries that are held or were refused, whose rows are missing below."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, html
from dash.development.base_component import Component

from filiera.domains.factory.pages.quality_questions import RECENT_DAYS, WaitingBatch, waiting_batches
from filiera.serving.reader import Serving
from filiera.web.numbers import counted, moment
from filiera.web.page import PUBLICATION
from filiera.web.parts import badge, coded, notice, region

REGION = "factory-deliveries"
SHOWN = 5


def register(app: Dash, serving: Serving) -> None:
    """Draw the warning, of whatever publication is current."""

    @region(app, REGION, Input(PUBLICATION, "data"))
    def draw(_publication: Any) -> Component | None:
        return warning(serving)


def warning(serving: Serving) -> Component | None:
    """The warning, or nothing when every delivery was taken in."""
    batches, total = waiting_batches(serving, SHOWN)
    if not batches:
        return None
    more = total - len(batches)
    are = "is" if total == 1 else "are"
    return notice(
        f"{counted(total, 'delivery')} {are} not in these figures",
        html.Ul([_told(batch) for batch in batches], className="batches"),
        html.P(coded(f"And {counted(more, 'more delivery')}; `filiera status` lists all.")) if more else None,
        html.P(
            coded(
                "A held delivery waits until somebody decides; refused ones are told for"
                f" {RECENT_DAYS} days. `filiera status` says more."
            ),
            className="note",
        ),
        kind="warning",
    )


def _told(batch: WaitingBatch) -> Component:
    rows = f", {counted(batch.rows_in, 'row')}" if batch.rows_in else ""
    return html.Li(
        [
            badge(batch.state, batch.state),
            html.Span(batch.source_name, className="source"),
            html.Span(batch.reason, className="reason"),
            html.Span(f"{moment(batch.loaded_at)}{rows}", className="aside"),
        ]
    )
