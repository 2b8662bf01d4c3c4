"""A watermark shows what came or changed. What went, and what came too late, shows when all rows are compared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from filiera.contracts.model import Contract
from filiera.intake.intake import Intake
from filiera.intake.ledger import Batch, Ledger
from filiera.settings import Settings

Sql = Callable[..., list[Any]]
Delivered = Callable[[int], list[tuple[str, int, bool]]]

pytestmark = pytest.mark.slow

TABLE = {"setting": "factory_url", "schema": "public", "table": "readings", "key": ["id"], "watermark": "at"}
COLUMNS = {"id": {"logicalType": "integer", "required": True}, "value": "integer", "at": "timestamp"}


@pytest.fixture
def table(sql: Sql) -> Sql:
    """The operational table with three rows."""
    sql("CREATE TABLE readings (id BIGINT, value INTEGER, at TIMESTAMP)")
    sql("INSERT INTO readings SELECT n, n, TIMESTAMP '2026-01-05' + n * INTERVAL '1 day' FROM generate_series(1, 3) n")
    return sql


@pytest.fixture
def on_day(
    beside_database: Settings,
    ledger: Ledger,
    contract: Callable[..., Contract],
    lake_rows: Callable[[Batch], list[dict[str, Any]]],
) -> Delivered:
    """Takes in what there is on a day, counted from the first; gives kind of batch, id, and whether the row is gone."""
    compared = contract(COLUMNS, tables=[TABLE | {"compareDays": 7}], row={"versionColumn": "at"})

    def take(day: int) -> list[tuple[str, int, bool]]:
        settings = beside_database.model_copy(update={"now": beside_database.present() + timedelta(days=day)})
        taken = Intake(settings, {compared.dataset: compared}, ledger, today=settings.today()).take_all()
        assert not taken.faults
        rows = [
            (batch.kind, row["id"], row.get("_deleted", False)) for batch in taken.batches for row in lake_rows(batch)
        ]
        return sorted(rows)

    return take


def test_a_row_that_is_gone_is_found_when_rows_are_compared_and_only_once(table: Sql, on_day: Delivered) -> None:
    assert len(on_day(0)) == 3
    table("DELETE FROM readings WHERE id = 2")
    assert on_day(6) == []
    assert on_day(7) == [("deletes", 2, True)]
    assert on_day(14) == []


def test_a_row_that_was_gone_may_come_back_and_go_again(table: Sql, on_day: Delivered) -> None:
    on_day(0)
    table("DELETE FROM readings WHERE id = 2")
    on_day(7)
    table("INSERT INTO readings VALUES (2, 2, '2026-02-10')")
    assert on_day(14) == [("table", 2, False)]
    table("DELETE FROM readings WHERE id = 2")
    assert on_day(21) == [("deletes", 2, True)]


def test_a_row_committed_long_after_its_moment_is_taken_when_rows_are_compared(table: Sql, on_day: Delivered) -> None:
    on_day(0)
    table("INSERT INTO readings VALUES (4, 4, '2026-01-05 12:00')")
    table("UPDATE readings SET value = 9, at = '2026-01-06 12:00' WHERE id = 1")
    assert on_day(6) == []
    assert on_day(7) == [("table", 1, False), ("table", 4, False)]
    assert on_day(14) == []


def test_a_table_that_lost_most_of_its_rows_deletes_none(
    table: Sql, on_day: Delivered, ledger: Ledger, lake_rows: Callable[[Batch], list[dict[str, Any]]]
) -> None:
    on_day(0)
    table("DELETE FROM readings WHERE id < 3")
    with pytest.raises(AssertionError, match="2 of 3 rows are gone, more than the contract allows"):
        on_day(7)
    assert [batch.kind for batch in ledger.batches(states=["admitted"])] == ["table"]
    table("INSERT INTO readings VALUES (1, 1, '2026-02-10')")
    assert on_day(8) == [("deletes", 2, True), ("table", 1, False)]


def test_a_table_that_is_not_to_be_compared_keeps_what_is_gone(
    table: Sql,
    intake: Callable[..., Intake],
    contract: Callable[..., Contract],
    beside_database: Settings,
    ledger: Ledger,
) -> None:
    plain = contract(COLUMNS, tables=[TABLE], row={"versionColumn": "at"})
    assert len(intake(plain, settings=beside_database).take_all().batches) == 1
    table("DELETE FROM readings")
    later = beside_database.model_copy(update={"now": beside_database.present() + timedelta(days=30)})
    assert Intake(later, {plain.dataset: plain}, ledger, today=later.today()).take_all().batches == []
