"""The dashboards' shell: one Dash app in the web app, which shows the pages of all installed domains.

Which page is shown is decided by the path, here; what a page shows, by the page. The shell looks for a new
publication every minute and tells the pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, no_update
from dash.backends._flask import FlaskDashServer
from dash.development.base_component import Component
from flask import Flask, Response, request

from filiera.errors import FilieraError
from filiera.registry import Domain
from filiera.serving.reader import Serving
from filiera.web.failures import failure
from filiera.web.header import CONTENT, TICK, TITLE, TITLES, frame
from filiera.web.page import ADDRESS, FRESHNESS, PUBLICATION, Page
from filiera.web.parts import empty
from filiera.web.security import style_nonce
from filiera.web.status import published

# Dash would tell every visitor which versions run here.
_UNTOLD = ("python_version", "dash_version", "plotly_version", "ddk_version", "dash_version_url")

_INDEX = """<!DOCTYPE html>
<html lang="en">
  <head>
    {%metas%}
    <meta name="csp-nonce" content="NONCE">
    <meta name="color-scheme" content="light dark">
    <title>{%title%}</title>
    <link rel="icon" href="/assets/mark.svg" type="image/svg+xml">
    <script src="/assets/boot.js"></script>
    {%css%}
  </head>
  <body>
    <noscript>The dashboards need JavaScript; the same data is served at /api/v1, see /docs.</noscript>
    {%app_entry%}
    <div>{%config%}{%scripts%}{%renderer%}</div>
  </body>
</html>
"""


class _NoCatchAll(FlaskDashServer):
    """Dash on Flask without its catch-all, which would answer a mistyped address of the API with a page."""

    def setup_catchall(self, dash_app: Dash) -> None:
        pass


class Shell(Dash):
    """Dash with the two changes our security policy needs."""

    def interpolate_index(self, *given: Any, **parts: Any) -> str:
        """Put the page's style nonce where `boot.js` finds it."""
        page: str = super().interpolate_index(*given, **parts)  # type: ignore[no-untyped-call]
        return page.replace("NONCE", style_nonce(), 1)

    def _config(self) -> dict[str, Any]:
        told: dict[str, Any] = super()._config()  # type: ignore[no-untyped-call]
        return {name: value for name, value in told.items() if name not in _UNTOLD}


def create_shell(app: Flask, serving: Serving, domains: Mapping[str, Domain], own: Sequence[Page] = ()) -> Shell:
    """Mount the dashboards at `/` of the app: the pages of the domains, and our own after them."""
    pages = {domain: _pages(domain) for domain in domains.values()}
    by_path = {page.path: page for group in (*pages.values(), own) for page in group}
    dash = Shell(
        name="filiera",
        server=False,
        backend=_NoCatchAll,
        assets_folder=str(Path(__file__).parent / "assets"),
        assets_ignore=r"^(boot|docs)\.",
        index_string=_INDEX,
        title="filiera",
        update_title="",
        serve_locally=True,
        suppress_callback_exceptions=True,  # a page's components come and go with the page
        add_log_handler=False,
    )
    dash.init_app(app)
    for path in by_path:
        if path != "/":
            dash._add_url(path.removeprefix("/"), dash.index)  # noqa: SLF001
    titles = {path: page.title for path, page in by_path.items()}
    dash.layout = lambda: frame(pages, _store(serving), titles, own)
    _register_callbacks(dash, serving, by_path)
    for page in by_path.values():
        page.register_callbacks(dash, serving)
    _answer_unknown_paths(app, dash)
    return dash


def _pages(domain: Domain) -> Sequence[Page]:
    pages: Sequence[Page] = domain.load("pages")
    return pages


def _store(serving: Serving) -> dict[str, Any] | None:
    try:
        publication = published(serving)
    except FilieraError:
        return None  # the page meets the same failure, and has the room to tell it
    return publication.model_dump(mode="json") if publication else None


def _register_callbacks(dash: Dash, serving: Serving, by_path: Mapping[str, Page]) -> None:
    @dash.callback(
        Output(PUBLICATION, "data"),
        Input(TICK, "n_intervals"),
        State(PUBLICATION, "data"),
        prevent_initial_call=True,
    )
    def look(_ticks: int, known: dict[str, Any] | None) -> Any:
        file = known["file"] if known else None
        return no_update if serving.version() == file else _store(serving)

    @dash.callback(
        Output(CONTENT, "children"),
        Output(CONTENT, "className"),
        Input(ADDRESS, "pathname"),
        Input(PUBLICATION, "data"),
        State(ADDRESS, "search"),
        State(CONTENT, "className"),
    )
    def show(path: str, _publication: Any, search: str | None, shown: str | None) -> Any:
        if ctx.triggered_id == PUBLICATION and shown == "shown":
            return no_update, no_update  # the page takes notice by itself
        if serving.version() is None:
            return nothing_published(), "waiting"
        return _opened(by_path.get(path), serving, search or ""), "shown"

    dash.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("filiera", "freshness"),
        Output(FRESHNESS, "children"),
        Output(FRESHNESS, "className"),
        Output(FRESHNESS, "title"),
        Input(PUBLICATION, "data"),
        Input(TICK, "n_intervals"),
    )
    dash.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("filiera", "title"),
        Output(TITLE, "data"),
        Input(ADDRESS, "pathname"),
        State(TITLES, "data"),
    )


def _opened(page: Page | None, serving: Serving, search: str) -> Component:
    if page is None:
        return empty("There is no page here", "The address may be old or mistyped.", link=("To the first page", "/"))
    try:
        return page.layout(serving, search)
    except FilieraError as error:
        return empty("This page cannot be shown", str(error))


def nothing_published() -> Component:
    """What stands in place of every page until the first run published."""
    return empty(
        "Nothing has been published yet",
        "The dashboards fill as soon as the first run has ended. Start one on this machine:",
        commands=("filiera run", "filiera demo"),
        note="`filiera demo` makes example data first. This page looks again every minute by itself.",
    )


def _answer_unknown_paths(app: Flask, dash: Shell) -> None:
    """Show people who open a wrong address a page that says so; programs get JSON."""

    def not_found(_error: Exception) -> Response | tuple[str, int]:
        wants_page = request.accept_mimetypes.best == "text/html" or "text/html" in str(request.accept_mimetypes)
        if request.method == "GET" and wants_page and not request.path.startswith(("/api/", "/assets/", "/_dash")):
            return str(dash.index()), 404  # type: ignore[no-untyped-call]
        return failure(f"There is nothing at {request.path}; /docs lists what the API answers.", 404)

    app.register_error_handler(404, not_found)
