"""Replay: tries batches again under the present contract, without asking the source for them again.

A file is read from landing, a table's batch from the lake, which holds the delivered text of every row that broke a
rule. What is accepted now goes to the warehouse with the next run; what is rejected stays, with its new reasons.
"""

from __future__ import annotations

from dataclasses import replace

from filiera.contracts.check import Rows, Stamp
from filiera.contracts.model import Contract, Dialect
from filiera.errors import BatchRefusedError
from filiera.intake.check import check_rows
from filiera.intake.intake import Intake
from filiera.intake.lake import relation
from filiera.intake.ledger import Batch
from filiera.log import about_batch, log
from filiera.sql import literal, quoted
from filiera.warehouse.duck import connect


def replay(intake: Intake, dataset: str, *, every: bool = False) -> list[tuple[Batch, Batch]]:
    """Check again what was not clean; `every` also what the present contract has judged already. Before and after."""
    contract = intake.contract(dataset)
    changed = []
    for batch in intake.ledger.batches(dataset, ["admitted", "held", "refused"]):
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
    source = relation([str(batch.lake_path)])
    with connect(intake.settings) as connection:
        described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        present = [column.name for column in contract.columns if column.name in {name for name, *_ in described}]
        texts = ", ".join(
            f"coalesce(json_extract_string(_original, {literal(chr(36) + '.' + chr(34) + name + chr(34))}), "
            f"{quoted(name)}::VARCHAR) AS {quoted(name)}"
            for name in present
        )
        names = {name: name for name in present}
        rows = Rows(f"(SELECT {texts} FROM {source})", dict.fromkeys(present, "VARCHAR"), names)
        # What came from a table is written in the engine's own notation, whatever files of the dataset look like.
        plain = replace(contract, dialect=Dialect(null_values=()))
        stamp = Stamp(batch.seq, batch.loaded_at.replace(tzinfo=None), batch.loaded_on)
        checked = check_rows(connection, plain, rows, stamp, intake.lake.aside(f"{batch.seq}.parquet"))
        return intake.settle(connection, contract, batch, checked)
