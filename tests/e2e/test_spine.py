"""The spine from end to end: what is delivered is published, once, on either engine, and can be told back."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pytest
from moto.server import ThreadedMotoServer
from tests.faults.crash.commands import Zygote, zygote
from tests.faults.crash.deliveries import FIRST_FILE, FIRST_TOTALS, SECOND_FILE, deliver, published

pytestmark = pytest.mark.slow

DATASET = "factory.production_raw"
FILE_TOTALS = {key: value for key, value in FIRST_TOTALS.items() if key[1] != "Melfi"}


@pytest.fixture(scope="module")
def filiera() -> Zygote:
    """Runs commands, each in a process of its own."""
    return zygote()


@pytest.fixture(scope="module")
def first(filiera: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after its first run; only ever copied."""
    home = tmp_path_factory.mktemp("first") / "home"
    deliver(home, "first", FIRST_FILE)
    filiera.run("run", home=home).expect(0)
    return home


@pytest.fixture
def home(first: Path, tmp_path: Path) -> Path:
    """A home of its own after its first run."""
    deliver(tmp_path / "home", "first", FIRST_FILE)
    zygote().run("run", home=tmp_path / "home").expect(0)
    return tmp_path / "home"


def fact(home: Path) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    """production_fact by its key."""
    with duckdb.connect(str((home / "serving" / "current.duckdb").resolve()), read_only=True) as connection:
        rows = connection.execute(
            "SELECT production_date::VARCHAR, plant, line, total_produced, total_scrap, load_timestamp "
            "FROM factory.production_fact"
        ).fetchall()
    return {(day, plant, line): tuple(rest) for day, plant, line, *rest in rows}


