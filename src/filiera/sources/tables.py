"""Reads what is new in a PostgreSQL table: rows above the last watermark, and late ones from a window below it.

A transaction may commit a row whose timestamp is older than rows that were read already. So each reading goes back
over a window and leaves out, by key and watermark, the rows it has. Rows without a watermark are read like late ones.
The database is attached read-only, and every row travels in bulk.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb

from filiera.contracts.casts import cast_column
from filiera.contracts.check import Rows
from filiera.contracts.model import Contract, TableSource
from filiera.errors import FilieraError, TransientError, without_secrets
from filiera.settings import Settings
from filiera.sources.header import match
from filiera.sql import literal, quoted
from filiera.warehouse.duck import attach_postgres

_ALIAS = "source"
_PASSING = re.compile(
    r"connect|connection|terminat|server closed|starting up|shutting down|recovery|timeout|timed out|deadlock"
    r"|could not serialize|too many clients|broken pipe|SSL",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Window:
    """Which rows a reading takes: `(since, until]`, reaching `overlap` seconds back."""

    since: str | None
    until: str | None
    overlap: int


class TableReader:
    """One table under one contract, over one connection."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, url: str, source: TableSource, contract: Contract
    ) -> None:
        self.connection = connection
        self.source = source
        self.contract = contract
        self.name = f"{source.database}.{source.schema}.{source.table}"
        with passing_faults(self.name):
            attach_postgres(connection, url, _ALIAS)
            described = connection.execute(f"DESCRIBE SELECT * FROM {self._table}").fetchall()
        self.types = {name: str(type_name) for name, type_name, *_ in described}
        self.header = match(list(self.types), contract)

    @property
    def _table(self) -> str:
        return quoted(_ALIAS, self.source.schema, self.source.table)

    def close(self) -> None:
        """Let the database go."""
        self.connection.execute(f"DETACH {_ALIAS}")

    def newest(self) -> str | None:
        """The highest watermark there is, as text the database can read back."""
        mark = quoted(self.source.watermark)
        table = quoted(self.source.schema, self.source.table)
        with passing_faults(self.name):
            row = self.connection.execute(
                "SELECT * FROM postgres_query(?, ?)",
                [_ALIAS, f"SELECT max({mark})::text AS newest FROM {table}"],
            ).fetchone()
        return row[0] if row else None

    def rows(self, window: Window, known: str | None) -> Rows:
        """Rows of a window that are not among `known`, a relation of lake rows."""
        mark = quoted(self.source.watermark)
        if window.since is None:
            relation = f"(SELECT * FROM {self._table} WHERE {mark} <= {_moment(window.until)} OR {mark} IS NULL)"
        else:
            # Sent as text, so that the database's own index on the watermark finds the rows.
            since = f"{_moment(window.since)} - INTERVAL '{int(window.overlap)} seconds'"
            table = quoted(self.source.schema, self.source.table)
            query = (
                f"SELECT * FROM {table} WHERE ({mark} > {since} AND {mark} <= {_moment(window.until)}) "
                f"OR {mark} IS NULL"
            )
            relation = f"postgres_query({literal(_ALIAS)}, {literal(query)})"
        if known:
            had = f"SELECT 1 FROM {known} AS had WHERE {self._same()}"
            relation = f"(SELECT * FROM {relation} AS found WHERE NOT EXISTS ({had}))"
        names = self.header.by_column
        return Rows(relation, {own: self.types[name] for own, name in names.items()}, names, self.header.extra)

    def _same(self) -> str:
        parts = []
        for name in (*self.source.key, self.source.watermark):
            column = self.contract.column(name)
            delivered = f"found.{quoted(self.header.by_column[name])}"
            value = cast_column(column, self.types[self.header.by_column[name]], self.contract.dialect).value(delivered)
            parts.append(f"{value} IS NOT DISTINCT FROM had.{quoted(name)}")
        return " AND ".join(parts)


class passing_faults:  # noqa: N801 - reads as a statement at its place of use
    """Turns an engine's error about a database into one that says which, and whether it may pass by itself."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Translate."""
        if not isinstance(error, duckdb.Error):
            return
        reason = without_secrets(str(error).strip().splitlines()[0])
        if _PASSING.search(str(error)):
            raise TransientError(f"{self.name} cannot be reached: {reason}") from None
        raise FilieraError(f"{self.name} cannot be read: {reason}") from None


def source_url(settings: Settings, source: TableSource) -> str | None:
    """Where the table's database is; None when there is none in this home."""
    from filiera.sources.embedded_postgres import connection_url  # noqa: PLC0415 - heavy, and only here

    if getattr(settings, source.setting) is None and not settings.embedded_postgres.is_dir():
        return None
    return connection_url(settings, source.setting, source.database)


def _moment(mark: str | None) -> str:
    return "NULL::timestamp" if mark is None else f"{literal(mark)}::timestamp"
