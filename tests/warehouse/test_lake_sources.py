"""What dbt is told of the lake is what an engine makes there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from filiera.contracts.model import Contract
from filiera.settings import Settings
from filiera.warehouse.build import parameters
from filiera.warehouse.duckdb_engine import DuckdbEngine
from filiera.warehouse.engine import Work
from filiera.warehouse.lake_sources import source_files

Told = dict[str, dict[str, Any]]


def told(contracts: dict[str, Contract]) -> Told:
    """Tables by name, as the files say."""
    files = [yaml.safe_load(text) for text in source_files(contracts.values()).values()]
    return {table["name"]: table for file in files for source in file["sources"] for table in source["tables"]}


def types(tables: Told) -> dict[str, dict[str, str]]:
    """Types of columns by table."""
    return {
        name: {column["name"]: column["data_type"] for column in table["columns"]} for name, table in tables.items()
    }


def loaded(home: Settings, contracts: dict[str, Contract]) -> dict[str, dict[str, str]]:
    """The same, as they lie in the warehouse."""
    work = Work(contracts, (), (), (2025, 2026), is_full=True, has_new_years=True, reason="a test")
    with DuckdbEngine(home) as engine:
        engine.load(work, parameters(home, work, home.today()))
        found = engine.connection.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'lake' ORDER BY ordinal_position"
        ).fetchall()
    lying: dict[str, dict[str, str]] = {}
    for table, column, kind in found:
        lying.setdefault(table, {})[column] = kind
    return lying


def test_dbt_knows_every_relation_and_column_that_a_build_finds_in_the_lake(
    home: Settings, contracts: dict[str, Contract]
) -> None:
    tables = told(contracts)
    assert types(tables) == loaded(home, contracts)
    nameless = [name for name, table in tables.items() if not table["description"]]
    nameless += [
        f"{name}.{c['name']}" for name, table in tables.items() for c in table["columns"] if not c["description"]
    ]
    assert nameless == []


def test_whatever_a_contract_says_its_file_can_be_read(contract: Callable[..., Contract]) -> None:
    text = """50% of "it's", {{ nothing }} {% to fill in %} {# here #}: [a, b] #1"""
    odd = contract({"name": {"logicalType": "string", "description": text}, "yes": "number"}, dataset="città.rows")
    tables = told({odd.dataset: odd})
    columns = {column["name"]: column for column in tables["città__rows"]["columns"]}
    assert list(columns)[:2] == ["name", "yes"]
    assert columns["name"]["description"].replace("{{ '", "").replace("' }}", "") == text
    assert tables["città__rows__new"]["columns"] == tables["città__rows"]["columns"]
