"""The parts pages are made of: cards, headline figures, rows of bars, notices.

They are plain HTML styled by `assets/filiera.css`, so each page looks like the others and follows light and
dark.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, cast

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from filiera.errors import FilieraError
from filiera.web.numbers import Change
from filiera.web.page import FRESHNESS

Better = Literal["up", "down"] | None

UNSPOKEN: dict[str, Any] = {"aria-hidden": "true"}
"""Properties of what only repeats to the eye what is also said."""

Children = str | Component | Sequence[str | Component | None] | None


def spoken(label: str) -> dict[str, Any]:
    """Properties that name a part for who does not see it."""
    return {"aria-label": label}


def region(
    app: Dash, name: str, *given: Input | State, first: bool = True
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function as what draws the region `name`; a failure is told in its place.

    Without `first` the region is left as the page brought it, until something given changes.
    """

    def register(draw: Callable[..., Any]) -> Callable[..., Any]:
        @app.callback(Output(name, "children"), *given, prevent_initial_call=not first)
        def show(*values: Any) -> Any:
            try:
                return draw(*values)
            except FilieraError as error:
                return notice("This part cannot be shown", str(error))

        return draw

    return register


def place(name: str, lines: int = 4) -> Component:
    """Where a region will be drawn; grey lines stand there until it is."""
    waiting = [dmc.Skeleton(height=18, radius="sm", className="waiting-line") for _ in range(lines)]
    return html.Div(html.Div(waiting, className="card"), id=name, className="region")


def freshness() -> Component:
    """How old the data is, which the shell keeps up to date; once on each page."""
    return html.Span(id=FRESHNESS, className="freshness")


def page_head(title: str) -> Component:
    """The title of a page, with how old its data is."""
    return html.Div([html.H1(title), freshness()], className="page-head")


def card(title: str, *children: Children, note: Children = None, aside: Children = None) -> Component:
    """A titled card; the note stands under the title, the aside beside it."""
    head: list[Any] = [html.H2(title)]
    if aside is not None:
        head.append(html.Div(aside, className="card-aside"))
    return html.Section(
        className="card",
        children=[
            html.Div(head, className="card-head"),
            html.P(note, className="note") if note is not None else None,
            *cast("Sequence[Any]", children),
        ],
    )


def figure(
    label: str,
    value: str,
    change: Change | None,
    *,
    better: Better,
    against: str,
    series: Sequence[float | None],
    colour: str,
    unit: str | None = None,
) -> Component:
    """A headline figure with its change; `better` is the direction that is good, None if neither is."""
    return html.Div(
        className="card figure",
        children=[
            html.Div(label, className="figure-label"),
            html.Div([value, html.Span(unit, className="figure-unit")] if unit else value, className="figure-value"),
            _told(change, better, against),
            dmc.Sparkline(
                data=_shape(series),
                h=40,
                curveType="monotone",
                strokeWidth=2,
                fillOpacity=0.18,
                color=colour,
                className="figure-line",
                **UNSPOKEN,
            )
            if len(series) > 2  # noqa: PLR2004
            else None,
        ],
    )


def _shape(series: Sequence[float | None]) -> list[Any]:
    """The series for a line without an axis: lifted so that its ups and downs fill the height."""
    known = [value for value in series if value is not None] or [0.0]
    low = min(known) - (max(known) - min(known)) / 2
    return [None if value is None else value - low for value in series]


def _told(change: Change | None, better: Better, against: str) -> Component:
    if change is None:
        return html.Div(f"No {against} to compare with", className="figure-change")
    if change.trend == "level":
        return html.Div([html.Span("same", className="change level"), f" as the {against}"], className="figure-change")
    judged = "neutral" if better is None else "good" if change.trend == better else "bad"
    arrow, direction = ("▲", "more") if change.trend == "up" else ("▼", "less")
    spoken = {"good": "better", "bad": "worse", "neutral": ""}[judged]
    return html.Div(
        className="figure-change",
        children=[
            html.Span(
                [html.Span(arrow, **UNSPOKEN), f" {change.text}"],
                className=f"change {judged}",
            ),
            html.Span(f"{direction}, {spoken}" if spoken else direction, className="unseen"),
            f" vs {against}",
        ],
    )


def bar(share: float, colour: str, mark: float | None = None) -> Component:
    """A bar of a share of the width, with a mark where something else would end."""
    parts: list[Component] = [html.Span(className="bar-fill", style={"width": _width(share), "background": colour})]
    if mark is not None:
        parts.append(html.Span(className="bar-mark", style={"left": _width(mark)}))
    return html.Span(parts, className="bar", **UNSPOKEN)


def _width(share: float) -> str:
    return f"{min(max(share, 0.0), 1.0) * 100:.2f}%"


def dot(colour: str) -> Component:
    """The spot of colour by which a name is known in the charts."""
    return html.Span(className="dot", style={"background": colour}, **UNSPOKEN)


def badge(text: str, kind: str = "plain") -> Component:
    """A word in a frame."""
    return html.Span(text, className=f"badge badge-{kind}")


def notice(title: str, *children: Children, kind: Literal["warning", "error"] = "error") -> Component:
    """Something a person must see."""
    return html.Section(
        className=f"notice notice-{kind}",
        role="alert" if kind == "error" else "status",
        children=[
            html.Span(className="icon icon-warning"),
            html.Div([html.H2(title), *cast("Sequence[Any]", children)], className="notice-text"),
        ],
    )


def empty(
    title: str,
    text: str,
    *,
    commands: Sequence[str] = (),
    note: str | None = None,
    link: tuple[str, str] | None = None,
) -> Component:
    """What stands where there is nothing to show, and what to do about it."""
    return html.Section(
        className="empty",
        children=[
            html.Span(className="mark mark-large"),
            html.H1(title),
            html.P(text),
            html.Div([html.Code(command) for command in commands], className="commands") if commands else None,
            html.P(coded(note), className="note") if note else None,
            dcc.Link(link[0], href=link[1], className="button") if link else None,
        ],
    )


def coded(text: str) -> list[str | Component]:
    """A text in which what stands between backticks is code."""
    return [html.Code(part) if place % 2 else part for place, part in enumerate(text.split("`"))]
