"""Numbers and dates as people read them: 1,234,567; 2.31 %; 3 Mar 2025."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

DASH = "\N{EN DASH}"
MISSING = DASH

_MILLION = 1_000_000

Trend = Literal["up", "down", "level"]


def pieces(number: int | None) -> str:
    """A count with its thousands apart."""
    return MISSING if number is None else f"{number:,}"


def amount(number: float | None) -> str:
    """An amount of money in whole units; its currency stands beside it."""
    return MISSING if number is None else f"{number:,.0f}"


def large_amount(number: float | None) -> str:
    """An amount where there is little room: from a million on in millions."""
    return amount(number) if number is None or number < _MILLION else f"{number / _MILLION:,.1f} M"


def percent(ratio: float | None, digits: int = 2) -> str:
    """A ratio in percent."""
    return MISSING if ratio is None else f"{ratio * 100:.{digits}f} %"


def counted(number: int, noun: str) -> str:
    """A count with its noun in the right number: 1 row, 2 rows, 2 deliveries."""
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("ry") else f"{noun}s"
    return f"{pieces(number)} {plural}"


def day(value: date) -> str:
    """A day: 3 Mar 2025."""
    return f"{value.day} {value:%b %Y}"


def span(first: date, last: date) -> str:
    """From one day to another, the year said once where it is the same."""
    if first == last:
        return day(first)
    if first.year != last.year:
        return f"{day(first)} {DASH} {day(last)}"
    if first.month != last.month:
        return f"{first.day} {first:%b} {DASH} {day(last)}"
    return f"{first.day} {DASH} {day(last)}"


def moment(value: datetime) -> str:
    """A moment in UTC, to the minute."""
    return f"{day(value)}, {value:%H:%M} UTC"


@dataclass(frozen=True)
class Change:
    """How a figure moved against the one before it."""

    trend: Trend
    text: str


def change(now: float | None, before: float | None) -> Change | None:
    """The relative change of a count, or None where there is nothing to compare with."""
    if now is None or not before:
        return None
    return _change(now - before, f"{abs(now / before - 1) * 100:.1f} %")


def change_in_points(now: float | None, before: float | None) -> Change | None:
    """The change of a ratio in percentage points: the relative change of a ratio misleads."""
    if now is None or before is None:
        return None
    return _change(now - before, f"{abs(now - before) * 100:.2f} points")


def _change(difference: float, text: str) -> Change:
    # What rounds to nothing is level, whatever its sign.
    if not float(text.split(maxsplit=1)[0]):
        return Change("level", text)
    return Change("up" if difference > 0 else "down", text)
