"""Files of every shape that plants deliver: a named outcome each, never a guess (F01, F02, F05 to F08, F11, F12)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from filiera.contracts.model import Contract
from filiera.errors import BatchRefusedError
from filiera.intake.intake import Intake
from filiera.settings import Settings

Check = Callable[..., list[dict[str, Any]]]
Make = Callable[..., Contract]


@pytest.fixture
def goods(contract: Make) -> Contract:
    """Rows of two columns, one of which may be missing altogether."""
    optional = {"logicalType": "string", "customProperties": [{"property": "optionalColumn", "value": True}]}
    return contract({"plant": "string", "qty": "integer", "note": optional})


def refused(check: Check, contract: Contract, content: str | bytes, name: str = "rows.csv") -> tuple[str, str]:
    with pytest.raises(BatchRefusedError) as caught:
        check(contract, content, name)
    return caught.value.code, str(caught.value)


def read(check: Check, contract: Contract, content: str | bytes) -> list[tuple[Any, Any]]:
    return [(row["plant"], row["qty"]) for row in check(contract, content)]


REFUSED: dict[str, tuple[str | bytes, str, str]] = {
    "0 bytes": ("", "EMPTY_FILE", "0 bytes"),
    "only line ends": ("\n\r\n\n", "EMPTY_FILE", "no header and no rows"),
    "only a byte order mark": ("\ufeff", "EMPTY_FILE", "no header"),
    "rows without a header": (
        "Torino,1\nCuneo,2\n",
        "NO_HEADER",
        "its first line is 'Torino, 1', not a header with plant",
    ),
    "an empty line before the header": ("\nplant,qty\nTorino,1\n", "NO_HEADER", "its first line is ''"),
    "a preamble": ("Report of plant 7\nplant,qty\nTorino,1\n", "NO_HEADER", "Report of plant 7"),
    "two headers": ("plant,qty\nPlant, QTY\nTorino,1\n", "TWO_HEADERS", "its second line repeats the header"),
    "three headers": ("plant,qty\nplant,qty\nplant,qty\n", "TWO_HEADERS", "repeats the header"),
    "a table of fewer columns below": ("plant,qty,note\na,1,x\n\na,b\n1,2\n", "TWO_TABLES", "line 3 is empty"),
    "a table of more columns below": ("plant,qty\nTorino,1\n\na,b,c\n1,2,3\n", "TWO_TABLES", "begins in line 4"),
    "the same table again below": ("plant,qty\nTorino,1\n\n\nplant,qty\nCuneo,2\n", "TWO_TABLES", "begins in line 5"),
    "semicolons": (
        "plant;qty\nTorino;1\n",
        "WRONG_DELIMITER",
        "written with ';' between columns, but its contract says ','",
    ),
    "tabs": ("plant\tqty\nTorino\t1\n", "WRONG_DELIMITER", "'\\t'"),
    "pipes in quotes": ('"plant"|"qty"\n"Torino"|"1"\n', "WRONG_DELIMITER", "'|'"),
    "a column missing": (
        "plant,note\nTorino,x\n",
        "MISSING_COLUMN",
        "column 'qty' is missing; found are 'plant, note'",
    ),
    "a column twice": (
        "plant,qty,Plant\nTorino,1,Cuneo\n",
        "DOUBLED_COLUMN",
        "column 'Plant', 'plant' stands there twice",
    ),
    "a column we need for ourselves": ("plant,qty,_LINE\nTorino,1,x\n", "RESERVED_COLUMN", "_line"),
    "a stray quote in the header": ('plant,"qty\nTorino,1\n', "MISSING_COLUMN", "column 'qty' is missing"),
    "a header without an end": ("plant,qty," + "x" * (1 << 20), "NO_HEADER", "longer than 1,048,576 bytes"),
    "a header name of 200 kB": (f"plant,qty,{'x' * 200_000}\na,1,2\n", "NO_HEADER", "field larger than field limit"),
    "a NUL in a name of two lines": ('plant,qty,"a\n\0"\nTorino,1,x\n', "BAD_ENCODING", "a NUL byte in it"),
    "an Excel workbook": (b"PK\x03\x04\x14\0\x06\0\x08\0", "WRONG_KIND", "a ZIP archive or an Excel workbook"),
    "a gzip file": (b"\x1f\x8b\x08\0\0\0", "WRONG_KIND", "packed with gzip"),
    "a Parquet file": (b"PAR1\x15\x04\x15", "WRONG_KIND", "a Parquet file"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_no_table_of_this_contract_is_refused_by_name(check: Check, goods: Contract, case: str) -> None:
    content, code, reason = REFUSED[case]
    found, said = refused(check, goods, content)
    assert found == code
    assert reason in said


@pytest.mark.parametrize("name", ["rows.xlsx", "rows", "rows.csv.zip", "rows.parquet.gz", "csv", "rows.csv.bak"])
def test_a_name_that_says_no_known_kind_is_refused(check: Check, goods: Contract, name: str) -> None:
    code, said = refused(check, goods, "plant,qty\nTorino,1\n", name)
    assert code == "UNKNOWN_KIND"
    assert ".csv, .txt, .tsv, .jsonl, .ndjson, .parquet" in said


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("plant,qty\n", []),
        ("plant,qty", []),
        ("plant,qty\nTorino,1", [("Torino", 1)]),
        ("plant,qty\nTorino,1\n", [("Torino", 1)]),
        ("plant,qty\nTorino,1\n\n", [("Torino", 1)]),
        ("plant,qty\r\nTorino,1\r\n\r\n", [("Torino", 1)]),
        ("plant,qty\n\n\nTorino,1\n  \nCuneo,2\n\n\n", [("Torino", 1), ("Cuneo", 2)]),
        ("plant,qty\rTorino,1\rCuneo,2\r", [("Torino", 1), ("Cuneo", 2)]),
        ("plant,qty\rTorino,1\rCuneo,2", [("Torino", 1), ("Cuneo", 2)]),
        ("plant,qty\nTorino,1\r\nCuneo,2\rMelfi,3\n", [("Torino", 1), ("Cuneo", 2), ("Melfi", 3)]),
        (" PLANT , Qty \nTorino,1\n", [("Torino", 1)]),
        ('"plant","qty"\n"Torino","1"\n', [("Torino", 1)]),
        ("qty,plant\n1,Torino\n", [("Torino", 1)]),
    ],
)
def test_a_sound_file_is_read_however_its_lines_end(
    check: Check, goods: Contract, content: str, rows: list[tuple[Any, Any]]
) -> None:
    assert read(check, goods, content) == rows


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_numbered_as_an_editor_shows_them(check: Check, goods: Contract, end: str) -> None:
    lines = ["plant,qty,note", "a,1,x", 'b,2,"two', 'lines, ""quoted"""', "", "c,3,z", "d,four", 'e,5,"y"', "f,six,z"]
    rows = check(goods, end.join(lines) + end)
    assert [(row["at"], row["plant"]) for row in rows] == [(2, "a"), (3, "b"), (6, "c"), (7, None), (8, "e"), (9, "f")]
    assert [row["_reasons"] for row in rows if row["_reasons"]] == [["ROW_COLUMNS"], ["TYPE_QTY"]]
    assert rows[1]["note"] == f'two{end}lines, "quoted"'
    # And without the damage, where the engine reads it alone.
    rows = check(goods, end.join(line for line in lines if line != "d,four") + end)
    assert [row["at"] for row in rows] == [2, 3, 6, 7, 8]
    assert rows[1]["note"] == f'two{end}lines, "quoted"'


