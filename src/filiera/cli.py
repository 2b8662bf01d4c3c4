"""The command line: each command gathers its settings, calls what does the work, and shows what it did.

What is heavy is imported inside the command that needs it, so that `filiera --help` answers at once.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from filiera.errors import FilieraError, UsageError, without_secrets
from filiera.pipeline.stopping import ended_by_signals
from filiera.registry import domains

if TYPE_CHECKING:
    from filiera.settings import Settings

app = typer.Typer(
    help="What a plant records every day, in one warehouse in which every number can be traced to its source line.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Home = Annotated[Path | None, typer.Option("--home", help="The home; default: FILIERA_HOME, or ./filiera-home.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Target = Annotated[str | None, typer.Option("--target", help="Engine of the warehouse: duckdb, postgres or snowflake.")]
Day = Annotated[
    datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Logical date of the run; default: today.")
]
Dataset = Annotated[str | None, typer.Argument(help="A dataset, as factory.production_raw; default: all.")]

_BEFORE_COLLECTING = 100_000
"""Objects to make before looking for cycles among them."""
_chosen: Settings | None = None
"""Those of the command: the sentence it may end with names its home."""


def main() -> None:
    """Entry point: errors become one sentence and an exit code."""
    _spare_the_collector()
    with ended_by_signals():
        try:
            _add_domains()
            app()
        except BrokenPipeError:
            sys.exit(0)  # the reader of our output, such as `head`, has seen enough
        except Exception as error:
            if os.environ.get("FILIERA_DEBUG"):
                raise
            sys.exit(_tell(error))


def _spare_the_collector() -> None:
    """Look for cycles less often, and not at the end, when everything goes anyway: with dbt, that takes a second."""
    gc.set_threshold(_BEFORE_COLLECTING)
    atexit.register(gc.freeze)


def _tell(error: Exception) -> int:
    from filiera.pipeline.faults import in_words

    known = error if isinstance(error, FilieraError) else in_words(error, _chosen)
    if known:
        sys.stderr.write(f"Error: {known}\n")
        return known.exit_code
    # A defect of ours: the log has its traceback when a run met it, FILIERA_DEBUG shows it.
    text = f"{type(error).__name__}: {without_secrets(str(error).strip())}"
    sys.stderr.write(f"Error: {text}\nRun again with FILIERA_DEBUG=1 for details.\n")
    return 1


def _add_domains() -> None:
    for name, domain in domains().items():
        if domain.commands:
            app.add_typer(domain.load("commands"), name=name)


def _settings(home: Path | None, **chosen: Any) -> Settings:
    global _chosen  # noqa: PLW0603 - see its docstring
    from filiera.settings import load_settings

    _chosen = load_settings(home, **chosen)
    return _chosen


def _existing(home: Path | None) -> Settings:
    """Settings of a home that is there: to look at one that is not would make it."""
    settings = _settings(home)
    if not settings.home.is_dir():
        raise UsageError(
            f"There is no home in {settings.home}. Make one with: filiera demo, or filiera init {settings.home}"
        )
    return settings


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


@app.command()
def demo(
    home: Home = None,
    target: Target = None,
    scale: Annotated[
        float,
        typer.Option(min=0.001, help="Size of the example data; 1 is two years of 120 machines and of 20 vehicles."),
    ] = 1.0,
    port: Annotated[int | None, typer.Option(help="Port of the web app.")] = None,
    serve_after: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the page when done.")] = True,
    as_of: Day = None,
) -> None:
    """Make example data for every domain, run the pipeline once, then serve."""
    from filiera.commands.serving import demonstrate

    demonstrate(_settings(home, target=target, port=port), scale=scale, day=_day(as_of), serve_after=serve_after)


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="The new home.")]) -> None:
    """Make a new home: configuration, empty drop folders, a README in it."""
    from filiera.commands.making import make_home

    make_home(_settings(folder))


@app.command()
def generate(
    domain: Annotated[str, typer.Argument(help="A domain, as factory.")],
    home: Home = None,
    scale: Annotated[float, typer.Option(help="Size of the example data.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 42,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day; default: yesterday.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace what is there.")] = False,
    json_: Json = False,
) -> None:
    """Fill a domain's sources with example data."""
    from filiera.commands.making import generate_domain

    generate_domain(_settings(home), domain, scale=scale, seed=seed, day=_day(as_of), replace=replace, as_json=json_)


