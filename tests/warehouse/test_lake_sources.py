"""What dbt is told of the lake is what an engine makes there, whichever contracts there are."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from filiera.contracts.model import Contract
from filiera.settings import Settings
from filiera.warehouse.build import parameters
from filiera.warehouse.dbt import artifacts, declared_sources
from filiera.warehouse.duckdb_engine import DuckdbEngine
from filiera.warehouse.engine import Work
from filiera.warehouse.lake_sources import declare_missing

PARSE = """
import sys
from pathlib import Path
from filiera.settings import Settings
from filiera.warehouse.dbt import run_dbt

home = Settings(home=Path(sys.argv[1]))
run_dbt(home, {"type": "duckdb", "path": str(home.warehouse_file), "schema": "main"}, ["parse"])
"""
"""In a process of its own: dbt leaves its log open."""

Sources = dict[str, dict[str, str]]


def told(home: Settings) -> tuple[Sources, dict[str, str]]:
    """Types of columns by relation, and descriptions by relation and column, as dbt has read them."""
    subprocess.run([sys.executable, "-c", PARSE, str(home.home)], check=True)
    manifest = json.loads((artifacts(home) / "manifest.json").read_text(encoding="utf-8"))
    tables = {table["name"]: table for table in manifest["sources"].values()}
    types = {
        name: {column["name"]: column["data_type"] for column in table["columns"].values()}
        for name, table in tables.items()
    }
    about = {name: table["description"] for name, table in tables.items()}
    about |= {
        f"{name}.{column['name']}": column["description"]
        for name, table in tables.items()
        for column in table["columns"].values()
    }
    return types, about


def loaded(home: Settings, contracts: dict[str, Contract]) -> Sources:
    """The same, as they lie in the warehouse."""
    with DuckdbEngine(home) as engine:
        engine.load(Work(contracts, (), (), is_full=True, reason="a test"), parameters(home, (), home.today()))
        found = engine.connection.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'lake' ORDER BY ordinal_position"
        ).fetchall()
    types: Sources = {}
    for table, column, kind in found:
        types.setdefault(table, {})[column] = kind
    return types


@pytest.mark.slow
def test_dbt_knows_every_relation_and_column_that_a_build_finds_in_the_lake(
    home: Settings, contracts: dict[str, Contract]
) -> None:
    found = loaded(home, contracts)
    types, about = told(home)
    assert types == found
    assert all(about.values()), [name for name, text in about.items() if not text]


@pytest.mark.slow
def test_a_dataset_is_known_before_its_source_file_is_written(
    home: Settings, contracts: dict[str, Contract], contract: Callable[..., Contract]
) -> None:
    text = """50% of "it's", {{ nothing }} {% to fill in %} {# here #}: [a, b] #1"""
    new = contract({"name": {"logicalType": "string", "description": text}, "yes": "number"}, dataset="città.rows")
    declare_missing(home, [*contracts.values(), new])
    types, about = told(home)
    known = contracts | {new.dataset: new}
    assert types == loaded(home, known)
    assert about["città__rows.name"] == about["città__rows__new.name"] == text

    declare_missing(home, contracts.values())
    assert "città__rows" not in told(home)[0]


def test_what_the_project_names_is_not_declared_twice(home: Settings, contracts: dict[str, Contract]) -> None:
    declare_missing(home, contracts.values())
    assert not declared_sources(home).exists()
