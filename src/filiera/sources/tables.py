"""Reads what is new in a PostgreSQL table: rows above the last watermark, and late ones from a window below it.

A transaction may commit a row whose timestamp is older than rows that were read already. So each reading goes back
over a window and leaves out, by key and watermark, the rows it has. Rows without a watermark, or with one in the
future, are read like late ones.
The database is attached read-only, and every row travels in bulk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Self

import duckdb

from filiera.contracts.casts import cast_column
from filiera.contracts.check import Rows
from filiera.contracts.model import Contract, TableSource
from filiera.duck import attach_postgres, connect
from filiera.errors import BatchRefusedError, FilieraError, TransientError, without_secrets
from filiera.settings import Settings
from filiera.sources.header import match
from filiera.sql import literal, quoted

_ALIAS = "source"
_CLOCK_TOLERANCE = timedelta(days=1)
"""Watermarks are written in the plant's time, which may be up to a day ahead of UTC."""
_PASSING = re.compile(
    r"connect|connection|terminat|server closed|starting up|shutting down|recovery|timeout|timed out|deadlock"
    r"|could not serialize|too many clients|broken pipe|SSL",
    re.IGNORECASE,
)


class NoTableError(FilieraError):
    """The database has no such table."""


class Databases:
    """The databases that tables are read from, each attached once for all its tables. Use it as a context manager."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._attached: dict[str, duckdb.DuckDBPyConnection] = {}

    def __enter__(self) -> Self:
        """Nothing is attached until it is asked for."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let all go."""
        for url in list(self._attached):
            self._let_go(url)

    @contextmanager
    def attached(self, url: str, name: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to read the table of this name over. After a fault the next table gets another."""
        try:
            with passing_faults(name):
                if url not in self._attached:
                    self._attached[url] = connect(self.settings)
                    attach_postgres(self._attached[url], url, _ALIAS)
                yield self._attached[url]
        except BaseException:
            self._let_go(url)
            raise

    def _let_go(self, url: str) -> None:
        if connection := self._attached.pop(url, None):
            connection.close()


class TableReader:
    """One table under one contract, over a connection to which its database is attached."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: TableSource, contract: Contract) -> None:
        self.connection = connection
        self.source = source
        self.contract = contract
        self.name = f"{source.database}.{source.schema}.{source.table}"
        with passing_faults(self.name):
            if not self._exists():
                raise NoTableError(f"{self.name} does not exist. Create it, or name the right table in the contract.")
            described = connection.execute(f"DESCRIBE SELECT * FROM {self._table}").fetchall()
        self.header = match([name for name, *_ in described], contract)
        self.types = {name: str(found[1]) for name, found in zip(self.header.names, described, strict=True)}
        if lost := {*source.key, source.watermark} - set(self.header.by_column):
            raise BatchRefusedError("MISSING_COLUMN", f"column {', '.join(sorted(lost))} is missing.")
        self.mark = quoted(self.header.by_column[source.watermark])
        # What a time with a zone looks like as text, and what a time without one means beside it, is the session's.
        is_zoned = self.types[self.header.by_column[source.watermark]] == "TIMESTAMP WITH TIME ZONE"
        self.zone = " AT TIME ZONE 'UTC'" if is_zoned else ""

    @property
    def _table(self) -> str:
        return quoted(_ALIAS, self.source.schema, self.source.table)

    def _exists(self) -> bool:
        query = "SELECT 1 FROM information_schema.tables WHERE table_schema = {} AND table_name = {}"
        asked = query.format(literal(self.source.schema), literal(self.source.table))
        return bool(self.connection.execute("SELECT * FROM postgres_query(?, ?)", [_ALIAS, asked]).fetchall())

    def newest(self, present: datetime) -> str | None:
        """The highest watermark there is, as text the database can read back.

        A clock that runs ahead must not become the watermark, or every honest row after it would be passed over.
        """
        table = quoted(self.source.schema, self.source.table)
        ceiling = (present + _CLOCK_TOLERANCE).replace(tzinfo=None).isoformat(sep=" ")
        query = (
            f"SELECT to_char((max({self.mark}){self.zone})::timestamp, 'YYYY-MM-DD HH24:MI:SS.US') AS newest "
            f"FROM {table} WHERE {self.mark} <= {self._moment(ceiling)} AND isfinite({self.mark})"
        )
        with passing_faults(self.name):
            row = self.connection.execute("SELECT * FROM postgres_query(?, ?)", [_ALIAS, query]).fetchone()
        return row[0] if row else None

    def rows(self, since: str | None, overlap: int, known: str | None) -> Rows:
        """Rows above a watermark, some way below it, or without one, that are not among `known` rows of the lake."""
        if since is None:
            relation = self._table
        else:
            # Sent as text, so that the database's own index on the watermark finds the rows.
            table = quoted(self.source.schema, self.source.table)
            begin = f"{self._moment(since)} - INTERVAL '{int(overlap)} seconds'"
            wanted = f"{self.mark} > {begin} OR {self.mark} IS NULL OR {self.mark} = '-infinity'"
            query = f"SELECT * FROM {table} WHERE {wanted}"
            relation = f"postgres_query({literal(_ALIAS)}, {literal(query)})"
        if known:
            had = f"SELECT 1 FROM {known} AS had WHERE {self._same()}"
            relation = f"(SELECT * FROM {relation} AS found WHERE NOT EXISTS ({had}))"
        names = self.header.by_column
        return Rows(relation, {own: self.types[name] for own, name in names.items()}, names, self.header.extra)

    def keys(self) -> str:
        """SQL of the keys the table holds now."""
        listed = []
        for name in self.source.key:
            delivered = self.header.by_column[name]
            value = cast_column(self.contract.column(name), self.types[delivered], self.contract.dialect)
            listed.append(f"{value.value(quoted(delivered))} AS {quoted(name)}")
        return f"SELECT {', '.join(listed)} FROM {self._table}"

    def as_stored(self, mark: str | None) -> str:
        """SQL of a watermark as the lake stores it, in UTC."""
        column = self.contract.column(self.source.watermark)
        if self.zone or column.sql_type == "DATE":
            return f"{literal(mark)}::TIMESTAMP"
        return cast_column(column, "TIMESTAMP", self.contract.dialect).value(f"{literal(mark)}::TIMESTAMP")

    def _moment(self, mark: str) -> str:
        return f"{literal(mark)}::timestamp{self.zone}"

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
