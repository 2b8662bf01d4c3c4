"""What most tests start from: a fresh home with a fixed clock, contracts, and a way to take a file in and look at it.

Nothing outside reaches in: no `FILIERA_*` variable of the developer's shell, and no time zone of their machine.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import hypothesis
import pytest
import yaml

from filiera.contracts.check import Stamp
from filiera.contracts.load import load_contract, load_contracts
from filiera.contracts.model import Contract
from filiera.duck import connect
from filiera.intake.check import check_file
from filiera.intake.intake import Intake
from filiera.intake.lake import relation
from filiera.intake.ledger import Batch, Ledger
from filiera.intake.rejects import line_number
from filiera.registry import domains
from filiera.settings import Settings
from filiera.sources.files import FileReader

# The same examples each time: a run that passed passes again. How long one takes says nothing on a busy machine.
hypothesis.settings.register_profile(
    "filiera",
    derandomize=True,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("filiera")


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings come from the test alone, and local time is UTC."""
    for name in [name for name in os.environ if name.startswith("FILIERA_")]:
        monkeypatch.delenv(name)
    with monkeypatch.context() as zone:
        zone.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(scope="session")
def now() -> datetime:
    """The moment every test takes as the present: a Saturday noon."""
    return datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, now: datetime) -> Settings:
    """A home that holds nothing yet."""
    return Settings(home=tmp_path / "home", now=now)


@pytest.fixture(scope="session")
def contracts() -> dict[str, Contract]:
    """The contracts filiera comes with."""
    return load_contracts(domain.contracts for domain in domains().values())


@pytest.fixture(scope="session")
def production(contracts: dict[str, Contract]) -> Contract:
    """The contract of `factory.production_raw`."""
    return contracts["factory.production_raw"]


@pytest.fixture
def contract_text() -> Callable[..., str]:
    """Writes a contract of as few words as a test needs.

    A column is `name="integer"`, or the ODCS property with its `logicalType`. Unless it is told otherwise the contract
    holds back no batch, however many of its rows are rejected.
    """

    def text(
        columns: dict[str, str | dict[str, Any]],
        *,
        dataset: str = "test.rows",
        rules: list[dict[str, Any]] | None = None,
        row: dict[str, Any] | None = None,
        **own: Any,
    ) -> str:
        named = [
            {"name": name, **({"logicalType": given} if isinstance(given, str) else given)}
            for name, given in columns.items()
        ]
        ours = {"type": "custom", "engine": "filiera", "dimension": "conformity", "severity": "reject"}
        schema: dict[str, Any] = {"name": dataset.partition(".")[2], "physicalType": "table", "properties": named}
        if rules:
            schema["quality"] = [rule if "type" in rule else ours | rule for rule in rules]
        if row:
            schema["customProperties"] = [{"property": name, "value": value} for name, value in row.items()]
        own = {"rejectedShareLimit": 1.0} | own
        document = {
            "apiVersion": "v3.1.0",
            "kind": "DataContract",
            "id": f"urn:test:{dataset}",
            "name": dataset,
            "version": "1.0.0",
            "status": "active",
            "schema": [schema],
            "customProperties": [{"property": name, "value": value} for name, value in own.items()],
        }
        return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)

    return text


@pytest.fixture
def contract(tmp_path: Path, contract_text: Callable[..., str]) -> Callable[..., Contract]:
    """Makes a contract of what `contract_text` takes."""

    def make(*given: Any, **named: Any) -> Contract:
        path = tmp_path / f"{named.get('dataset', 'test.rows')}.odcs.yaml"
        path.write_text(contract_text(*given, **named), encoding="utf-8")
        return load_contract(path)

    return make


@pytest.fixture
def ledger(home: Settings) -> Iterator[Ledger]:
    """The ledger of `home`."""
    opened = Ledger(home)
    yield opened
    opened.close()


@pytest.fixture
def intake(home: Settings, ledger: Ledger, contracts: dict[str, Contract]) -> Callable[..., Intake]:
    """Makes an intake of one run: of the shipped contracts, or of those given."""

    def make(*given: Contract, settings: Settings = home) -> Intake:
        chosen = {contract.dataset: contract for contract in given} or contracts
        return Intake(settings, chosen, ledger, today=home.today())

    return make


@pytest.fixture
def drop(home: Settings) -> Callable[[str, str, str | bytes], Path]:
    """Puts a file into the drop folder of a dataset."""

    def put(dataset: str, name: str, content: str | bytes) -> Path:
        path = home.drop / dataset / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put


@pytest.fixture
def ingest(
    drop: Callable[[str, str, str | bytes], Path], intake: Callable[..., Intake], production: Contract
) -> Callable[..., Batch]:
    """Drops one file, takes it in, and gives the batch as the ledger has it."""

    def take(content: str | bytes, name: str = "rows.csv", contract: Contract = production) -> Batch:
        drop(contract.dataset, name, content)
        taken = intake(contract).take_all()
        assert not taken.faults
        (batch,) = taken.batches
        return batch

    return take


@pytest.fixture
def lake_rows(home: Settings) -> Callable[[Batch], list[dict[str, Any]]]:
    """The rows of a batch as they lie in the lake, in order, each with its line as `at`."""

    def read(batch: Batch) -> list[dict[str, Any]]:
        with connect(home) as connection:
            return rows_of(connection, str(batch.lake_path), line_number(batch))

    return read


@pytest.fixture
def check(home: Settings, now: datetime) -> Iterator[Callable[..., list[dict[str, Any]]]]:
    """Checks a file's content under a contract, and gives what the lake would hold. There is no intake around it."""
    work = home.home / "work"
    work.mkdir(parents=True)
    stamp = Stamp(1, now.replace(tzinfo=None), now.date())

    def rows(contract: Contract, content: str | bytes, name: str = "rows.csv") -> list[dict[str, Any]]:
        landed = work / name
        landed.write_bytes(content.encode() if isinstance(content, str) else content)
        reader = FileReader(landed, contract, home, work)
        checked = check_file(connection, reader, stamp, lambda file: work / file)
        found = rows_of(
            connection, str(checked.path), f"coalesce(_line, file_row_number + {1 + (reader.kind == 'csv')})"
        )
        assert checked.verdict.rows_in == len(found) == checked.verdict.rows_accepted + checked.verdict.rows_rejected
        assert checked.verdict.rows_rejected == sum(row["_failed"] != 0 for row in found)
        return found

    with connect(home) as connection:
        yield rows


def rows_of(connection: duckdb.DuckDBPyConnection, path: str, line: str) -> list[dict[str, Any]]:
    """Rows of a lake file."""
    found = connection.execute(
        f"SELECT {line} AS at, * EXCLUDE (file_row_number) FROM {relation([path], with_place=True)} "
        "ORDER BY file_row_number"
    )
    names = [name for name, *_ in found.description]
    rows = [dict(zip(names, values, strict=True)) for values in found.fetchall()]
    for row in rows:
        row |= {name: json.loads(row[name]) if row.get(name) else None for name in ("_original", "_extra")}
    return rows
