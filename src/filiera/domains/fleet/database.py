"""The fleet's operational database: its connection, its transactions, and what it notes of every load.

DuckDB makes the rows and PostgreSQL keeps them. Both the generator and a played day come through here, so that
either leaves the seven tables and their log as a whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import Any, Literal
from zoneinfo import ZoneInfo

import duckdb
import psycopg

from filiera import duck
from filiera.errors import without_secrets
from filiera.settings import Settings
from filiera.sources.embedded_postgres import connection_url
from filiera.sql import literal

TABLES = {
    "vehicles": "vehicle_id",
    "drivers": "driver_id",
    "routes": "route_id",
    "customers": "customer_id",
    "trips": "trip_id",
    "deliveries": "delivery_id",
    "maintenance": "maintenance_id",
}
"""The tables and their keys, in an order in which each stands on those before it."""

ZONE = ZoneInfo("America/Bogota")
"""Whose wall clock all times of the fleet are, without saying so."""
EVENING_HOUR = 20
"""At this hour of its last day the database is as it stands: some trips are still under way."""


@dataclass
class Operational:
    """The operational database, attached to a DuckDB connection as `fleet`."""

    settings: Settings
    url: str
    connection: duckdb.DuckDBPyConnection

    def execute(self, statement: str) -> None:
        """Run a statement in PostgreSQL itself."""
        self.connection.execute(f"CALL postgres_execute('fleet', {literal(statement)})")

    def run(self, *names: str) -> None:
        """Run SQL files of this package in DuckDB."""
        for name in names:
            self.connection.execute(sql(name))

    def name_constants(self, **values: object) -> None:
        """Let DuckDB's SQL say `seed()` or `present()`; a call becomes its value before anything runs."""
        for name, value in values.items():
            self.connection.execute(f"CREATE OR REPLACE MACRO {name}() AS {literal(value)}")

    def now(self) -> datetime:
        """The present moment on the fleet's wall clock."""
        return self.settings.present().astimezone(ZONE).replace(tzinfo=None)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self.connection.begin()
        try:
            yield
        except BaseException:
            self.connection.rollback()
            raise
        self.connection.commit()

    @contextmanager
    def logged(self, table: str, operation: Literal["generate", "play", "delete"], day: date) -> Iterator[Load]:
        """Note how loading a table went: in the transaction that holds its rows, or outside it when it fails."""
        load = Load(table, operation, day, self.now())
        try:
            yield load
        except Exception as error:
            # The reason stands at the end, behind the statement, which may be megabytes.
            failed = load.note(self.now(), without_secrets(str(error))[-1000:])
            with psycopg.connect(self.url) as own:
                own.execute(failed)
            raise
        self.execute(load.note(self.now()))

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """What PostgreSQL itself answers."""
        return self.connection.execute("FROM postgres_query('fleet', ?)", [question]).fetchall()

    def write(self, table: str) -> None:
        """Insert or replace rows by their key: those of DuckDB's table `changed_<table>`, which are as the table's.

        They travel as one JSON text, so that one statement in the open transaction does both.
        """
        key = TABLES[table]
        changed = f"changed_{table}"
        columns = [name for name, *_ in self.connection.execute(f"DESCRIBE {changed}").fetchall()]
        found = self.connection.execute(f"SELECT to_json(list(c ORDER BY {key})) FROM {changed} AS c").fetchone()
        if not found or not found[0]:
            return
        names, renewed = ", ".join(columns), ", ".join(f"{name} = EXCLUDED.{name}" for name in columns)
        self.execute(
            f"INSERT INTO public.{table} ({names}) SELECT {names}"
            f" FROM jsonb_populate_recordset(NULL::public.{table}, {literal(found[0])})"
            f" ON CONFLICT ({key}) DO UPDATE SET {renewed}"
        )
        self.count_on(table)

    def count_on(self, table: str) -> None:
        """Let the next row get the next number."""
        key = TABLES[table]
        sequence = f"pg_get_serial_sequence('public.{table}', '{key}')"
        self.execute(f"SELECT setval({sequence}, max({key})) FROM public.{table}")

    def note_quality(self, judged: list[tuple[Any, ...]]) -> None:
        """Keep what was found."""
        checked_at = self.now()
        rows = ", ".join(f"({', '.join(map(literal, (checked_at, *row)))})" for row in judged)
        columns = "checked_at, table_name, check_name, broken_rows, status"
        self.execute(f"INSERT INTO public.quality_control ({columns}) VALUES {rows}")


def judge(connection: duckdb.DuckDBPyConnection, tables: str) -> list[tuple[Any, ...]]:
    """By law of the fleet, how many rows break it, in tables whose names begin so.

    DuckDB judges, also what lies in PostgreSQL, where nothing is analyzed yet.
    """
    return connection.execute(sql("checks.sql").replace("${tables}", tables)).fetchall()


@dataclass
class Load:
    """Rows put into one table for one day."""

    table: str
    operation: str
    day: date
    started_at: datetime
    rows: int = 0

    def note(self, ended_at: datetime, error: str | None = None) -> str:
        """The statement that logs it."""
        status = "failed" if error else "done"
        values = (self.table, self.operation, self.day, self.rows, self.started_at, ended_at, status, error)
        columns = "table_name, operation, as_of, rows, started_at, ended_at, status, error_message"
        return f"INSERT INTO public.load_log ({columns}) VALUES ({', '.join(map(literal, values))})"


@contextmanager
def operational(settings: Settings) -> Iterator[Operational]:
    """The operational database, with its tables in it."""
    url = connection_url(settings, "fleet_url", "fleet")
    with duck.connect(settings) as connection:
        duck.attach_postgres(connection, url, "fleet", read_only=False)
        database = Operational(settings, url, connection)
        database.execute(sql("schema/tables.sql"))
        connection.execute("CALL pg_clear_cache()")
        yield database


def sql(name: str) -> str:
    """One of the SQL files beside this module."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def evening(day: date) -> datetime:
    """The moment of a day at which the database stands."""
    return datetime(day.year, day.month, day.day, EVENING_HOUR)  # noqa: DTZ001 - local, as everything in there
