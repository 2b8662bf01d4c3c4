"""The short condition that most rows meet gives the verdict that the rules give one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filiera.contracts.check import Rows, Stamp, check_sql
from filiera.contracts.model import Contract
from filiera.sql import quoted

STAMP = Stamp(1, datetime.fromisoformat("2026-01-31"), date(2026, 1, 31))
WORDS = ["", "a", "ab", "abcd", "abcde", "é", "éé", "éééé", "😀😀", "é" * 5]
NUMBERS = ["0", "1", "7", "-1", "+2", " 3", "4.0", "1.5", "1e2", "x", "", "9223372036854775808"]
DAYS = ["2026-01-31", "2026-02-01", "0000-01-01", "10000-1-01", "2026-1-5", "2026-02-30", "infinity", "epoch"]
TIMES = ["2026-01-31 10:00:00", "2026-01-31T10:00:00", "2026-01-31 10:00+01", "2026-01-31", "9999-12-31 23:59:59", "20"]
KINDS = (WORDS, NUMBERS, NUMBERS, DAYS, TIMES, WORDS)
SOUND = ("abc", "1", "7", "2026-01-31", "2026-01-31 10:00:00", "a")


@st.composite
def rows_with_one_odd_field(draw: st.DrawFn) -> tuple[str | None, ...]:
    """A row that is sound but for one field, which may be anything."""
    row: list[str | None] = list(SOUND)
    place = draw(st.integers(0, len(SOUND) - 1))
    row[place] = draw(st.none() | st.sampled_from(KINDS[place]))
    return tuple(row)


@pytest.fixture
def goods(contract: Callable[..., Contract]) -> Contract:
    return contract(
        {
            "plant": {
                "logicalType": "string",
                "required": True,
                "logicalTypeOptions": {"minLength": 2, "maxLength": 4},
            },
            "qty": {"logicalType": "integer", "required": True},
            "weight": {"logicalType": "number", "physicalType": "DECIMAL(9,2)"},
            "made_on": "date",
            "at": "timestamp",
            "note": "string",
        },
        rules=[
            {"id": "POSITIVE", "implementation": "qty >= 0 AND weight >= 0", "severity": "flag"},
            {"id": "PAST", "implementation": "made_on <= :today"},
            {"id": "SHORT", "implementation": "length(note) <= 3", "severity": "nullify"},
        ],
    )


@given(rows=st.lists(rows_with_one_odd_field(), min_size=1, max_size=30))
def test_a_row_has_one_verdict_however_it_is_reached(goods: Contract, rows: list[tuple[Any, ...]]) -> None:
    names = [column.name for column in goods.columns]
    with duckdb.connect() as engine:
        engine.execute(f"CREATE TABLE rows ({', '.join(quoted(name) + ' VARCHAR' for name in names)})")
        engine.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)", rows)
        given_rows = Rows("rows", dict.fromkeys(names, "VARCHAR"), dict(zip(names, names, strict=True)))
        short, one_by_one = (
            engine.execute(check_sql(goods, given_rows, STAMP, is_careful=careful)).fetchall()
            for careful in (False, True)
        )
    assert short == one_by_one
