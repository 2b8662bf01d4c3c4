"""Rows of a PostgreSQL table: each taken once, late ones too, and the database only ever read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from filiera.contracts.model import Contract
from filiera.duck import attach_postgres, connect
from filiera.errors import FilieraError, TransientError
from filiera.intake.intake import Intake, Taken
from filiera.intake.ledger import Batch, Ledger
from filiera.settings import Settings

Sql = Callable[..., list[Any]]
Make = Callable[..., Contract]
Rows = Callable[[Batch], list[dict[str, Any]]]

pytestmark = pytest.mark.slow

TABLE = {"setting": "factory_url", "schema": "public", "table": "readings", "key": ["id"], "watermark": "at"}
COLUMNS = {"id": {"logicalType": "integer", "required": True}, "value": "integer", "at": "timestamp"}


@pytest.fixture
def readings(contract: Make) -> Contract:
    return contract(COLUMNS, tables=[TABLE])


@pytest.fixture
def table(sql: Sql) -> Sql:
    """The operational table, empty."""
    sql("CREATE TABLE readings (id BIGINT, value INTEGER, at TIMESTAMP)")
    return sql


@pytest.fixture
def take(beside_database: Settings, intake: Callable[..., Intake], readings: Contract) -> Callable[..., Taken]:
    """Takes in what is new, as one run does."""

    def once(*contracts: Contract, **settings: Any) -> Taken:
        chosen = contracts or (readings,)
        return intake(*chosen, settings=beside_database.model_copy(update=settings)).take_all()

    return once


@pytest.fixture
def new(take: Callable[..., Taken], lake_rows: Rows) -> Callable[..., list[Any]]:
    """Takes in what is new, and gives the ids that came."""

    def ids(*contracts: Contract, **settings: Any) -> list[Any]:
        taken = take(*contracts, **settings)
        assert not taken.faults
        return sorted(row["id"] for batch in taken.batches for row in lake_rows(batch))

    return ids


def test_a_table_is_taken_whole_and_then_only_what_is_new(
    table: Sql, new: Callable[..., list[Any]], ledger: Ledger
) -> None:
    table(
        "INSERT INTO readings SELECT n, n, TIMESTAMP '2026-01-05' + n * INTERVAL '1 hour' FROM generate_series(1, 48) n"
    )
    assert new() == list(range(1, 49))
    assert new() == []
    table("INSERT INTO readings VALUES (49, 49, '2026-01-07 01:00'), (50, 50, '2026-01-07 02:00')")
    assert new() == [49, 50]
    assert new() == []
    first, second = ledger.batches()
    assert (first.kind, first.state, first.rows_in, second.rows_in) == ("table", "admitted", 48, 2)
    assert (first.from_mark, second.from_mark) == (None, first.to_mark)
    assert second.to_mark == "2026-01-07 02:00:00.000000"


def test_an_empty_table_is_no_delivery(table: Sql, new: Callable[..., list[Any]], ledger: Ledger) -> None:
    assert new() == new() == []
    assert ledger.batches() == []


def test_a_row_that_was_committed_late_is_taken_if_it_falls_into_the_overlap(
    table: Sql, new: Callable[..., list[Any]]
) -> None:
    table("INSERT INTO readings VALUES (1, 1, '2026-01-05 10:00'), (2, 2, '2026-01-05 12:00')")
    assert new(overlap=3600) == [1, 2]
    table("INSERT INTO readings VALUES (3, 3, '2026-01-05 11:30'), (4, 4, '2026-01-05 10:30')")
    assert new(overlap=3600) == [3]
    assert new(overlap=3600) == []
    assert new(overlap=7200) == [4]
    assert new(overlap=7200) == []


def test_rows_at_the_very_watermark_are_taken_once(table: Sql, new: Callable[..., list[Any]]) -> None:
    table("INSERT INTO readings VALUES (1, 1, '2026-01-05 10:00:00.123456')")
    assert new() == [1]
    table("INSERT INTO readings VALUES (2, 2, '2026-01-05 10:00:00.123456')")
    assert new() == [2]
    assert new(overlap=0) == []


def test_a_row_that_is_changed_comes_again_with_its_new_watermark(table: Sql, new: Callable[..., list[Any]]) -> None:
    table("INSERT INTO readings VALUES (1, 1, '2026-01-05 10:00'), (2, 2, '2026-01-05 10:00')")
    assert new() == [1, 2]
    table("UPDATE readings SET value = 7, at = '2026-01-05 10:20' WHERE id = 1")
    assert new() == [1]
    assert new() == []


@pytest.mark.parametrize("needed", ["required", "not required"])
@pytest.mark.parametrize("mark", ["NULL", "'infinity'", "'-infinity'", "'2036-01-05'"])
def test_rows_whose_watermark_says_nothing_are_taken_once_and_stop_nobody(
    contract: Make, table: Sql, new: Callable[..., list[Any]], mark: str, needed: str
) -> None:
    at = {"logicalType": "timestamp", "required": needed == "required"}
    odd = contract({**COLUMNS, "at": at}, tables=[TABLE])
    table(f"INSERT INTO readings VALUES (1, 1, {mark})")
    assert new(odd) == [1]
    assert new(odd) == []
    table(f"INSERT INTO readings VALUES (2, 2, '2026-01-05 10:00'), (3, 3, {mark})")
    assert new(odd) == [2, 3]
    assert new(odd) == []
    # Long after, when the batches that hold them are far below the watermark.
    table(
        "INSERT INTO readings SELECT n, n, TIMESTAMP '2026-01-10' + n * INTERVAL '1 hour' FROM generate_series(4, 9) n"
    )
    assert new(odd) == [4, 5, 6, 7, 8, 9]
    table(f"INSERT INTO readings VALUES (10, 10, {mark}), (11, 11, '2026-01-20 10:00')")
    assert new(odd) == [10, 11]
    assert new(odd) == new(odd) == []


def test_a_watermark_with_a_zone_is_compared_as_the_moment_it_is(
    contract: Make, sql: Sql, new: Callable[..., list[Any]], database: str
) -> None:
    rome = {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": True, "defaultTimezone": "Europe/Rome"}}
    zoned = contract({**COLUMNS, "at": rome}, tables=[TABLE])
    sql(f"ALTER DATABASE {database.rpartition('/')[2].partition('?')[0]} SET timezone TO 'Europe/Rome'")
    sql("CREATE TABLE readings (id BIGINT, value INTEGER, at TIMESTAMPTZ)")
    # The night on which the clock is put back: 02:30 summer time, then 02:30 winter time.
    sql("INSERT INTO readings VALUES (1, 1, '2025-10-26 02:30+02')")
    assert new(zoned, overlap=0) == [1]
    sql("INSERT INTO readings VALUES (2, 2, '2025-10-26 02:10+01'), (3, 3, '2025-10-26 02:30+01')")
    assert new(zoned, overlap=0) == [2, 3]
    assert new(zoned, overlap=0) == []


def test_a_local_watermark_goes_on_over_the_night_the_clock_is_put_back(
    contract: Make, table: Sql, new: Callable[..., list[Any]]
) -> None:
    rome = {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": True, "defaultTimezone": "Europe/Rome"}}
    local = contract({**COLUMNS, "at": rome}, tables=[TABLE])
    table("INSERT INTO readings VALUES (1, 1, '2025-10-26 02:59:59')")
    assert new(local) == [1]
    table("INSERT INTO readings VALUES (2, 2, '2025-10-26 02:00:00'), (3, 3, '2025-10-26 02:45:00')")
    assert new(local) == [2, 3]
    assert new(local) == []


def test_a_watermark_may_be_a_date_and_its_text_does_not_hang_on_the_database(
    contract: Make, sql: Sql, new: Callable[..., list[Any]], database: str
) -> None:
    dated = contract({**COLUMNS, "at": "date"}, tables=[TABLE])
    sql(f"ALTER DATABASE {database.rpartition('/')[2].partition('?')[0]} SET datestyle TO 'SQL, DMY'")
    sql("CREATE TABLE readings (id BIGINT, value INTEGER, at DATE)")
    sql("INSERT INTO readings VALUES (1, 1, '2026-01-05'), (2, 2, '2026-02-28')")
    assert new(dated) == [1, 2]
    sql("INSERT INTO readings VALUES (3, 3, '2026-01-30'), (4, 4, NULL)")
    assert new(dated) == [3, 4]
    assert new(dated) == []


def test_rows_of_postgresqls_own_types_arrive_exactly_or_are_rejected(
    contract: Make, sql: Sql, take: Callable[..., Taken], lake_rows: Rows
) -> None:
    money = {"logicalType": "number", "physicalType": "DECIMAL(9,2)"}
    columns = {**COLUMNS, "price": money, "weight": "number", "made_on": "date", "code": "string", "ok": "boolean"}
    typed = contract(columns, tables=[TABLE])
    sql("CREATE TYPE colour AS ENUM ('red', 'blue')")
    sql(
        "CREATE TABLE readings (id SMALLINT, value NUMERIC, at TIMESTAMP(3), price NUMERIC(12, 4), weight REAL, "
        "made_on DATE, code UUID, ok BOOLEAN, colour colour, tags TEXT[], doc JSONB, raw BYTEA, span INTERVAL, "
        "address INET)"
    )
    uuid = "6f1c1b4e-7f3a-4d43-9c3e-0a9c1c2b3d4e"
    sql(
        f"INSERT INTO readings VALUES (1, 7, '2026-01-05 10:00:00.123', 19.9900, 1.5, '2026-01-05', '{uuid}', true, "
        "'red', ARRAY['a', 'b'], '{\"k\": 1}', '\\x00ff', '1 day', '10.0.0.1'), "
        f"(2, 7.5, '2026-01-05 10:00', 19.9950, 'NaN', 'infinity', '{uuid}', NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
    )
    (batch,) = take(typed).batches
    exact, wrong = lake_rows(batch)
    assert exact["_reasons"] is None
    assert (exact["value"], str(exact["price"]), exact["weight"]) == (7, "19.99", 1.5)
    assert (exact["made_on"], exact["code"], exact["ok"]) == (date(2026, 1, 5), uuid, True)
    assert exact["at"] != exact["_loaded_at"]
    assert set(exact["_extra"]) == {"colour", "tags", "doc", "raw", "span", "address"}
    assert (exact["_extra"]["colour"], exact["_extra"]["tags"], exact["_extra"]["doc"]) == ("red", "[a, b]", '{"k": 1}')
    assert wrong["_reasons"] == ["TYPE_VALUE", "TYPE_PRICE", "TYPE_WEIGHT", "TYPE_MADE_ON"]
    assert (wrong["_original"]["value"], wrong["_original"]["made_on"]) == ("7.5", "infinity")


def test_texts_of_a_table_keep_every_letter(
    contract: Make, sql: Sql, take: Callable[..., Taken], lake_rows: Rows
) -> None:
    texts = contract({"id": "integer", "value": "string", "at": "timestamp"}, tables=[TABLE])
    sql("CREATE TABLE readings (id INTEGER, value TEXT, at TIMESTAMP)")
    for number, value in enumerate(["", " ", "NULL", 'a,b\n"c"', "😀", "'; DROP TABLE readings; --"]):
        escaped = value.replace("'", "''")
        sql(f"INSERT INTO readings VALUES ({number}, '{escaped}', '2026-01-05')")
    (batch,) = take(texts).batches
    assert [row["value"] for row in lake_rows(batch)] == [
        "", " ", "NULL", 'a,b\n"c"', "😀", "'; DROP TABLE readings; --",
    ]  # fmt: skip


def test_names_of_tables_and_columns_may_hold_anything(contract: Make, sql: Sql, new: Callable[..., list[Any]]) -> None:
    name = 'x"); DROP TABLE kept; --'
    table = {**TABLE, "schema": 'The "plant"', "table": name}
    odd = contract(COLUMNS, tables=[table])
    sql("CREATE TABLE kept (n INTEGER)")
    sql('CREATE SCHEMA "The ""plant"""')
    quoted = '"The ""plant"""."x""); DROP TABLE kept; --"'
    sql(f'CREATE TABLE {quoted} ("ID" BIGINT, "Value" INTEGER, "At" TIMESTAMP, "o\'n ""e""" TEXT)')
    sql(f"INSERT INTO {quoted} VALUES (1, 1, '2026-01-05', 'x')")
    assert new(odd) == [1]
    sql(f"INSERT INTO {quoted} VALUES (2, 2, '2026-01-06', 'x')")
    assert new(odd) == [2]
    assert new(odd) == []
    assert sql("SELECT count(*) FROM kept") == [(0,)]


