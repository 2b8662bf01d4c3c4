"""The peer: how the brief's own stack moves the same data (psycopg, Python, one INSERT a group)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import psycopg


def etl(url: str) -> None:
    """Extract all rows, judge and sum them one by one, truncate and insert."""
    today = date(2030, 1, 1)
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    with psycopg.connect(url) as connection:
        cursor = connection.execute("SELECT production_date, plant, line, produced_qty, scrap_qty FROM production_raw")
        for day, plant, line, produced, scrap in cursor.fetchall():
            if produced < 0 or scrap < 0 or day > today or scrap > produced:
                continue
            total = sums[day, plant, line]
            total[0] += produced
            total[1] += scrap
        connection.execute(
            "CREATE TABLE IF NOT EXISTS production_fact (production_date date, plant text, line text, "
            "total_produced int, total_scrap int, load_timestamp timestamp)"
        )
        connection.execute("TRUNCATE production_fact")
        for (day, plant, line), (produced, scrap) in sums.items():
            connection.execute(
                "INSERT INTO production_fact VALUES (%s, %s, %s, %s, %s, now())", (day, plant, line, produced, scrap)
            )


def generate(url: str, rows: int) -> None:
    """Customers, one by one."""
    from faker import Faker

    fake = Faker("es_CO")
    with psycopg.connect(url) as connection:
        connection.execute(
            "DROP TABLE IF EXISTS customers; CREATE TABLE customers (name text, address text, phone text)"
        )
        for _ in range(rows):
            connection.execute(
                "INSERT INTO customers VALUES (%s, %s, %s)", (fake.name(), fake.address(), fake.phone_number())
            )
