"""What is published after a change is what is in the warehouse, however little of it was written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from filiera.warehouse.relations import Relation
from filiera.warehouse.transfer import write_difference, write_whole

ROWS = """
    SELECT DATE '2026-01-01' + (i // 10)::INTEGER AS day, 'M' || i % 10 AS machine, i AS made, NULL::INTEGER AS scrap
    FROM range(200) AS numbers (i)
"""
BY_DAY = Relation("factory", "made", "What was made.", ("day", "machine"), True, None, {}, None)
BY_NUMBER = Relation("factory", "made", "What was made.", ("made",), False, None, {}, None)
BY_NAME = Relation("factory", "made", "What was made.", ("machine", "day"), False, None, {}, None)
WITHOUT_GRAIN = Relation("factory", "made", "What was made.", (), False, None, {}, None)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with a table, and an empty serving file."""
    with duckdb.connect() as connection:
        connection.execute("ATTACH ':memory:' AS serving; CREATE SCHEMA serving.factory; CREATE SCHEMA factory")
        connection.execute(f"CREATE TABLE factory.made AS {ROWS}")
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[Any, ...]]:
    """All of them, in one order."""
    return connection.execute(f"FROM {relation} ORDER BY ALL").fetchall()


CHANGES = {
    "nothing": "SELECT 1",
    "a value": "UPDATE factory.made SET scrap = 3 WHERE made = 57",
    "two rows of a day swap their values": "UPDATE factory.made SET made = 75 - made WHERE made IN (37, 38)",
    "two rows of a day become alike": "UPDATE factory.made SET scrap = 0 WHERE made IN (37, 38)",
    "a row goes": "DELETE FROM factory.made WHERE made = 57",
    "a day goes": "DELETE FROM factory.made WHERE day = DATE '2026-01-04'",
    "a day comes": "INSERT INTO factory.made VALUES (DATE '2026-03-01', 'M1', 201, 4)",
    "everything goes": "DELETE FROM factory.made",
    "everything changes": "UPDATE factory.made SET scrap = made",
    "a column comes": "ALTER TABLE factory.made ADD COLUMN shift VARCHAR",
    "a column is of another type": "ALTER TABLE factory.made ALTER COLUMN scrap TYPE BIGINT",
    "a key without a value": "INSERT INTO factory.made VALUES (NULL, 'M1', NULL, 4)",
}


@pytest.mark.parametrize("relation", [BY_DAY, BY_NUMBER, BY_NAME, WITHOUT_GRAIN], ids=lambda r: "-".join(r.grain))
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_differs_is_brought_over(connection: duckdb.DuckDBPyConnection, relation: Relation, change: str) -> None:
    if "NULL, 'M1'" in change and relation.enforces_grain:
        pytest.skip("a key that is enforced has a value")
    write_whole(connection, "factory.made", "serving.factory.made", relation)
    connection.execute(change)
    write_difference(connection, "factory.made", "serving.factory.made", relation)
    assert rows(connection, "serving.factory.made") == rows(connection, "factory.made")
    told, found = (connection.execute(f"DESCRIBE {name}factory.made").fetchall() for name in ("", "serving."))
    assert [column[:2] for column in found] == [column[:2] for column in told]


def test_a_relation_that_was_not_there_is_written_whole(connection: duckdb.DuckDBPyConnection) -> None:
    write_difference(connection, "factory.made", "serving.factory.made", BY_DAY)
    assert rows(connection, "serving.factory.made") == rows(connection, "factory.made")
    keys = connection.execute("SELECT has_primary_key FROM duckdb_tables() WHERE database_name = 'serving'").fetchall()
    assert keys == [(True,)]


def test_what_is_said_of_a_relation_and_its_key_are_brought_over(connection: duckdb.DuckDBPyConnection) -> None:
    write_whole(connection, "factory.made", "serving.factory.made", BY_DAY)
    told = Relation("factory", "made", "What each machine made.", ("day", "machine"), False, None, {}, None)
    write_difference(connection, "factory.made", "serving.factory.made", told)
    found = "SELECT comment, has_primary_key FROM duckdb_tables() WHERE database_name = 'serving'"
    assert connection.execute(found).fetchall() == [("What each machine made.", False)]


def test_a_day_that_did_not_change_is_left_where_it_lies(connection: duckdb.DuckDBPyConnection) -> None:
    write_whole(connection, "factory.made", "serving.factory.made", BY_DAY)
    connection.execute("UPDATE factory.made SET scrap = 3 WHERE made = 57")
    places = "SELECT made, rowid FROM serving.factory.made ORDER BY made"
    before = dict(connection.execute(places).fetchall())
    write_difference(connection, "factory.made", "serving.factory.made", BY_DAY)
    after = dict(connection.execute(places).fetchall())
    assert {made for made in before if after[made] != before[made]} == set(range(50, 60))