def test_the_source_is_only_ever_read(
    table: Sql, new: Callable[..., list[Any]], beside_database: Settings, database: str
) -> None:
    table("INSERT INTO readings VALUES (1, 1, '2026-01-05')")
    before = table("SELECT relname FROM pg_class ORDER BY 1")
    assert new() == [1]
    assert table("SELECT relname FROM pg_class ORDER BY 1") == before
    assert table("SELECT * FROM readings") == table("SELECT 1::bigint, 1, TIMESTAMP '2026-01-05'")
    with connect(beside_database) as connection:
        attach_postgres(connection, database, "source")
        with pytest.raises(Exception, match="read-only"):
            connection.execute("DELETE FROM source.public.readings")


def test_a_role_that_may_only_read_is_enough(
    table: Sql, new: Callable[..., list[Any]], database: str, readings: Contract
) -> None:
    table("INSERT INTO readings VALUES (1, 1, '2026-01-05')")
    table("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN; GRANT SELECT ON readings TO reader")
    as_reader = psycopg.conninfo.make_conninfo(database, user="reader")
    assert new(readings, factory_url=SecretStr(as_reader)) == [1]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DROP TABLE readings", "readings"),
        ("ALTER TABLE readings DROP COLUMN value", "column 'value' is missing; found are 'id, at'"),
        ("ALTER TABLE readings DROP COLUMN id", "column 'id' is missing; found are 'value, at'"),
        ("ALTER TABLE readings ALTER COLUMN at TYPE TEXT", "cannot be read"),
    ],
)
def test_a_table_that_is_not_as_agreed_is_named_and_the_other_sources_go_on(
    contract: Make, table: Sql, take: Callable[..., Taken], statement: str, reason: str
) -> None:
    other = contract(COLUMNS, dataset="test.zz_others", tables=[{**TABLE, "table": "others"}])
    first = contract(COLUMNS, tables=[TABLE])
    table("INSERT INTO readings VALUES (1, 1, '2026-01-05')")
    table("CREATE TABLE others AS SELECT * FROM readings")
    table(statement)
    taken = take(first, other)
    assert [batch.source for batch in taken.batches] == ["test.public.others"]
    (fault,) = taken.faults
    assert isinstance(fault, FilieraError)
    assert not isinstance(fault, TransientError)
    assert str(fault).startswith("test.public.readings")
    assert reason in str(fault)


