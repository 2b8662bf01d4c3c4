"""Every setting, with its default, and where a home keeps its things.

A setting comes from, first match wins: the command line, an environment variable `FILIERA_<NAME>`, the `filiera.toml`
of the home, the default here. This module imports nothing of filiera but its errors: everything else stands on it.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from filiera.errors import UsageError

CONFIG_FILE = "filiera.toml"
DEFAULT_HOME = "filiera-home"

Target = Literal["duckdb", "postgres", "snowflake"]


class Settings(BaseModel):
    """What the user may choose. Field names are the variables' names without the prefix."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(description="The folder that holds everything filiera keeps.")
    target: Target = Field("duckdb", description="The engine that holds the warehouse: duckdb, postgres or snowflake.")
    warehouse_url: SecretStr | None = Field(
        None, description="PostgreSQL or Snowflake URL of the warehouse; without it the embedded server holds it."
    )
    factory_url: SecretStr | None = Field(
        None, description="PostgreSQL URL of the plant's operational database; without it the embedded one."
    )
    fleet_url: SecretStr | None = Field(
        None, description="PostgreSQL URL of the fleet's operational database; without it the embedded one."
    )
    ledger_url: SecretStr | None = Field(
        None, description="SQLAlchemy URL of the ledger; without it SQLite inside the home."
    )
    lake_url: str | None = Field(None, description="A folder or an s3:// prefix; default: `lake` in the home.")
    s3_endpoint: str | None = Field(None, description="S3 endpoint URL, for servers other than AWS.")
    s3_region: str = Field("us-east-1", description="Region of the lake's bucket.")
    s3_access_key: SecretStr | None = Field(None, description="S3 key id; without it the usual AWS variables.")
    s3_secret_key: SecretStr | None = Field(None, description="S3 secret key.")
    cache: Path = Field(
        default_factory=lambda: Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "filiera",
        description="A folder for what all homes can share and anybody may delete; default: `filiera` in ~/.cache.",
    )
    contracts: Path | None = Field(None, description="A folder of further contracts, read beside the built-in ones.")
    threads: int | None = Field(None, ge=1, description="Threads of an engine; default: all cores.")
    memory_limit: str = Field("1536MB", description="Memory an engine may use before it spills to disk.")
    country: str = Field("IT", description="Country whose public holidays `dim_date` marks.")
    enterprise: str = Field("Filiera Pneumatici", description="Name of the company, which stands above its plants.")
    overlap: int = Field(3600, ge=0, description="Seconds a table is read again before its watermark.")
    retries: int = Field(3, ge=0, description="How often a step is tried again after a fault that may pass.")
    retry_seconds: float = Field(2.0, gt=0, description="Pause before the first retry; each next one doubles.")
    max_unpacked_bytes: int = Field(4 << 30, gt=0, description="A packed file that grows past this is refused.")
    max_unpack_ratio: int = Field(200, gt=1, description="A packed file that grows by more than this is refused.")
    alert_urls: tuple[str, ...] = Field((), description="apprise URLs that receive alerts.")
    host: str = Field("127.0.0.1", description="Address the web app listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the web app listens on.")
    schedule: str | None = Field(None, description="Cron expression on which `filiera serve` runs the pipeline.")
    schedule_zone: str = Field("UTC", description="Time zone of the schedule, as Europe/Rome.")
    now: datetime | None = Field(None, description="The moment taken as the present, to repeat a past run.")

    @cached_property
    def landing(self) -> Path:
        """Delivered files, never changed."""
        return self.home / "landing"

    @cached_property
    def lake(self) -> str:
        """Root of the lake: a folder or an s3:// prefix, without a slash at its end."""
        return (self.lake_url or str(self.home / "lake")).rstrip("/")

    @cached_property
    def drop(self) -> Path:
        """One folder a dataset, into which people put files."""
        return self.home / "drop"

    @cached_property
    def state(self) -> Path:
        """Ledger, run states, locks, dbt's working files."""
        return self.home / "state"

    @cached_property
    def scratch(self) -> Path:
        """Half-written things; whatever is here may be deleted when no run is under way."""
        return self.home / "state" / "scratch"

    @cached_property
    def warehouse_file(self) -> Path:
        """The DuckDB warehouse."""
        return self.home / "warehouse" / "warehouse.duckdb"

    @cached_property
    def serving(self) -> Path:
        """Published files and the pointer to the current one."""
        return self.home / "serving"

    @cached_property
    def logs(self) -> Path:
        """`etl.log` to read, `etl.jsonl` for machines."""
        return self.home / "logs"

    @cached_property
    def embedded_postgres(self) -> Path:
        """Data directory of the embedded PostgreSQL."""
        return self.home / "postgres"

    def present(self) -> datetime:
        """The present moment in UTC: the only clock of the product."""
        return self.now.astimezone(UTC) if self.now else datetime.now(UTC)

    def today(self) -> date:
        """The logical date of a run that was given none."""
        return self.present().date()


def find_home(chosen: Path | str | None = None) -> Path:
    """The home that a command without `--home` means."""
    if chosen:
        return Path(chosen).expanduser().resolve()
    if from_env := os.environ.get("FILIERA_HOME"):
        return Path(from_env).expanduser().resolve()
    here = Path.cwd()
    return here if (here / CONFIG_FILE).is_file() else (here / DEFAULT_HOME)


def load_settings(home: Path | str | None = None, **chosen: Any) -> Settings:
    """Gather settings; `chosen` are those of the command line, where None means not given."""
    place = find_home(home)
    values: dict[str, Any] = {**_from_file(place / CONFIG_FILE), **_from_environment(os.environ)}
    values |= {name: value for name, value in chosen.items() if value is not None}
    try:
        return Settings(**{**values, "home": place})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"Setting {name!r} is wrong: {first['msg']}. Set it in {place / CONFIG_FILE}, or as FILIERA_{name.upper()}."
        ) from None


def _from_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}. Mend it, or delete it for the defaults.") from None
    if "home" in values:
        raise UsageError(f"{path} sets 'home', but a home is the folder it lies in. Remove that line.")
    return values


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    names = set(Settings.model_fields) - {"home"}
    found: dict[str, Any] = {}
    for name in names:
        value = environment.get(f"FILIERA_{name.upper()}")
        if value:
            found[name] = tuple(value.split()) if name == "alert_urls" else value
    return found
