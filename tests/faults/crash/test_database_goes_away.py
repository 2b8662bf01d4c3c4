"""F21: a database that stops in the middle of a read, drops a connection in the middle of a copy, or is locked.

What may pass is tried again with growing pauses; what does not pass is told; nothing is half taken in; and the run
after it has everything.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.faults.crash.commands import Zygote, until
from tests.faults.crash.deliveries import FIRST_FILE, FIRST_ROWS, FIRST_TOTALS, Server, deliver, totals

pytestmark = pytest.mark.slow

GATE = 4711
ACCEPTED = 5
IMPATIENT = "import filiera.pipeline.stopping as stopping; stopping._PATIENCE = 0.5"
FILE_TOTALS = {key: value for key, value in FIRST_TOTALS.items() if key[1] != "Melfi"}


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that may be stopped."""
    running = Server(tmp_path_factory.mktemp("mortal"))
    yield running
    running.stop()


def gated(server: Server) -> str:
    """The URL of a database whose table is read up to its last row, where the reader waits for `closed`."""
    url = server.database(*FIRST_ROWS)
    with psycopg.connect(url) as connection:
        connection.execute(
            "ALTER TABLE production_raw RENAME TO recorded;"
            "CREATE FUNCTION gate(n integer) RETURNS integer LANGUAGE plpgsql AS "
            f"'BEGIN PERFORM pg_advisory_xact_lock_shared({GATE}); RETURN n; END';"
            "CREATE VIEW production_raw AS SELECT id, plant, line, machine_id, production_date, produced_qty, "
            "CASE WHEN id = (SELECT max(id) FROM recorded) THEN gate(scrap_qty) ELSE scrap_qty END AS scrap_qty, "
            "created_at FROM recorded"
        )
    return url


def closed(url: str) -> psycopg.Connection[Any]:
    """A connection that keeps readers waiting at the gate."""
    connection = psycopg.connect(url, autocommit=True)
    connection.execute(f"SELECT pg_advisory_lock({GATE})")
    return connection


def wait_for_a_reader(connection: psycopg.Connection[Any]) -> None:
    """Wait until somebody waits for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    until(lambda: (connection.execute(query).fetchone() or (0,))[0])


def last_run(filiera: Zygote, home: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The latest run and its steps by name, as `filiera runs --json` shows them."""
    run = filiera.run("runs", "--json", home=home).expect(0).json()[0]
    told = filiera.run("runs", run["run_id"], "--json", home=home).expect(0).json()
    assert told["run"] == run
    return run, {step["step"]: step for step in told["steps"]}


def pauses(home: Path) -> list[float]:
    """Seconds between the attempts at taking in."""
    lines = (home / "logs" / "etl.jsonl").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    failed = [datetime.fromisoformat(it["timestamp"]) for it in events if it["event"].startswith("step met")]
    begun = [datetime.fromisoformat(it["timestamp"]) for it in events if it["event"] == "step started"]
    return [(after - before).total_seconds() for before, after in zip(failed, begun[1:], strict=False)]


def test_a_server_that_stops_in_the_middle_of_a_read_is_tried_again_and_then_told(
    filiera: Zygote, mortal: Server, new_home: Path
) -> None:
    url = gated(mortal)
    with closed(url) as keeper:
        run = filiera.start("run", home=new_home, factory_url=url, retries=3, retry_seconds=0.2)
        wait_for_a_reader(keeper)
        mortal.stop()
    done = run.wait().expect(1)
    assert done.err.strip().splitlines()[-1].startswith("Error: factory.public.production_raw cannot be reached: ")
    assert "(tried 4 times)" in done.err
    assert "Traceback" not in done.err

    record, steps = last_run(filiera, new_home)
    assert (record["state"], steps["ingest"]["state"], steps["ingest"]["attempts"]) == ("Failed", "Failed", 4)
    assert "cannot be reached" in record["error"]
    assert {steps[name]["state"] for name in ("build", "publish", "notify")} == {"Success"}
    assert record["error"].endswith("Everything else was taken in and published.")
    assert totals(new_home) == FILE_TOTALS
    assert [pause >= 0.2 * 2**n for n, pause in enumerate(pauses(new_home)[:3])] == [True] * 3
    status = filiera.run("status", "--json", home=new_home).expect(0).json()
    assert status["batches"]["admitted"] == 1
    assert [alert["kind"] for alert in status["alerts"]] == ["run failed"]

    mortal.start()
    filiera.run("run", home=new_home, factory_url=url).expect(0)
    assert totals(new_home) == FIRST_TOTALS


