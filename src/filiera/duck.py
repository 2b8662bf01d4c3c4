"""Opens DuckDB the one way filiera does: with its limits, and with extensions from wheels, never from the network."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb

from filiera.errors import FilieraError, without_secrets
from filiera.settings import Settings
from filiera.sql import literal, quoted

EXTENSIONS = ("postgres_scanner", "httpfs")


def limits(settings: Settings) -> dict[str, Any]:
    """The configuration every connection starts with."""
    settings.scratch.mkdir(parents=True, exist_ok=True)
    return {
        "threads": settings.threads or os.cpu_count() or 2,
        "memory_limit": settings.memory_limit,
        "temp_directory": str(settings.scratch / "duckdb"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "custom_extension_repository": "none",
    }


def is_held(error: duckdb.Error) -> bool:
    """Whether a file cannot be opened because another program has it open."""
    return "could not set lock" in str(error).lower()


def connect(
    settings: Settings, database: Path | str = ":memory:", *, read_only: bool = False
) -> duckdb.DuckDBPyConnection:
    """A connection with limits set and times in UTC; extensions are loaded where they are used."""
    connection = duckdb.connect(str(database), read_only=read_only, config=limits(settings))
    connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    if str(settings.lake).startswith("s3://"):
        use_s3(connection, settings)
    return connection


def extension_path(name: str) -> Path:
    """The file of an extension, from the wheel that brings it."""
    spec = find_spec(f"duckdb_extension_{name}")
    if spec is None or spec.origin is None:
        package = "duckdb-extension-" + name.replace("_", "-")
        raise FilieraError(
            f"DuckDB's extension {name} is not installed; run: pip install {package}=={duckdb.__version__}"
        )
    found = sorted(Path(spec.origin).parent.glob(f"extensions/v{duckdb.__version__}/*.duckdb_extension"))
    if not found:
        raise FilieraError(
            f"DuckDB's extension {name} is installed for another version than DuckDB {duckdb.__version__}; "
            f"install both in the same version."
        )
    return found[0]


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load an extension from its wheel."""
    connection.execute(f"LOAD {literal(str(extension_path(name)))}")


def attach_postgres(connection: duckdb.DuckDBPyConnection, url: str, alias: str, *, read_only: bool = True) -> None:
    """Attach a PostgreSQL database under a name; sources are always attached read-only."""
    load_extension(connection, "postgres_scanner")
    mode = ", READ_ONLY" if read_only else ""
    try:
        connection.execute(f"ATTACH {literal(url)} AS {quoted(alias)} (TYPE postgres{mode})")
    except duckdb.Error as error:
        # The engine repeats the whole URL, password included.
        raise type(error)(without_secrets(str(error))) from None


def use_s3(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Let a connection read and write the lake's bucket."""
    load_extension(connection, "httpfs")
    key = (
        settings.s3_access_key.get_secret_value() if settings.s3_access_key else os.environ.get("AWS_ACCESS_KEY_ID", "")
    )
    secret = (
        settings.s3_secret_key.get_secret_value()
        if settings.s3_secret_key
        else os.environ.get("AWS_SECRET_ACCESS_KEY", "")
    )
    parts = ["TYPE s3", f"REGION {literal(settings.s3_region)}"]
    if key:
        parts += [f"KEY_ID {literal(key)}", f"SECRET {literal(secret)}"]
    if token := os.environ.get("AWS_SESSION_TOKEN"):
        parts.append(f"SESSION_TOKEN {literal(token)}")
    if settings.s3_endpoint:
        scheme, _, host = settings.s3_endpoint.rstrip("/").partition("://")
        parts += [f"ENDPOINT {literal(host)}", f"USE_SSL {literal(scheme == 'https')}", "URL_STYLE 'path'"]
    connection.execute(f"CREATE OR REPLACE SECRET lake ({', '.join(parts)})")
