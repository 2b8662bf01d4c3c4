"""Commands that make and fill a home."""

from __future__ import annotations

from datetime import date

from filiera.console import number, print_json, progress, say
from filiera.errors import UsageError
from filiera.pipeline.catalog import all_contracts
from filiera.registry import domain
from filiera.settings import CONFIG_FILE, Settings

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
