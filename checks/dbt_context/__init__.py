"""The names of dbt that the SQL linter cannot imitate by itself: `target`, `flags` and `adapter`.

sqlfluff renders the models without dbt, so that linting needs no database, no profile and no compilation. A dispatched
macro finds its variant for DuckDB, or the default one, as dbt would.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

target = SimpleNamespace(type="duckdb", name="duckdb", schema="main")
flags = SimpleNamespace(FULL_REFRESH=False)


class _Adapter:
    @staticmethod
    @pass_context
    def dispatch(context: Context, name: str, _package: str | None = None) -> Callable[..., Any]:
        """The macro of that name for DuckDB, or else the default one."""
        found: Callable[..., Any] = context.get(f"duckdb__{name}") or context[f"default__{name}"]
        return found


adapter = _Adapter()
