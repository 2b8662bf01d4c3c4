"""One damaged cell costs its own row at most (F03, F04, F05), wherever in the file it stands.

The damage is done systematically, as the Pollock benchmark does it: the same fault at every cell of a small file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from filiera.contracts.model import Contract

Check = Callable[..., list[dict[str, Any]]]
Cells = list[list[str]]

HEADER = "plant,line,qty,note"
PLAIN: Cells = [["Torino", "L1", "10", "ok"], ["Cuneo", "L2", "20", "late"], ["Melfi", "L3", "30", "none"]]
ENDS_EMPTY: Cells = [["Torino", "L1", "10", ""], ["Cuneo", "", "20", ""], ["Melfi", "L3", "", ""]]
QUOTED: Cells = [
    ['"Torino"', '"L1"', '"10"', '"o, k"'],
    ['"Cu""neo"', '"L2"', '"20"', '""'],
    ['"Melfi"', '"L3"', "30", "x"],
]
OVER_LINES: Cells = [
    ["Torino", "L1", "10", '"two\nlines"'],
    ["Cuneo", "L2", "20", "-"],
    ["Melfi", "L3", "30", '"a\r\nb"'],
]
FILES = {"plain": PLAIN, "last cell empty": ENDS_EMPTY, "quoted": QUOTED, "over lines": OVER_LINES}

QUOTES: dict[str, Callable[[str], str]] = {
    "before": lambda cell: '"' + cell,
    "behind": lambda cell: cell + '"',
    "within": lambda cell: cell[: len(cell) // 2] + '"' + cell[len(cell) // 2 :],
    "within, after a backslash": lambda cell: cell[: len(cell) // 2] + '\\"' + cell[len(cell) // 2 :],
    "around, of another kind": lambda cell: f"'{cell}'",
}


@pytest.fixture
def goods(contract: Callable[..., Contract]) -> Contract:
    """A contract that lets any text pass, so that nothing but the file's form can be wrong."""
    return contract({"plant": "string", "line": "string", "qty": "string", "note": "string"})


def text_of(lines: list[str]) -> str:
    return "\n".join([HEADER, *lines, ""])


def values(row: dict[str, Any]) -> tuple[Any, ...]:
    return (*(row[name] for name in HEADER.split(",")), row["_failed"], row["_reasons"])


