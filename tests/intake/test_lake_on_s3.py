"""The lake in a bucket: the same rows, the same verdicts and the same warehouse as in a folder."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from filiera.contracts.model import Contract
from filiera.duck import connect
from filiera.errors import FilieraError
from filiera.intake.intake import Intake
from filiera.intake.lake import relation
from filiera.intake.ledger import Batch, Ledger
from filiera.intake.replay import replay
from filiera.serving.reader import Serving
from filiera.serving.trace import Tracer
from filiera.settings import Settings

pytestmark = pytest.mark.slow

DATASET = "factory.production_raw"
_NUMBERS = itertools.count()
HEADER = "plant,line,machine_id,production_date,produced_qty,scrap_qty,created_at"
FILES = {
    "a.csv": f"{HEADER}\n"
    "Torino,L1,M1,2026-01-05,100,1,2026-01-05 20:00:00\n"
    "Torino,L1,M2,2026-01-05,5,9,2026-01-05 20:00:00\n",
    "b.csv": f"{HEADER}\n"
    "Torino,L1,M1,2026-01-05,110,2,2026-01-05 21:00:00\n"
    "Cuneo,L 1,M1,2026-01-06,50,0,2026-01-06 20:00:00\n",
    "c.csv": f"{HEADER}\nTorino\n",
    "d.csv": "nothing of this\n",
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A server that speaks S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str) -> str:
    """An empty bucket of the test's own."""
    name = f"lake-{next(_NUMBERS)}"
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{name}", method="PUT"), timeout=10).close()  # noqa: S310
    return name


@pytest.fixture
def on_s3(home: Settings, endpoint: str, bucket: str) -> Settings:
    """The home with its lake in the bucket."""
    return home.model_copy(
        update={
            "home": home.home.with_name("s3 home"),
            "lake_url": f"s3://{bucket}/plants/lake/",
            "s3_endpoint": endpoint,
            "s3_access_key": SecretStr("dummy"),
            "s3_secret_key": SecretStr("dummy"),
        }
    )


@pytest.fixture
def deliver() -> Callable[[Settings], None]:
    def put(settings: Settings) -> None:
        folder = settings.drop / DATASET
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in FILES.items():
            (folder / name).write_text(content)

    return put


def content(settings: Settings, batches: list[Batch]) -> list[Any]:
    with connect(settings) as connection:
        return [
            connection.execute(f"SELECT * FROM {relation([batch.lake_path], with_place=True)}").fetchall()
            for batch in batches
            if batch.lake_path
        ]


def test_intake_into_a_bucket_keeps_the_same_rows_as_into_a_folder(
    home: Settings, on_s3: Settings, contracts: dict[str, Contract], deliver: Callable[[Settings], None]
) -> None:
    found = []
    for settings in (home, on_s3):
        deliver(settings)
        ledger = Ledger(settings)
        batches = Intake(settings, contracts, ledger, today=home.today()).take_all().batches
        ledger.close()
        counts = [(batch.source, batch.state, batch.rows_in, batch.rows_rejected, batch.reason) for batch in batches]
        found.append((counts, content(settings, batches)))
        assert {str(batch.lake_path).partition("/factory")[0] for batch in batches if batch.lake_path} == {
            settings.lake
        }
    assert found[0] == found[1]
    assert not (on_s3.home / "lake").exists()
    assert list(on_s3.scratch.glob("*.parquet")) == []


def test_a_replay_into_a_bucket_writes_a_new_file_and_names_it(
    on_s3: Settings, contract: Callable[..., Contract]
) -> None:
    columns = {"id": "integer"}
    folder = on_s3.drop / "test.rows"
    folder.mkdir(parents=True)
    (folder / "rows.csv").write_text("id\n1\nx\n")
    ledger = Ledger(on_s3)
    old = {"test.rows": contract(columns)}
    (first,) = Intake(on_s3, old, ledger, today=on_s3.today()).take_all().batches
    new = {"test.rows": contract({"id": "string"})}
    ((_, after),) = replay(Intake(on_s3, new, ledger, today=on_s3.today()), "test.rows")
    ledger.close()
    assert (first.rows_rejected, after.rows_rejected) == (1, 0)
    assert after.lake_path != first.lake_path
    ((one, two),) = content(on_s3, [after])
    assert (one[0], two[0]) == ("1", "x")


def test_a_bucket_that_is_not_there_is_named_and_nothing_is_lost(
    on_s3: Settings, contract: Callable[..., Contract]
) -> None:
    away = on_s3.model_copy(update={"lake_url": "s3://no-such-bucket/lake"})
    folder = away.drop / "test.rows"
    folder.mkdir(parents=True)
    (folder / "rows.csv").write_text("id\n1\n")
    ledger = Ledger(away)
    contracts = {"test.rows": contract({"id": "integer"})}
    taken = Intake(away, contracts, ledger, today=away.today()).take_all()
    (fault,) = taken.faults
    assert isinstance(fault, FilieraError)
    assert "s3://no-such-bucket/lake/test.rows" in str(fault)
    assert [batch.state for batch in ledger.batches()] == ["landed"]
    (batch,) = Intake(on_s3, contracts, ledger, today=away.today()).take_all().batches
    ledger.close()
    assert (batch.state, batch.rows_in) == ("admitted", 1)


def test_a_run_over_a_bucket_publishes_and_traces_as_ever(
    on_s3: Settings, contracts: dict[str, Contract], deliver: Callable[[Settings], None]
) -> None:
    deliver(on_s3)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FILIERA_")} | {
        "FILIERA_NOW": "2026-01-31T12:00:00Z",
        "FILIERA_LAKE_URL": str(on_s3.lake_url),
        "FILIERA_S3_ENDPOINT": str(on_s3.s3_endpoint),
        "FILIERA_S3_ACCESS_KEY": "dummy",
        "FILIERA_S3_SECRET_KEY": "dummy",
        "PYTHONWARNINGS": "ignore",
    }
    command = [sys.executable, "-m", "filiera", "run", "--home", str(on_s3.home)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    ledger = Ledger(on_s3)
    with Serving(on_s3) as serving:
        facts = serving.rows(
            "SELECT plant, line, total_produced, total_scrap FROM factory.production_fact ORDER BY 1, 2"
        )
        assert [tuple(fact.values()) for fact in facts] == [("Cuneo", "L 1", 50, 0), ("Torino", "L1", 110, 2)]
        rejected = serving.rows("SELECT source_name, line_number FROM quality.rejected_rows ORDER BY 1")
        assert [tuple(row.values()) for row in rejected] == [("a.csv", 3), ("c.csv", 2)]
        found = Tracer(on_s3, serving, ledger, contracts).trace(
            "mart_machine_daily", ["2026-01-05", "Torino", "L1", "M1"]
        )
        assert [(line.source, line.line, line.counts) for line in found.lines] == [
            ("a.csv", 2, False),
            ("b.csv", 2, True),
        ]
    ledger.close()