def test_a_header_may_hold_a_line_break(check: Check, goods: Contract) -> None:
    rows = check(goods, 'plant,"width\n(mm)",qty\nTorino,5,1\nCuneo,7,x\nMelfi,"8\n9",3\n')
    assert [(row["at"], row["plant"], row["_extra"]) for row in rows] == [
        (3, "Torino", {"width\n(mm)": "5"}),
        (4, "Cuneo", {"width\n(mm)": "7"}),
        (5, "Melfi", {"width\n(mm)": "8\n9"}),
    ]


def test_columns_the_contract_does_not_know_are_kept_with_the_row(check: Check, goods: Contract) -> None:
    rows = check(goods, "shift,plant,qty,,\nearly,Torino,1,x,\n,Cuneo,zero,,y\n")
    assert [row["_extra"] for row in rows] == [
        {"shift": "early", "column 4": "x", "column 5": None},
        {"shift": None, "column 4": None, "column 5": "y"},
    ]
    assert rows[1]["_original"] == {"plant": "Cuneo", "qty": "zero", "shift": None, "column 4": None, "column 5": "y"}


def test_one_bad_quote_does_not_make_one_column_of_all(check: Check, goods: Contract) -> None:
    # F06: a reader that guesses the dialect takes the whole file for a single column.
    rows = read(check, goods, 'plant,qty\nTor"ino,1\nCuneo,2\nMelfi,3\n')
    assert rows == [('Tor"ino', 1), ("Cuneo", 2), ("Melfi", 3)]


