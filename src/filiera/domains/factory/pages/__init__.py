"""The factory's dashboard page, for a plant manager each morning.

`overview` lays it out; `choice` is what was chosen, kept in the URL; `questions` asks the published data;
each other module draws one region.
"""

from __future__ import annotations

from filiera.domains.factory.pages.overview import layout, register_callbacks
from filiera.web.page import Page

PAGES = [Page(path="/", title="Factory production", layout=layout, register_callbacks=register_callbacks)]
