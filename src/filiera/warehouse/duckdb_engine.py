"""The default warehouse: one DuckDB file that reads the lake in place.

The file can always be made again from the lake, so a damaged one is set aside, not mended. Tables carry no primary
key: DuckDB keeps keys as in-memory indexes that have not always survived a crash (decision 0004).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import duckdb

from filiera.crashpoint import point
from filiera.duck import connect, is_held, limits
from filiera.errors import AnotherRunError, FilieraError
from filiera.log import log
from filiera.sql import literal, quoted
from filiera.warehouse.dbt import run_dbt
from filiera.warehouse.engine import LOAD_LOG, Engine, Parameters, Work, load_log
from filiera.warehouse.lake_views import accepted_rows

_CATALOG = "warehouse"


class DuckdbEngine(Engine):
    """DuckDB in a file of the home."""

    name = "duckdb"
    views_outlive_tables = True
    is_at_hand = True
    _connection: duckdb.DuckDBPyConnection | None = None

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The open connection."""
        if self._connection is None:
            raise FilieraError("The warehouse is not open.")
        return self._connection

    def open(self) -> None:
        """Open the file, or begin a new one in place of a damaged one."""
        path = self.settings.warehouse_file
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = connect(self.settings, path)
        except duckdb.Error as error:
            if is_held(error):
                raise AnotherRunError(f"{path} is held by another program; close it, then run again.") from None
            self._set_aside(str(error).splitlines()[0])
            self._connection = connect(self.settings, path)
        self._connection.execute(
            "CREATE SCHEMA IF NOT EXISTS lake; CREATE SCHEMA IF NOT EXISTS filiera;"
            "CREATE TABLE IF NOT EXISTS filiera.built (seq BIGINT, revision BIGINT);"
            "CREATE TABLE IF NOT EXISTS filiera.origin (fingerprint VARCHAR);"
            f"CREATE TABLE IF NOT EXISTS filiera.load_log ({', '.join(map(' '.join, LOAD_LOG.items()))})"
        )

    def _set_aside(self, reason: str) -> None:
        path = self.settings.warehouse_file
        log().warning("warehouse is damaged, set aside and built anew from the lake", file=path.name, reason=reason)
        for file in (path, path.with_name(path.name + ".wal")):
            if file.exists():
                file.replace(file.with_name(file.name + ".damaged"))

    def discard(self) -> None:
        """Remove the file, its log, and what was set aside."""
        path = self.settings.warehouse_file
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()

    def close(self) -> None:
        """Close the file, with everything in it rather than in its log."""
        if self._connection is not None:
            self._connection.execute("CHECKPOINT")
            self._connection.close()
            self._connection = None

    def built(self) -> dict[int, int]:
        """What is built."""
        return dict(self.connection.execute("SELECT seq, revision FROM filiera.built").fetchall())

    def fingerprint(self) -> str | None:
        """What it was built from."""
        row = self.connection.execute("SELECT fingerprint FROM filiera.origin").fetchone()
        return str(row[0]) if row else None

    def load(self, work: Work, parameters: Parameters) -> None:
        """Views over the lake's files: nothing is copied."""
        connection = self.connection
        for contract in work.contracts.values():
            admitted = [batch for batch in work.admitted if batch.dataset == contract.dataset]
            new = [batch for batch in work.new if batch.dataset == contract.dataset]
            for suffix, batches in (("", admitted), ("__new", new)):
                view = quoted("lake", contract.relation + suffix)
                connection.execute(f"CREATE OR REPLACE VIEW {view} AS {accepted_rows(connection, contract, batches)}")
        if parameters.holidays is not None:
            days = ", ".join(f"({literal(day)}, {literal(name)})" for day, name in parameters.holidays)
            values = f"VALUES {days}" if days else "SELECT NULL::DATE, NULL::VARCHAR WHERE FALSE"
            connection.execute(
                f"CREATE OR REPLACE TABLE lake.holidays AS SELECT * FROM ({values}) AS days (date, holiday_name)"
            )
        connection.execute(
            f"CREATE OR REPLACE TABLE lake.parameters AS SELECT {literal(parameters.logical_date)} AS logical_date, "
            f"{literal(parameters.first_day)} AS first_day, {literal(parameters.last_day)} AS last_day, "
            f"{literal(parameters.enterprise)} AS enterprise"
        )
        point("duckdb.loaded")

    def set_today(self, today: date) -> None:
        """One row."""
        self.connection.execute("UPDATE lake.parameters SET logical_date = $1 WHERE logical_date <> $1", [today])

    def dbt(
        self, command: Sequence[str], progress: Callable[[str], None], changed: Sequence[str] | None = None
    ) -> None:
        """Run dbt while this connection stays open: extensions and secrets are shared with dbt's."""
        profile = {
            "type": "duckdb",
            "path": str(self.settings.warehouse_file),
            "schema": "main",
            "threads": 2,  # one model's SQL runs while dbt prepares the next
            "keep_open": False,
            "config_options": limits(self.settings),
            "settings": {"TimeZone": "UTC"},
        }
        run_dbt(self.settings, profile, command, progress=progress, changed=changed)

    def mark_built(self, work: Work, fingerprint: str) -> None:
        """In one transaction, then checkpointed."""
        connection = self.connection
        rows = [(batch.seq, batch.revision) for batch in work.admitted]
        point("duckdb.before_mark")
        connection.execute("BEGIN")
        connection.execute("DELETE FROM filiera.built; DELETE FROM filiera.load_log; DELETE FROM filiera.origin")
        if rows:
            values = ", ".join(f"({seq}, {revision})" for seq, revision in rows)
            connection.execute(f"INSERT INTO filiera.built VALUES {values}")
            entries = ", ".join(f"({', '.join(map(literal, entry))})" for entry in load_log(work.admitted))
            connection.execute(f"INSERT INTO filiera.load_log VALUES {entries}")
        connection.execute("INSERT INTO filiera.origin VALUES (?)", [fingerprint])
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT")
        point("duckdb.marked")

    def readable(self) -> tuple[duckdb.DuckDBPyConnection, str]:
        """The warehouse itself."""
        return self.connection, _CATALOG
