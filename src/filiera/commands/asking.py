"""The command that asks: imported by itself, as its answer takes milliseconds and the rest of filiera does not."""

from __future__ import annotations

from filiera.console import print_json, print_table, warn
from filiera.serving.reader import Serving
from filiera.settings import Settings


def answer_query(settings: Settings, sql: str, *, limit: int, as_json: bool) -> None:
    """One SELECT."""
    with Serving(settings) as serving:
        answer = serving.ask(sql, limit=limit)
    if as_json:
        print_json(answer.dicts())
    else:
        print_table("", answer.columns, answer.rows)
    if answer.truncated:
        warn(f"Only the first {limit:,} rows are shown; see more with --limit.")
