"""A fleet generated once at a tenth of its size, and as many empty databases as a test asks for, on one server."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from filiera.domains.fleet.generator import generate
from filiera.domains.fleet.play import play
from filiera.settings import Settings
from filiera.sources import embedded_postgres

LAST_DAY = date(2026, 1, 31)
"""A Saturday, so that the next week plays from Sunday on."""

Ask = Callable[[Settings, str], list[tuple[Any, ...]]]
NewFleet = Callable[..., Settings]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A home whose embedded server runs as long as the tests do; its gigabyte goes with them."""
    settings = Settings(home=tmp_path_factory.mktemp("fleet"))
    yield settings
    embedded_postgres.stop(settings)
    shutil.rmtree(settings.embedded_postgres)


@pytest.fixture(scope="session")
def new_fleet(server: Settings) -> NewFleet:
    """Makes settings with an empty operational database of their own, given as a URL."""
    numbers = itertools.count()

    def make(**chosen: Any) -> Settings:
        url = embedded_postgres.database_url(server, f"fleet_{next(numbers)}")
        return Settings(home=server.home, fleet_url=SecretStr(url), **chosen)

    return make


@pytest.fixture(scope="session")
def fleet(new_fleet: NewFleet) -> Settings:
    """A tenth of the fleet, with two years to `LAST_DAY`; tests only read it."""
    settings = new_fleet()
    generate(settings, as_of=LAST_DAY, scale=0.1)
    return settings


@pytest.fixture(scope="session")
def played(new_fleet: NewFleet) -> tuple[Settings, dict[str, int]]:
    """A smaller fleet after a week was played on it, and what that counted; tests only read it."""
    settings = new_fleet()
    generate(settings, as_of=LAST_DAY, scale=0.05)
    return settings, play(settings, days=7, deletes=True)


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Asks the operational database of some settings."""

    def rows(settings: Settings, question: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(embedded_postgres.connection_url(settings, "fleet_url", "fleet")) as connection:
            *preparing, asked = question.split(";")
            for statement in preparing:
                connection.execute(statement)
            return connection.execute(asked).fetchall()

    return rows
