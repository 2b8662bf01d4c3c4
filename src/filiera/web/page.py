"""What a domain gives the dashboards: pages, each a path, a title, a layout and its callbacks.

The shell owns the address bar, the header and the notice that something new was published. A page finds them
under the ids below, and gives its own components ids that begin with its domain's name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dash import Dash
from dash.development.base_component import Component

from filiera.serving.reader import Serving

ADDRESS = "shell-address"
"""The `dcc.Location`: its `search` is the query of the URL, where a page keeps what was chosen."""

PUBLICATION = "shell-publication"
"""A `dcc.Store` with the current publication (a dumped `status.Published`) or None; it changes by itself."""


FRESHNESS = "shell-freshness"
"""Where a page wants to be told how old the data is (see `parts.freshness`)."""


@dataclass(frozen=True)
class Page:
    """One page of the dashboards."""

    path: str
    """Where it is, beginning with a slash."""
    title: str
    layout: Callable[[Serving, str], Component]
    """Called with the published data and the URL's query (`?from=…`) whenever the page is opened."""
    register_callbacks: Callable[[Dash, Serving], None]
    """Called once, when the app is made."""
