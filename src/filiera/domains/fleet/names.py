"""The names of people and companies, the only part of the fleet that is not SQL.

Faker gives them, one generator seeded once, so that the same seed and locale give the same names under one version
of Faker. Nothing else hangs on it: routes, plates, addresses and telephone numbers are drawn like all the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from filiera.errors import UsageError


@dataclass(frozen=True)
class People:
    """A name for every driver, and a person's and a company's for every customer."""

    first: list[str]
    last: list[str]
    persons: list[str]
    companies: list[str]


def draw_people(*, drivers: int, customers: int, seed: int | str, locale: str) -> People:
    """So many names."""
    from faker import Faker  # noqa: PLC0415 - a third of a second, and only a generator needs it

    try:
        faker = Faker(locale)
    except AttributeError:
        raise UsageError(f"Faker knows no locale {locale!r}: give one such as es_CO or it_IT.") from None
    faker.seed_instance(seed)
    return People(
        first=[faker.first_name() for _ in range(drivers)],
        last=[faker.last_name() for _ in range(drivers)],
        persons=[faker.name() for _ in range(customers)],
        companies=[faker.company() for _ in range(customers)],
    )


def name_people(connection: duckdb.DuckDBPyConnection, people: People) -> None:
    """Put them into two tables."""
    _table(connection, "driver_names", "driver_id, first_name, last_name", people.first, people.last)
    _table(connection, "customer_names", "customer_id, person_name, company_name", people.persons, people.companies)


def _table(connection: duckdb.DuckDBPyConnection, table: str, columns: str, *names: list[str]) -> None:
    # One text a column: binding a list costs DuckDB a quarter of a millisecond an element.
    numbered = [f"range(1, {len(names[0]) + 1})", *["string_split(?, chr(10))"] * len(names)]
    unnested = ", ".join(f"unnest({item})" for item in numbered)
    texts = ["\n".join(column) for column in names]
    connection.execute(f"CREATE TABLE {table} AS SELECT * FROM (SELECT {unnested}) AS t ({columns})", texts)
