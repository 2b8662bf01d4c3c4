"""The fleet's dashboard pages."""

from __future__ import annotations

from filiera.web.page import Page

PAGES: list[Page] = []
