"""The project is parsed once for all homes; whatever happens to what was kept, a build has its models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dbt.cli.main
import pytest

from filiera.settings import Settings
from filiera.warehouse.dbt import models, run_dbt
from filiera.warehouse.relations import published

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]  # dbt leaves its log open

PROFILE = {"type": "duckdb", "schema": "main", "path": ":memory:", "threads": 1}


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What dbt was asked to do, in order."""
    asked: list[str] = []
    invoke = dbt.cli.main.dbtRunner.invoke

    def told(self: Any, arguments: list[str], **more: Any) -> Any:
        asked.append(arguments[0])
        return invoke(self, arguments, **more)

    monkeypatch.setattr(dbt.cli.main.dbtRunner, "invoke", told)
    return asked


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """An empty cache."""
    return tmp_path / "cache"


def list_models(home: Path, cache: Path) -> None:
    """The shortest thing dbt does with a project, in a new home."""
    settings = Settings(home=home, cache=cache)
    run_dbt(settings, PROFILE, ["list"])
    assert "production_fact" in {relation.name for relation in published(settings)}


def test_a_second_home_does_not_parse_again(tmp_path: Path, cache: Path, commands: list[str]) -> None:
    list_models(tmp_path / "one", cache)
    list_models(tmp_path / "two", cache)
    assert commands == ["parse", "list", "list"]
    one, two = (models(Settings(home=tmp_path / name, cache=cache)).read_bytes() for name in ("one", "two"))
    assert one == two


@pytest.mark.parametrize("content", [b"", b"no project", b"\x80"])
def test_what_cannot_be_read_is_parsed_anew(tmp_path: Path, cache: Path, commands: list[str], content: bytes) -> None:
    list_models(tmp_path / "one", cache)
    (kept,) = cache.iterdir()
    sound = kept.read_bytes()
    kept.write_bytes(content)
    list_models(tmp_path / "two", cache)
    assert commands == ["parse", "list", "parse", "list"]
    assert len(kept.read_bytes()) == len(sound)


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, cache: Path, commands: list[str]) -> None:
    cache.write_text("a file where the folder should be")
    list_models(tmp_path / "one", cache)
    assert commands == ["parse", "list"]
