"""A published file as a run leaves it: four plants, five lines each, six machines a line, two years of days; a fleet.

Made by SQL in a second or so, the same each time: what looks random is a hash. Production follows the seasons
and stops on most Sundays; a few machines scrap far more than the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from filiera.serving.reader import POINTER, Serving
from filiera.settings import Settings

NEWEST = date(2025, 12, 31)
_SQL = "".join(
    (Path(__file__).parent / name).read_text(encoding="utf-8") for name in ("published.sql", "published_fleet.sql")
)


def publish(settings: Settings, number: int = 1, *, newest: date = NEWEST, also: str = "") -> Path:
    """Write `serving-<number>.duckdb` and point to it, as a run does; `also` is further SQL for it."""
    settings.serving.mkdir(parents=True, exist_ok=True)
    path = settings.serving / f"serving-{number}.duckdb"
    with duckdb.connect(path) as connection:
        for statement in connection.extract_statements(_SQL + also):
            known = {"newest": newest, "number": number}
            connection.execute(statement, {name: known[name] for name in statement.named_parameters})
    pointer = settings.serving / f".pointer-{number}"
    pointer.symlink_to(path.name)
    pointer.replace(settings.serving / POINTER)
    return path


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with one publication, which no test changes."""
    settings = Settings(home=tmp_path_factory.mktemp("published"), port=0)
    publish(settings)
    return settings


@pytest.fixture
def unpublished(tmp_path: Path) -> Settings:
    """A home in which no run has ended yet."""
    return Settings(home=tmp_path, port=0)


@pytest.fixture
def publisher(unpublished: Settings) -> Callable[..., Path]:
    """Publishes into the home of `unpublished`."""
    return lambda *given, **named: publish(unpublished, *given, **named)


@pytest.fixture(scope="session")
def serving(published: Settings) -> Iterator[Serving]:
    """Answers of the publication no test changes."""
    with Serving(published) as serving:
        yield serving


@pytest.fixture
def changed(unpublished: Settings, publisher: Callable[..., Path]) -> Iterator[Callable[[str], Serving]]:
    """Publishes with further SQL, and answers from that."""
    with Serving(unpublished) as serving:

        def change(sql: str) -> Serving:
            publisher(also=sql)
            return serving

        yield change
