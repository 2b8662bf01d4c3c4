"""An operational database filled once, and as many empty ones as a test asks for, on one embedded server."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from filiera.domains.factory.generator import generate
from filiera.settings import Settings
from filiera.sources import embedded_postgres

LAST_DAY = date(2026, 1, 31)


@pytest.fixture(scope="session")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A home whose embedded server runs as long as the tests do."""
    settings = Settings(home=tmp_path_factory.mktemp("plant"))
    yield settings
    embedded_postgres.stop(settings)


@pytest.fixture(scope="session")
def counts(plant: Settings) -> dict[str, int]:
    """What filling the database of `plant` with two years to `LAST_DAY` counted."""
    return generate(plant, as_of=LAST_DAY)


@pytest.fixture(scope="session")
def new_plant(plant: Settings) -> Callable[..., Settings]:
    """Makes settings with an empty operational database of their own, given as a URL."""
    numbers = itertools.count()

    def make(threads: int | None = None) -> Settings:
        url = embedded_postgres.database_url(plant, f"factory_{next(numbers)}")
        home = Path(plant.home)
        return Settings(home=home, factory_url=SecretStr(url), threads=threads)

    return make
