"""Runs the dbt project in this process, quietly, with everything a run writes kept inside the home.

dbt's own telemetry and version check are off: nothing phones home.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from filiera.crashpoint import point
from filiera.errors import FilieraError, TransientError
from filiera.settings import Settings
from filiera.warehouse.parsed import describe, parsed, standing_on

PROJECT = Path(__file__).parent / "project"
_PASSING = re.compile(
    r"could not connect|connection refused|server closed the connection|terminating connection|connection .*closed"
    r"|the database system is|deadlock detected|could not serialize|too many clients|connection to server",
    re.IGNORECASE,
)
_SHOWN = 3


@cache
def project_fingerprint() -> str:
    """Changes whenever any file of the project does: then everything is built anew."""
    digest = hashlib.sha256()
    for path in sorted(PROJECT.rglob("*")):
        if path.is_file() and path.suffix in {".sql", ".yml", ".csv"}:
            digest.update(str(path.relative_to(PROJECT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def models(settings: Settings) -> Path:
    """The file that tells what the models of this home's warehouse are."""
    return settings.state / "dbt" / settings.target / "models.json"


@cache
def make_ready() -> None:
    """Begin to import dbt, which takes a second, while others wait for engines; a build that comes finds it there."""
    threading.Thread(target=import_module, args=("dbt.cli.main",), name="dbt", daemon=True).start()


def run_dbt(
    settings: Settings,
    profile: dict[str, Any],
    command: Sequence[str],
    *,
    secret: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
    changed: Sequence[str] | None = None,
) -> None:
    """Run a dbt command; what fails is said in one sentence that names the model or test.

    Where only some tables of the lake have `changed`, it runs over what stands on them, and leaves views as they are.
    """
    os.environ |= {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1", "DBT_VERSION_CHECK": "false"}
    if secret is not None:
        os.environ["DBT_ENV_SECRET_WAREHOUSE"] = secret
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - takes a second to import

    folder = settings.state / "dbt" / settings.target
    folder.mkdir(parents=True, exist_ok=True)
    profiles = {"filiera": {"target": settings.target, "outputs": {settings.target: profile}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profiles), encoding="utf-8")
    options = [
        "--project-dir", str(PROJECT),
        "--profiles-dir", str(folder),
        "--target-path", str(folder / "target"),
        "--log-path", str(folder / "logs"),
        "--log-level", "none",
        "--log-level-file", "warn",
        "--no-send-anonymous-usage-stats",
        "--no-version-check",
        "--no-use-colors",
        "--quiet",
    ]  # fmt: skip
    manifest = parsed(settings, project_fingerprint(), profile, options)
    describe(manifest, models(settings))
    if changed is not None:
        nodes = standing_on(manifest, changed)
        if not nodes:
            return
        command = [*command, "--indirect-selection", "empty", "--select", *nodes]
    outcome = dbtRunner(manifest, [_Progress(progress)]).invoke([*command, "--no-write-json", *options])
    if not outcome.success:
        _raise_if_stopped(outcome.exception)
        raise _failure(command[0], outcome)


class _Progress:
    """Tells which model was built, and gives tests a place to kill the build at."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self.progress = progress

    def __call__(self, event: Any) -> None:
        if event.info.name in ("LogModelResult", "LogSeedResult"):
            self.progress(f"built {event.data.node_info.node_name}")
            point(f"dbt.after_{event.data.node_info.node_name}")
        elif event.info.name == "LogTestResult":
            self.progress(f"tested {event.data.name}")


def _raise_if_stopped(error: BaseException | None) -> None:
    """Raise the stop that dbt was told, also where something failed while dbt cancelled its queries because of it."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise error
        error = error.__cause__ or error.__context__


def _failure(command: str, outcome: Any) -> FilieraError:
    failed = [
        f"{item.node.name}: {_reason(item.message)}"
        for item in getattr(outcome.result, "results", [])
        if str(item.status) in ("error", "fail", "runtime error")
    ]
    if failed:
        more = f" (and {len(failed) - _SHOWN} more)" if len(failed) > _SHOWN else ""
        text = f"dbt {command} failed: {'; '.join(failed[:_SHOWN])}{more}"
    else:
        text = f"dbt {command} failed: {_reason(str(outcome.exception or 'no reason given'))}"
    if _PASSING.search(text):
        return TransientError(text)
    return FilieraError(f"{text}. The published data stays as it was.")


def _reason(message: str | None) -> str:
    lines = [line.strip() for line in (message or "").splitlines() if line.strip()]
    meaty = [
        line for line in lines if not line.startswith(("Runtime Error in", "Database Error in", "compiled code at"))
    ]
    return " ".join(meaty[:3])[:400]
