"""The operations that are measured, each run in a fresh process that reports its time and its peak memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.data import COLUMNS

LOGICAL_DATE = date(2026, 1, 31)


def typed_csv(csv: str, parquet: str) -> dict[str, Any]:
    """The limit of a checked intake: the engine's own typed copy, which checks nothing."""
    from filiera.duck import connect
    from filiera.settings import load_settings

    connection = connect(load_settings(Path(parquet).parent))
    return _timed(
        lambda: connection.execute(
            f"COPY (SELECT * FROM read_csv('{csv}', auto_detect=false, header=true, delim=',', quote='\"', "
            f"escape='\"', "
            f"columns={COLUMNS})) TO '{parquet}' (FORMAT parquet)"
        )
    )


def checked_csv(home: str, csv: str) -> dict[str, Any]:
    """Landing and check of a file; the check's time is told apart."""
    from filiera.contracts.check import Stamp
    from filiera.duck import connect
    from filiera.intake.check import check_file
    from filiera.intake.intake import Intake
    from filiera.intake.landing import land
    from filiera.pipeline.steps import Workshop
    from filiera.settings import load_settings
    from filiera.sources.files import FileReader, signs_to_take

    settings = load_settings(home)
    shop = Workshop(settings)
    intake = Intake(settings, shop.contracts, shop.ledger, today=LOGICAL_DATE)
    contract = shop.contracts["factory.production_raw"]
    began = time.perf_counter()
    signs = signs_to_take(Path(csv).name, contract)
    landed = land(Path(csv), contract.dataset, settings, signs)
    if landed is None:
        raise SystemExit("the file changed while it was read")
    landing = time.perf_counter() - began

    def check() -> None:
        work = settings.scratch / "bench"
        work.mkdir(parents=True, exist_ok=True)
        reader = FileReader(landed.path, contract, settings, work, signs)
        with connect(settings) as connection:
            checked = check_file(
                connection, reader, Stamp(1, settings.present().replace(tzinfo=None), LOGICAL_DATE), intake.lake.aside
            )
            if checked.verdict.rows_in == 0:
                raise SystemExit("nothing was read")

    return _timed(check) | {"landing": landing}


def table_copy(url: str, parquet: str) -> dict[str, Any]:
    """The limit of reading a table: the engine's own copy."""
    from filiera.duck import attach_postgres, connect
    from filiera.settings import load_settings

    def copy() -> None:
        connection = connect(load_settings(Path(parquet).parent))
        attach_postgres(connection, url, "source")
        connection.execute(f"COPY (FROM source.public.production_raw) TO '{parquet}' (FORMAT parquet)")

    return _timed(copy)


def checked_table(home: str, url: str) -> dict[str, Any]:
    """A table, read and checked into the lake."""
    from filiera.intake.intake import Intake
    from filiera.pipeline.steps import Workshop
    from filiera.settings import load_settings

    settings = load_settings(home, factory_url=url)
    shop = Workshop(settings)
    intake = Intake(settings, shop.contracts, shop.ledger, today=LOGICAL_DATE)
    return _timed(lambda: intake.take_all(["factory.production_raw"]))


def bare_marts(lake: str, target: str) -> dict[str, Any]:
    """The limit of a full build: the same moves by hand from file to file, without tests, ledger or dbt."""
    from filiera.duck import connect
    from filiera.settings import load_settings

    connection = connect(load_settings(Path(target).parent), target)
    sql = Path(__file__).with_name("bare_marts.sql").read_text(encoding="utf-8")
    sql = sql.replace("${lake}", lake).replace("${serving}", f"{target}.serving")
    return _timed(lambda: connection.execute(sql))


def bare_fleet(home: str, **rows: int) -> dict[str, Any]:
    """The limit of generating a fleet: rows without sense, copied by the engine, then the keys of their tables."""
    url = _database(home, "bare_fleet")
    return _timed(lambda: _bare("bare_fleet.sql", home, url, "target", **rows))


