"""Periods of days: the presets offered, the equal period before, and how finely a chart divides one.

A preset ends at the newest day of the data, not today: "the last 30 days" of a plant whose data ends on
Friday are the 30 days up to Friday.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Grain = Literal["day", "week", "month"]

LONGEST_BY_DAY = 45
LONGEST_BY_WEEK = 200

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days these are."""
        return (self.last - self.first).days + 1

    @property
    def previous(self) -> Period:
        """The equally long period just before."""
        return Period(self.first - timedelta(days=self.days), self.first - _ONE_DAY)

    @property
    def grain(self) -> Grain:
        """The step in which a chart shows this period: some dozens of steps at most."""
        if self.days <= LONGEST_BY_DAY:
            return "day"
        return "week" if self.days <= LONGEST_BY_WEEK else "month"

    def holds(self, day: date) -> bool:
        """Whether that day is one of these."""
        return self.first <= day <= self.last

    def within(self, other: Period) -> Period | None:
        """The part of this period that lies in the other one."""
        first, last = max(self.first, other.first), min(self.last, other.last)
        return Period(first, last) if first <= last else None


@dataclass(frozen=True)
class Preset:
    """A period that is offered by name."""

    name: str
    label: str

    def until(self, newest: date) -> Period:
        """The period of this name that ends at the newest day."""
        if self.name == "year":
            return Period(newest.replace(month=1, day=1), newest)
        if self.name == "12-months":
            return Period(_a_year_before(newest) + _ONE_DAY, newest)
        return Period(newest - timedelta(days=int(self.name) - 1), newest)


PRESETS = (
    Preset("7", "7 days"),
    Preset("30", "30 days"),
    Preset("90", "90 days"),
    Preset("year", "This year"),
    Preset("12-months", "12 months"),
)
DEFAULT_PRESET = PRESETS[2]


def preset_named(name: str) -> Preset | None:
    """The preset of that name."""
    return next((preset for preset in PRESETS if preset.name == name), None)


def preset_of(period: Period, newest: date) -> Preset | None:
    """The preset that means this period, if one does."""
    return next((preset for preset in PRESETS if preset.until(newest) == period), None)


def whole_step(start: date, grain: Grain) -> Period:
    """All days of the step that begins at `start`."""
    if grain == "day":
        return Period(start, start)
    if grain == "week":
        return Period(start, start + timedelta(days=6))
    in_next_month = start.replace(day=28) + timedelta(days=4)
    return Period(start, in_next_month.replace(day=1) - _ONE_DAY)


def _a_year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)