def test_a_server_that_comes_back_in_time_is_read_as_if_it_had_never_stopped(
    filiera: Zygote, mortal: Server, new_home: Path
) -> None:
    url = gated(mortal)
    with closed(url) as keeper:
        run = filiera.start("run", home=new_home, factory_url=url, retries=1, retry_seconds=3)
        wait_for_a_reader(keeper)
        mortal.stop()
    log = new_home / "logs" / "etl.jsonl"
    until(lambda: "step met a fault that may pass" in log.read_text(encoding="utf-8"))
    run.send(signal.SIGSTOP)
    record, steps = last_run(filiera, new_home)
    assert (record["state"], steps["ingest"]["state"], steps["ingest"]["attempts"]) == ("Retrying", "Retrying", 1)
    assert "cannot be reached" in steps["ingest"]["error"]
    mortal.start()
    run.go_on()
    run.wait().expect(0)
    record, steps = last_run(filiera, new_home)
    assert (record["state"], steps["ingest"]["state"], steps["ingest"]["attempts"]) == ("Success", "Success", 2)
    assert (record["error"], steps["ingest"]["error"]) == (None, None)
    assert totals(new_home) == FIRST_TOTALS


@dataclass
class Warehouse:
    """A home that is built in PostgreSQL, to which one small file after the other is delivered."""

    home: Path
    url: str
    expected: dict[tuple[str, str, str], tuple[int, int]]

    @property
    def settings(self) -> dict[str, Any]:
        """How to run there."""
        return {"home": self.home, "target": "postgres", "warehouse_url": self.url, "retry_seconds": 0.1}

    def deliver(self) -> None:
        """One row more, of a line of its own."""
        line = f"N{len(self.expected)}"
        deliver(self.home, line, f"Torino,{line},M009,2026-01-30,10,1,2026-01-30 20:00:00\n")
        self.expected["2026-01-30", "Torino", line] = (10, 1)

    def cut(self) -> int:
        """End every connection to it; how many there were."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()
        return int(found[0]) if found else 0


@pytest.fixture(scope="module")
def built(filiera: Zygote, mortal: Server, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A home that was built once; every test delivers to it what it needs."""
    warehouse = Warehouse(tmp_path_factory.mktemp("built") / "home", mortal.database(), dict(FILE_TOTALS))
    deliver(warehouse.home, "first", FIRST_FILE)
    filiera.run("run", **warehouse.settings).expect(0)
    return warehouse


@pytest.mark.parametrize("point", ["postgres.before_copy_commit", "dbt.after_production_fact"])
def test_a_target_that_drops_its_connections_is_built_at_the_next_attempt(
    filiera: Zygote, built: Warehouse, point: str
) -> None:
    built.deliver()
    run = filiera.start_until(point, "run", **built.settings)
    assert built.cut()
    run.go_on()
    run.wait().expect(0)
    _, steps = last_run(filiera, built.home)
    assert (steps["build"]["state"], steps["build"]["attempts"]) == ("Success", 2)
    assert totals(built.home) == built.expected
    with psycopg.connect(built.url) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM lake.factory__production_raw").fetchone() or (0,)
    assert rows == ACCEPTED + len(built.expected) - len(FILE_TOTALS)


def test_a_target_that_stays_away_fails_the_run_and_leaves_what_was_published(
    filiera: Zygote, built: Warehouse, mortal: Server
) -> None:
    before = totals(built.home)
    built.deliver()
    mortal.stop()
    done = filiera.run("run", retries=1, **built.settings).expect(1)
    assert "PostgreSQL cannot be reached" in done.err
    assert "(tried 2 times)" in done.err
    assert totals(built.home) == before
    mortal.start()
    filiera.run("run", **built.settings).expect(0)
    assert totals(built.home) == built.expected


@pytest.mark.parametrize(
    ("table", "before", "signals"),
    [
        ("lake.factory__production_raw", IMPATIENT, [signal.SIGTERM]),
        ("lake.factory__production_raw", "", [signal.SIGTERM, signal.SIGINT]),
        ("factory.production_fact", "", [signal.SIGTERM]),
    ],
)
def test_a_run_waits_for_a_lock_on_the_target_and_can_be_stopped_meanwhile(
    filiera: Zygote, built: Warehouse, table: str, before: str, signals: list[signal.Signals]
) -> None:
    built.deliver()
    with psycopg.connect(built.url) as holder, psycopg.connect(built.url, autocommit=True) as watcher:
        holder.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        run = filiera.start("run", before=before, **built.settings)
        wait_for_a_reader(watcher)
        told = filiera.run("runs", "--json", home=built.home).expect(0).json()
        assert "Running" in {record["state"] for record in told}
        for number in signals:
            run.send(number)
        done = run.wait()
        assert done.code in [128 + number for number in signals]
        assert "is finished by the next run" in done.err
        holder.rollback()
    filiera.run("run", **built.settings).expect(0)
    assert totals(built.home) == built.expected
