"""Periods: presets, the equal period before, and the steps of a chart."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filiera.web.period import PRESETS, Period, preset_named, preset_of, whole_step

days = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@given(days, st.integers(0, 1500))
def test_the_period_before_is_as_long_and_ends_the_day_before(first: date, length: int) -> None:
    period = Period(first, first + timedelta(days=length))
    assert period.previous.days == period.days
    assert period.previous.last + timedelta(days=1) == period.first


@given(days)
def test_every_preset_ends_at_the_newest_day_and_is_found_again(newest: date) -> None:
    for preset in PRESETS:
        period = preset.until(newest)
        assert period.last == newest
        assert period.first <= newest
        found = preset_of(period, newest)
        assert found is not None
        assert found.until(newest) == period


@given(days, st.sampled_from(["day", "week", "month"]))
def test_a_step_is_whole_and_the_next_begins_the_day_after(day: date, grain: str) -> None:
    start = {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[grain]
    step = whole_step(start, grain)  # type: ignore[arg-type]
    assert step.first == start
    after = step.last + timedelta(days=1)
    assert {"day": True, "week": after.weekday() == 0, "month": after.day == 1}[grain]


@pytest.mark.parametrize(("length", "grain"), [(7, "day"), (30, "day"), (90, "week"), (365, "month"), (731, "month")])
def test_long_periods_are_shown_in_longer_steps(length: int, grain: str) -> None:
    assert Period(date(2025, 1, 1), date(2025, 1, 1) + timedelta(days=length - 1)).grain == grain


def test_twelve_months_are_a_year_also_in_a_leap_year() -> None:
    preset = preset_named("12-months")
    assert preset is not None
    assert preset.until(date(2025, 12, 31)).days == 365
    assert preset.until(date(2024, 12, 31)).days == 366
    assert preset.until(date(2024, 2, 29)).first == date(2023, 3, 1)
