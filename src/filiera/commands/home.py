"""Commands that make, fill and serve a home."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from filiera.commands.running import show_summary
from filiera.console import number, print_json, progress, say
from filiera.errors import UsageError
from filiera.intake.ledger import Ledger
from filiera.log import close_log, open_log
from filiera.pipeline.journal import Journal
from filiera.pipeline.run import run_pipeline
from filiera.pipeline.schedule import Scheduler
from filiera.pipeline.steps import all_contracts
from filiera.registry import domain, domains
from filiera.settings import CONFIG_FILE, Settings

if TYPE_CHECKING:
    from filiera.web.status import RunState

_CONFIG = """\
# Settings of this filiera home. Each may also be given as a variable, FILIERA_<NAME>; secrets are better given so.
# A line without its "#" takes effect with the next command.

# target = "duckdb"            # engine of the warehouse: duckdb or postgres
# country = "IT"               # whose public holidays the calendar marks
# schedule = "0 6 * * *"       # when `filiera serve` runs the pipeline, as cron writes it
# port = 8000                  # of the web app
# lake_url = "s3://bucket/lake"
# alert_urls = ["mailto://user:password@example.com"]
"""

_README = """\
# A filiera home

| folder | what |
|---|---|
| `drop/` | put files here, each into the folder of its dataset; `filiera run` takes them in |
| `landing/` | delivered files as they came; do not change them |
| `lake/` | every delivered row, typed, with the rules it broke: the system of record |
| `warehouse/`, `serving/` | made from the lake; `filiera rebuild` makes them again |
| `state/` | the ledger and what runs need |
| `logs/` | `etl.log` to read, `etl.jsonl` for machines |
| `filiera.toml` | settings |

Start with `filiera run`, look with `filiera status`, serve with `filiera serve`.
"""


def make_home(settings: Settings) -> None:
    """Make a home, leaving alone what is there."""
    make_folders(settings)
    say(f"Home ready in {settings.home}")
    say(f"Next: put a file into {settings.drop}/<dataset>/, then run: filiera run --home {settings.home}")


def make_folders(settings: Settings) -> None:
    """Folders, configuration and README."""
    if settings.home.exists() and not settings.home.is_dir():
        raise UsageError(f"{settings.home} is a file. Name a folder for the home.")
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        for dataset in all_contracts(settings):
            (settings.drop / dataset).mkdir(parents=True, exist_ok=True)
        for name, text in ((CONFIG_FILE, _CONFIG), ("README.md", _README)):
            path = settings.home / name
            if not path.exists():
                path.write_text(text, encoding="utf-8")
    except PermissionError as error:
        raise UsageError(f"{error.filename} cannot be written: permission denied. Choose another home.") from None


def generate_domain(
    settings: Settings, name: str, *, scale: float, seed: int, day: date | None, replace: bool, as_json: bool
) -> None:
    """Fill one domain's sources."""
    make_folders(settings)
    with progress() as tell:
        counts = domain(name).load("generator")(
            settings, scale=scale, seed=seed, as_of=day, replace=replace, progress=tell
        )
    if as_json:
        print_json(counts)
        return
    rows = counts.pop("rows", None)
    say(f"{name}: {number(rows)} rows" + (", among them:" if counts else ""))
    for kind, count in counts.items():
        say(f"  {number(count):>9}  {kind.replace('_', ' ')}")


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