def assert_only_one_is_hurt(clean: list[dict[str, Any]], found: list[dict[str, Any]], hurt: int) -> dict[str, Any]:
    """Every row but one is as it was. A record over two lines may fall apart, and then it does not go unnoticed."""
    before, after = clean[:hurt], clean[hurt + 1 :]
    pieces = found[len(before) : len(found) - len(after)]
    assert pieces
    assert [values(row) for row in found[: len(before)]] == [values(row) for row in before]
    assert [values(row) for row in found[len(found) - len(after) :]] == [values(row) for row in after]
    if len(pieces) > 1:
        assert any(row["_failed"] for row in pieces)
    return pieces[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("where", QUOTES)
def test_a_stray_quote_in_any_cell_hurts_no_neighbour(goods: Contract, check: Check, name: str, where: str) -> None:
    cells = FILES[name]
    clean = check(goods, text_of([",".join(row) for row in cells]))
    for hurt, row in enumerate(cells):
        for place, cell in enumerate(row):
            polluted = [*row[:place], QUOTES[where](cell), *row[place + 1 :]]
            lines = [",".join(polluted if other == hurt else whole) for other, whole in enumerate(cells)]
            assert_only_one_is_hurt(clean, check(goods, text_of(lines)), hurt)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_missing_delimiter_after_any_cell_puts_its_row_into_quarantine(
    goods: Contract, check: Check, name: str
) -> None:
    cells = FILES[name]
    clean = check(goods, text_of([",".join(row) for row in cells]))
    for hurt, row in enumerate(cells):
        for place in range(len(row) - 1):
            polluted = ",".join(row[: place + 1]) + ",".join(row[place + 1 :])
            lines = [polluted if other == hurt else ",".join(whole) for other, whole in enumerate(cells)]
            found = assert_only_one_is_hurt(clean, check(goods, text_of(lines)), hurt)
            assert found["_failed"], f"{polluted!r} was taken for a row"


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_an_extra_delimiter_before_or_after_any_cell_never_shifts_values_into_other_columns(
    goods: Contract, check: Check, name: str
) -> None:
    cells = FILES[name]
    clean = check(goods, text_of([",".join(row) for row in cells]))
    for hurt, row in enumerate(cells):
        for place in range(len(row) + 1):
            polluted = ",".join([*row[:place], "", *row[place:]])
            lines = [polluted if other == hurt else ",".join(whole) for other, whole in enumerate(cells)]
            found = assert_only_one_is_hurt(clean, check(goods, text_of(lines)), hurt)
            assert found["_failed"], f"{polluted!r} was taken for a row"


def test_an_empty_cell_too_many_is_no_harm_where_the_last_column_must_have_a_value(
    contract: Callable[..., Contract], check: Check
) -> None:
    needed = contract({"a": "string", "b": {"logicalType": "string", "required": True}})
    for rest in ("", "\n5,6,7\n"):  # read by the engine, and line by line because of the last line
        found = check(needed, f"a,b\n1,2,\n,3,,\n,,4\n{rest}".replace("\n\n", "\n"))
        assert [(row["a"], row["b"], bool(row["_failed"])) for row in found[:3]] == [
            ("1", "2", False),
            (None, "3", False),
            (None, None, True),
        ]


def test_a_quote_that_stays_open_to_the_end_of_a_long_file_costs_one_row(goods: Contract, check: Check) -> None:
    lines = [f"p{n},l,{n},x" for n in range(5000)]
    lines[10] = 'p10,"l,10,x'
    found = check(goods, text_of(lines))
    assert [row["at"] for row in found if row["_failed"]] == [12]
    assert len(found) == 5000
    assert found[10]["_reasons"] == ["ROW_QUOTES"]
    assert found[10]["_original"] == {"line": 'p10,"l,10,x'}


def test_two_stray_quotes_far_apart_cost_two_rows_and_not_those_between(goods: Contract, check: Check) -> None:
    lines = [f"p{n},l,{n},x" for n in range(3000)]
    lines[10], lines[2500], lines[2999] = 'p10,"l,10,x', 'p2500,l",2500,"x', 'p2999,l,"2999,x'
    found = check(goods, text_of(lines))
    assert [row["at"] for row in found if row["_failed"]] == [12, 2502, 3001]
    assert len(found) == 3000


def test_a_row_with_another_delimiter_or_another_quote_is_the_only_one_in_quarantine(
    goods: Contract, check: Check
) -> None:
    for line in ("Cuneo;L2;20;x", "Cuneo\tL2\t20\tx", "Cuneo|L2|20|x", "Cuneo L2 20 x", "'Cuneo','L2','20,5','x'"):
        found = check(goods, text_of(["Torino,L1,10,x", line, "Melfi,L3,30,x"]))
        assert [bool(row["_failed"]) for row in found] == [False, True, False]
        assert found[1]["_reasons"] == ["ROW_COLUMNS"]
        assert found[1]["_original"] == {"line": line}
        assert found[1]["at"] == 3


def test_spaces_beside_delimiters_do_not_make_two_files_of_one(goods: Contract, check: Check) -> None:
    padded = 'Torino, "L, 1" ,10,x'
    (alone,) = check(goods, text_of([padded]))
    beside_damage, _ = check(goods, text_of([padded, "short,line"]))
    assert values(alone) == values(beside_damage) == ("Torino", "L, 1", "10", "x", 0, None)


def test_another_delimiter_and_another_quote_are_read_where_the_contract_says_so(
    contract: Callable[..., Contract], check: Check
) -> None:
    columns = {"plant": "string", "note": "string"}
    for delimiter in (";", "\t", "|", " ", "^", "§", "\x1f"):
        other = contract(columns, files={"delimiter": delimiter, "quote": "'"})
        lines = [["plant", "note"], ["Torino", f"'a{delimiter}b'"], ["Cuneo", "'it''s'"], ["Melfi", '5"']]
        rows = check(other, "\n".join(delimiter.join(line) for line in lines) + "\n")
        assert [(row["plant"], row["note"]) for row in rows] == [
            ("Torino", f"a{delimiter}b"), ("Cuneo", "it's"), ("Melfi", '5"'),
        ]  # fmt: skip
        damaged = check(other, "\n".join(delimiter.join(line) for line in [*lines, ["x"]]) + "\n")
        assert [row["note"] for row in damaged] == [f"a{delimiter}b", "it's", '5"', None]
    bare = contract(columns, files={"delimiter": ";", "quote": ""})
    assert [row["note"] for row in check(bare, 'plant;note\nTorino;"a\nCuneo;b"\n')] == ['"a', 'b"']
    assert [row["_reasons"] for row in check(bare, 'plant;note\nTorino;"a;b"\nCuneo;"b\n')] == [["ROW_COLUMNS"], None]
