"""Which texts are values of a column, and which break a rule of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date
from datetime import datetime as moment
from decimal import Decimal
from typing import Any

import pytest

from filiera.contracts.model import Contract

Make = Callable[..., Contract]
Check = Callable[..., list[dict[str, Any]]]

NUMBER = {"logicalType": "number"}
MONEY = {"logicalType": "number", "physicalType": "DECIMAL(7,2)"}


def datetime(*given: int) -> moment:
    """A moment in UTC as the lake stores it: without a zone."""
    return moment(*given, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[arg-type,misc]


def with_options(logical: str, **options: Any) -> dict[str, Any]:
    return {"logicalType": logical, "logicalTypeOptions": options}


@pytest.fixture
def read(contract: Make, check: Check) -> Callable[..., list[Any]]:
    """Reads texts as values of a column: each one's value, or the ids of the rules it broke."""

    def values(column: str | dict[str, Any], texts: list[str], **own: Any) -> list[Any]:
        lines = "".join(f"{n};{text}\n" for n, text in enumerate(texts))
        found = contract({"n": "integer", "v": column}, files={"delimiter": ";", **own.pop("files", {})}, **own)
        rows = check(found, f"n;v\n{lines}")
        return [row["_reasons"] or row["v"] for row in rows]

    return values


def test_an_enum_lists_the_only_values_there_are(read: Callable[..., list[Any]]) -> None:
    shift = {"logicalType": "string", "enum": [{"value": name} for name in ("early", "late", "l'aquila")]}
    assert read(shift, ["early", "l'aquila", "Early", "early ", "night"]) == [
        "early", "l'aquila", ["ENUM_V"], ["ENUM_V"], ["ENUM_V"],
    ]  # fmt: skip
    assert read({"logicalType": "integer", "enum": [{"value": 1}, {"value": 2}]}, ["2", "3"]) == [2, ["ENUM_V"]]


def test_a_pattern_must_match_the_whole_value(read: Callable[..., list[Any]]) -> None:
    machine = with_options("string", pattern="M[0-9]{3}")
    assert read(machine, ["M001", "xM001", "M0012", "m001"]) == ["M001", ["PATTERN_V"], ["PATTERN_V"], ["PATTERN_V"]]


def test_a_range_includes_or_excludes_its_ends_as_it_says(read: Callable[..., list[Any]]) -> None:
    broken = ["RANGE_V"]
    assert read(with_options("integer", minimum=1, maximum=3), list("01234")) == [broken, 1, 2, 3, broken]
    assert read(with_options("integer", exclusiveMinimum=1, exclusiveMaximum=3), list("123")) == [broken, 2, broken]
    days = with_options("date", minimum="2020-01-01", maximum="2020-12-31")
    assert read(days, ["2019-12-31", "2020-12-31"]) == [broken, date(2020, 12, 31)]
    assert read(with_options("number", minimum=-0.5), ["-0.5", "-0.51"]) == [-0.5, broken]


def test_a_length_counts_characters_not_bytes(read: Callable[..., list[Any]]) -> None:
    code = with_options("string", minLength=2, maxLength=4)
    assert read(code, ["è", "àè", "東京", "😀😀😀😀", "abcde", "東京東京東"]) == [
        ["LENGTH_V"], "àè", "東京", "😀😀😀😀", ["LENGTH_V"], ["LENGTH_V"],
    ]  # fmt: skip


def test_numerals_are_read_in_the_notation_the_contract_declares(read: Callable[..., list[Any]]) -> None:
    italian = {"decimal": ",", "thousands": "."}
    assert read(MONEY, ["1.234,50", "0,5", "12", "-7,25"], files=italian) == [
        Decimal("1234.50"), Decimal("0.50"), Decimal(12), Decimal("-7.25"),
    ]  # fmt: skip
    assert read(NUMBER, ["1,5", "1.234.567"], files=italian) == [1.5, 1234567.0]
    assert read("integer", ["1.234.567"], files=italian) == [1234567]
    assert read("integer", ["1'234", "12"], files={"thousands": "'"}) == [1234, 12]
    assert read("integer", ["1 234"], files={"thousands": "\N{NO-BREAK SPACE}"}) == [["TYPE_V"]]
    assert read("integer", ["1\N{NO-BREAK SPACE}234"], files={"thousands": "\N{NO-BREAK SPACE}"}) == [1234]


def test_a_decimal_comma_is_no_number_where_the_contract_says_point(read: Callable[..., list[Any]]) -> None:
    assert read(MONEY, ["1,5", "1.234,50", "1.5"]) == [["TYPE_V"], ["TYPE_V"], Decimal("1.50")]
    assert read("integer", ["1,000"]) == [["TYPE_V"]]


