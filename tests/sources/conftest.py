"""Homes with an embedded PostgreSQL in them: one whose server runs all the while, and fresh ones."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from filiera.settings import Settings
from filiera.sources import embedded_postgres


@pytest.fixture(scope="session")
def stopped_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose server has made the database `factory` and was stopped: never started, only copied."""
    settings = Settings(home=tmp_path_factory.mktemp("stopped"))
    embedded_postgres.database_url(settings, "factory")
    embedded_postgres.stop(settings)
    return settings.home


@pytest.fixture
def new_home(stopped_home: Path, tmp_path: Path) -> Iterator[Callable[..., Settings]]:
    """Makes homes, by copy as that is quicker than `initdb`; whatever still runs in them is stopped."""
    made: list[Settings] = []

    def make(name: str = "home") -> Settings:
        shutil.copytree(stopped_home, tmp_path / name)
        made.append(Settings(home=tmp_path / name))
        return made[-1]

    yield make
    for settings in made:
        embedded_postgres.stop(settings)


@pytest.fixture(scope="session")
def running(stopped_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A home whose server runs as long as the tests do."""
    settings = Settings(home=tmp_path_factory.mktemp("running") / "home")
    shutil.copytree(stopped_home, settings.home)
    embedded_postgres.database_url(settings, "factory")
    yield settings
    embedded_postgres.stop(settings)
