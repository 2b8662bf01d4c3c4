"""Tables of rows with bars, whose columns become labelled lines on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from filiera.web.numbers import counted
from filiera.web.parts import Children, bar


def table(heads: Sequence[str], rows: Sequence[Component], kind: str, *, headed: bool = True) -> Component:
    """A table; `kind` is its class, by which `filiera.css` knows the widths of its columns."""
    head = html.Thead(html.Tr([html.Th(name) for name in heads]), className=None if headed else "unseen")
    return html.Table([head, html.Tbody(list(rows))], className=f"rows {kind}")


def more(count: int, noun: str, content: Component) -> Component:
    """What is behind a click because it is not the first that matters."""
    return html.Details([html.Summary(f"Show {counted(count, f'more {noun}')}"), content])


def named(name: Children, aside: str) -> Component:
    """The cell that names a row."""
    return html.Th(html.Span([html.Span(name), html.Span(aside, className="aside")]), scope="row", className="named")


def number(text: Children, label: str, kind: str = "") -> Component:
    """A cell with a number; the label stands before it on a phone, where there is no head."""
    told: dict[str, Any] = {"data-label": label}
    return html.Td(text, className=f"number {kind}".strip(), **told)


def barred(share: float, text: str, colour: str, mark: float | None = None) -> Component:
    """A cell with a bar and what it stands for."""
    return html.Td(html.Div([bar(share, colour, mark), html.Strong(text)], className="barred"), className="drawn")
