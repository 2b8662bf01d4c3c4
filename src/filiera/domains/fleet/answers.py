"""Answers a question from the published data."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from datetime import time as clock
from typing import Any
from zoneinfo import ZoneInfo

from filiera.domains.fleet.questions import question
from filiera.domains.fleet.variables import variables
from filiera.serving.reader import Serving
from filiera.settings import Settings


@dataclass(frozen=True)
class Answered:
    """An answer, and how long the engine took for it."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    milliseconds: float

    def dicts(self) -> list[dict[str, Any]]:
        """The rows by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def ask(settings: Settings, number: int, given: dict[str, int]) -> Answered:
    """Ask one question; `today` is the logical date of the publication."""
    asked = question(number, "warehouse")
    values: dict[str, Any] = dict(asked.fill(given))
    with Serving(settings) as serving:
        today = serving.rows("SELECT logical_date FROM meta.published")[0]["logical_date"]
        values |= {"today": today, "today_at": _beginning(today)}
        used = {name: values[name] for name in asked.names()}
        began = time.perf_counter()
        answer = serving.ask(asked.text("$"), used)
        took = (time.perf_counter() - began) * 1000
    return Answered(asked.title, answer.columns, answer.rows, took)


def _beginning(day: date) -> datetime:
    """When the day begins on the fleet's wall clock, in UTC as all times of the warehouse."""
    zone = ZoneInfo(variables()["fleet_time_zone"])
    return datetime.combine(day, clock(), zone).astimezone(UTC).replace(tzinfo=None)