@app.command()
def ingest(
    dataset: Dataset = None,
    files: Annotated[list[Path] | None, typer.Argument(help="Files to take in; default: what waits.")] = None,
    home: Home = None,
    day: Day = None,
    json_: Json = False,
) -> None:
    """Take in what is new: named files, or whatever the sources hold."""
    from filiera.commands.running import take_in

    take_in(_settings(home), dataset, files or [], day=_day(day), as_json=json_)


@app.command()
def run(
    home: Home = None,
    full: Annotated[bool, typer.Option("--full", help="Build the warehouse anew from the lake.")] = False,
    target: Target = None,
    day: Day = None,
    json_: Json = False,
) -> None:
    """Ingest, build, test and publish."""
    from filiera.commands.running import run_once

    run_once(_settings(home, target=target), full=full, day=_day(day), as_json=json_)


@app.command()
def status(home: Home = None, json_: Json = False) -> None:
    """What ran last, what is published, and what is waiting."""
    from filiera.commands.showing import show_status

    show_status(_existing(home), as_json=json_)


@app.command()
def runs(
    run_id: Annotated[str | None, typer.Argument(metavar="RUN", help="One run, or the beginning of its id.")] = None,
    home: Home = None,
    limit: Annotated[int, typer.Option(min=1, help="How many runs to list.")] = 20,
    pause: Annotated[bool, typer.Option("--pause", help="Stop the run before its next step.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a paused or failed run.")] = False,
    json_: Json = False,
) -> None:
    """The runs there were, or one with its steps."""
    from filiera.commands.showing import show_runs

    if (pause or resume) and not run_id:
        raise UsageError("Name the run to pause or resume, as: filiera runs 20260131-063000 --resume")
    show_runs(_existing(home), run_id, limit=limit, pause=pause, resume=resume, as_json=json_)


@app.command()
def rejects(
    dataset: Dataset = None,
    home: Home = None,
    reason: Annotated[str | None, typer.Option(help="Only rows that broke this rule.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many rows to show.")] = 20,
    json_: Json = False,
) -> None:
    """Rejected rows: counts by reason, and the rows with file, line and text."""
    from filiera.commands.showing import show_rejects

    show_rejects(_existing(home), dataset, reason=reason, limit=limit, as_json=json_)


@app.command()
def replay(
    dataset: Annotated[str, typer.Argument(help="A dataset, as factory.production_raw.")],
    home: Home = None,
    every: Annotated[bool, typer.Option("--all", help="Also batches the present contract has judged.")] = False,
    json_: Json = False,
) -> None:
    """Try rejected rows and refused files again under the present contract."""
    from filiera.commands.running import replay_dataset

    replay_dataset(_existing(home), dataset, every=every, as_json=json_)


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One SELECT over the published data.")],
    home: Home = None,
    limit: Annotated[int, typer.Option(min=1, help="How many rows to show.")] = 1000,
    json_: Json = False,
) -> None:
    """Read-only SQL over the published data."""
    from filiera.commands.asking import answer_query

    answer_query(_existing(home), sql, limit=limit, as_json=json_)


@app.command()
def trace(
    relation: Annotated[str, typer.Argument(help="A published relation, as production_fact.")],
    key: Annotated[list[str], typer.Argument(help="Its row: 2026-01-31/Torino/L1, or plant=Torino line=L1 …")],
    home: Home = None,
    json_: Json = False,
) -> None:
    """From a number back to the source lines it came from."""
    from filiera.commands.showing import show_trace

    show_trace(_existing(home), relation, key, as_json=json_)


@app.command()
def quality(dataset: Dataset = None, home: Home = None, json_: Json = False) -> None:
    """The quality score of each dataset, dimension by dimension, and why."""
    from filiera.commands.showing import show_quality

    show_quality(_existing(home), dataset, as_json=json_)


@app.command()
def serve(
    home: Home = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Web page, API and scheduler in one process."""
    from filiera.commands.serving import serve_home

    serve_home(_settings(home, host=host, port=port))


@app.command()
def rebuild(home: Home = None, target: Target = None, day: Day = None, json_: Json = False) -> None:
    """Throw warehouse and published data away and make them again from the lake."""
    from filiera.commands.running import rebuild_all

    rebuild_all(_settings(home, target=target), day=_day(day), as_json=json_)


@app.command()
def doctor(home: Home = None, json_: Json = False) -> None:
    """Check that everything works, and say what to do where it does not."""
    from filiera.commands.showing import show_health

    show_health(_existing(home), as_json=json_)
