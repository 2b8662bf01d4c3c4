"""Commands that show a home to people: the demonstration, and the server."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from filiera.commands.making import make_folders
from filiera.commands.running import show_summary
from filiera.console import progress, say
from filiera.errors import UsageError
from filiera.intake.ledger import Ledger
from filiera.log import close_log, open_log
from filiera.pipeline.journal import Journal
from filiera.pipeline.run import run_pipeline
from filiera.pipeline.schedule import Scheduler
from filiera.registry import domains
from filiera.settings import Settings

if TYPE_CHECKING:
    from filiera.web.status import RunState


def demonstrate(settings: Settings, *, scale: float, day: date | None, serve_after: bool) -> None:
    """From nothing to a page."""
    make_folders(settings)
    with progress() as tell:
        # The last day that is over: a plant has not recorded the evening of a day that still lasts.
        last = (day or settings.today()) - timedelta(days=1)
        for name, found in domains().items():
            size = scale * found.demo_scale
            tell(f"making example data: {found.title}" + ("" if size == 1 else f", {size:.0%} of its full size"))
            try:
                found.load("generator")(settings, scale=size, as_of=last, replace=False, progress=tell)
            except UsageError:
                tell(f"{name} has data already, which is kept")
        summary = run_pipeline(settings, today=day, progress=tell)
    show_summary(settings, summary)
    if serve_after:
        serve_home(settings)
    else:
        say(f"Look at it with: filiera serve --home {settings.home}")


def serve_home(settings: Settings) -> None:
    """Serve until stopped."""
    from filiera.web.server import serve  # noqa: PLC0415 - Dash takes a second to import

    if not Path(settings.home).is_dir():
        raise UsageError(
            f"There is no home in {settings.home}. Make one with: filiera demo, or filiera init {settings.home}"
        )

    def ready(url: str) -> None:
        say(f"Serving {url}  (stop with Ctrl+C)")
        sys.stdout.flush()

    with ExitStack() as stack:
        ledger = Ledger(settings)
        stack.callback(ledger.close)
        open_log(settings)
        stack.callback(close_log)
        if settings.schedule:
            scheduler = stack.enter_context(Scheduler(settings))
            say(f"Next scheduled run at {scheduler.due:%Y-%m-%d %H:%M %Z}")
        serve(settings, on_ready=ready, recent_runs=partial(_recent_runs, Journal(ledger, settings)))


def _recent_runs(journal: Journal) -> list[RunState]:
    from filiera.web.status import RunState  # noqa: PLC0415 - with the rest of the web app

    return [
        RunState(
            run_id=run.run_id, state=run.state, started_at=run.started_at, ended_at=run.ended_at, message=run.error
        )
        for run in journal.runs(10)
    ]
