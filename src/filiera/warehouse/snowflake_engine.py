"""The warehouse in Snowflake: loaded from the lake by stage, built by the same dbt project.

Accepted rows are written to one Parquet file a dataset, put on an internal stage, and copied into a table from there;
rejected rows never leave. What is published is fetched back as Arrow. This was only ever run against the emulator
fakesnow: docs/snowflake.md says what that proves and what it does not.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import duckdb

from filiera.contracts.model import Contract
from filiera.crashpoint import point
from filiera.duck import connect
from filiera.errors import FilieraError, TransientError, UsageError, without_secrets
from filiera.intake.ledger import Batch
from filiera.settings import Settings
from filiera.sql import literal, quoted
from filiera.warehouse.dbt import run_dbt
from filiera.warehouse.engine import LOAD_LOG, Engine, Parameters, Work, load_log
from filiera.warehouse.lake_views import accepted_rows
from filiera.warehouse.relations import published

_CATALOG = "warehouse"
_TYPES = {"VARCHAR": "VARCHAR", "TIMESTAMP": "TIMESTAMP_NTZ", "DOUBLE": "DOUBLE", "BOOLEAN": "BOOLEAN", "DATE": "DATE"}
_SHOWN_WORDS = 5
_FORM = "snowflake://USER:PASSWORD@ACCOUNT/DATABASE?warehouse=WAREHOUSE&role=ROLE"


def connection_parts(settings: Settings) -> dict[str, str]:
    """What the URL of the setting says; beside the usual parts, `host`, `port` and `protocol` name an emulator."""
    text = settings.warehouse_url.get_secret_value() if settings.warehouse_url else ""
    url = urlsplit(text)
    database = url.path.strip("/")
    if url.scheme != "snowflake" or not (url.username and url.hostname and database):
        raise UsageError(f"The target snowflake needs its URL: set FILIERA_WAREHOUSE_URL to {_FORM}")
    named = {"account": url.hostname, "user": unquote(url.username), "password": unquote(url.password or "")}
    return {**named, "database": database.upper(), **dict(parse_qsl(url.query))}


class SnowflakeEngine(Engine):
    """A database of a Snowflake account."""

    name = "snowflake"
    _connection: Any = None
    _duckdb: duckdb.DuckDBPyConnection | None = None

    def open(self) -> None:
        """Connect and make the schemas."""
        try:
            import snowflake.connector  # noqa: PLC0415 - heavy, and an extra
        except ImportError:
            raise UsageError("The target snowflake is an extra; run: pip install 'filiera[snowflake]'") from None

        parts = connection_parts(self.settings)
        try:
            self._connection = snowflake.connector.connect(**parts, schema="PUBLIC", application="filiera")
        except snowflake.connector.errors.Error as error:
            raise TransientError(f"Snowflake cannot be reached: {_said(error)}") from None
        for statement in (
            "CREATE SCHEMA IF NOT EXISTS LAKE",
            "CREATE SCHEMA IF NOT EXISTS FILIERA",
            "CREATE STAGE IF NOT EXISTS LAKE.BATCHES",
            "CREATE TABLE IF NOT EXISTS FILIERA.BUILT (SEQ BIGINT, REVISION BIGINT)",
            "CREATE TABLE IF NOT EXISTS FILIERA.PENDING (SEQ BIGINT)",
            "CREATE TABLE IF NOT EXISTS FILIERA.ORIGIN (FINGERPRINT VARCHAR)",
        ):
            self._run(statement)

    def close(self) -> None:
        """Disconnect."""
        self._forget_duckdb()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _run(self, statement: str) -> list[tuple[Any, ...]]:
        from snowflake.connector import errors  # noqa: PLC0415 - heavy, and an extra

        if self._connection is None:
            raise FilieraError("The warehouse is not open.")
        try:
            with self._connection.cursor() as cursor:
                rows: list[tuple[Any, ...]] = cursor.execute(statement).fetchall()
                return rows
        except errors.OperationalError as error:
            raise TransientError(f"Snowflake cannot be reached: {_said(error)}") from None
        except errors.Error as error:
            words = " ".join(statement.split()[:_SHOWN_WORDS])
            raise FilieraError(f"Snowflake refuses {words}: {_said(error)}. Check the rights of the role.") from None

    def built(self) -> dict[int, int]:
        """What is built."""
        return {int(seq): int(revision) for seq, revision in self._run("SELECT SEQ, REVISION FROM FILIERA.BUILT")}

    def fingerprint(self) -> str | None:
        """What it was built from."""
        rows = self._run("SELECT FINGERPRINT FROM FILIERA.ORIGIN")
        return str(rows[0][0]) if rows else None

    def load(self, work: Work, parameters: Parameters) -> None:
        """Copy the accepted rows of new batches; a full build copies all."""
        with connect(self.settings) as duck:
            for contract in work.contracts.values():
                if work.is_full:
                    self._make_table(contract)
                self._copy(duck, contract, [batch for batch in work.new if batch.dataset == contract.dataset])
            seqs = ", ".join(f"({batch.seq})" for batch in work.new)
            self._replace(duck, "FILIERA.PENDING", "SEQ BIGINT", f"VALUES {seqs}" if seqs else None)
            if parameters.holidays is not None:
                days = ", ".join(f"({literal(day)}, {literal(name)})" for day, name in parameters.holidays)
                rows = f"VALUES {days}" if days else None
                self._replace(duck, "LAKE.HOLIDAYS", "DATE DATE, HOLIDAY_NAME VARCHAR", rows)
            values = (parameters.logical_date, parameters.first_day, parameters.last_day, parameters.enterprise)
            self._replace(
                duck,
                "LAKE.PARAMETERS",
                "LOGICAL_DATE DATE, FIRST_DAY DATE, LAST_DAY DATE, ENTERPRISE VARCHAR",
                f"VALUES ({', '.join(map(literal, values))})",
            )
        point("snowflake.loaded")

    def _make_table(self, contract: Contract) -> None:
        columns = [(column.name, _type(column.sql_type)) for column in contract.columns]
        columns += [("_seq", "BIGINT"), ("_loaded_at", "TIMESTAMP_NTZ"), ("_row", "BIGINT"), ("_deleted", "BOOLEAN")]
        table = _name("LAKE", contract.relation)
        self._run(f"CREATE OR REPLACE TABLE {table} ({', '.join(f'{_name(n)} {kind}' for n, kind in columns)})")
        new = _name("LAKE", contract.relation + "__new")
        self._run(
            f"CREATE OR REPLACE VIEW {new} AS SELECT * FROM {table} WHERE _SEQ IN (SELECT SEQ FROM FILIERA.PENDING)"
        )

    def _copy(self, duck: duckdb.DuckDBPyConnection, contract: Contract, batches: Sequence[Batch]) -> None:
        if not batches:
            return
        table = _name("LAKE", contract.relation)
        # What a killed run copied before; a statement that writes commits by itself.
        self._run(f"DELETE FROM {table} WHERE _SEQ IN ({', '.join(str(batch.seq) for batch in batches)})")
        self._stage(duck, table, accepted_rows(duck, contract, batches))

    def _replace(self, duck: duckdb.DuckDBPyConnection, table: str, columns: str, rows: str | None) -> None:
        self._run(f"CREATE OR REPLACE TABLE {table} ({columns})")
        if rows:
            names = ", ".join(column.split()[0] for column in columns.split(", "))
            self._stage(duck, table, f"SELECT * FROM ({rows}) AS given ({names})")

    def _stage(self, duck: duckdb.DuckDBPyConnection, table: str, rows: str) -> None:
        """Write rows to a file, put it on the stage, and copy it into the table, which empties the stage again."""
        with tempfile.TemporaryDirectory(dir=self.settings.scratch) as folder:
            file = Path(folder) / f"{Path(folder).name}.parquet"
            duck.execute(f"COPY ({rows}) TO {literal(str(file))} (FORMAT parquet)")
            place = f"@LAKE.BATCHES/{file.stem}/"
            self._run(f"PUT {literal(file.as_uri())} {place} AUTO_COMPRESS = FALSE")
            self._run(
                f"COPY INTO {table} FROM {place} FILE_FORMAT = (TYPE = PARQUET USE_LOGICAL_TYPE = TRUE)"
                " MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE PURGE = TRUE"
            )

    def set_today(self, today: date) -> None:
        """One row."""
        day = literal(today)
        self._run(f"UPDATE LAKE.PARAMETERS SET LOGICAL_DATE = {day} WHERE LOGICAL_DATE <> {day}")

    def dbt(
        self, command: Sequence[str], progress: Callable[[str], None], changed: Sequence[str] | None = None
    ) -> None:
        """Run dbt over its own connections."""
        parts = connection_parts(self.settings)
        profile: dict[str, Any] = {
            "type": "snowflake",
            **parts,
            "password": "{{ env_var('DBT_ENV_SECRET_WAREHOUSE') }}",
            "schema": "PUBLIC",
            "threads": 1,
            **({"port": int(parts["port"])} if "port" in parts else {}),
        }
        run_dbt(self.settings, profile, command, secret=parts["password"] or "-", progress=progress, changed=changed)
        self._forget_duckdb()

    def mark_built(self, work: Work, fingerprint: str) -> None:
        """The origin last: without it everything is built anew."""
        point("snowflake.before_mark")
        with connect(self.settings) as duck:
            self._replace(duck, "FILIERA.ORIGIN", "FINGERPRINT VARCHAR", None)
            rows = ", ".join(f"({batch.seq}, {batch.revision})" for batch in work.admitted)
            self._replace(duck, "FILIERA.BUILT", "SEQ BIGINT, REVISION BIGINT", f"VALUES {rows}" if rows else None)
            kinds = {name.upper(): kind.replace("TIMESTAMP", "TIMESTAMP_NTZ") for name, kind in LOAD_LOG.items()}
            columns = ", ".join(map(" ".join, kinds.items()))
            entries = ", ".join(f"({', '.join(map(literal, entry))})" for entry in load_log(work.admitted))
            self._replace(duck, "FILIERA.LOAD_LOG", columns, f"VALUES {entries}" if entries else None)
            self._replace(duck, "FILIERA.ORIGIN", "FINGERPRINT VARCHAR", f"VALUES ({literal(fingerprint)})")
        point("snowflake.marked")

    def readable(self) -> tuple[duckdb.DuckDBPyConnection, str]:
        """What is published, fetched into DuckDB."""
        if self._duckdb is None:
            self._duckdb = connect(self.settings)
            self._duckdb.execute(f"ATTACH ':memory:' AS {quoted(_CATALOG)}")
            for relation in published(self.settings):
                self._fetch(self._duckdb, relation.schema.lower(), relation.name.lower())
        return self._duckdb, _CATALOG

    def _fetch(self, duck: duckdb.DuckDBPyConnection, schema: str, name: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {_name(schema, name)}")
            fetched = cursor.fetch_arrow_all(force_return_table=True)
        duck.register("fetched", fetched)
        # Snowflake counts nanoseconds, the other engines microseconds.
        columns = [
            f"{quoted(field.name)}{'::TIMESTAMP' if str(field.type).startswith('timestamp') else ''}"
            f" AS {quoted(field.name.lower())}"
            for field in fetched.schema
        ]
        duck.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(_CATALOG, schema)}")
        duck.execute(f"CREATE TABLE {quoted(_CATALOG, schema, name)} AS SELECT {', '.join(columns)} FROM fetched")
        duck.unregister("fetched")

    def _forget_duckdb(self) -> None:
        if self._duckdb is not None:
            self._duckdb.close()
            self._duckdb = None


def _said(error: Exception) -> str:
    return without_secrets(str(error).strip().splitlines()[0])


def _name(*names: str) -> str:
    """An identifier as Snowflake keeps those of dbt, which are not quoted: in upper case."""
    return quoted(*(name.upper() for name in names))


def _type(sql_type: str) -> str:
    return _TYPES.get(sql_type, sql_type.replace("DECIMAL", "NUMBER"))
