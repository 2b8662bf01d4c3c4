"""Replay: tries batches again under the present contract, without asking the source for them again.

A file is read from landing, a table's batch from the lake, which holds the delivered text of every row that broke a
rule. What is accepted now goes to the warehouse with the next run; what is rejected stays, with its new reasons.
"""

from __future__ import annotations

from dataclasses import replace

import duckdb

from filiera.contracts.check import LAKE_COLUMNS, Rows, Stamp
from filiera.contracts.model import Contract, Dialect
from filiera.duck import connect
from filiera.errors import BatchRefusedError
from filiera.intake.check import check_rows
from filiera.intake.deletions import KIND
from filiera.intake.intake import Intake
from filiera.intake.lake import relation
from filiera.intake.ledger import Batch
from filiera.log import about_batch, log
from filiera.sources.files import json_pointer
from filiera.sql import literal, quoted


def replay(intake: Intake, dataset: str, *, every: bool = False) -> list[tuple[Batch, Batch]]:
    """Check again what was not clean; `every` also what the present contract has judged already. Before and after."""
    contract = intake.contract(dataset)
    changed = []
    for batch in intake.ledger.batches(dataset, ["admitted", "held", "refused"]):
        if batch.kind == KIND:
            continue  # keys that are gone are nobody's text to judge
        is_clean = batch.state == "admitted" and not batch.rows_rejected and not batch.rows_flagged
        is_current = batch.contract_fingerprint == contract.fingerprint
        if (is_current or is_clean) and not every:
            continue
        with about_batch(batch.batch_id):
            intake.progress(f"{dataset}: trying {batch.source} again")
            after = _again(intake, contract, batch)
            log().info(
                "batch replayed",
                dataset=dataset,
                source=batch.source,
                state=after.state,
                rows_rejected_before=batch.rows_rejected,
                rows_rejected=after.rows_rejected,
            )
            changed.append((batch, after))
    return changed


def _again(intake: Intake, contract: Contract, batch: Batch) -> Batch:
    try:
        after = intake.check_landed(contract, batch) if batch.kind == "file" else _from_lake(intake, contract, batch)
    except BatchRefusedError as refusal:
        return intake.ledger.refuse(
            batch,
            f"{refusal.code}: {batch.source}: {refusal}",
            contract_version=contract.version,
            contract_fingerprint=contract.fingerprint,
        )
    if batch.lake_path and batch.lake_path != after.lake_path:
        intake.lake.forget(batch.lake_path)
    return after


def _from_lake(intake: Intake, contract: Contract, batch: Batch) -> Batch:
    with connect(intake.settings) as connection:
        rows = _stored_rows(connection, contract, relation([str(batch.lake_path)]))
        # What came from a table is written in the engine's own notation, whatever files of the dataset look like.
        columns = tuple(replace(column, format=None) for column in contract.columns)
        plain = replace(contract, columns=columns, dialect=Dialect(null_values=()))
        stamp = Stamp(batch.seq, batch.loaded_at.replace(tzinfo=None), batch.loaded_on)
        checked = check_rows(connection, plain, rows, stamp, intake.lake.aside(f"{batch.seq}.parquet"))
        return intake.settle(connection, contract, batch, checked)


def _stored_rows(connection: duckdb.DuckDBPyConnection, contract: Contract, source: str) -> Rows:
    """The rows of a lake file as they were delivered, as far as the lake knows it, and otherwise as they were read."""
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    types = {str(name): str(sql_type) for name, sql_type, *_ in described if name not in LAKE_COLUMNS}
    texts = {name: [_text(name, sql_type)] for name, sql_type in types.items()}
    present = {name for name, *_ in described}
    for column in ("_extra", "_original"):
        if column not in present:
            continue  # the batch brought no column that its contract did not know
        keys = connection.execute(f"SELECT DISTINCT unnest(json_keys({column})) AS key FROM {source} ORDER BY key")
        for (key,) in keys.fetchall():
            name = next((name for name in texts if name.casefold() == key.casefold()), key)
            texts.setdefault(name, []).insert(0, f"json_extract_string({column}, {literal(json_pointer(key))})")
    by_column = {}
    for own in contract.columns:
        name = next((name for name in texts if name.casefold() == own.name.casefold()), None)
        if name is not None:
            by_column[own.name] = name
    columns = ", ".join(f"coalesce({', '.join(parts)}) AS {quoted(name)}" for name, parts in texts.items())
    extra = tuple(name for name in texts if name not in by_column.values())
    return Rows(f"(SELECT {columns} FROM {source})", dict.fromkeys(by_column, "VARCHAR"), by_column, extra)


def _text(name: str, sql_type: str) -> str:
    """A stored value as text; the lake's times are UTC, and say so."""
    text = f"{quoted(name)}::VARCHAR"
    return f"{text} || 'Z'" if sql_type == "TIMESTAMP" else text
