"""F22: a run that is repeated after it succeeded, a past day run again, and an older contract after a newer one."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.faults.crash.commands import Zygote
from tests.faults.crash.deliveries import published

pytestmark = pytest.mark.slow


def scores_aside(home: Path) -> dict[str, object]:
    """What is published, but for the history of scores, which has a line for every day."""
    return {name: rows for name, rows in published(home).items() if name != "quality.scores"}


def test_a_run_repeated_after_success_changes_nothing(filiera: Zygote, new_home: Path) -> None:
    filiera.run("run", home=new_home).expect(0)
    before, file = published(new_home), (new_home / "serving" / "current.duckdb").resolve()
    told = filiera.run("run", "--json", home=new_home).expect(0).json()
    assert [step["detail"].get("batches", 0) for step in told["steps"]] == [0, 0, 0, 0]
    assert (new_home / "serving" / "current.duckdb").resolve() == file
    filiera.run("run", "--full", home=new_home).expect(0)
    assert published(new_home) == before


def test_a_past_day_run_again_between_two_of_today_leaves_no_trace(filiera: Zygote, new_home: Path) -> None:
    filiera.run("run", "--date", "2026-01-31", home=new_home).expect(0)
    before = scores_aside(new_home)
    filiera.run("run", "--date", "2026-01-30", home=new_home).expect(0)
    filiera.run("run", "--date", "2026-01-31", home=new_home).expect(0)
    assert scores_aside(new_home) == before


def contract(folder: Path, version: str, columns: list[str]) -> None:
    """A contract of a dataset of the user's own."""
    folder.mkdir(exist_ok=True)
    document = {
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "urn:test", "name": "own.rows", "version": version,
        "status": "active",
        "schema": [{"name": "rows", "physicalType": "table",
                    "properties": [{"name": name, "logicalType": "integer"} for name in columns]}],
        "customProperties": [{"property": "dataset", "value": "own.rows"}],
    }  # fmt: skip
    (folder / "own.rows.odcs.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")


def test_an_older_contract_after_a_newer_one_judges_what_is_new_and_leaves_the_rest(
    filiera: Zygote, new_home: Path, tmp_path: Path
) -> None:
    folder, drop = tmp_path / "contracts", new_home / "drop" / "own.rows"
    drop.mkdir(parents=True)
    contract(folder, "2.0.0", ["a", "b"])
    (drop / "one.csv").write_text("a,b\n1,2\n3,x\n", encoding="utf-8")
    filiera.run("run", home=new_home, contracts=folder).expect(0)
    before = published(new_home)
    contract(folder, "1.0.0", ["a"])
    (drop / "two.csv").write_text("a,b\n5,x\n", encoding="utf-8")
    filiera.run("run", home=new_home, contracts=folder).expect(0)
    after = published(new_home)
    production = [name for name in before if name.startswith(("factory.", "core."))]
    assert {name: after[name] for name in production} == {name: before[name] for name in production}
    rejects = filiera.run("rejects", "own.rows", "--json", home=new_home, contracts=folder).expect(0).json()
    assert rejects["by_reason"] == {"TYPE_B": 1}
