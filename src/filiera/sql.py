"""The two ways a name or a value gets into SQL text, and no third.

Values are bound wherever an engine takes parameters. Where it does not (COPY, ATTACH, CREATE SECRET), `literal` quotes
them; identifiers always go through `quoted`, because a column name may come from a file's header.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from importlib import import_module
from importlib.resources import files
from string import Template
from typing import Any


def quoted(*names: str) -> str:
    """An identifier, or a dotted path of them."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def literal(value: Any) -> str:
    """A value as SQL text: strings, numbers, dates, and lists of them."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.replace(tzinfo=None).isoformat(sep=' ')}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    return "'" + str(value).replace("'", "''") + "'"


@cache
def _text(package: str, name: str) -> str:
    return files(import_module(package)).joinpath(name).read_text(encoding="utf-8")


def template(package: str, name: str, **parts: str) -> str:
    """The `.sql` file of a package with its `${parts}` filled in; parts are made with `quoted` and `literal`."""
    return Template(_text(package, name)).substitute(parts)
