"""Numbers and dates as people read them."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from filiera.web.numbers import (
    Change,
    change,
    change_in_points,
    counted,
    moment,
    percent,
    pieces,
    span,
)


def test_counts_and_rates_are_written_for_people() -> None:
    assert pieces(1234567) == "1,234,567"
    assert percent(0.0231) == "2.31 %"
    assert (pieces(None), percent(None)) == ("\N{EN DASH}", "\N{EN DASH}")
    assert (counted(1, "delivery"), counted(2, "delivery")) == ("1 delivery", "2 deliveries")
    assert counted(1200, "day") == "1,200 days"


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (date(2025, 3, 3), date(2025, 3, 3), "3 Mar 2025"),
        (date(2025, 3, 3), date(2025, 3, 9), "3 - 9 Mar 2025"),
        (date(2025, 3, 31), date(2025, 4, 6), "31 Mar - 6 Apr 2025"),
        (date(2024, 12, 30), date(2025, 1, 5), "30 Dec 2024 - 5 Jan 2025"),
    ],
)
def test_a_span_says_the_year_once_where_it_is_the_same(first: date, last: date, told: str) -> None:
    assert span(first, last) == told.replace("-", "\N{EN DASH}")


def test_moments_are_told_in_utc() -> None:
    assert moment(datetime(2025, 3, 3, 4, 5)) == "3 Mar 2025, 04:05 UTC"  # noqa: DTZ001 - as DuckDB gives it


def test_a_change_has_a_direction_unless_it_rounds_to_nothing() -> None:
    assert change(110, 100) == Change("up", "10.0 %")
    assert change(99, 100) == Change("down", "1.0 %")
    assert change(100_001, 100_000) == Change("level", "0.0 %")
    assert change(5, 0) is None
    assert change(0, 5) == Change("down", "100.0 %")


def test_the_change_of_a_rate_is_told_in_points() -> None:
    assert change_in_points(0.0231, 0.0201) == Change("up", "0.30 points")
    assert change_in_points(None, 0.02) is None