def test_a_type_is_never_guessed_from_the_first_rows(contract: Make, check: Check) -> None:
    # F07: 25,000 numbers, and then what shows that the column is text.
    codes = contract({"code": "string"})
    rows = check(codes, "code\n" + "".join(f"{n:05}\n" for n in range(25_000)) + "A-7\n1e5\n")
    assert len(rows) == 25_002
    assert [rows[0]["code"], rows[-2]["code"], rows[-1]["code"]] == ["00000", "A-7", "1e5"]


def test_a_bad_date_is_rejected_and_never_filled_with_its_neighbours(contract: Make, check: Check) -> None:
    # F08: a reader that skips errors repeated the value of the row before.
    days = contract({"day": {"logicalType": "date", "logicalTypeOptions": {"format": "%m/%d/%Y"}}})
    rows = check(days, "day\n04/02/2021\n13/45/2021\n21/10/0402\n04/03/2021\n")
    assert [row["day"] and row["day"].isoformat() for row in rows] == ["2021-04-02", None, None, "2021-04-03"]
    assert [row["_original"] for row in rows] == [None, {"day": "13/45/2021"}, {"day": "21/10/0402"}, None]


@pytest.mark.slow
@pytest.mark.parametrize("megabytes", [10, 40])
def test_a_field_of_many_megabytes_is_put_aside_and_the_rest_goes_on(
    check: Check, goods: Contract, megabytes: int
) -> None:
    huge = "x" * (megabytes << 20)
    for line in (f"{huge},1", f'"{huge}",1', f'Torino,1,"{huge}', huge):
        rows = check(goods, f"plant,qty,note\nTorino,1,a\n{line}\nCuneo,2,b\n")
        assert [(row["at"], row["plant"], row["_reasons"]) for row in rows] == [
            (2, "Torino", None), (3, None, ["ROW_TOO_LONG"]), (4, "Cuneo", None),
        ]  # fmt: skip
        assert rows[1]["_original"]["line"].endswith(f"… ({len(line):,} bytes in all)")
        assert len(rows[1]["_original"]["line"]) < 5000


def test_a_long_field_that_still_is_a_row_is_read_whole_on_either_road(check: Check, goods: Contract) -> None:
    long = "x" * 1_000_000
    for rest in ("", "short\n"):
        rows = check(goods, f"plant,qty\n{long},1\n{rest}")
        assert (rows[0]["plant"], rows[0]["qty"]) == (long, 1)


