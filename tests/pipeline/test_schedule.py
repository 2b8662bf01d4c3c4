"""The schedule: which moment is next, and that a run is started once when it comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from filiera.errors import UsageError
from filiera.pipeline.schedule import Scheduler, next_time
from filiera.settings import Settings


def test_a_schedule_follows_the_clocks_of_its_zone_through_summer_time() -> None:
    winter = next_time("0 6 * * *", "Europe/Rome", datetime(2026, 1, 10, 12, tzinfo=UTC))
    summer = next_time("0 6 * * *", "Europe/Rome", datetime(2026, 7, 10, 12, tzinfo=UTC))
    assert winter.astimezone(UTC) == datetime(2026, 1, 11, 5, tzinfo=UTC)
    assert summer.astimezone(UTC) == datetime(2026, 7, 11, 4, tzinfo=UTC)


@pytest.mark.parametrize(("schedule", "zone"), [("every morning", "UTC"), ("0 6 * * *", "Rome"), ("61 * * * *", "UTC")])
def test_a_schedule_that_makes_no_sense_is_refused_by_name(schedule: str, zone: str) -> None:
    with pytest.raises(UsageError, match="Setting 'schedule"):
        next_time(schedule, zone, datetime(2026, 1, 1, tzinfo=UTC))


def test_a_run_starts_once_when_its_time_has_come(tmp_path: Path) -> None:
    started = []

    def start() -> int:
        started.append(1)
        return 0

    settings = Settings(home=tmp_path, schedule="0 6 * * *", now=datetime(2026, 1, 10, 5, 59, tzinfo=UTC))
    scheduler = Scheduler(settings, start)
    assert scheduler.tick() == timedelta(minutes=1).total_seconds()
    assert started == []

    scheduler.settings = settings.model_copy(update={"now": datetime(2026, 1, 10, 6, 0, tzinfo=UTC)})
    assert scheduler.tick() == 3600.0
    scheduler.tick()
    assert started == [1]
    assert scheduler.due == datetime(2026, 1, 11, 6, tzinfo=UTC)
