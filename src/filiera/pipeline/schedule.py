"""Runs the pipeline by the clock while `filiera serve` serves.

Each run is a process of its own: a failing or greedy run leaves the pages alone, and the lock of the home keeps it from
meeting one that was started by hand. A run that is still under way when its next time comes is not doubled.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import CroniterBadCronError, croniter

from filiera.errors import UsageError
from filiera.log import log
from filiera.settings import Settings

_ANOTHER_RUN = 3
_LONGEST_WAIT = 3600.0
_PATIENCE = 30.0


def next_time(schedule: str, zone: str, after: datetime) -> datetime:
    """The first time of a cron expression after a moment, by the clocks of a time zone."""
    try:
        local = after.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        raise UsageError(
            f"Setting 'schedule_zone' is {zone!r}, which is no time zone; use a name like Europe/Rome."
        ) from None
    try:
        found: datetime = croniter(schedule, local).get_next(datetime)
    except (CroniterBadCronError, ValueError) as error:
        raise UsageError(f"Setting 'schedule' is {schedule!r}, which is no cron expression: {error}.") from None
    return found


class Scheduler:
    """Waits for the next time and starts a run, until it is stopped."""

    def __init__(self, settings: Settings, start: Callable[[], int] | None = None) -> None:
        self.settings = settings
        self.start_run = start or self._run
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._loop, name="filiera-schedule", daemon=True)
        self.due = self._next()
        self.under_way: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Begin to wait."""
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop waiting, and stop a run under way: what it has begun is finished by the next."""
        self.stopping.set()
        if self.under_way:
            self.under_way.terminate()
        self.thread.join(timeout=_PATIENCE)

    def tick(self) -> float:
        """Start the run that is due, if one is; seconds until it is worth looking again."""
        if self.settings.present() >= self.due:
            code = self.start_run()
            if code == _ANOTHER_RUN:
                log().warning("scheduled run left out, another one is under way")
            self.due = self._next()
        return min(max((self.due - self.settings.present()).total_seconds(), 0.0), _LONGEST_WAIT)

    def _loop(self) -> None:
        while not self.stopping.wait(self.tick()):
            pass

    def _next(self) -> datetime:
        return next_time(str(self.settings.schedule), self.settings.schedule_zone, self.settings.present())

    def _run(self) -> int:
        command = [sys.executable, "-m", "filiera", "run", "--home", str(self.settings.home)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL) as self.under_way:
            code = self.under_way.wait()
        self.under_way = None
        return code