@pytest.mark.slow
def test_a_file_of_10_000_columns_is_read(check: Check, goods: Contract) -> None:
    names = [f"c{n}" for n in range(9_998)]
    header, sound = ",".join(["plant", "qty", *names]), ",".join(["Torino", "1", *map(str, range(9_998))])
    (row,) = check(goods, f"{header}\n{sound}\n")
    assert (row["plant"], row["qty"]) == ("Torino", 1)
    assert row["_extra"] == {f"c{n}": str(n) for n in range(9_998)}


@pytest.mark.slow
def test_a_file_of_2000_columns_is_read_line_by_line_where_it_must(check: Check, goods: Contract) -> None:
    names = [f"c{n}" for n in range(1_998)]
    header, sound = ",".join(["plant", "qty", *names]), ",".join(["Torino", "1", *map(str, range(1_998))])
    rows = check(goods, f"{header}\n{sound}\nCuneo,2\n{sound}\n")
    assert [row["plant"] for row in rows] == ["Torino", None, "Torino"]
    assert rows[2]["_extra"] == {f"c{n}": str(n) for n in range(1_998)}
    assert (rows[1]["_reasons"], rows[1]["_extra"]) == (["ROW_COLUMNS"], None)


@pytest.mark.slow
def test_a_file_that_is_too_wide_for_memory_is_refused_by_name(
    home: Settings, drop: Callable[..., Path], intake: Callable[..., Intake], goods: Contract
) -> None:
    header = ",".join(["plant", "qty", *(f"c{n}" for n in range(4_000))])
    drop(goods.dataset, "rows.csv", f"{header}\nTorino,1{',x' * 4_000}\n")
    taken = intake(goods, settings=home.model_copy(update={"memory_limit": "100MB"})).take_all()
    (batch,) = taken.batches
    assert batch.state == "refused"
    assert str(batch.reason).startswith("TOO_WIDE: rows.csv: it has more columns than fit into memory")


def test_a_column_of_one_file_may_be_empty_to_the_end(contract: Make, check: Check) -> None:
    single = contract({"plant": "string"})
    rows = check(single, 'plant\nTorino\n\n" "\n""\nCuneo\n')
    assert [(row["at"], row["plant"]) for row in rows] == [(2, "Torino"), (3, None), (4, " "), (5, None), (6, "Cuneo")]


def test_a_footer_is_put_aside_and_does_not_cost_the_file(check: Check, goods: Contract) -> None:
    rows = check(goods, "plant,qty\nTorino,1\n\nTotal: 1 row\n")
    assert [(row["at"], row["_reasons"]) for row in rows] == [(2, None), (4, ["ROW_COLUMNS"])]


def test_a_damaged_row_after_an_empty_line_is_not_another_table(check: Check, goods: Contract) -> None:
    rows = check(goods, 'plant,qty\nTorino,1\n\n"Cuneo, sud",2\n\nMelfi\nRivoli,4\n')
    assert [(row["at"], row["plant"]) for row in rows] == [(2, "Torino"), (4, "Cuneo, sud"), (6, None), (7, "Rivoli")]


def test_serial_dates_of_a_spreadsheet_and_other_strange_values_break_their_type(
    production: Contract, check: Check
) -> None:
    header = "plant,line,machine_id,production_date,produced_qty,scrap_qty,created_at"
    rows = check(production, f"{header}\nTorino,L1,007,46027,1e5,NaN,46027.5\nTorino,L1,007,2026-01-05,1.000,N/A,-\n")
    assert [row["_reasons"] for row in rows] == [
        ["TYPE_PRODUCTION_DATE", "TYPE_PRODUCED_QTY", "TYPE_SCRAP_QTY", "TYPE_CREATED_AT"],
        ["TYPE_PRODUCED_QTY", "TYPE_SCRAP_QTY", "TYPE_CREATED_AT"],
    ]
    assert rows[0]["machine_id"] == "007"
