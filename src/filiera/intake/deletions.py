"""Finds rows that are gone from a source's table: a watermark shows what came or changed, never what went.

Every so often the table's keys are held against those the lake knows. A key that is gone gets a batch of its own kind
in the lake, whose rows hold the key, the moment it was missed, and `_deleted`. History keeps the row; facts leave it.
On the same day the table is read whole, so that rows committed too late for the watermark are found as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from filiera.contracts.model import Contract
from filiera.errors import FilieraError
from filiera.intake.lake import PARQUET, relation
from filiera.intake.ledger import Batch
from filiera.sources.tables import TableReader
from filiera.sql import literal, quoted

DELETED = "_deleted"
KIND = "deletes"


def write_deletions(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    reader: TableReader,
    earlier: Sequence[Batch],
    *,
    batch: Batch,
    target: Path,
) -> int:
    """Write the keys the lake knows and the table has no more; how many they are."""
    key = [quoted(name) for name in reader.source.key]
    listed = ", ".join(key)
    stamp = f"{batch.seq}::BIGINT AS _seq, {literal(batch.loaded_at.replace(tzinfo=None))} AS _loaded_at"
    values = ", ".join(
        _value(contract, column.name, reader, batch) + f" AS {quoted(column.name)}" for column in contract.columns
    )
    sql = (
        f"SELECT {values}, {stamp}, NULL::BIGINT AS _line, 0::UBIGINT AS _failed, 0::UBIGINT AS _flagged, "
        f"NULL::VARCHAR[] AS _reasons, NULL::VARCHAR AS _original, TRUE AS {DELETED} "
        f"FROM ({known_keys(contract, reader.source.key, earlier)}) AS known "
        f"ANTI JOIN ({reader.keys()}) AS present USING ({listed}) ORDER BY {listed}"
    )
    connection.execute(f"COPY ({sql}) TO {literal(str(target))} ({PARQUET})")
    (gone,) = connection.execute(f"SELECT count(*) FROM {relation([str(target)])}").fetchone() or (0,)
    if gone:
        known = f"SELECT count(*) FROM ({known_keys(contract, reader.source.key, earlier)})"
        (alive,) = connection.execute(known).fetchone() or (0,)
        _raise_if_too_many(reader, int(gone), int(alive))
    return int(gone)


def _raise_if_too_many(reader: TableReader, gone: int, alive: int) -> None:
    """A table that was emptied or swapped must not empty the warehouse."""
    limit = reader.source.deleted_share_limit
    if gone > limit * alive:
        raise FilieraError(
            f"{reader.name}: {gone:,} of {alive:,} rows are gone, more than the contract allows ({limit:.0%}). None "
            "was marked as deleted. If they are really gone, raise deletedShareLimit of the table in the contract."
        )


def known_keys(contract: Contract, key: Sequence[str], earlier: Sequence[Batch]) -> str:
    """SQL of the keys that are alive as far as the lake knows."""
    version = quoted(contract.version_column or "_loaded_at")
    listed = ", ".join(quoted(name) for name in key)
    parts = [
        f"SELECT {listed}, {version} AS _version, _seq, {'TRUE' if kind == KIND else 'FALSE'} AS {DELETED} "
        f"FROM {relation(paths)} WHERE _failed = 0"
        for kind, paths in _by_kind(earlier).items()
    ]
    return (
        f"SELECT {listed} FROM ({' UNION ALL '.join(parts)}) GROUP BY ALL "
        f"HAVING NOT arg_max({DELETED}, (_version, _seq))"
    )


def _by_kind(batches: Sequence[Batch]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for batch in batches:
        if batch.lake_path and batch.state == "admitted":
            found.setdefault(batch.kind, []).append(batch.lake_path)
    return found


def _value(contract: Contract, name: str, reader: TableReader, batch: Batch) -> str:
    if name in reader.source.key:
        return f"known.{quoted(name)}"
    if name == contract.version_column:
        return literal(batch.loaded_at.replace(tzinfo=None))
    return f"NULL::{contract.column(name).sql_type}"
