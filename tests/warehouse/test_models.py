"""Every model has a test of its own, and the examples that stand beside the models hold on every engine here."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from filiera.contracts.model import Contract
from filiera.settings import Settings
from filiera.warehouse.build import parameters
from filiera.warehouse.dbt import PROJECT
from filiera.warehouse.engine import Work
from filiera.warehouse.engines import engine_for


def described() -> list[dict[str, Any]]:
    """What the files beside the models say."""
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in PROJECT.rglob("models/**/*.yml")]


def test_every_model_is_tested_and_described() -> None:
    models = {path.stem for path in PROJECT.rglob("models/**/*.sql")}
    told = [model for file in described() for model in file.get("models", ())]
    tested = {model["name"] for model in told if model.get("data_tests")}
    tested |= {example["model"] for file in described() for example in file.get("unit_tests", ())}
    assert models - tested == set()
    assert models == {model["name"] for model in told if model["description"]}


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # dbt leaves its log open
@pytest.mark.parametrize("target", ["duckdb", "postgres"])
def test_the_examples_beside_the_models_hold(target: str, home: Settings, contracts: dict[str, Contract]) -> None:
    settings = home.model_copy(update={"target": target})
    work = Work(contracts, (), (), (2026, 2026), is_full=True, has_new_years=True, reason="")
    done: list[str] = []
    with engine_for(settings) as engine:
        engine.load(work, parameters(settings, work, settings.today()))
        engine.dbt(["build"], done.append)
    examples = {example["name"] for file in described() for example in file.get("unit_tests", ())}
    assert examples <= {what.rpartition("::")[2] for what in done}