def test_a_decimal_is_exact_or_it_is_none(read: Callable[..., list[Any]]) -> None:
    assert read(MONEY, ["99999.99", "0.1", "100000", "0.005", "1.230"]) == [
        Decimal("99999.99"), Decimal("0.10"), ["TYPE_V"], ["TYPE_V"], Decimal("1.23"),
    ]  # fmt: skip
    long = {"logicalType": "number", "physicalType": "DECIMAL(38,10)"}
    text = "1234567890123456789012345678.0123456789"
    assert read(long, [text, "0.1"]) == [Decimal(text), Decimal("0.1")]


def test_what_only_looks_like_a_number_is_none(read: Callable[..., list[Any]]) -> None:
    wrong = ["1e5", "NaN", "inf", "0x1F", "1_000", "1.5", "--1", "²", "٣", "1 2"]
    assert read("integer", wrong) == [["TYPE_V"]] * len(wrong)
    assert read("integer", ["007", "-0", " 12 ", "+5"]) == [7, 0, 12, 5]
    assert read("integer", ["9223372036854775807", "9223372036854775808"]) == [9223372036854775807, ["TYPE_V"]]
    small = {"logicalType": "integer", "physicalType": "SMALLINT"}
    assert read(small, ["32767", "32768", "-32768"]) == [32767, ["TYPE_V"], -32768]
    assert read(NUMBER, ["1e5", "NaN", "inf", "1e999", "1.5e-3"]) == [1e5, ["TYPE_V"], ["TYPE_V"], ["TYPE_V"], 1.5e-3]


def test_leading_zeros_of_an_id_that_is_text_stay(read: Callable[..., list[Any]]) -> None:
    assert read("string", ["007", "1e5", "2026-01-05", " x "]) == ["007", "1e5", "2026-01-05", " x "]


def test_every_null_token_is_a_missing_value_and_no_other_word_is(read: Callable[..., list[Any]]) -> None:
    tokens = {"nullValues": ["", "NULL", "n/a", "-"]}
    assert read("string", ["NULL", "", "n/a", "-", "null", "N/A", "--"], files=tokens) == [
        None, None, None, None, "null", "N/A", "--",
    ]  # fmt: skip
    assert read("integer", ["-", "-1", "NULL"], files=tokens) == [None, -1, None]
    needed = {"logicalType": "string", "required": True}
    assert read(needed, ["NULL", "x"], files=tokens) == [["REQUIRED_V"], "x"]
    assert read(needed, ["NULL", ""]) == ["NULL", ["REQUIRED_V"]]


def test_without_null_tokens_nothing_is_missing_not_even_the_empty_text(read: Callable[..., list[Any]]) -> None:
    needed = {"logicalType": "string", "required": True}
    assert read(needed, ["", "x"], files={"nullValues": []}) == ["", "x"]


def test_dates_are_iso_unless_the_contract_names_their_format(read: Callable[..., list[Any]]) -> None:
    assert read("date", ["2024-02-29", "2023-02-29", "2024-2-29", "29/02/2024", "20240229", "45000"]) == [
        date(2024, 2, 29), ["TYPE_V"], ["TYPE_V"], ["TYPE_V"], ["TYPE_V"], ["TYPE_V"],
    ]  # fmt: skip
    italian = with_options("date", format="%d/%m/%Y")
    assert read(italian, ["29/02/2024", "30/02/2024", "2024-02-29", "01/13/2024", "1/2/2024"]) == [
        date(2024, 2, 29), ["TYPE_V"], ["TYPE_V"], ["TYPE_V"], ["TYPE_V"],
    ]  # fmt: skip


def test_the_ends_of_the_calendar_are_dates_and_what_lies_beyond_is_not(read: Callable[..., list[Any]]) -> None:
    assert read("date", ["0001-01-01", "9999-12-31", "0000-01-01", "infinity", "-infinity", "10000-01-01"]) == [
        date(1, 1, 1), date(9999, 12, 31), *[["TYPE_V"]] * 4,
    ]  # fmt: skip
    assert read("timestamp", ["9999-12-31 23:59:59", "10000-01-01 00:00:00", "infinity", "0000-01-01 00:00:00"]) == [
        datetime(9999, 12, 31, 23, 59, 59), *[["TYPE_V"]] * 3,
    ]  # fmt: skip
    assert read("timestamp", ["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00"]) == [["TYPE_V"], ["TYPE_V"]]


def test_booleans_are_true_and_false_and_one_and_zero(read: Callable[..., list[Any]]) -> None:
    assert read("boolean", ["true", "FALSE", "1", "0", "yes", "t", "2"]) == [
        True, False, True, False, ["TYPE_V"], ["TYPE_V"], ["TYPE_V"],
    ]  # fmt: skip


def test_a_time_without_a_zone_is_in_the_zone_the_contract_names(read: Callable[..., list[Any]]) -> None:
    rome = with_options("timestamp", timezone=True, defaultTimezone="Europe/Rome")
    assert read(rome, ["2026-01-05 23:30:00", "2026-07-05 23:30:00", "2026-07-05T23:30:00"]) == [
        datetime(2026, 1, 5, 22, 30), datetime(2026, 7, 5, 21, 30), datetime(2026, 7, 5, 21, 30),
    ]  # fmt: skip
    assert read("timestamp", ["2026-07-05 23:30:00"]) == [datetime(2026, 7, 5, 23, 30)]


