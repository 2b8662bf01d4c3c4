"""A server with operational tables, homes, and real processes that work in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.crash.commands import Zygote, zygote
from tests.faults.crash.deliveries import FIRST_FILE, Server, deliver


@pytest.fixture(scope="session")
def filiera() -> Zygote:
    """Runs commands of filiera, each in a process of its own."""
    return zygote()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL server."""
    running = Server(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


@pytest.fixture
def new_home(tmp_path: Path) -> Path:
    """A home to which one file was delivered and in which nothing ran yet."""
    deliver(tmp_path / "home", "first", FIRST_FILE)
    return tmp_path / "home"


@pytest.fixture(scope="session")
def run_home(filiera: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the first file was taken in and published: only ever copied."""
    home = tmp_path_factory.mktemp("run") / "home"
    deliver(home, "first", FIRST_FILE)
    filiera.run("run", home=home).expect(0)
    return home