def totals(home: Path) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Produced and scrapped by the key of production_fact."""
    return {key: (made, scrapped) for key, (made, scrapped, _) in fact(home).items()}


def test_accepted_rows_are_summed_and_rejected_ones_kept_with_every_reason(first: Path, filiera: Zygote) -> None:
    assert totals(first) == FILE_TOTALS
    rejects = filiera.run("rejects", "--json", home=first).expect(0).json()
    reasons = {row["line_number"]: row["reasons"] for row in rejects["rows"]}
    assert reasons == {
        6: ["SCRAP_GT_PRODUCTION"],
        7: ["NEGATIVE_VALUES", "SCRAP_GT_PRODUCTION"],
        8: ["REQUIRED_MACHINE_ID"],
        9: ["FUTURE_DATE"],
        10: ["TYPE_PRODUCED_QTY"],
    }


def test_a_correction_changes_the_totals_of_its_day_and_of_no_other(home: Path, filiera: Zygote) -> None:
    before = fact(home)
    deliver(home, "correction", "Torino,L1,M001,2026-01-28,104,5,2026-01-30 08:00:00\n")
    filiera.run("run", home=home, now="2026-02-01T06:00:00+00:00").expect(0)
    after = fact(home)
    assert {key for key in after if after[key] != before.get(key)} == {("2026-01-28", "Torino", "L1")}
    assert after["2026-01-28", "Torino", "L1"][:2] == (224, 11)


def test_a_recording_older_than_the_one_that_counts_does_not_win(home: Path, filiera: Zygote) -> None:
    deliver(home, "late", "Torino,L1,M002,2026-01-28,999,9,2026-01-28 09:00:00\n")
    filiera.run("run", home=home).expect(0)
    assert totals(home) == FILE_TOTALS


def test_the_same_content_again_changes_nothing(home: Path, filiera: Zygote) -> None:
    before = (home / "serving" / "current.duckdb").resolve()
    deliver(home, "under another name", FIRST_FILE)
    done = filiera.run("run", "--json", home=home).expect(0).json()
    assert done["steps"][0]["detail"]["batches"] == 0
    assert (home / "serving" / "current.duckdb").resolve() == before
    assert not list((home / "drop" / DATASET).iterdir())


def test_a_file_that_cannot_be_read_is_refused_by_name_and_stops_no_other(home: Path, filiera: Zygote) -> None:
    (home / "drop" / DATASET / "empty.csv").touch()
    (home / "drop" / DATASET / "other.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    deliver(home, "sound", "Cuneo,L9,M090,2026-01-30,10,1,2026-01-30 20:00:00\n")
    filiera.run("run", home=home).expect(0)
    assert totals(home)["2026-01-30", "Cuneo", "L9"] == (10, 1)
    status = filiera.run("status", "--json", home=home).expect(0).json()
    assert {batch["source"]: batch["reason"].split(":")[0] for batch in status["trouble"]} == {
        "empty.csv": "EMPTY_FILE",
        "other.csv": "NO_HEADER",
    }
    assert len(status["alerts"]) == 2


def test_a_batch_with_too_many_rejected_rows_is_held_out_of_the_warehouse(home: Path, filiera: Zygote) -> None:
    bad = "".join(f"Cuneo,L8,M08{n},2026-01-30,10,{10 + n},2026-01-30 20:00:00\n" for n in range(1, 4))
    deliver(home, "bad", bad + "Cuneo,L8,M080,2026-01-30,10,1,2026-01-30 20:00:00\n")
    filiera.run("run", home=home).expect(0)
    assert totals(home) == FILE_TOTALS
    status = filiera.run("status", "--json", home=home).expect(0).json()
    assert [batch["state"] for batch in status["trouble"]] == ["held"]
    assert "TOO_MANY_REJECTED" in status["alerts"][0]["message"]


def test_a_warehouse_that_is_deleted_is_made_again_with_the_same_content(home: Path, filiera: Zygote) -> None:
    deliver(home, "second", SECOND_FILE)
    filiera.run("run", home=home).expect(0)
    before = published(home)
    shutil.rmtree(home / "warehouse")
    shutil.rmtree(home / "serving")
    filiera.run("rebuild", home=home).expect(0)
    assert published(home) == before


@pytest.mark.parametrize("damage", ["nonsense", "truncated", "log"])
def test_a_damaged_warehouse_is_set_aside_and_built_anew(home: Path, filiera: Zygote, damage: str) -> None:
    file = home / "warehouse" / "warehouse.duckdb"
    if damage == "nonsense":
        file.write_bytes(b"this is no database" * 1000)
    elif damage == "truncated":
        file.write_bytes(file.read_bytes()[:5000])
    else:
        file.with_name("warehouse.duckdb.wal").write_bytes(b"\x00garbage" * 500)
    deliver(home, "third", "Torino,L1,M001,2026-01-31,1,1,2026-01-31 10:00:00\n")
    filiera.run("run", home=home).expect(0)
    assert totals(home) == {**FILE_TOTALS, ("2026-01-31", "Torino", "L1"): (1, 1)}


def test_postgresql_holds_the_same_marts_to_the_last_digit_with_the_indexes_of_the_brief(
    home: Path, filiera: Zygote
) -> None:
    deliver(home, "second", SECOND_FILE)
    filiera.run("run", home=home).expect(0)
    expected = published(home)
    filiera.run("run", "--target", "postgres", home=home).expect(0)
    assert published(home) == expected
    found = filiera.run("query", "SELECT warehouse FROM meta.published", "--json", home=home).expect(0).json()
    assert found == [{"warehouse": "postgres"}]
    script = (
        "import sys, psycopg; from filiera.settings import load_settings; "
        "from filiera.sources.embedded_postgres import database_url; "
        "c = psycopg.connect(database_url(load_settings(sys.argv[1]), 'warehouse')); "
        "print([r[0] for r in c.execute(\"select indexdef from pg_indexes where tablename = 'production_fact'\")])"
    )
    indexes = subprocess.run([sys.executable, "-c", script, str(home)], check=True, capture_output=True, text=True)
    assert "(production_date)" in indexes.stdout
    assert "(plant)" in indexes.stdout
    assert "UNIQUE INDEX" in indexes.stdout


def test_the_published_grain_is_a_primary_key(first: Path) -> None:
    with duckdb.connect(str((first / "serving" / "current.duckdb").resolve()), read_only=True) as connection:
        keys = connection.execute(
            "SELECT constraint_column_names FROM duckdb_constraints() "
            "WHERE table_name = 'production_fact' AND constraint_type = 'PRIMARY KEY'"
        ).fetchall()
    assert keys == [(["production_date", "plant", "line"],)]


def test_a_second_run_at_the_same_time_ends_with_code_3_and_says_who_runs(home: Path, filiera: Zygote) -> None:
    with (home / "state" / "run.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write('{"what": "a run", "pid": 4711, "host": "press-7", "since": "2026-01-31T06:00:00+00:00"}')
        lock.flush()
        done = filiera.run("run", home=home).expect(3)
    assert "process 4711 on press-7" in done.err
    filiera.run("run", home=home).expect(0)


def test_a_number_is_told_back_to_the_line_it_came_from(home: Path, filiera: Zygote) -> None:
    deliver(home, "second", SECOND_FILE)
    filiera.run("run", home=home).expect(0)
    told = filiera.run("trace", "production_fact", "2026-01-28/Torino/L1", "--json", home=home).expect(0).json()
    lines = {(line["source"], line["line"]): (line["counts"], line["text"]) for line in told["lines"]}
    assert lines["second.csv", 2] == (True, "Torino,L1,M001,2026-01-28,104,5,2026-01-30 08:00:00")
    assert lines["first.csv", 2] == (False, "Torino,L1,M001,2026-01-28,100,3,2026-01-28 20:00:00")
    assert lines["first.csv", 3][0]
    assert not lines["second.csv", 3][0]


@pytest.mark.parametrize(
    "words",
    [["status"], ["runs"], ["rejects"], ["quality"], ["doctor"], ["query", "SELECT 1 AS one"], ["replay", DATASET]],
)
def test_what_prints_data_prints_json_too(first: Path, filiera: Zygote, words: list[str]) -> None:
    assert filiera.run(*words, "--json", home=first).expect(0).json() is not None
    assert filiera.run(*words, home=first).expect(0).out.strip()


def test_wrong_use_ends_with_code_2_and_one_sentence(first: Path, filiera: Zygote) -> None:
    for words in (["replay", "factory.nothing"], ["query", "DROP TABLE x"], ["trace", "nothing", "1"], ["runs", "x"]):
        done = filiera.run(*words, home=first).expect(2)
        assert done.err.startswith("Error: ")
        assert "Traceback" not in done.err


@pytest.fixture
def bucket() -> Iterator[str]:
    """An S3 server on this machine, with a bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(  # type: ignore[no-untyped-call]
        "s3", endpoint_url=endpoint, aws_access_key_id="key", aws_secret_access_key="secret", region_name="us-east-1"
    )
    client.create_bucket(Bucket="plant")
    yield endpoint
    server.stop()


@pytest.mark.filterwarnings("default")
def test_the_lake_on_s3_gives_the_same_numbers(tmp_path: Path, filiera: Zygote, bucket: str) -> None:
    home = tmp_path / "home"
    deliver(home, "first", FIRST_FILE)
    lake = {"lake_url": "s3://plant/lake", "s3_endpoint": bucket, "s3_access_key": "key", "s3_secret_key": "secret"}
    filiera.run("run", home=home, **lake).expect(0)
    assert totals(home) == FILE_TOTALS
    assert not (home / "lake").exists()
    rejects = filiera.run("rejects", "--json", home=home, **lake).expect(0).json()
    assert len(rejects["rows"]) == 5
