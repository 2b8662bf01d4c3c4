"""A rejected row is told by its place, called what it is where the row came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from filiera.intake.ledger import Batch
from filiera.intake.rejects import has_lines, place_word


def test_files_have_lines_and_tables_have_rows(ingest: Callable[..., Batch]) -> None:
    file = ingest(
        "plant,line,machine_id,production_date,produced_qty,scrap_qty,created_at\n"
        "Torino,L1,M1,2026-01-30,1,2,2026-01-30 20:00:00\n"
    )
    table = replace(file, kind="table", source="public.production_raw")
    parquet = replace(file, source="rows.parquet")
    assert [place_word(map(has_lines, batches)) for batches in ([file], [table], [parquet], [table, file], [])] == [
        "line", "row", "row", "line or row", "line",
    ]  # fmt: skip
