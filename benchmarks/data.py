"""The data that is measured with: as the plant writes it, with one row in a hundred wrong."""

from __future__ import annotations

from pathlib import Path

import duckdb

COLUMNS = {
    "id": "BIGINT",
    "plant": "VARCHAR",
    "line": "VARCHAR",
    "machine_id": "VARCHAR",
    "production_date": "DATE",
    "produced_qty": "INTEGER",
    "scrap_qty": "INTEGER",
    "created_at": "TIMESTAMP",
}
_MACHINES_A_LINE = 700
"""So that ten million rows are two years of twenty lines."""


def rows_sql(rows: int, first: int = 0) -> str:
    """Recordings number `first` and on, in the order of their making."""
    machines = 20 * _MACHINES_A_LINE
    return f"""
        SELECT
            i AS id,
            'Plant_' || (i % 4) AS plant,
            'Line_' || (i % 20 // 4) AS line,
            'M' || lpad((i % {machines})::VARCHAR, 5, '0') AS machine_id,
            DATE '2024-01-01' + (i // {machines})::INTEGER AS production_date,
            400 + (i * 7919 % 997)::INTEGER AS produced_qty,
            CASE WHEN i % 100 = 99 THEN 5000 ELSE (i * 104729 % 23)::INTEGER END AS scrap_qty,
            TIMESTAMP '2024-01-01 20:00:00' + to_days((i // {machines})::INTEGER) + to_seconds(i % {machines})
                AS created_at
        FROM range({first}, {first + rows}) AS numbers (i)
    """


def write_csv(path: Path, rows: int, first: int = 0) -> Path:
    """A CSV file of so many rows."""
    duckdb.sql(rows_sql(rows, first)).write_csv(str(path), header=True, timestamp_format="%Y-%m-%d %H:%M:%S")
    return path
