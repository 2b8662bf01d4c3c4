"""Publishes the warehouse: one new read-only DuckDB file, complete before anyone can see it.

`serving/serving-000042.duckdb` is written aside and renamed; then the link `current.duckdb` is replaced, in one step.
Readers hold the file they opened. An older file goes when no reader holds it any more, and the one before the current
always stays.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from filiera import __version__
from filiera.crashpoint import point
from filiera.intake.ledger import Batch, Ledger
from filiera.intake.rejects import REJECTED_COLUMNS, rejected_rows_sql
from filiera.log import log
from filiera.settings import Settings
from filiera.sql import literal, quoted
from filiera.warehouse.engine import Engine
from filiera.warehouse.relations import Relation, published
from filiera.warehouse.transfer import write_difference, write_whole

CURRENT = "current.duckdb"
_KEPT_REJECTS = 10_000


@dataclass(frozen=True)
class Edition:
    """What identifies a publication."""

    run_id: str
    logical_date: date
    inputs: str
    """Equal inputs give equal content."""


def inputs_of(ledger: Ledger, settings: Settings, built_from: str, today: date) -> str:
    """Everything the published content depends on, in one hash."""
    digest = hashlib.sha256(f"{built_from}|{settings.target}|{today}|{__version__}".encode())
    for batch in ledger.batches():
        digest.update(f"|{batch.seq}:{batch.state}:{batch.revision}".encode())
    return digest.hexdigest()


def published_inputs(settings: Settings) -> str | None:
    """The inputs of the current publication; None when there is none that can be read."""
    current = settings.serving / CURRENT
    if not current.exists():
        return None
    try:
        with duckdb.connect(str(current.resolve()), read_only=True) as connection:
            row = connection.execute("SELECT inputs FROM meta.published").fetchone()
    except duckdb.Error:
        return None  # damaged or from an older version: it is published anew
    return str(row[0]) if row else None


def _current(settings: Settings) -> Path | None:
    """The current publication, as far as it can be read."""
    return (settings.serving / CURRENT).resolve() if published_inputs(settings) is not None else None


def publish(engine: Engine, ledger: Ledger, settings: Settings, edition: Edition, *, is_full: bool = False) -> Path:
    """Write, then swap. Returns the new file, which begins as a copy of the current one unless it `is_full`."""
    settings.serving.mkdir(parents=True, exist_ok=True)
    aside = _aside(settings)
    base = None if is_full or not engine.is_at_hand else _current(settings)
    try:
        _write(engine, ledger, settings, edition, base)
    except duckdb.Error as error:
        if base is None:
            raise
        log().warning("current publication is damaged, all is written anew", reason=str(error).splitlines()[0])
        _write(engine, ledger, settings, edition, None)
    descriptor = os.open(aside, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    target = settings.serving / f"serving-{_last_number(settings) + 1:06d}.duckdb"
    point("publish.before_rename")
    aside.replace(target)
    point("publish.before_swap")
    link = settings.serving / ".current"
    link.unlink(missing_ok=True)
    link.symlink_to(target.name)
    link.replace(settings.serving / CURRENT)
    point("publish.after_swap")
    remove_old(settings)
    return target


def _aside(settings: Settings) -> Path:
    return settings.serving / ".incoming.duckdb"


def _write(engine: Engine, ledger: Ledger, settings: Settings, edition: Edition, base: Path | None) -> None:
    aside = _aside(settings)
    for leftover in (aside, aside.with_name(aside.name + ".wal")):
        leftover.unlink(missing_ok=True)
    if base is not None:
        shutil.copyfile(base, aside)
    connection, catalog = engine.readable()
    connection.execute("DETACH DATABASE IF EXISTS serving")  # where an attempt before this one could not
    connection.execute(f"ATTACH {literal(str(aside))} AS serving")
    try:
        _copy_relations(connection, catalog, published(settings), is_new=base is None)
        _write_quality(connection, ledger)
        _write_meta(connection, settings, edition)
    finally:
        connection.execute("DETACH serving")


def remove_old(settings: Settings) -> list[Path]:
    """Remove files older than the one before the current, unless somebody reads them."""
    removed = []
    for path in sorted(settings.serving.glob("serving-*.duckdb"))[:-2]:
        with path.open("r+b") as file:
            try:
                # DuckDB holds a shared lock on a file it reads.
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            path.unlink()
            removed.append(path)
    return removed


def _last_number(settings: Settings) -> int:
    numbers = [int(path.stem.partition("-")[2]) for path in settings.serving.glob("serving-*.duckdb")]
    return max(numbers, default=0)


def _copy_relations(
    connection: duckdb.DuckDBPyConnection, catalog: str, relations: list[Relation], *, is_new: bool
) -> None:
    for schema in sorted({relation.schema for relation in relations}):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS serving.{quoted(schema)}")
    _drop_others(connection, relations)
    write = write_whole if is_new else write_difference
    for relation in relations:
        source = quoted(catalog, relation.schema, relation.name)
        write(connection, source, quoted("serving", relation.schema, relation.name), relation)
    connection.execute(
        "CREATE SCHEMA serving.meta;"
        "CREATE TABLE serving.meta.relations (schema_name VARCHAR, relation VARCHAR, description VARCHAR, "
        "grain VARCHAR[], trace_relation VARCHAR, trace_by VARCHAR, trace_dataset VARCHAR)"
    )
    connection.executemany(
        "INSERT INTO serving.meta.relations VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            [r.schema, r.name, r.description, list(r.grain), r.trace_relation, json.dumps(r.trace_by), r.trace_dataset]
            for r in relations
        ],
    )


def _drop_others(connection: duckdb.DuckDBPyConnection, relations: list[Relation]) -> None:
    """Away with what is no longer published, and with what tells of the edition before."""
    kept = {(relation.schema, relation.name) for relation in relations}
    found = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'serving' ORDER BY ALL"
    ).fetchall()
    for schema, name in found:
        if (schema, name) not in kept:
            connection.execute(f"DROP TABLE {quoted('serving', schema, name)}")
    connection.execute("DROP SCHEMA IF EXISTS serving.meta; DROP SCHEMA IF EXISTS serving.quality")


def _write_quality(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    batches = ledger.batches()
    connection.execute(
        "CREATE SCHEMA serving.quality;"
        "CREATE TABLE serving.quality.batches (dataset VARCHAR, batch_id VARCHAR, source_name VARCHAR, state VARCHAR, "
        "reason VARCHAR, rows_in BIGINT, rows_accepted BIGINT, rows_rejected BIGINT, loaded_at TIMESTAMP, "
        "loaded_on DATE);"
        "CREATE TABLE serving.quality.rejects_by_reason (dataset VARCHAR, loaded_on DATE, rule_id VARCHAR, "
        "description VARCHAR, dimension VARCHAR, outcome VARCHAR, rows BIGINT);"
        "CREATE TABLE serving.quality.scores (dataset VARCHAR, dimension VARCHAR, score DOUBLE, measured_on DATE)"
    )
    if batches:
        connection.executemany(
            "INSERT INTO serving.quality.batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                [b.dataset, b.batch_id, b.source, b.state, b.reason, b.rows_in, b.rows_accepted, b.rows_rejected,
                 b.loaded_at.replace(tzinfo=None), b.loaded_on]
                for b in batches
            ],
        )  # fmt: skip
    if broken := ledger.broken_rules():
        connection.executemany(
            "INSERT INTO serving.quality.rejects_by_reason VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                [r["dataset"], r["loaded_on"], r["rule_id"], r["description"], r["dimension"], r["outcome"], r["rows"]]
                for r in broken
            ],
        )
    if scores := ledger.scores():
        connection.executemany(
            "INSERT INTO serving.quality.scores VALUES (?, ?, ?, ?)",
            [[s["dataset"], s["dimension"], s["score"], s["measured_on"]] for s in scores],
        )
    chosen = _latest_with_rejects(batches)
    source = rejected_rows_sql(chosen)
    connection.execute(
        f"CREATE TABLE serving.quality.rejected_rows AS SELECT {', '.join(REJECTED_COLUMNS)} FROM ({source}) "
        f"ORDER BY seq DESC, place DESC LIMIT {_KEPT_REJECTS}"
    )


def _latest_with_rejects(batches: list[Batch]) -> list[Batch]:
    chosen: list[Batch] = []
    rows = 0
    for batch in reversed(batches):
        if rows >= _KEPT_REJECTS:
            break
        if batch.rows_rejected:
            chosen.append(batch)
            rows += batch.rows_rejected
    return chosen


def _write_meta(connection: duckdb.DuckDBPyConnection, settings: Settings, edition: Edition) -> None:
    connection.execute(
        "CREATE TABLE serving.meta.published (run_id VARCHAR, logical_date DATE, published_at TIMESTAMP, "
        "warehouse VARCHAR, version VARCHAR, inputs VARCHAR)"
    )
    connection.execute(
        "INSERT INTO serving.meta.published VALUES (?, ?, ?, ?, ?, ?)",
        [
            edition.run_id,
            edition.logical_date,
            settings.present().replace(tzinfo=None),
            settings.target,
            __version__,
            edition.inputs,
        ],
    )