def test_the_nights_on_which_the_clock_changes_are_read_without_error(read: Callable[..., list[Any]]) -> None:
    rome = with_options("timestamp", timezone=True, defaultTimezone="Europe/Rome")
    # On 2025-03-30 there is no 02:30: the clock is taken as not yet put forward. On 2025-10-26 it is 02:30 twice.
    texts = ["2025-03-30 01:59:59", "2025-03-30 02:30:00", "2025-03-30 03:00:00", "2025-10-26 01:59:59"]
    assert read(rome, [*texts, "2025-10-26 03:00:00"]) == [
        datetime(2025, 3, 30, 0, 59, 59),
        datetime(2025, 3, 30, 1, 30),
        datetime(2025, 3, 30, 1, 0),
        datetime(2025, 10, 25, 23, 59, 59),
        datetime(2025, 10, 26, 2, 0),
    ]
    (twice,) = read(rome, ["2025-10-26 02:30:00"])
    assert twice in (datetime(2025, 10, 26, 0, 30), datetime(2025, 10, 26, 1, 30))
    lord_howe = with_options("timestamp", timezone=True, defaultTimezone="Australia/Lord_Howe")
    assert read(lord_howe, ["2025-10-05 01:59:00", "2025-10-05 02:30:00"]) == [
        datetime(2025, 10, 4, 15, 29), datetime(2025, 10, 4, 15, 30),
    ]  # fmt: skip


def test_an_offset_in_the_text_counts_more_than_the_contracts_zone(read: Callable[..., list[Any]]) -> None:
    rome = with_options("timestamp", timezone=True, defaultTimezone="Europe/Rome")
    expected = {
        "2026-01-05T23:30:00Z": datetime(2026, 1, 5, 23, 30),
        "2026-01-05 23:30:00+00:00": datetime(2026, 1, 5, 23, 30),
        "2026-01-05 23:30:00+01": datetime(2026, 1, 5, 22, 30),
        "2026-01-05T23:30:00-0500": datetime(2026, 1, 6, 4, 30),
        "2026-01-05T23:30:00.250+05:30": datetime(2026, 1, 5, 18, 0, 0, 250000),
        "2026-01-05T23:30:00 UTC": datetime(2026, 1, 5, 23, 30),
        "2026-10-25T02:30:00+02:00": datetime(2026, 10, 25, 0, 30),
        "2026-10-25T02:30:00+01:00": datetime(2026, 10, 25, 1, 30),
    }
    assert read(rome, list(expected)) == list(expected.values())
    assert read("timestamp", list(expected)) == list(expected.values())


def test_an_offset_that_no_place_on_earth_has_is_none(read: Callable[..., list[Any]]) -> None:
    wrong = [
        "2026-01-05T23:30:00+99:00",
        "2026-01-05T23:30:00+01:00:30",
        "2026-01-05T23:30:00 CET",
        "2026-01-05T23:30:00+1",
    ]
    assert read("timestamp", wrong) == [["TYPE_V"]] * len(wrong)


def test_an_offset_is_never_passed_over_however_long_the_text_is(read: Callable[..., list[Any]]) -> None:
    """As long as a day with hours, minutes and seconds, and not one."""
    assert read("timestamp", ["2026-01-05 23:30+01", "2026-01-05T23:30-05"]) == [["TYPE_V"]] * 2
    assert read("timestamp", ["2026-1-05 23:30:00Z"]) == [datetime(2026, 1, 5, 23, 30)]


def test_a_number_of_seconds_is_no_time(read: Callable[..., list[Any]]) -> None:
    epochs = ["1767650400", "1767650400000", "1767650400000000", "0", "46027.5"]
    assert read("timestamp", epochs) == [["TYPE_V"]] * len(epochs)


def test_a_time_may_be_written_in_a_format_of_its_own(read: Callable[..., list[Any]]) -> None:
    machine = with_options("timestamp", format="%d.%m.%Y %H:%M", timezone=True, defaultTimezone="Europe/Rome")
    assert read(machine, ["05.01.2026 23:30", "2026-01-05 23:30", "31.02.2026 10:00"]) == [
        datetime(2026, 1, 5, 22, 30), ["TYPE_V"], ["TYPE_V"],
    ]  # fmt: skip


def test_fractions_of_a_second_and_the_years_clocks_stumble_over_are_kept(read: Callable[..., list[Any]]) -> None:
    texts = ["2026-01-05 10:00:00.123456", "1970-01-01 00:00:00", "2038-01-19 03:14:08", "2036-02-07 06:28:16"]
    assert read("timestamp", texts) == [moment.fromisoformat(text) for text in texts]
