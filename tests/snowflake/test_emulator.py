"""The `snowflake` target against the emulator fakesnow, a server in a process and an environment of its own.

`make test-snowflake` installs both and runs this. What it shows and what it cannot is in docs/snowflake.md.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest
from pydantic import SecretStr

from filiera.domains.fleet.play import play
from filiera.errors import UsageError
from filiera.settings import Settings
from filiera.sources import embedded_postgres
from filiera.warehouse.snowflake_engine import connection_parts

LAST_DAY = date(2026, 1, 31)
START_SECONDS = 60


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    """A running emulator with nothing in it; the URL of a database of its."""
    program = os.environ.get("FAKESNOW")
    assert program, "FAKESNOW names the emulator's program; run: make test-snowflake"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [program, "-s", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _wait_for(port, server)
        yield f"snowflake://someone:secret@fakesnow/plant?warehouse=small&host=localhost&port={port}&protocol=http"
    finally:
        server.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            server.wait(10)
        server.kill()
        server.wait()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.2)
    raise AssertionError(f"the emulator does not answer on port {port}")


@dataclass
class Home:
    """A home with a fleet and a plant, and what runs in it."""

    settings: Settings
    url: str

    def filiera(self, *arguments: str, target: str = "snowflake") -> str:
        """Run a command that succeeds."""
        chosen = {"FILIERA_TARGET": target, "FILIERA_WAREHOUSE_URL": self.url if target == "snowflake" else ""}
        command = [sys.executable, "-m", "filiera", *arguments, "--home", str(self.settings.home)]
        done = subprocess.run(command, env=os.environ | chosen, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def publication(self, name: str) -> Path:
        """A copy of what is published now."""
        kept = self.settings.home / f"{name}.duckdb"
        shutil.copyfile((self.settings.serving / "current.duckdb").resolve(), kept)
        return kept


@pytest.fixture(scope="module")
def home(emulator: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Built in the emulator from two years, and then from two days more."""
    place = Home(Settings(home=tmp_path_factory.mktemp("snowflake")), emulator)
    for domain in ("fleet", "factory"):
        place.filiera("generate", domain, "--scale", "0.02", "--as-of", str(LAST_DAY), target="duckdb")
    assert "the warehouse is new" in place.filiera("run", "--date", "2026-01-31")
    play(place.settings, days=2)
    assert "new batches" in place.filiera("run", "--date", "2026-02-02")
    yield place
    embedded_postgres.stop(place.settings)


@pytest.mark.snowflake
@pytest.mark.timeout(900)
def test_an_incremental_build_in_the_emulator_equals_a_full_one_in_duckdb(home: Home) -> None:
    """All dbt tests have passed in both, or the runs had failed: those of the histories too."""
    there = home.publication("there")
    home.filiera("run", "--date", "2026-02-02", target="duckdb")
    here = home.publication("here")
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{there}' AS there (READ_ONLY); ATTACH '{here}' AS here (READ_ONLY)")
        relations = connection.execute("SELECT schema_name, relation FROM here.meta.relations").fetchall()
        assert len(relations) > 12
        for schema, name in relations:
            assert differences(connection, f'"{schema}"."{name}"') == (0, 0), name
        counted = connection.execute("SELECT count(*) FROM there.fleet.fact_deliveries").fetchone()
    assert counted
    assert counted[0] > 7000


def differences(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[int, int]:
    """Rows on one side only. The emulator hands out a missing time as the beginning of 1970."""
    columns = connection.execute(f"DESCRIBE here.{relation}").fetchall()
    same = ", ".join(
        f"coalesce(\"{name}\"::{kind}, '1970-01-01')" if kind == "TIMESTAMP" else f'"{name}"::{kind}'
        for name, kind, *_ in columns
    )
    one, other = (f"SELECT {same} FROM {place}.{relation}" for place in ("here", "there"))
    return only_in(connection, one, other), only_in(connection, other, one)


def only_in(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM ({one} EXCEPT ALL {other})").fetchone()
    return int(row[0]) if row else 0


@pytest.mark.snowflake
@pytest.mark.timeout(900)
def test_a_run_with_nothing_new_builds_nothing(home: Home) -> None:
    assert "nothing new" in home.filiera("run", "--date", "2026-02-02")


@pytest.mark.parametrize(
    "url", ["", "postgresql://user@host/db", "snowflake://account/db", "snowflake://user:pw@account"]
)
def test_a_url_that_does_not_say_enough_is_refused_with_its_form(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="snowflake://USER:PASSWORD@ACCOUNT/DATABASE"):
        connection_parts(Settings(home=tmp_path, target="snowflake", warehouse_url=SecretStr(url) if url else None))


def test_a_url_names_account_database_and_the_rest(tmp_path: Path) -> None:
    url = "snowflake://jo%40plant:s%2Fecret@org-account/plant?warehouse=small&role=loader"
    assert connection_parts(Settings(home=tmp_path, warehouse_url=SecretStr(url))) == {
        "account": "org-account",
        "user": "jo@plant",
        "password": "s/ecret",
        "database": "PLANT",
        "warehouse": "small",
        "role": "loader",
    }
