"""What holds for every file there can be, tried with files nobody would think of."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from filiera.contracts.model import Contract
from filiera.errors import BatchRefusedError
from filiera.intake.intake import Intake
from filiera.intake.ledger import Ledger
from filiera.settings import Settings

Check = Callable[..., list[dict[str, Any]]]
Make = Callable[..., Contract]

pytestmark = pytest.mark.slow

HEADER = "plant,qty,note"
# Letters that mean something to a reader of CSV, and a few that do not.
MARKS = "\",;\n\r\t \\'aé1-\ufeff\0\x01\u2028😀"
REFUSALS = {
    *("EMPTY_FILE", "NO_HEADER", "BAD_ENCODING", "WRONG_KIND", "UNREADABLE", "UNPACKS_TOO_LARGE"),
    *("MISSING_COLUMN", "DOUBLED_COLUMN", "RESERVED_COLUMN", "TWO_HEADERS", "TWO_TABLES"),
}
NAMES = ["rows.csv", "rows.jsonl", "rows.parquet", "rows.csv.gz", "rows.txt"]


@pytest.fixture
def goods(contract: Make) -> Contract:
    return contract(
        {"plant": "string", "qty": "integer", "note": "string"},
        rules=[{"id": "SMALL", "implementation": "qty * qty < 1000 OR note = plant", "severity": "flag"}],
    )


@pytest.fixture
def loose(contract: Make) -> Contract:
    """Everything is text, and nothing of it is missing."""
    return contract({"plant": "string", "qty": "string", "note": "string"}, files={"nullValues": []})


def checked(check: Check, contract: Contract, content: str | bytes, name: str = "rows.csv") -> Any:
    """The rows, or the code under which the file is refused."""
    try:
        return check(contract, content, name)
    except BatchRefusedError as refusal:
        return refusal.code


@settings(max_examples=150)
@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.text(alphabet=MARKS, max_size=80).map(lambda text: f"{HEADER}\n{text}".encode()),
        st.lists(st.text(alphabet=MARKS, max_size=12), max_size=8).map(
            lambda lines: "\n".join([HEADER, *(f"a,1,{line}" for line in lines)]).encode()
        ),
        st.binary(max_size=80).map(lambda tail: f"{HEADER}\na,1,b\n".encode() + tail),
        st.text(alphabet='{}[]",:plantqye\\u0 1\n', max_size=60).map(
            lambda text: f'{{"plant":1,"qty":2,"note":3}}\n{text}'.encode()
        ),
    ),
    name=st.sampled_from(NAMES),
)
def test_whatever_bytes_come_they_are_checked_row_by_row_or_refused_by_name(
    goods: Contract, check: Check, content: bytes, name: str
) -> None:
    rows = checked(check, goods, content, name)  # which holds rows in against accepted and rejected
    if isinstance(rows, str):
        assert rows in REFUSALS
        return
    for row in rows:
        assert bool(row["_reasons"]) == bool(row["_failed"] or row["_flagged"]) == bool(row["_original"])
    lines = [row["at"] for row in rows]
    assert lines == sorted(set(lines))


@settings(max_examples=25)
@given(content=st.text(alphabet=MARKS, max_size=60).map(lambda text: f"{HEADER}\n{text}"))
def test_twice_is_once(goods: Contract, home: Settings, ledger: Ledger, drop: Callable[..., Any], content: str) -> None:
    def intake() -> Any:
        return Intake(home, {goods.dataset: goods}, ledger, today=home.today()).take_all()

    drop(goods.dataset, "first.csv", content)
    first = intake()
    after_one = ledger.batches()
    drop(goods.dataset, "second.csv", content)
    second = intake()
    assert len(first.batches) + len(first.known) == 1
    assert (second.batches, second.known) == ([], ["second.csv"])
    assert ledger.batches() == after_one


def written(rows: list[tuple[str, str, str]], end: str, quoting: int) -> str:
    lines = []
    for row in [("plant", "qty", "note"), *rows]:
        text = io.StringIO(newline="")
        # Up to Python 3.12 the module quotes a line break only if it is part of the line end it is told.
        csv.writer(text, lineterminator="\r\n", quoting=quoting).writerow(row)  # type: ignore[arg-type]
        lines.append(text.getvalue().removesuffix("\r\n") + end)
    return "".join(lines)


FIELDS = st.text(alphabet="\",;\n\r\t 'aé1.\u2028😀", max_size=8)
ROWS = st.lists(st.tuples(FIELDS, FIELDS, FIELDS), max_size=6)
QUOTINGS = st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])


@settings(max_examples=150)
@given(rows=ROWS, end=st.sampled_from(["\n", "\r\n", "\r"]), quoting=QUOTINGS)
def test_what_pythons_csv_module_writes_is_read_as_it_was_written(
    loose: Contract, check: Check, rows: list[tuple[str, str, str]], end: str, quoting: int
) -> None:
    found = check(loose, written(rows, end, quoting))
    assert [(row["plant"], row["qty"], row["note"]) for row in found] == rows
    assert not any(row["_failed"] for row in found)


@settings(max_examples=150)
@given(rows=ROWS, end=st.sampled_from(["\n", "\r\n"]), quoting=QUOTINGS)
def test_the_slow_road_reads_what_the_fast_one_reads(
    loose: Contract, check: Check, rows: list[tuple[str, str, str]], end: str, quoting: int
) -> None:
    clean = written(rows, end, quoting)
    # A line break in a field sends the file down the slow road, where every row has to be found again.
    marked = written([("x", "line\nbreak", "y"), *rows], end, quoting)
    fast, slow = check(loose, clean), check(loose, marked)[1:]
    kept = ("plant", "qty", "note", "_failed", "_reasons")
    assert [{name: row[name] for name in kept} for row in slow] == [{name: row[name] for name in kept} for row in fast]
    assert [row["at"] - 2 for row in slow] == [row["at"] for row in fast]


LINE = st.text(alphabet=MARKS.replace("\n", "").replace("\r", ""), max_size=20)
PLAIN_FIELDS = st.text(alphabet="\",;\t 'aé1.\u2028😀", max_size=8)
PLAIN_ROWS = st.lists(st.tuples(PLAIN_FIELDS, PLAIN_FIELDS, PLAIN_FIELDS), min_size=1, max_size=5)


DAMAGE = st.one_of(LINE.map(str.encode), st.binary(max_size=15)).map(lambda line: re.sub(rb"[\r\n]", b"", line))


@settings(max_examples=150)
@given(rows=PLAIN_ROWS, quoting=QUOTINGS, damage=st.tuples(st.integers(0, 5), DAMAGE))
def test_the_rows_of_a_clean_file_survive_a_damaged_line_anywhere(
    loose: Contract, check: Check, rows: list[tuple[str, str, str]], quoting: int, damage: tuple[int, bytes]
) -> None:
    lines = written(rows, "\n", quoting).encode().split(b"\n")
    place = min(damage[0], len(rows)) + 1
    found = checked(check, loose, b"\n".join([*lines[:place], damage[1], *lines[place:]]))
    assume(found != "TWO_HEADERS")  # the line happens to repeat the header
    others = [row for row in found if row["at"] != place + 1]
    assert [(row["plant"], row["qty"], row["note"]) for row in others] == rows
    assert not any(row["_failed"] for row in others)
    assert [row["at"] for row in others] == [*range(2, place + 1), *range(place + 2, len(rows) + 3)]
    assert len(found) <= len(rows) + 1


@settings(max_examples=50)
@given(names=st.lists(st.text(max_size=6), max_size=4, unique=True), order=st.permutations(["plant", "qty", "note"]))
def test_a_header_may_name_anything(loose: Contract, check: Check, names: list[str], order: list[str]) -> None:
    header = [*names, *order]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([header, [str(place) for place in range(len(header))]])
    found = checked(check, loose, text.getvalue())
    if isinstance(found, str):
        assert found in REFUSALS
        return
    (row,) = found
    assert [row[name] for name in order] == [str(place + len(names)) for place in range(3)]
    assert list((row["_extra"] or {}).values()) == [str(place) for place in range(len(names))]
