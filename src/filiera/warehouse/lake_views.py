"""SQL that reads batches of the lake as one relation, whatever contract version each was checked under."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import duckdb

from filiera.contracts.model import Contract
from filiera.intake.deletions import DELETED
from filiera.intake.lake import relation
from filiera.intake.ledger import Batch
from filiera.sql import quoted


def accepted_rows(connection: duckdb.DuckDBPyConnection, contract: Contract, batches: Sequence[Batch]) -> str:
    """A SELECT over the accepted rows of these batches, with batch and place beside the contract's columns."""
    parts = [
        f"SELECT {', '.join(_columns(connection, contract, paths[0]))} "
        f"FROM {relation(paths, with_place=True)} WHERE _failed = 0"
        for paths in _by_contract(batches)
    ]
    return " UNION ALL ".join(parts) or _nothing(contract)


def _by_contract(batches: Iterable[Batch]) -> list[list[str]]:
    """Lake paths, those checked under the same contract together: these have the same columns."""

    def shape(batch: Batch) -> tuple[str, str]:
        return batch.contract_fingerprint or "", batch.kind

    ordered = sorted(batches, key=lambda batch: (*shape(batch), batch.seq))
    return [[str(batch.lake_path) for batch in group] for _, group in groupby(ordered, key=shape)]


def _columns(connection: duckdb.DuckDBPyConnection, contract: Contract, path: str) -> list[str]:
    described = connection.execute(f"DESCRIBE SELECT * FROM {relation([path])}").fetchall()
    present = {name for name, *_ in described}
    columns = [
        f"CAST({quoted(column.name) if column.name in present else 'NULL'} AS {column.sql_type}) "
        f"AS {quoted(column.name)}"
        for column in contract.columns
    ]
    is_deleted = DELETED if DELETED in present else "FALSE"
    return [*columns, "_seq", "_loaded_at", "file_row_number AS _row", f"{is_deleted} AS {DELETED}"]


def _nothing(contract: Contract) -> str:
    types = {column.name: column.sql_type for column in contract.columns}
    types |= {"_seq": "BIGINT", "_loaded_at": "TIMESTAMP", "_row": "BIGINT", DELETED: "BOOLEAN"}
    columns = [f"CAST(NULL AS {sql_type}) AS {quoted(name)}" for name, sql_type in types.items()]
    return f"SELECT {', '.join(columns)} WHERE FALSE"
