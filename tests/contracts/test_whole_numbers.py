"""What is a whole number is decided by how it is written, not by what an engine can make of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filiera.contracts.casts import cast_column
from filiera.contracts.model import Contract, Dialect

LARGEST = {"SMALLINT": 2**15 - 1, "INTEGER": 2**31 - 1, "BIGINT": 2**63 - 1}
WRITTEN = re.compile(r"[ ]*[+-]?[0-9]+[ ]*")


@st.composite
def numerals(draw: st.DrawFn) -> str:
    """Digits with something in or around them that an engine may pass over, or count with."""
    digits = draw(st.text("0123456789", min_size=1, max_size=20))
    place = draw(st.integers(0, len(digits)))
    between = draw(st.sampled_from(["", "", "e", "E", "e+", "e-", ".", "_", "x", " ", "-", "+", "00"]))
    return draw(st.sampled_from(["", "", "0x", "0b", "-", "+", " ", "0"])) + digits[:place] + between + digits[place:]


@pytest.fixture(params=LARGEST)
def sql_type(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@given(texts=st.lists(numerals() | st.text("0123456789eEx+-._ ", max_size=8), min_size=1, max_size=50))
def test_a_text_is_a_whole_number_exactly_if_it_is_written_as_one(
    contract: Callable[..., Contract], engine: duckdb.DuckDBPyConnection, sql_type: str, texts: list[str]
) -> None:
    column = contract({"n": {"logicalType": "integer", "physicalType": sql_type}}).column("n")
    value = cast_column(column, "VARCHAR", Dialect()).value("text")
    found = engine.execute(f"SELECT {value} FROM (SELECT unnest(?::VARCHAR[]) AS text)", [texts]).fetchall()
    for text, (number,) in zip(texts, found, strict=True):
        is_written = WRITTEN.fullmatch(text) and -LARGEST[sql_type] - 1 <= int(text) <= LARGEST[sql_type]
        assert number == (int(text) if is_written else None), text
