"""The warehouse in PostgreSQL: loaded from the lake by binary COPY, built by the same dbt project.

The server is the one of `FILIERA_WAREHOUSE_URL`, or the embedded one. Everything lies in schemas of filiera's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import duckdb
import psycopg
from psycopg import conninfo
from psycopg import sql as pg

from filiera.contracts.model import Contract
from filiera.crashpoint import point
from filiera.duck import attach_postgres, connect
from filiera.errors import FilieraError, TransientError, without_secrets
from filiera.intake.ledger import Batch
from filiera.sources.tables import passing_faults
from filiera.sql import quoted
from filiera.warehouse.dbt import run_dbt
from filiera.warehouse.engine import LOAD_LOG, Engine, Parameters, Work, load_log
from filiera.warehouse.lake_views import accepted_rows
from filiera.warehouse.readers import make_roles

_CATALOG = "warehouse"
_TYPES = {"VARCHAR": "text", "DOUBLE": "double precision"}


class PostgresEngine(Engine):
    """A PostgreSQL database."""

    name = "postgres"
    _url: str | None = None
    _connection: psycopg.Connection[Any] | None = None
    _duckdb: duckdb.DuckDBPyConnection | None = None

    @property
    def connection(self) -> psycopg.Connection[Any]:
        """The open connection."""
        if self._connection is None:
            raise FilieraError("The warehouse is not open.")
        return self._connection

    def open(self) -> None:
        """Connect and make the schemas."""
        from filiera.sources.embedded_postgres import connection_url  # noqa: PLC0415 - heavy, and only here

        self._url = connection_url(self.settings, "warehouse_url", "warehouse")
        try:
            self._connection = psycopg.connect(self._url, autocommit=True)
            self._connection.execute(
                "SET TIME ZONE 'UTC';"
                "CREATE SCHEMA IF NOT EXISTS lake; CREATE SCHEMA IF NOT EXISTS filiera;"
                "CREATE TABLE IF NOT EXISTS filiera.built (seq bigint, revision bigint);"
                "CREATE TABLE IF NOT EXISTS filiera.pending (seq bigint);"
                "CREATE TABLE IF NOT EXISTS filiera.origin (fingerprint text);"
                f"CREATE TABLE IF NOT EXISTS filiera.load_log ({', '.join(map(' '.join, LOAD_LOG.items()))})"
            )
        except psycopg.OperationalError as error:
            reason = without_secrets(str(error).strip().splitlines()[0])
            raise TransientError(f"The warehouse's PostgreSQL cannot be reached: {reason}") from None

    def close(self) -> None:
        """Disconnect."""
        if self._duckdb is not None:
            self._duckdb.close()
            self._duckdb = None
        if self._connection is not None:
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
        """Copy the accepted rows of new batches; a full build copies all."""
        for contract in work.contracts.values():
            if work.is_full:
                self._make_table(contract)
            self._copy(contract, [batch for batch in work.new if batch.dataset == contract.dataset])
        with self.connection.transaction():
            self.connection.execute("TRUNCATE filiera.pending")
            with self.connection.cursor().copy("COPY filiera.pending FROM STDIN") as copy:
                for batch in work.new:
                    copy.write_row((batch.seq,))
            self.connection.execute(
                "CREATE TABLE IF NOT EXISTS lake.holidays (date date, holiday_name text);"
                "CREATE TABLE IF NOT EXISTS lake.parameters (logical_date date, first_day date, last_day date);"
                "ALTER TABLE lake.parameters ADD COLUMN IF NOT EXISTS enterprise text;"
                "TRUNCATE lake.parameters"
            )
            if parameters.holidays is not None:
                self.connection.execute("TRUNCATE lake.holidays")
                with self.connection.cursor().copy("COPY lake.holidays FROM STDIN") as copy:
                    for row in parameters.holidays:
                        copy.write_row(row)
            self.connection.execute(
                "INSERT INTO lake.parameters VALUES (%s, %s, %s, %s)",
                (parameters.logical_date, parameters.first_day, parameters.last_day, parameters.enterprise),
            )
        point("postgres.loaded")

    def _make_table(self, contract: Contract) -> None:
        columns = [(column.name, _pg_type(column.sql_type)) for column in contract.columns]
        columns += [("_seq", "bigint"), ("_loaded_at", "timestamp"), ("_row", "bigint"), ("_deleted", "boolean")]
        table = pg.Identifier("lake", contract.relation)
        with self.connection.transaction():
            self.connection.execute(pg.SQL("DROP TABLE IF EXISTS {} CASCADE").format(table))
            listed = pg.SQL(", ").join(pg.SQL("{} " + kind).format(pg.Identifier(name)) for name, kind in columns)
            self.connection.execute(pg.SQL("CREATE TABLE {} ({})").format(table, listed))
            self.connection.execute(pg.SQL("CREATE INDEX ON {} (_seq)").format(table))
            self.connection.execute(
                pg.SQL("CREATE VIEW {} AS SELECT * FROM {} WHERE _seq IN (SELECT seq FROM filiera.pending)").format(
                    pg.Identifier("lake", contract.relation + "__new"), table
                )
            )

    def _copy(self, contract: Contract, batches: Sequence[Batch]) -> None:
        if not batches:
            return
        table = pg.Identifier("lake", contract.relation)
        with passing_faults("The warehouse's PostgreSQL"):
            duck, catalog = self.readable()
            duck.execute("BEGIN")
            try:
                # The same transaction removes what a killed run copied before.
                seqs = ", ".join(str(batch.seq) for batch in batches)
                target = quoted(catalog, "lake", contract.relation)
                duck.execute(f"DELETE FROM {target} WHERE _seq IN ({seqs})")
                duck.execute(f"INSERT INTO {target} {accepted_rows(duck, contract, batches)}")
                point("postgres.before_copy_commit")
                duck.execute("COMMIT")
            except duckdb.Error:
                self._forget_duckdb()
                raise
        self.connection.execute(pg.SQL("ANALYZE {}").format(table))

    def _forget_duckdb(self) -> None:
        if self._duckdb is not None:
            self._duckdb.close()
            self._duckdb = None

    def set_today(self, today: date) -> None:
        """One row."""
        self.connection.execute(
            "UPDATE lake.parameters SET logical_date = %(today)s WHERE logical_date <> %(today)s", {"today": today}
        )

    def dbt(
        self, command: Sequence[str], progress: Callable[[str], None], changed: Sequence[str] | None = None
    ) -> None:
        """Run dbt over its own connections."""
        if command[0] == "build":
            make_roles(self.connection, progress)
        parts = conninfo.conninfo_to_dict(str(self._url))
        profile = {
            "type": "postgres",
            "host": parts.get("host", "localhost"),
            "port": int(parts.get("port") or 5432),
            "user": parts.get("user", ""),
            "password": "{{ env_var('DBT_ENV_SECRET_WAREHOUSE') }}",
            "dbname": parts.get("dbname", ""),
            "schema": "public",
            "threads": 1,
            **({"sslmode": parts["sslmode"]} if "sslmode" in parts else {}),
        }
        secret = str(parts.get("password") or "-")
        run_dbt(self.settings, profile, command, secret=secret, progress=progress, changed=changed)
        self._forget_duckdb()  # it remembers the schema it saw before

    def mark_built(self, work: Work, fingerprint: str) -> None:
        """In one transaction."""
        point("postgres.before_mark")
        with self.connection.transaction():
            self.connection.execute("TRUNCATE filiera.built, filiera.load_log, filiera.origin")
            with self.connection.cursor().copy("COPY filiera.built FROM STDIN") as copy:
                for batch in work.admitted:
                    copy.write_row((batch.seq, batch.revision))
            with self.connection.cursor().copy("COPY filiera.load_log FROM STDIN") as copy:
                for entry in load_log(work.admitted):
                    copy.write_row(entry)
            self.connection.execute("INSERT INTO filiera.origin VALUES (%s)", (fingerprint,))
        point("postgres.marked")

    def readable(self) -> tuple[duckdb.DuckDBPyConnection, str]:
        """The database seen through DuckDB."""
        if self._duckdb is None:
            self._duckdb = connect(self.settings)
            attach_postgres(self._duckdb, str(self._url), _CATALOG, read_only=False)
        return self._duckdb, _CATALOG


def _pg_type(sql_type: str) -> str:
    return _TYPES.get(sql_type, sql_type.replace("DECIMAL", "numeric"))
