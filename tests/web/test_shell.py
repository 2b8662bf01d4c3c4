"""The shell around the pages: the way to every page, and what it says when a page cannot be shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from dash import html
from dash._utils import to_json

from filiera.domains.factory.pages import PAGES
from filiera.registry import Domain
from filiera.serving.reader import Serving
from filiera.settings import Settings
from filiera.web.app import create_app
from filiera.web.header import frame
from filiera.web.page import Page
from filiera.web.shell import _opened


def domain(name: str, title: str) -> Domain:
    return Domain(name=name, title=title, contracts=Path(), generator="", pages="")


def page(path: str, title: str) -> Page:
    return Page(path, title, layout=lambda *_: html.Div(), register_callbacks=lambda *_: None)


def text(component: object) -> str:
    """Everything in it, as JSON whose slashes are not escaped."""
    return json.dumps(json.loads(to_json(component)))  # type: ignore[no-untyped-call]


def test_the_header_leads_to_every_page_of_every_domain() -> None:
    pages = {
        domain("factory", "Factory"): [page("/", "Production")],
        domain("fleet", "Fleet"): [page("/fleet", "Trips"), page("/fleet/fuel", "Fuel")],
    }
    told = text(frame(pages, None, {}))
    for address in ("/", "/fleet", "/fleet/fuel"):
        assert told.count(f'"href": "{address}"') >= 2  # in the header, and in the menu of a phone
    assert '"Fleet"' in told


def test_a_damaged_publication_is_told_on_the_page(unpublished: Settings, publisher: Callable[..., Path]) -> None:
    publisher(1).write_bytes(b"not a database")
    client = create_app(unpublished).test_client()
    assert client.get("/_dash-layout").status_code == 200
    assert "cannot be opened" in client.get("/api/v1/production").get_json()["error"]
    with Serving(unpublished) as serving:
        told = text(_opened(PAGES[0], serving, ""))
    assert "This page cannot be shown" in told
    assert "cannot be opened" in told
