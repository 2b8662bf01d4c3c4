"""A health check of the home: what works, what does not, and what to do about it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import psycopg

from filiera.contracts.model import Contract, TableSource
from filiera.duck import EXTENSIONS, connect, is_held, load_extension
from filiera.errors import FilieraError, without_secrets
from filiera.intake.lake import Lake, relation
from filiera.pipeline.steps import Workshop
from filiera.settings import Settings
from filiera.sources.tables import Databases, NoTableError, TableReader, source_url
from filiera.warehouse import readers
from filiera.warehouse.publish import CURRENT

_LEAST_FREE = 1 << 30


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    what: str
    state: Literal["ok", "warning", "broken"]
    detail: str


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; a broken thing does not keep the rest from being looked at."""
    shop = Workshop(settings)
    try:
        looks: list[Callable[[Workshop], list[Finding]]] = [
            _python, _disk, _extensions, _contracts, _sources, _batches, _lake, _warehouse, _serving,
        ]  # fmt: skip
        return [finding for look in looks for finding in _look(look, shop)]
    finally:
        shop.close()


def _look(look: Callable[[Workshop], list[Finding]], shop: Workshop) -> list[Finding]:
    try:
        return look(shop)
    except (FilieraError, duckdb.Error, OSError) as error:
        return [Finding(look.__name__.strip("_"), "broken", str(error).splitlines()[0])]


def _python(_shop: Workshop) -> list[Finding]:
    return [Finding("python", "ok", f"{sys.version.split()[0]}, DuckDB {duckdb.__version__}")]


def _disk(shop: Workshop) -> list[Finding]:
    home = shop.settings.home
    probe = shop.settings.scratch / "doctor"
    probe.parent.mkdir(parents=True, exist_ok=True)
    probe.write_bytes(b"x")
    probe.unlink()
    free = shutil.disk_usage(home).free
    detail = f"{home} can be written, {free / (1 << 30):,.1f} GiB free"
    return [Finding("disk", "ok" if free > _LEAST_FREE else "warning", detail)]


def _extensions(shop: Workshop) -> list[Finding]:
    with connect(shop.settings) as connection:
        for name in EXTENSIONS:
            load_extension(connection, name)
    return [Finding("extensions", "ok", ", ".join(EXTENSIONS))]


def _contracts(shop: Workshop) -> list[Finding]:
    rules = sum(len(contract.rules) for contract in shop.contracts.values())
    return [Finding("contracts", "ok", f"{len(shop.contracts)} datasets, {rules} rules")]


def _sources(shop: Workshop) -> list[Finding]:
    with Databases(shop.settings) as databases:
        return [
            _source(shop, databases, contract, source)
            for contract in shop.contracts.values()
            for source in contract.tables
        ]


def _source(shop: Workshop, databases: Databases, contract: Contract, source: TableSource) -> Finding:
    table = f"{source.database}.{source.schema}.{source.table}"
    name = f"source {table}"
    not_set_up = Finding(name, "ok", f"not set up; set {source.setting} to read it")
    url = source_url(shop.settings, source)
    if url is None:
        return not_set_up
    try:
        with databases.attached(url, table) as connection:
            newest = TableReader(connection, source, contract).newest(shop.settings.present())
    except NoTableError as error:
        return not_set_up if getattr(shop.settings, source.setting) is None else Finding(name, "broken", str(error))
    except FilieraError as error:
        return Finding(name, "broken", str(error))
    return Finding(name, "ok", f"reachable, newest {source.watermark} {newest}")


def _batches(shop: Workshop) -> list[Finding]:
    batches = shop.ledger.batches()
    waiting = [batch for batch in batches if batch.state in ("held", "refused")]
    wrong = [
        b for b in batches if b.rows_in is not None and b.rows_in != (b.rows_accepted or 0) + (b.rows_rejected or 0)
    ]
    found = [Finding("ledger", "broken" if wrong else "ok", f"{len(batches)} batches, rows in = accepted + rejected")]
    if wrong:
        found = [Finding("ledger", "broken", f"counts of batch {wrong[0].batch_id[:12]} do not add up; replay it")]
    if waiting:
        detail = f"{len(waiting)} held or refused; see: filiera status"
        found.append(Finding("batches", "warning", detail))
    return found


def _lake(shop: Workshop) -> list[Finding]:
    lake = Lake.of(shop.settings)
    known = {str(batch.lake_path): batch for batch in shop.ledger.batches() if batch.lake_path}
    found = []
    with connect(shop.settings) as connection:
        for path, batch in known.items():
            try:
                row = connection.execute(f"SELECT count(*) FROM {relation([path])}").fetchone()
            except duckdb.Error as error:
                detail = (
                    f"{path} cannot be read ({str(error).splitlines()[0]}); run: filiera replay {batch.dataset} --all"
                )
                found.append(Finding("lake", "broken", detail))
                continue
            if row and row[0] != batch.rows_in:
                found.append(Finding("lake", "broken", f"{path} has {row[0]} rows, the ledger says {batch.rows_in}"))
    if not lake.is_remote:
        orphans = [path for path in Path(lake.root).rglob("*.parquet") if ".incoming" not in path.parts]
        unknown = [path for path in orphans if str(path) not in known]
        if unknown:
            found.append(Finding("lake", "warning", f"{len(unknown)} files the ledger does not name, as {unknown[0]}"))
    return found or [Finding("lake", "ok", f"{len(known)} files, each as the ledger says")]


def _warehouse(shop: Workshop) -> list[Finding]:
    settings = shop.settings
    if settings.target == "duckdb" and not settings.warehouse_file.exists():
        return [Finding("warehouse", "warning", "not built yet; run: filiera run")]
    if settings.target == "duckdb":
        try:
            duckdb.connect(str(settings.warehouse_file), read_only=True).close()
        except duckdb.Error as error:
            if is_held(error):
                return [Finding("warehouse", "ok", "a run is under way")]
            detail = f"damaged ({str(error).splitlines()[0]}); run: filiera rebuild"
            return [Finding("warehouse", "broken", detail)]
    if settings.target == "postgres":
        return _postgres(settings)
    return [Finding("warehouse", "ok", settings.target)]


def _postgres(settings: Settings) -> list[Finding]:
    """Whether it answers, and has the roles that the secure views are granted to."""
    from filiera.sources.embedded_postgres import connection_url  # noqa: PLC0415 - heavy, and only here

    if settings.warehouse_url is None and not settings.embedded_postgres.is_dir():
        return [Finding("warehouse", "warning", "not built yet; run: filiera run")]
    try:
        with psycopg.connect(connection_url(settings, "warehouse_url", "warehouse")) as connection:
            missing = readers.advice(connection)
    except psycopg.OperationalError as error:
        reason = without_secrets(str(error).strip().splitlines()[0])
        return [Finding("warehouse", "broken", f"PostgreSQL cannot be reached ({reason}); see FILIERA_WAREHOUSE_URL")]
    roles = [Finding("roles", "warning", text) for text in missing]
    named = ", ".join(readers.reader_roles())
    return [Finding("warehouse", "ok", settings.target), *(roles or [Finding("roles", "ok", named)])]


def _serving(shop: Workshop) -> list[Finding]:
    current = shop.settings.serving / CURRENT
    if not current.exists():
        return [Finding("serving", "warning", "nothing published yet; run: filiera run")]
    with duckdb.connect(str(current.resolve()), read_only=True) as connection:
        row = connection.execute("SELECT run_id, logical_date FROM meta.published").fetchone()
    return [Finding("serving", "ok", f"{current.resolve().name} of run {row[0]}, {row[1]}" if row else "empty")]