def bare_star(home: str) -> dict[str, Any]:
    """The limit of a first load of the fleet: into Parquet, from there into a star in a file, and that into another."""
    url = _database(home, "fleet")
    with tempfile.TemporaryDirectory(prefix="bare-", dir=Path(home).parent) as folder:
        return _timed(lambda: _bare("bare_star.sql", home, url, "source", folder=folder))


def peer_fleet(home: str, rows: int) -> dict[str, Any]:
    """The brief's own stack: a name of Faker's and an INSERT a row."""
    from benchmarks.peer import generate

    url = _database(home, "peer_fleet")
    return _timed(lambda: generate(url, rows))


def _database(home: str, name: str) -> str:
    from filiera.settings import load_settings
    from filiera.sources.embedded_postgres import database_url

    return database_url(load_settings(home), name)


def _bare(script: str, home: str, url: str, catalog: str, **values: Any) -> None:
    from filiera.duck import attach_postgres, connect
    from filiera.settings import load_settings

    sql = Path(__file__).with_name(script).read_text(encoding="utf-8")
    for name, value in values.items():
        sql = sql.replace(f"${{{name}}}", str(value))
    with connect(load_settings(home)) as connection:
        attach_postgres(connection, url, catalog, read_only=catalog == "source")
        connection.execute(sql)


def command(home: str, words: list[str]) -> dict[str, Any]:
    """A whole command, from its start to its end."""
    environment = {**os.environ, "FILIERA_HOME": home}
    program = Path(sys.executable).with_name("filiera")

    def run() -> None:
        subprocess.run(
            [program, *words], check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    return _timed(run, who=resource.RUSAGE_CHILDREN)


def prepare_history(home: str) -> dict[str, Any]:
    """Tell the warehouse what the ledger says is new, as a run does before it calls dbt."""
    from filiera.pipeline.steps import Workshop
    from filiera.settings import load_settings
    from filiera.warehouse import build
    from filiera.warehouse.engines import engine_for

    settings = load_settings(home)
    shop = Workshop(settings)
    with engine_for(settings) as engine:
        work = build.plan(engine, shop.ledger, shop.contracts, LOGICAL_DATE)
        if work.is_full or len(work.new) != 1:
            raise SystemExit(f"this is not an increment: {work.reason}")
        return _timed(lambda: engine.load(work, build.parameters(settings, work, LOGICAL_DATE)))


def dbt(words: list[str], target: str) -> dict[str, Any]:
    """A whole invocation of dbt, which writes no report."""
    return _timed(lambda: _dbt(*words, "--target-path", target, "--no-write-json"), who=resource.RUSAGE_CHILDREN)


def dbt_sql(words: list[str], target: str) -> dict[str, Any]:
    """The same with a report; its time is what the report says of the models."""
    sample = _timed(lambda: _dbt(*words, "--target-path", target), who=resource.RUSAGE_CHILDREN)
    results = json.loads((Path(target) / "run_results.json").read_text(encoding="utf-8"))["results"]
    return sample | {"seconds": sum(result["execution_time"] for result in results)}


def _dbt(*words: str) -> None:
    program = Path(sys.executable).with_name("dbt")
    quietly = ["--quiet", "--log-level-file", "none", "--no-version-check", "--no-send-anonymous-usage-stats"]
    subprocess.run([program, *words, *quietly], check=True, stdout=sys.stderr)


def peer_etl(url: str) -> dict[str, Any]:
    """The brief's own stack: rows one by one into Python, dictionaries, one INSERT a group."""
    from benchmarks.peer import etl

    return _timed(lambda: etl(url))


def _timed(work: Callable[[], Any], who: int = resource.RUSAGE_SELF) -> dict[str, Any]:
    began, cpu = time.perf_counter(), _cpu(who)
    work()
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "peak_mib": resource.getrusage(who).ru_maxrss / 1024, "cpu": _cpu(who) - cpu}


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](**json.loads(sys.argv[2]))))
