"""Brings relations of the warehouse into a serving file that may be a copy of the one before.

A relation that is there already is compared part by part, a part being a day or a stretch of numbers of the first
column of its grain, and only parts that differ are replaced: so a day of new rows costs a day, not the history. What is
compared are the rows themselves, on both sides, so nothing has to be remembered from one publication to the next.
"""

from __future__ import annotations

import duckdb

from filiera.sql import literal, quoted
from filiera.warehouse.relations import Relation

_STRETCH = 16_384
_WHOLE_NUMBERS = ("SMALLINT", "INTEGER", "BIGINT")
_MANY = 0.5
"""Share of parts above which the relation is written anew, in order and without gaps."""


def write_whole(connection: duckdb.DuckDBPyConnection, source: str, target: str, relation: Relation) -> None:
    """Write a relation anew."""
    # Equal content in equal order, and a period's rows side by side for whoever filters by date.
    order = f" ORDER BY {', '.join(map(quoted, relation.grain))}" if relation.enforces_grain else ""
    connection.execute(f"CREATE OR REPLACE TABLE {target} AS SELECT * FROM {source}{order}")
    if relation.enforces_grain:
        key = ", ".join(map(quoted, relation.grain))
        connection.execute(f"ALTER TABLE {target} ADD PRIMARY KEY ({key})")
    _describe(connection, target, relation)


def write_difference(connection: duckdb.DuckDBPyConnection, source: str, target: str, relation: Relation) -> None:
    """Bring a relation that may be there already to what it is in the warehouse."""
    columns = _columns(connection, source)
    if _columns(connection, target) != columns or _has_key(connection, target) != relation.enforces_grain:
        write_whole(connection, source, target, relation)
        return
    _describe(connection, target, relation)
    part = _part(relation, columns)
    parts = connection.execute(
        f"SELECT part, now.content IS DISTINCT FROM had.content FROM ({_content(source, part)}) AS now "
        f"FULL JOIN ({_content(target, part)}) AS had USING (part)"
    ).fetchall()
    changed = [name for name, differs in parts if differs]
    if len(changed) > _MANY * len(parts) or None in changed:
        write_whole(connection, source, target, relation)
    elif changed:
        names = ", ".join(map(literal, changed))
        order = f" ORDER BY {', '.join(map(quoted, relation.grain))}" if relation.grain else ""
        # Two transactions: within one, a key that goes and comes again would be there twice.
        connection.execute(f"DELETE FROM {target} WHERE {part} IN ({names})")
        connection.execute(f"INSERT INTO {target} SELECT * FROM {source} WHERE {part} IN ({names}){order}")


def _describe(connection: duckdb.DuckDBPyConnection, target: str, relation: Relation) -> None:
    connection.execute(f"COMMENT ON TABLE {target} IS {literal(relation.description)}")


def _has_key(connection: duckdb.DuckDBPyConnection, target: str) -> bool:
    return any(is_key for *_, is_key in connection.execute(f"PRAGMA table_info({literal(target)})").fetchall())


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    except duckdb.CatalogException:
        return []  # it is new
    return [(str(name), str(sql_type)) for name, sql_type, *_ in described]


def _part(relation: Relation, columns: list[tuple[str, str]]) -> str:
    types = dict(columns)
    first = relation.grain[0] if relation.grain else ""
    if types.get(first) == "DATE":
        return quoted(first)
    if types.get(first) in _WHOLE_NUMBERS:
        return f"({quoted(first)} // {_STRETCH})"
    return "0"


def _content(relation: str, part: str) -> str:
    """A number that says what a part holds. Rows are hashed twice, or two that swap a value would go unnoticed."""
    return f"SELECT {part} AS part, sum(hash(hash(told))) AS content FROM {relation} AS told GROUP BY 1"
