"""An embedded PostgreSQL for the length of the tests, and an empty database of its own for each that asks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from filiera.settings import Settings
from filiera.sources import embedded_postgres

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A home whose server runs as long as the tests do."""
    settings = Settings(home=tmp_path_factory.mktemp("server"))
    yield settings
    embedded_postgres.stop(settings)


@pytest.fixture
def database(server: Settings) -> str:
    """URL of an empty database."""
    return embedded_postgres.database_url(server, f"plant_{next(_NUMBERS)}")


@pytest.fixture
def sql(database: str) -> Callable[..., list[Any]]:
    """Carries out statements in the database, as the plant's own programs do."""

    def execute(statement: str) -> list[Any]:
        with psycopg.connect(database) as connection:
            done = connection.execute(statement.encode())
            return done.fetchall() if done.description else []

    return execute


@pytest.fixture
def beside_database(home: Settings, database: str) -> Settings:
    """The home, with the database as the factory's."""
    return home.model_copy(update={"factory_url": SecretStr(database)})
