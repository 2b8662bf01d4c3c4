"""Replay: what was rejected, refused or accepted is judged again under the present contract, from what is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from filiera.contracts.model import Contract
from filiera.intake.intake import Intake
from filiera.intake.ledger import Batch, Ledger
from filiera.intake.replay import replay
from filiera.settings import Settings

Make = Callable[..., Contract]
MakeIntake = Callable[..., Intake]
Ingest = Callable[..., Batch]
Rows = Callable[[Batch], list[dict[str, Any]]]
Sql = Callable[..., list[Any]]

COLUMNS: dict[str, Any] = {"plant": "string", "qty": "integer", "made_on": "date"}
TEXT = "plant,qty,made_on\nTorino,1,2026-01-05\nCuneo,20,2026-01-05\nMelfi,x,2026-01-05\n"
TABLE = {"setting": "factory_url", "schema": "public", "table": "goods", "key": ["plant"], "watermark": "at"}


def below(limit: int) -> list[dict[str, Any]]:
    return [{"id": "SMALL", "implementation": f"qty < {limit}"}]


def verdict(row: dict[str, Any]) -> list[str] | None:
    reasons: list[str] | None = row["_reasons"]
    return reasons


def test_rejected_rows_of_a_file_become_accepted_and_accepted_ones_rejected(
    contract: Make, ingest: Ingest, intake: MakeIntake, lake_rows: Rows
) -> None:
    first = ingest(TEXT, contract=contract(COLUMNS, rules=below(10)))
    assert [verdict(row) for row in lake_rows(first)] == [None, ["SMALL"], ["TYPE_QTY"]]
    ((before, after),) = replay(intake(contract(COLUMNS, rules=below(100))), "test.rows")
    assert (before.rows_rejected, after.rows_rejected) == (2, 1)
    assert [verdict(row) for row in lake_rows(after)] == [None, None, ["TYPE_QTY"]]
    ((_, last),) = replay(intake(contract(COLUMNS, rules=[{"id": "BIG", "implementation": "qty > 10"}])), "test.rows")
    assert [verdict(row) for row in lake_rows(last)] == [["BIG"], None, ["TYPE_QTY"]]
    assert [row["at"] for row in lake_rows(last)] == [2, 3, 4]
    assert (last.seq, last.batch_id, last.rows_in) == (first.seq, first.batch_id, first.rows_in)


def test_a_replay_takes_the_place_of_what_was_there(
    contract: Make, ingest: Ingest, intake: MakeIntake, home: Settings, ledger: Ledger
) -> None:
    first = ingest(TEXT, contract=contract(COLUMNS, rules=below(10)))
    ((_, after),) = replay(intake(contract(COLUMNS, rules=below(100))), "test.rows")
    assert after.lake_path != first.lake_path
    assert [str(path) for path in Path(home.lake).rglob("*.parquet")] == [after.lake_path]
    assert after.revision == first.revision + 1
    assert {entry["rule_id"]: entry["rows"] for entry in ledger.broken_rules()} == {"TYPE_QTY": 1}


def test_only_what_is_not_settled_under_the_present_contract_is_replayed(
    contract: Make, ingest: Ingest, intake: MakeIntake
) -> None:
    old = contract(COLUMNS, rules=below(10))
    ingest("plant,qty,made_on\nTorino,1,2026-01-05\n", "clean.csv", old)
    ingest(TEXT, "dirty.csv", old)
    assert replay(intake(old), "test.rows") == []
    strict = contract(COLUMNS, rules=below(1))
    assert [after.source for _, after in replay(intake(strict), "test.rows")] == ["dirty.csv"]
    everything = replay(intake(strict), "test.rows", every=True)
    assert [(after.source, after.rows_rejected) for _, after in everything] == [("clean.csv", 1), ("dirty.csv", 3)]
    assert replay(intake(strict), "test.rows") == []


def test_a_refused_file_is_read_from_landing_once_the_contract_knows_it(
    contract: Make, ingest: Ingest, intake: MakeIntake, lake_rows: Rows
) -> None:
    refused = ingest(TEXT.replace(",", ";"), contract=contract(COLUMNS))
    assert refused.state == "refused"
    ((_, after),) = replay(intake(contract(COLUMNS, files={"delimiter": ";"})), "test.rows")
    assert (after.state, after.reason, after.rows_in) == ("admitted", None, 3)
    assert [row["plant"] for row in lake_rows(after)] == ["Torino", "Cuneo", "Melfi"]


def test_an_admitted_file_that_the_new_contract_cannot_read_is_refused(
    contract: Make, ingest: Ingest, intake: MakeIntake
) -> None:
    ingest(TEXT, contract=contract(COLUMNS))
    ((before, after),) = replay(intake(contract({**COLUMNS, "shift": "string"})), "test.rows")
    assert (before.state, after.state) == ("admitted", "refused")
    assert str(after.reason).startswith("MISSING_COLUMN: rows.csv: column 'shift' is missing")


def test_a_held_batch_is_let_in_by_a_contract_that_allows_it(
    contract: Make, ingest: Ingest, intake: MakeIntake
) -> None:
    held = ingest(TEXT, contract=contract(COLUMNS, rules=below(10), rejectedShareLimit=0.5))
    assert held.state == "held"
    ((_, after),) = replay(intake(contract(COLUMNS, rules=below(100), rejectedShareLimit=0.5)), "test.rows")
    assert (after.state, after.reason) == ("admitted", None)


def test_today_stays_the_day_the_file_came(contract: Make, ingest: Ingest, intake: MakeIntake, ledger: Ledger) -> None:
    future = {"id": "FUTURE", "implementation": "made_on <= :today"}
    old = contract(COLUMNS, rules=[*below(10), future])
    ingest("plant,qty,made_on\nTorino,20,2026-02-01\n", contract=old)
    renewed = contract(COLUMNS, rules=[future])
    later = intake(renewed)
    later.today = date(2027, 1, 1)
    ((_, after),) = replay(later, "test.rows")
    assert (after.rows_rejected, after.loaded_on) == (1, date(2026, 1, 31))


@pytest.fixture
def goods(sql: Sql) -> Sql:
    sql('CREATE TABLE goods ("Plant" TEXT, qty TEXT, made_on DATE, at TIMESTAMP, shift TEXT, weight DOUBLE PRECISION)')
    return sql


ROME = {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": True, "defaultTimezone": "Europe/Rome"}}
DATED = {"logicalType": "date", "logicalTypeOptions": {"format": "%d/%m/%Y"}}


@pytest.fixture
def take(beside_database: Settings, intake: MakeIntake) -> Callable[[Contract], Batch]:
    def one(contract: Contract) -> Batch:
        taken = intake(contract, settings=beside_database).take_all()
        assert not taken.faults
        (batch,) = taken.batches
        return batch

    return one


@pytest.mark.slow
def test_a_tables_batch_is_replayed_from_the_lake_even_when_the_table_is_gone(
    contract: Make, goods: Sql, take: Callable[[Contract], Batch], intake: MakeIntake, lake_rows: Rows
) -> None:
    columns = {**COLUMNS, "at": ROME}
    goods(
        "INSERT INTO goods VALUES ('Torino', '1', '2026-01-05', '2026-07-05 12:00'), "
        "('Cuneo', '20', '2026-01-05', '2026-07-05 12:00'), ('Melfi', ' 3x', 'infinity', '2026-07-05 12:00')"
    )
    first = take(contract(columns, rules=below(10), tables=[TABLE]))
    assert [verdict(row) for row in lake_rows(first)] == [None, ["SMALL"], ["TYPE_QTY", "TYPE_MADE_ON"]]
    goods("DROP TABLE goods")
    # Times went into the lake in UTC; taken out again they are not put back by two hours a second time.
    times = [row["at"] for row in lake_rows(first)]
    loosened = contract({**columns, "qty": "string"}, tables=[TABLE])
    ((_, after),) = replay(intake(loosened), "test.rows")
    rows = lake_rows(after)
    assert [verdict(row) for row in rows] == [None, None, ["TYPE_MADE_ON"]]
    assert [row["qty"] for row in rows] == ["1", "20", " 3x"]
    assert [row["plant"] for row in rows] == ["Torino", "Cuneo", "Melfi"]
    assert rows[2]["_original"]["made_on"] == "infinity"
    assert rows[2]["_original"]["qty"] == " 3x"
    ((_, again),) = replay(intake(contract(columns, rules=below(10), tables=[TABLE])), "test.rows")
    assert [verdict(row) for row in lake_rows(again)] == [None, ["SMALL"], ["TYPE_QTY", "TYPE_MADE_ON"]]
    assert [row["qty"] for row in lake_rows(again)] == [1, 20, None]
    strict = contract(columns, rules=[{"id": "BIG", "implementation": "qty > 10"}], tables=[TABLE])
    ((_, last),) = replay(intake(strict), "test.rows")
    assert [verdict(row) for row in lake_rows(last)] == [["BIG"], None, ["TYPE_QTY", "TYPE_MADE_ON"]]
    assert [row["at"] for row in rows] == [row["at"] for row in lake_rows(last)] == times


@pytest.mark.slow
def test_a_tables_columns_that_come_and_go_with_the_contract_keep_their_values(
    contract: Make, goods: Sql, take: Callable[[Contract], Batch], intake: MakeIntake, lake_rows: Rows
) -> None:
    columns = {**COLUMNS, "made_on": DATED, "at": "timestamp"}
    goods("INSERT INTO goods VALUES ('Torino', '1', '2026-01-05', '2026-01-05', 'early', 0.1), "
          "('Cuneo', 'x', '2026-01-06', '2026-01-05', 'late', 1e22)")  # fmt: skip
    first = take(contract(columns, tables=[TABLE]))
    assert [row["_extra"] for row in lake_rows(first)] == [
        {"shift": "early", "weight": "0.1"}, {"shift": "late", "weight": "1e+22"},
    ]  # fmt: skip
    goods("DROP TABLE goods")
    wider = contract({**columns, "shift": "string", "weight": "number"}, tables=[TABLE])
    ((_, after),) = replay(intake(wider), "test.rows")
    rows = lake_rows(after)
    assert [(row["shift"], row["weight"], row["_extra"]) for row in rows] == [
        ("early", 0.1, None),
        ("late", 1e22, None),
    ]
    assert [row["made_on"] for row in rows] == [date(2026, 1, 5), date(2026, 1, 6)]
    narrow = contract({"plant": "string", "qty": "string", "at": "timestamp"}, tables=[TABLE])
    ((_, last),) = replay(intake(narrow), "test.rows")
    rows = lake_rows(last)
    assert [verdict(row) for row in rows] == [None, None]
    assert [row["_extra"] for row in rows] == [
        {"made_on": "2026-01-05", "shift": "early", "weight": "0.1"},
        {"made_on": "2026-01-06", "shift": "late", "weight": "1e+22"},
    ]
