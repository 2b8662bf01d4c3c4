"""What a contract's file says is what the product knows of its dataset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.contracts.sound import TEXT, Load

from filiera.contracts.load import load_contract, load_contracts
from filiera.contracts.model import Contract
from filiera.errors import ContractError

Text = Callable[..., str]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "none.odcs.yaml"
    with pytest.raises(ContractError, match=r"none\.odcs\.yaml: cannot be read: No such file"):
        load_contract(missing)
    latin = tmp_path / "latin.odcs.yaml"
    latin.write_bytes(TEXT.replace("urn:test:rows", "urn:qualità").encode("latin-1"))
    with pytest.raises(
        ContractError, match=r"latin\.odcs\.yaml: is not UTF-8 text \(invalid continuation byte at byte"
    ):
        load_contract(latin)


def test_a_dataset_has_one_contract(tmp_path: Path, contract_text: Text) -> None:
    for folder in ("built-in", "own"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "rows.odcs.yaml").write_text(TEXT, encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load_contracts([tmp_path / "built-in", tmp_path / "own"])
    assert f"{tmp_path}/own/rows.odcs.yaml: dataset 'test.rows' already has a contract" in str(caught.value)
    assert f"{tmp_path}/built-in/rows.odcs.yaml" in str(caught.value)


def test_contracts_come_in_alphabetical_order_and_other_files_are_left_alone(
    tmp_path: Path, contract_text: Text
) -> None:
    for name in ("b", "a", "c"):
        text = contract_text({"id": "integer"}, dataset=f"test.{name}")
        (tmp_path / f"{name}.odcs.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "notes.yaml").write_text("not: a contract", encoding="utf-8")
    assert list(load_contracts([tmp_path])) == ["test.a", "test.b", "test.c"]


def test_what_the_contract_says_is_what_the_product_knows(load: Load) -> None:
    found = load(TEXT)
    assert [(column.name, column.sql_type, column.required) for column in found.columns] == [
        ("id", "BIGINT", True),
        ("note", "VARCHAR", False),
        ("made_on", "DATE", False),
        ("made_at", "TIMESTAMP", False),
    ]
    assert {rule.id: (rule.outcome, rule.columns) for rule in found.rules} == {
        "REQUIRED_ID": ("reject", ("id",)),
        "TYPE_ID": ("reject", ("id",)),
        "LENGTH_NOTE": ("reject", ("note",)),
        "TYPE_MADE_ON": ("reject", ("made_on",)),
        "TYPE_MADE_AT": ("reject", ("made_at",)),
        "SHORT": ("flag", ("note",)),
        "NEW": ("reject", ("made_on",)),
    }
    assert (found.dialect.delimiter, found.key, found.fresh_days) == (";", ("id",), 1.0)
    (table,) = found.tables
    assert (table.database, table.schema, table.table, table.watermark) == ("test", "public", "rows", "made_at")


def test_a_contract_is_another_when_one_byte_of_its_file_is(load: Load) -> None:
    first, second = load(TEXT), load(TEXT + "# corrected\n")
    assert first.fingerprint != second.fingerprint
    assert first.fingerprint == load(TEXT).fingerprint


def test_every_contract_we_ship_is_valid_by_the_standard(contracts: dict[str, Contract]) -> None:
    # Loading holds each against the JSON schema of ODCS v3.1; that it does, the cases above show.
    assert "factory.production_raw" in contracts
    for name, found in contracts.items():
        assert found.dataset == name
        assert found.description
        assert found.grain
        assert found.key
        assert all(column.description for column in found.columns)
        assert all(rule.description for rule in found.rules)
