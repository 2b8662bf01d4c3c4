"""What stands around every page: the header with the way to the pages and the light switch, and the foot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from filiera.registry import Domain
from filiera.web.page import ADDRESS, PUBLICATION, Page
from filiera.web.parts import spoken
from filiera.web.theme import THEME

CONTENT = "shell-content"
TICK = "shell-tick"
TITLE = "shell-title"
TITLES = "shell-titles"
LOOK_EVERY_MS = 60_000
"""How often a page that stays open looks for a new publication."""

Pages = Mapping[Domain, Sequence[Page]]


def frame(
    pages: Pages, publication: dict[str, Any] | None, titles: dict[str, str], own: Sequence[Page] = ()
) -> Component:
    """The whole of what a browser shows, with an empty place for the page."""
    return dmc.MantineProvider(
        theme=THEME,
        defaultColorScheme="auto",
        getStyleNonce={"function": "styleNonce"},
        children=[
            dcc.Location(id=ADDRESS, refresh="callback-nav"),
            dcc.Store(id=PUBLICATION, data=publication),
            dcc.Store(id=TITLES, data=titles),
            dcc.Store(id=TITLE),
            dcc.Interval(id=TICK, interval=LOOK_EVERY_MS),
            html.A("To the content", href="#content", className="skip"),
            _header(pages, own),
            html.Main(html.Div(id=CONTENT), id="content", tabIndex=-1),
            _foot(),
        ],
    )


def _header(pages: Pages, own: Sequence[Page]) -> Component:
    return html.Header(
        className="topbar",
        children=html.Div(
            className="topbar-inner",
            children=[
                dcc.Link(
                    [html.Span(className="mark"), html.Span("filiera", className="wordmark")],
                    href="/",
                    className="brand",
                    title="To the first page",
                ),
                html.Nav(
                    [
                        *(_way_to(domain, group) for domain, group in pages.items()),
                        *(_link(page.title, page.path) for page in own),
                    ],
                    className="nav",
                ),
                html.Div(className="topbar-end", children=[_light_switch(), _phone_menu(pages, own)]),
            ],
        ),
    )


def _way_to(domain: Domain, pages: Sequence[Page]) -> Component:
    if len(pages) == 1:
        return _link(pages[0].title, pages[0].path)
    return dmc.Menu(
        trigger="click-hover",
        children=[
            dmc.MenuTarget(html.Button(domain.title, className="nav-group", type="button")),
            dmc.MenuDropdown([_link(page.title, page.path) for page in pages]),
        ],
    )


def _link(title: str, path: str) -> Component:
    return dmc.NavLink(label=title, href=path, active="exact", className="nav-link")


def _phone_menu(pages: Pages, own: Sequence[Page]) -> Component:
    entries: list[Component] = []
    for domain, group in pages.items():
        if len(group) > 1:
            entries.append(dmc.MenuLabel(domain.title))
        entries += [_link(page.title, page.path) for page in group]
    entries += [_link(page.title, page.path) for page in own]
    return dmc.Menu(
        position="bottom-end",
        width=260,
        children=[
            dmc.MenuTarget(
                dmc.ActionIcon(
                    html.Span(className="icon icon-menu"),
                    variant="subtle",
                    color="gray",
                    size="xl",
                    className="phone-menu",
                    **spoken("Pages"),
                )
            ),
            dmc.MenuDropdown(entries),
        ],
    )


def _light_switch() -> Component:
    return dmc.ColorSchemeToggle(
        lightIcon=html.Span(className="icon icon-sun"),
        darkIcon=html.Span(className="icon icon-moon"),
        variant="subtle",
        color="gray",
        size="xl",
        **spoken("Switch between light and dark"),
    )


def _foot() -> Component:
    return html.Footer(
        className="foot",
        children=[
            html.Span("filiera"),
            html.A("API documentation", href="/docs"),
            html.A("Status as JSON", href="/status"),
        ],
    )
