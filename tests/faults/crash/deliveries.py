"""What a small plant delivers, twice, and what must then be published."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from filiera.settings import Settings
from filiera.sources import embedded_postgres

DATASET = "factory.production_raw"
HEADER = "plant,line,machine_id,production_date,produced_qty,scrap_qty,created_at\n"

FIRST_FILE = """\
Torino,L1,M001,2026-01-28,100,3,2026-01-28 20:00:00
Torino,L1,M002,2026-01-28,120,6,2026-01-28 20:01:00
Torino,L2,M003,2026-01-28,90,0,2026-01-28 20:02:00
Torino,L1,M001,2026-01-29,0,0,2026-01-29 20:00:00
Torino,L1,M002,2026-01-29,110,120,2026-01-29 20:01:00
Torino,L2,M003,2026-01-29,-5,1,2026-01-29 20:02:00
Torino,L2,,2026-01-29,70,1,2026-01-29 20:03:00
Torino,L2,M004,2036-01-29,70,1,2026-01-29 20:04:00
Cuneo,L1,M010,2026-01-29,many,1,2026-01-29 20:05:00
Cuneo,L1,M010,2026-01-28,200,9,2026-01-28 20:05:00
"""
SECOND_FILE = """\
Torino,L1,M001,2026-01-28,104,5,2026-01-30 08:00:00
Torino,L1,M002,2026-01-28,999,9,2026-01-28 09:00:00
Torino,L1,M001,2026-01-30,130,2,2026-01-30 20:00:00
Cuneo,L2,M020,2026-01-30,50,60,2026-01-30 20:01:00
Cuneo,L2,M021,2026-01-30,50,6,2026-01-30 20:02:00
"""
FIRST_ROWS = [
    ("Melfi", "L1", "M100", "2026-01-28", 300, 10, "2026-01-28 20:00:00"),
    ("Melfi", "L1", "M101", "2026-01-28", 310, 400, "2026-01-28 20:01:00"),
    ("Melfi", "L2", "M102", "2026-01-29", 320, 11, "2026-01-29 20:00:00"),
    ("Melfi", None, "M103", "2026-01-29", 330, 12, "2026-01-29 20:01:00"),
]
SECOND_ROWS = [
    ("Melfi", "L1", "M100", "2026-01-28", 301, 12, "2026-01-30 09:00:00"),
    ("Melfi", "L2", "M102", "2026-01-30", 340, 1, "2026-01-30 20:00:00"),
    ("Melfi", "L2", "M102", "2026-01-31", 350, 351, "2026-01-30 20:01:00"),
]

FIRST_TOTALS = {
    ("2026-01-28", "Cuneo", "L1"): (200, 9),
    ("2026-01-28", "Melfi", "L1"): (300, 10),
    ("2026-01-28", "Torino", "L1"): (220, 9),
    ("2026-01-28", "Torino", "L2"): (90, 0),
    ("2026-01-29", "Melfi", "L2"): (320, 11),
    ("2026-01-29", "Torino", "L1"): (0, 0),
}
SECOND_TOTALS = FIRST_TOTALS | {
    ("2026-01-28", "Melfi", "L1"): (301, 12),
    ("2026-01-28", "Torino", "L1"): (224, 11),
    ("2026-01-30", "Cuneo", "L2"): (50, 6),
    ("2026-01-30", "Melfi", "L2"): (340, 1),
    ("2026-01-30", "Torino", "L1"): (130, 2),
}

Content = dict[str, tuple[list[tuple[str, str]], list[tuple[Any, ...]]]]


def deliver(home: Path, name: str, rows: str) -> Path:
    """Put a file into the drop folder of the production dataset."""
    path = home / "drop" / DATASET / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + rows, encoding="utf-8")
    return path


def published(home: Path) -> Content:
    """Types and rows of everything that is published about the plant and about quality."""
    found: Content = {}
    with reading(home) as connection:
        tables = connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE schema_name <> 'meta' ORDER BY ALL"
        ).fetchall()
        for schema, table in tables:
            answer = connection.execute(f'SELECT * FROM "{schema}"."{table}"')
            types = [(str(name), str(kind)) for name, kind, *_ in answer.description]
            found[f"{schema}.{table}"] = (types, sorted(answer.fetchall(), key=repr))
    return found


def totals(home: Path) -> dict[tuple[str, str, str], tuple[int, int]]:
    """What was made and scrapped on each day and line, as published."""
    with reading(home) as connection:
        rows = connection.execute(
            "SELECT production_date::VARCHAR, plant, line, total_produced, total_scrap FROM factory.production_fact"
        ).fetchall()
    return {(day, plant, line): (produced, scrap) for day, plant, line, produced, scrap in rows}


@contextmanager
def reading(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file, as a reader opens it."""
    path = (home / "serving" / "current.duckdb").resolve()
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


def copy_of(home: Path, target: Path) -> Path:
    """A home in another state, put in place of what is there."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(home, target, symlinks=True)
    return target


class Server:
    """A PostgreSQL server that runs as long as the tests do, with as many databases as they ask for."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings.model_validate({"home": folder})
        self.numbers = itertools.count(1)

    def database(self, *rows: tuple[Any, ...], password: str = "") -> str:
        """The URL of a new database, with the operational table in it if rows are given."""
        name = f"plant_{next(self.numbers)}"
        url = embedded_postgres.database_url(self.settings, name)
        if rows:
            with psycopg.connect(url) as connection:
                connection.execute(
                    "CREATE TABLE production_raw (id bigserial PRIMARY KEY, plant varchar(50), line varchar(50), "
                    "machine_id varchar(50), production_date date, produced_qty integer, scrap_qty integer, "
                    "created_at timestamp)"
                )
            record(url, *rows)
        return url.replace("@", f":{password}@", 1) if password else url

    def stop(self) -> None:
        """Stop it."""
        embedded_postgres.stop(self.settings)


def record(url: str, *rows: tuple[Any, ...]) -> None:
    """Let the operational table record further rows."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO production_raw (plant, line, machine_id, production_date, produced_qty, scrap_qty, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            rows,
        )
