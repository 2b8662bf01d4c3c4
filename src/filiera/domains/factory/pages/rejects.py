"""Rows that were turned away: how many broke which rule lately, and the latest of them as they came."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, ctx, html
from dash.development.base_component import Component

from filiera.domains.factory.pages.quality_questions import (
    RECENT_DAYS,
    Reason,
    RejectedRow,
    reasons,
    rejected_count,
    rejected_rows,
)
from filiera.serving.reader import Serving
from filiera.web.numbers import MISSING, counted, moment, pieces
from filiera.web.page import PUBLICATION
from filiera.web.parts import badge, bar, card, region, spoken
from filiera.web.tables import more, table

REGION = "factory-rejects"
ROWS = "factory-rejected-rows"
ONLY = "factory-rejected-reason"
PAGER = "factory-rejected-page"
PAGE_SIZE = 8
REASONS_SHOWN = 8
ANY = "any"

_OUTCOMES = {"reject": "row turned away", "nullify": "field emptied", "flag": "only noted"}


def register(app: Dash, serving: Serving) -> None:
    """Draw the counts, and the rows of the page and reason that are chosen there."""

    @region(app, REGION, Input(PUBLICATION, "data"))
    def draw(_publication: Any) -> Component:
        return overview(serving)

    @app.callback(
        Output(ROWS, "children"),
        Output(PAGER, "total"),
        Output(PAGER, "value"),
        Input(ONLY, "value"),
        Input(PAGER, "value"),
        prevent_initial_call=True,
    )
    def turn(only: str | None, page: int | None) -> tuple[Component, int, int]:
        reason = None if only in (None, ANY) else only
        count = rejected_count(serving, reason)
        number = 1 if ctx.triggered_id == ONLY else max(page or 1, 1)
        return (
            _rows(rejected_rows(serving, reason, PAGE_SIZE, (number - 1) * PAGE_SIZE)),
            _pages(count),
            number,
        )


def overview(serving: Serving) -> Component:
    """Both cards."""
    found = reasons(serving)
    count = rejected_count(serving, None)
    if not found and not count:
        return card("Rejected rows", html.P("Every row that came was taken in.", className="all-well"))
    return html.Div(
        className="stack",
        children=[
            card(
                "Rows that broke a rule",
                _counts(found),
                note=f"All plants, deliveries of the last {RECENT_DAYS} days",
            ),
            card(
                "Latest rejected rows",
                html.Div(_rows(rejected_rows(serving, None, PAGE_SIZE, 0)), id=ROWS),
                dmc.Pagination(
                    id=PAGER,
                    total=_pages(count),
                    value=1,
                    size="md",
                    siblings=1,
                    hideWithOnePage=True,
                    className="pager",
                ),
                note=f"{counted(count, 'row')} kept to look at, each as it came",
                aside=dmc.Select(
                    id=ONLY,
                    value=ANY,
                    allowDeselect=False,
                    data=[
                        {"value": ANY, "label": "Every reason"},
                        *sorted({reason.rule_id for reason in found}),
                    ],
                    className="control-reason",
                    **spoken("Only rows with this reason"),
                ),
            ),
        ],
    )


def _pages(count: int) -> int:
    return max(1, ceil(count / PAGE_SIZE))


def _counts(found: Sequence[Reason]) -> Component:
    if not found:
        return html.P(f"None in the last {RECENT_DAYS} days.", className="all-well")
    most = max(reason.rows for reason in found)
    shown, rest = found[:REASONS_SHOWN], found[REASONS_SHOWN:]
    parts: list[Component] = [_reasons(shown, most)]
    if rest:
        parts.append(more(len(rest), "reason", _reasons(rest, most)))
    return html.Div(parts)


def _reasons(found: Sequence[Reason], most: int) -> Component:
    return table(["Reason", "What happened", "Rows"], [_reason(reason, most) for reason in found], "bars reasons")


def _reason(reason: Reason, most: int) -> Component:
    share = [bar(reason.rows / most, "var(--scrap)"), html.Span(pieces(reason.rows))]
    outcome = badge(_OUTCOMES.get(reason.outcome, reason.outcome), reason.outcome)
    return html.Tr(
        [
            html.Th([html.Span(reason.description), html.Code(reason.rule_id)], scope="row"),
            html.Td([outcome, badge(reason.dimension)]),
            html.Td(html.Div(share, className="barred")),
        ]
    )


def _rows(rows: Sequence[RejectedRow]) -> Component:
    return table(["From", "Reasons", "As it came"], [_row(row) for row in rows], "rejected")


def _row(row: RejectedRow) -> Component:
    word = "line" if row.is_line else "row"
    place = MISSING if row.line_number is None else f"{word} {row.line_number}"
    return html.Tr(
        [
            html.Td(
                [
                    html.Span(row.source_name, className="source"),
                    html.Span(place, className="line"),
                    html.Span(moment(row.loaded_at), className="aside"),
                ]
            ),
            html.Td([html.Code(reason) for reason in row.reasons], className="codes"),
            html.Td(html.Dl([_value(column, text) for column, text in row.original.items()])),
        ]
    )


def _value(column: str, text: str | None) -> Component:
    gone = "missing" if text is None else "empty" if not text else None
    return html.Div([html.Dt(column), html.Dd(gone or text, className="gone" if gone else None)])
