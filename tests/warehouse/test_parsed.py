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
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What dbt was asked to do, in order, word by word."""
    asked: list[list[str]] = []
    invoke = dbt.cli.main.dbtRunner.invoke

    def told(self: Any, arguments: list[str], **more: Any) -> Any:
        asked.append(arguments)
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


def test_a_second_home_does_not_parse_again(tmp_path: Path, cache: Path, asked: list[list[str]]) -> None:
    list_models(tmp_path / "one", cache)
    list_models(tmp_path / "two", cache)
    assert [words[0] for words in asked] == ["parse", "list", "list"]
    one, two = (models(Settings(home=tmp_path / name, cache=cache)).read_bytes() for name in ("one", "two"))
    assert one == two


@pytest.mark.parametrize("content", [b"", b"no project", b"\x80"])
def test_what_cannot_be_read_is_parsed_anew(
    tmp_path: Path, cache: Path, asked: list[list[str]], content: bytes
) -> None:
    list_models(tmp_path / "one", cache)
    (kept,) = cache.iterdir()
    sound = kept.read_bytes()
    kept.write_bytes(content)
    list_models(tmp_path / "two", cache)
    assert [words[0] for words in asked] == ["parse", "list", "parse", "list"]
    assert len(kept.read_bytes()) == len(sound)


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, cache: Path, asked: list[list[str]]) -> None:
    cache.write_text("a file where the folder should be")
    list_models(tmp_path / "one", cache)
    assert [words[0] for words in asked] == ["parse", "list"]


def test_an_increment_builds_the_tables_on_what_changed_and_repeats_tests_through_views_too(
    tmp_path: Path, cache: Path, asked: list[list[str]]
) -> None:
    settings = Settings(home=tmp_path / "one", cache=cache)
    run_dbt(settings, PROFILE, ["list"], changed=["fleet__customers__new"])
    (chosen,) = (set(arguments[arguments.index("--select") :]) for arguments in asked if arguments[0] == "list")
    assert {"customer_history", "fact_deliveries", "one_row_per_dim_customer_customer_key"} <= chosen
    assert not {"dim_customer", "stg_fleet__customers", "stg_fleet__customers__new"} & chosen
    assert not {"production_fact", "driver_history"} & chosen


def test_where_nothing_stands_on_what_changed_nothing_is_built(
    tmp_path: Path, cache: Path, asked: list[list[str]]
) -> None:
    run_dbt(Settings(home=tmp_path / "one", cache=cache), PROFILE, ["build"], changed=["own__dataset__new"])
    assert [words[0] for words in asked] == ["parse"]
