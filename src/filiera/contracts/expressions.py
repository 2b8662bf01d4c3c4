"""Rules as SQL expressions: parsed and judged when a contract is read, rendered for an engine when they are used.

An expression may look at the row's columns and at `:today`, the run's logical date. It may not look at a clock, a
file, another table or chance, because yesterday's run must give the same verdict when it is repeated tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from filiera.sql import quoted

TODAY = "today"

_CLOCKS = (
    exp.CurrentDate,
    exp.CurrentTime,
    exp.CurrentTimestamp,
    exp.CurrentDatetime,
    exp.Localtime,
    exp.Localtimestamp,
    exp.Rand,
    exp.Uuid,
)
_MOVING_DATES = frozenset({"now", "today", "tomorrow", "yesterday"})
"""Texts that some engines cast to a date by looking at the clock."""
_FOREIGN = (exp.Query, exp.Command, exp.DDL, exp.DML, exp.Window, exp.AggFunc, exp.ReadCSV, exp.UDTF)
_SAFE_FUNCTIONS = frozenset(
    {
        "regexp_matches",
        "regexp_full_match",
        "isfinite",
        "isnan",
        "isodow",
        "isoyear",
        "weekday",
        "dayofyear",
        "len",
        "strlen",
        "prefix",
        "suffix",
        "starts_with",
        "ends_with",
        "contains",
        "even",
        "sign",
        "trunc",
        "bit_count",
    }
)


class ExpressionError(ValueError):
    """Why an expression cannot be a rule."""


def parse(text: str, columns: Iterable[str]) -> exp.Expr:
    """Parse a rule and make sure it depends on nothing but the row and the logical date."""
    try:
        trees = sqlglot.parse(text, dialect="duckdb")
    except SqlglotError as error:
        first = str(error).splitlines()[0]
        raise ExpressionError(f"it does not parse as a SQL expression: {first}") from None
    if len(trees) != 1 or trees[0] is None:
        raise ExpressionError("it is not exactly one SQL expression")
    tree = trees[0]
    known = {name.lower() for name in columns}
    for node in tree.walk():
        _judge(node, known)
    return tree


def bind(tree: exp.Expr, types: Mapping[str, str], engine: duckdb.DuckDBPyConnection) -> None:
    """Make sure the engine understands the rule over columns of these types, and that it says yes or no."""
    named = {name.lower() for name in referenced(tree)}
    row = "".join(f", NULL::{sql} AS {quoted(name)}" for name, sql in types.items() if name.lower() in named)
    try:
        sql = render(tree, date.min)
        (found,) = engine.execute(f"SELECT typeof({sql}), {sql} FROM (SELECT 1{row})").fetchall()
    except duckdb.Error as error:
        raise ExpressionError(f"the engine refuses it: {str(error).splitlines()[0]}") from None
    if found[0] not in ("BOOLEAN", '"NULL"'):
        raise ExpressionError(f"it yields {found[0]}, not true or false")


def referenced(tree: exp.Expr) -> tuple[str, ...]:
    """Columns an expression looks at, each once, in order of appearance."""
    return tuple(dict.fromkeys(column.name for column in tree.find_all(exp.Column)))


def render(tree: exp.Expr, today: date, dialect: str = "duckdb") -> str:
    """The expression as SQL of an engine, with the logical date in place."""

    def replace(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Placeholder) and node.name == TODAY:
            return exp.cast(exp.Literal.string(today.isoformat()), "date")
        if isinstance(node, exp.Column):
            return exp.column(node.name, quoted=True)
        return node

    return str(tree.copy().transform(replace).sql(dialect=dialect))


def _judge(node: exp.Expr, known: set[str]) -> None:
    if isinstance(node, _FOREIGN):
        raise ExpressionError(f"it may only look at the row itself, but contains {node.sql('duckdb')!r}")
    if isinstance(node, _CLOCKS) or (isinstance(node, exp.Cast) and node.this.name.lower() in _MOVING_DATES):
        raise ExpressionError("it reads a clock or chance; use :today, the run's logical date")
    if isinstance(node, exp.Placeholder) and node.name != TODAY:
        raise ExpressionError(f"it has an unknown parameter :{node.name}; only :today exists")
    if isinstance(node, exp.Func) and not isinstance(node, exp.Array) and not any(node.args.values()):
        raise ExpressionError(f"it calls {node.sql('duckdb')}, which does not depend on the row")
    if isinstance(node, exp.Anonymous) and node.name.lower() not in _SAFE_FUNCTIONS:
        raise ExpressionError(f"it calls {node.name}(), which is not a function a rule may use")
    if isinstance(node, exp.Column):
        if node.table:
            raise ExpressionError(f"it names {node.sql()!r}; a column stands alone, without a table")
        if node.name.lower() not in known:
            raise ExpressionError(f"it looks at {node.name!r}, which is not a column of this contract")
