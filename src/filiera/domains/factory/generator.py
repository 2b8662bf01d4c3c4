"""Makes the operational database of a tyre maker: two years of what its machines made, dirt included.

Four plants with five lines each record what every machine made and scrapped on a day, mostly in the evening.
Some of it comes days late, some is corrected later, and about one row in a hundred is wrong in one of the
ways that a typed table allows. The rows are one SQL statement over the MD5 of seed, machine and day: the same
arguments give the same bytes, and a further day that is played is the one that a table generated on that day
would have had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from importlib.resources import files

import duckdb

from filiera import duck
from filiera.errors import UsageError
from filiera.settings import Settings
from filiera.sources.embedded_postgres import connection_url
from filiera.sql import literal

DAYS = 731
LINES = 20
MACHINES_PER_LINE = 6

TABLE = "public.production_raw"
_LATEST_DAYS = 8
"""Nothing is recorded more days after its production day than this."""


def generate(
    settings: Settings,
    *,
    scale: float = 1.0,
    seed: int = 42,
    as_of: date | None = None,
    replace: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, int]:
    """Fill the operational table with the two years that end at `as_of` (default: yesterday); count what came.

    `scale` multiplies the machines of each line. The counts are `rows` in all, then the rows of each kind. A
    table that holds rows is refused unless `replace` is given; then all its rows are replaced at once.
    """
    if scale <= 0:
        raise UsageError(f"A scale of {scale} makes no machines: give a number above 0, such as 1.")
    last = as_of or settings.today() - timedelta(days=1)
    first = last - timedelta(days=DAYS - 1)
    machines = max(1, round(MACHINES_PER_LINE * scale))
    with _operational(settings) as connection:
        if not replace and connection.execute("FROM plant.public.production_raw LIMIT 1").fetchone():
            raise UsageError(
                f"The operational table {TABLE} already holds rows: ask to replace them, or play a later day."
            )
        progress(f"{machines * LINES:,} machines make tyres from {first} to {last}")
        _record(connection, seed=seed, as_of=last, machines=machines, first_day=first, since=first)
        progress(f"Loading {TABLE}")
        with _transaction(connection):
            _execute(connection, f"TRUNCATE {TABLE} RESTART IDENTITY")
            return _load(connection)


def play_day(settings: Settings, *, day: date, seed: int = 42) -> dict[str, int]:
    """Append what is recorded on a further day: its own rows, late rows and corrections of days before."""
    with _operational(settings) as connection:
        known = connection.execute(
            "SELECT count(DISTINCT nullif(machine_id, '')), max(created_at) FROM plant.public.production_raw"
        ).fetchone()
        machines, latest = known or (0, None)
        if latest is None:
            raise UsageError(f"The operational table {TABLE} is empty: generate its two years first.")
        if day <= latest.date():
            raise UsageError(
                f"The operational table {TABLE} is filled to {latest:%Y-%m-%d}: play a later day than {day}."
            )
        _record(
            connection,
            seed=seed,
            as_of=day,
            machines=max(1, machines // LINES),
            first_day=day - timedelta(days=_LATEST_DAYS),
            since=day,
        )
        with _transaction(connection):
            return _load(connection)


@contextmanager
def _operational(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to which the operational database is attached as `plant`, with the table in it."""
    url = connection_url(settings, "factory_url", "factory")
    with duck.connect(settings) as connection:
        duck.attach_postgres(connection, url, "plant", read_only=False)
        _execute(connection, _sql("production_raw.sql"))
        connection.execute("CALL pg_clear_cache()")
        yield connection


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _record(
    connection: duckdb.DuckDBPyConnection,
    *,
    seed: int,
    as_of: date,
    machines: int,
    first_day: date,
    since: date,
) -> None:
    """Put the rows, in the order in which they are recorded, into DuckDB's table `recorded`."""
    # Sixteen bits of a digest as a share of one: hexadecimal is the form of MD5 that all versions agree on.
    draw = "('0x' || substr(digest, 4 * place + 1, 4))::INTEGER / 65536"
    connection.execute(f"CREATE TEMP MACRO draw(digest, place) AS {draw}")
    values = {"seed": seed, "as_of": as_of, "machines": machines, "first_day": first_day, "since": since}
    connection.execute(_sql("recorded.sql"), values)


def _load(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Copy the rows over in their order, which the ids from the sequence follow; count the kinds."""
    connection.execute("INSERT INTO plant.public.production_raw BY NAME SELECT * EXCLUDE (kind) FROM recorded")
    kinds = connection.execute("SELECT kind, count(*) FROM recorded GROUP BY kind ORDER BY kind").fetchall()
    return {"rows": sum(count for _, count in kinds), **dict(kinds)}


def _execute(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    connection.execute(f"CALL postgres_execute('plant', {literal(statement)})")


def _sql(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
