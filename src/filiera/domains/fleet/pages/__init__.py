"""The fleet's dashboard page, for whoever answers for trucks, drivers and promises kept.

`overview` lays it out; `controls` is how it is narrowed; `questions`, `ranked` and `now` ask the published data;
each other module draws one region.
"""

from __future__ import annotations

from filiera.domains.fleet.pages.overview import TITLE, layout, register_callbacks
from filiera.web.page import Page

PAGES = [Page(path="/fleet", title=TITLE, layout=layout, register_callbacks=register_callbacks)]