def test_a_database_that_does_not_answer_may_be_tried_again_and_its_password_is_not_told(
    contract: Make, table: Sql, take: Callable[..., Taken], drop: Callable[..., Any]
) -> None:
    away = contract(COLUMNS, tables=[TABLE])
    drop("test.rows", "rows.csv", "id,value,at\n1,1,2026-01-05 10:00:00\n")
    url = SecretStr("postgresql://plant:secret-word@127.0.0.1:1/plant?connect_timeout=2")
    taken = take(away, factory_url=url)
    assert [batch.source for batch in taken.batches] == ["rows.csv"]
    (fault,) = taken.faults
    assert isinstance(fault, TransientError)
    assert "cannot be reached" in str(fault)
    assert "secret-word" not in str(fault)


def test_a_source_that_is_not_set_up_is_passed_over(
    home: Settings, intake: Callable[..., Intake], readings: Contract
) -> None:
    one = intake(readings, settings=home)
    told: list[str] = []
    one.progress = told.append
    taken = one.take_all()
    assert (taken.batches, taken.faults, told) == ([], [], [])


def test_what_is_read_is_told(
    table: Sql, beside_database: Settings, intake: Callable[..., Intake], contract: Make, readings: Contract
) -> None:
    elsewhere = contract(COLUMNS, dataset="test.zz_others", tables=[{**TABLE, "table": "others"}])
    table("INSERT INTO readings VALUES (1, 1, '2026-01-05')")
    one = intake(readings, elsewhere, settings=beside_database)
    told: list[str] = []
    one.progress = told.append
    one.take_all()
    assert told == ["test.rows: reading test.public.readings"]


def test_a_reading_that_was_cut_off_is_done_again_without_a_trace(
    table: Sql, new: Callable[..., list[Any]], ledger: Ledger, home: Settings
) -> None:
    table("INSERT INTO readings VALUES (1, 1, '2026-01-05')")
    ledger.enter(
        "test.rows", "0" * 64, kind="table", source="test.public.readings", loaded_on=home.today(),
        loaded_at=home.present(), from_mark=None, to_mark="2026-01-06 00:00:00",
    )  # fmt: skip
    assert new() == [1]
    (batch,) = ledger.batches()
    assert batch.state == "admitted"


def test_a_held_batch_of_a_table_is_not_read_again(contract: Make, table: Sql, new: Callable[..., list[Any]]) -> None:
    rule = {"id": "SMALL", "implementation": "value < 5"}
    strict = contract(COLUMNS, rules=[rule], tables=[TABLE], rejectedShareLimit=0.1)
    table("INSERT INTO readings VALUES (1, 9, '2026-01-05'), (2, 9, NULL)")
    assert new(strict) == [1, 2]
    assert new(strict) == []
