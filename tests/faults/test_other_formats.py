"""Parquet and JSON lines, sound and damaged: the same outcomes as for CSV (F39 and the like)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from filiera.contracts.model import Contract
from filiera.errors import BatchRefusedError
from filiera.intake.ledger import Batch

Check = Callable[..., list[dict[str, Any]]]
Make = Callable[..., Contract]


@pytest.fixture
def goods(contract: Make) -> Contract:
    return contract({"plant": "string", "qty": "integer", "made_on": "date", "weight": "number"})


@pytest.fixture
def parquet(tmp_path: Path) -> Callable[[str], bytes]:
    """A Parquet file of what a query brings."""

    def write(query: str) -> bytes:
        path = tmp_path / "made.parquet"
        duckdb.sql(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
        return path.read_bytes()

    return write


def refused(check: Check, contract: Contract, content: str | bytes, name: str) -> tuple[str, str]:
    with pytest.raises(BatchRefusedError) as caught:
        check(contract, content, name)
    return caught.value.code, str(caught.value)


def lines(*texts: str) -> str:
    return "".join(f"{text}\n" for text in texts)


def sound(plant: str = "Torino", qty: object = 1) -> str:
    return json.dumps({"plant": plant, "qty": qty, "made_on": "2026-01-05", "weight": 1.5})


def test_json_lines_are_read_as_the_contract_says(check: Check, goods: Contract) -> None:
    rows = check(goods, lines(sound(), sound("Forlì", "7"), '{"qty": null, "weight": "2.5"}'), "rows.jsonl")
    assert [(row["at"], row["plant"], row["qty"], row["weight"]) for row in rows] == [
        (1, "Torino", 1, 1.5), (2, "Forlì", 7, 1.5), (3, None, None, 2.5),
    ]  # fmt: skip


JSON_DAMAGE = {
    "no JSON": ("plant=Torino", "ROW_NOT_JSON"),
    "cut off": (sound()[:-5], "ROW_NOT_JSON"),
    "a list": ("[1, 2]", "ROW_NOT_JSON"),
    "a number": ("42", "ROW_NOT_JSON"),
    "null": ("null", "ROW_NOT_JSON"),
    "two objects": (sound() + sound(), "ROW_NOT_JSON"),
    "single quotes": ("{'plant': 'Torino'}", "ROW_NOT_JSON"),
    "half of a letter": ('{"plant": "\\ud800"}', "ROW_NOT_JSON"),
    "a key twice": ('{"plant": "Torino", "qty": 1, "plant": "Cuneo"}', "ROW_DOUBLED_KEY"),
    "a NUL": ('{"plant": "Tor\\u0000ino"}', "ROW_NUL"),
    "a NUL byte": ('{"plant": "Tor\0ino"}', "ROW_NUL"),
    "not a number": ('{"qty": NaN}', "TYPE_QTY"),
    "infinity": ('{"weight": -Infinity}', "TYPE_WEIGHT"),
    "a number beyond all": ('{"weight": 1e400}', "TYPE_WEIGHT"),
    "a number of 30 digits": ('{"qty": 123456789012345678901234567890}', "TYPE_QTY"),
    "a number that is not whole": ('{"qty": 1.5}', "TYPE_QTY"),
    "a number in words": ('{"qty": true}', "TYPE_QTY"),
    "an object for a number": ('{"qty": {"value": 1}}', "TYPE_QTY"),
    "a list for a date": ('{"made_on": ["2026-01-05"]}', "TYPE_MADE_ON"),
}


@pytest.mark.parametrize("case", JSON_DAMAGE)
def test_a_damaged_json_line_costs_itself_alone(check: Check, goods: Contract, case: str) -> None:
    line, reason = JSON_DAMAGE[case]
    rows = check(goods, lines(sound("before"), line, sound("after")), "rows.jsonl")
    assert [(row["at"], bool(row["_failed"])) for row in rows] == [(1, False), (2, True), (3, False)]
    assert rows[1]["_reasons"] == [reason]
    assert rows[1]["_original"]


def test_whole_numbers_keep_every_digit(contract: Make, check: Check) -> None:
    big = contract({"n": {"logicalType": "number", "physicalType": "DECIMAL(38,0)"}, "s": "string"})
    (row,) = check(big, '{"n": 12345678901234567890123456789012345678, "s": 12345678901234567890123}', "rows.jsonl")
    assert (int(row["n"]), row["s"]) == (12345678901234567890123456789012345678, "12345678901234567890123")


def test_depth_is_no_danger(check: Check, goods: Contract) -> None:
    for deep in ('{"plant": ' + "[" * 100_000 + "]" * 100_000 + "}", '{"plant": ' * 50_000 + "1" + "}" * 50_000):
        rows = check(goods, lines(sound(), deep, sound()), "rows.jsonl")
        assert len(rows) == 3
        assert [rows[0]["plant"], rows[2]["plant"]] == ["Torino", "Torino"]
    (row,) = check(goods, '{"plant": ' + "[" * 100_000, "rows.jsonl")
    assert row["_reasons"] == ["ROW_NOT_JSON"]


def test_a_json_line_of_10_megabytes_is_put_aside(check: Check, goods: Contract) -> None:
    rows = check(goods, lines(sound(), sound("x" * (10 << 20)), sound()), "rows.jsonl")
    assert [row["_reasons"] for row in rows] == [None, ["ROW_TOO_LONG"], None]


def test_json_keys_may_be_any_text(contract: Make, check: Check) -> None:
    strange = {'a"b': 1, "a.b": 2, "/": 3, "~1": 4, "": 5, "$.plant": 6, " spaced ": 7, "*": 8, "x'y": 9}
    (row,) = check(contract({"plant": "string"}), json.dumps({"plant": "Torino", **strange}), "rows.jsonl")
    assert row["plant"] == "Torino"
    assert row["_extra"] == {name.strip() or "column 1": str(value) for name, value in strange.items()}


def test_empty_lines_and_a_mark_at_the_beginning_are_no_rows(check: Check, goods: Contract) -> None:
    for damage, more in (("", 0), ("damage\n", 1)):
        rows = check(goods, f"\ufeff{sound()}\r\n\r\n  \n{sound('b')}\n{damage}\n", "rows.ndjson")
        assert [(row["at"], row["plant"]) for row in rows[:2]] == [(1, "Torino"), (4, "b")]
        assert len(rows) == 2 + more


def test_a_json_file_without_one_sound_line_is_all_in_quarantine(check: Check, goods: Contract) -> None:
    rows = check(goods, "plant,qty\nTorino,1\n", "rows.jsonl")
    assert [row["_reasons"] for row in rows] == [["ROW_NOT_JSON"], ["ROW_NOT_JSON"]]


def test_a_json_file_that_lacks_a_column_altogether_is_refused(contract: Make, check: Check) -> None:
    code, said = refused(check, contract({"plant": "string", "qty": "integer"}), '{"plant": "a"}\n', "rows.jsonl")
    assert (code, said) == ("MISSING_COLUMN", "column 'qty' is missing; found are 'plant'.")


def test_json_in_utf_16_is_read(check: Check, goods: Contract) -> None:
    (row,) = check(goods, sound("Forlì").encode("utf-16"), "rows.jsonl")
    assert row["plant"] == "Forlì"


SOUND = "SELECT 'Torino' AS plant, n AS qty, DATE '2026-01-05' AS made_on, n / 2 AS weight FROM range(1000) AS t (n)"


def test_parquet_is_read_with_its_own_types(check: Check, goods: Contract, parquet: Callable[[str], bytes]) -> None:
    rows = check(goods, parquet(SOUND), "rows.parquet")
    assert len(rows) == 1000
    assert (rows[7]["at"], rows[7]["qty"], rows[7]["weight"], rows[7]["_failed"]) == (8, 7, 3.5, 0)


def test_parquet_of_other_types_is_cast_exactly_or_rejected(
    check: Check, goods: Contract, parquet: Callable[[str], bytes]
) -> None:
    rows = check(
        goods,
        parquet(
            "SELECT * FROM (VALUES "
            "(1, '1', '2026-01-05', 1.5::DECIMAL(9,2)), "
            "(2, '1.5', '2026-02-30', 2), "
            "(3, '9223372036854775808', 'infinity', NULL)) AS t (plant, qty, made_on, weight)"
        ),
        "rows.parquet",
    )
    assert [row["_reasons"] for row in rows] == [None, ["TYPE_QTY", "TYPE_MADE_ON"], ["TYPE_QTY", "TYPE_MADE_ON"]]
    assert (rows[0]["plant"], rows[0]["qty"], rows[0]["weight"]) == ("1", 1, 1.5)
    assert rows[1]["_original"] == {"plant": "2", "qty": "1.5", "made_on": "2026-02-30", "weight": "2.00"}


def test_parquet_as_data_frames_write_it_is_read(
    check: Check, goods: Contract, parquet: Callable[[str], bytes]
) -> None:
    # Whole numbers beside missing ones come as floating-point numbers, days as midnights.
    rows = check(
        goods,
        parquet(
            "SELECT 'x' AS plant, unnest(['7', '7.5', 'nan', '1e30', NULL])::DOUBLE AS qty, "
            "unnest(['1.5', 'inf', 'nan', '0', NULL])::DOUBLE AS weight, "
            "unnest(['2026-01-05', '2026-01-05 00:01', 'infinity', NULL, NULL])::TIMESTAMP_NS AS made_on"
        ),
        "rows.parquet",
    )
    assert [row["_reasons"] for row in rows] == [
        None,
        ["TYPE_QTY", "TYPE_MADE_ON", "TYPE_WEIGHT"],
        ["TYPE_QTY", "TYPE_MADE_ON", "TYPE_WEIGHT"],
        ["TYPE_QTY"],
        None,
    ]
    assert (rows[0]["qty"], rows[0]["weight"], rows[0]["made_on"]) == (7, 1.5, date(2026, 1, 5))


def test_times_no_calendar_has_are_rejected_from_typed_sources_too(
    contract: Make, ingest: Callable[..., Batch], parquet: Callable[[str], bytes], lake_rows: Callable[..., Any]
) -> None:
    dated = contract({"d": "date", "t": "timestamp"}, row={"eventColumn": "d"})
    days = ["infinity", "20000-01-01", "0044-03-15 (BC)", "9999-12-31"]
    query = f"SELECT unnest({days})::DATE AS d, unnest({days})::DATE::TIMESTAMP AS t"
    rows = lake_rows(ingest(parquet(query), "rows.parquet", dated))
    assert [row["_reasons"] for row in rows] == [["TYPE_D", "TYPE_T"]] * 3 + [None]


def test_nested_and_binary_parquet_columns_arrive_as_text(
    contract: Make, check: Check, parquet: Callable[[str], bytes]
) -> None:
    loose = contract({"a": "string", "b": "string"})
    query = "SELECT {'x': 1} AS a, 'a\\x00b'::BLOB AS b, [1, 2] AS c, MAP {'k': 1} AS d, INTERVAL 1 DAY AS e"
    (row,) = check(loose, parquet(query), "rows.parquet")
    assert (row["a"], row["b"]) == ("{'x': 1}", "a\\x00b")
    assert row["_extra"] == {"c": "[1, 2]", "d": "{k=1}", "e": "1 day"}


def test_parquet_columns_may_have_any_name(contract: Make, check: Check, parquet: Callable[[str], bytes]) -> None:
    query = 'SELECT 1 AS " Plant ", 2 AS "a""b", 3 AS file_row_number, 4 AS filename, 5 AS "x\'y"'
    (row,) = check(contract({"plant": "string"}), parquet(query), "rows.parquet")
    assert row["plant"] == "1"
    assert row["_extra"] == {'a"b': "2", "file_row_number": "3", "filename": "4", "x'y": "5"}


def test_parquet_that_lacks_a_column_is_refused(contract: Make, check: Check, parquet: Callable[[str], bytes]) -> None:
    two = contract({"plant": "string", "qty": "integer"})
    assert refused(check, two, parquet("SELECT 1 AS qty"), "rows.parquet")[0] == "MISSING_COLUMN"
    assert refused(check, two, parquet("SELECT 1 AS other"), "rows.parquet")[0] == "MISSING_COLUMN"


@pytest.mark.slow
def test_damaged_parquet_is_refused_or_read_but_never_half_read(
    check: Check, goods: Contract, parquet: Callable[[str], bytes]
) -> None:
    whole = parquet(SOUND)
    clean = check(goods, whole, "rows.parquet")
    outcomes = set()
    damaged = [whole[: len(whole) * part // 16] for part in range(1, 16)]
    damaged += [whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :] for at in range(0, len(whole), 71)]
    damaged += [b"PAR1" + b"\0" * 100 + b"PAR1", b"plant,qty\n1,2\n", whole[:4] + whole[8:], whole + b"more", b"PAR1"]
    for content in damaged:
        try:
            rows = check(goods, content, "rows.parquet")
        except BatchRefusedError as refusal:
            outcomes.add(refusal.code)
        else:
            assert len(rows) == len(clean)
    assert "UNREADABLE" in outcomes
    assert outcomes <= {"UNREADABLE", "MISSING_COLUMN"}


def test_parquet_without_rows_is_an_empty_delivery(
    check: Check, goods: Contract, parquet: Callable[[str], bytes]
) -> None:
    assert check(goods, parquet(f"{SOUND} WHERE n < 0"), "rows.parquet") == []
