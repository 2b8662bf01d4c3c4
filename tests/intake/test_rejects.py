"""A rejected row is told by its place, called what it is where the row came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from filiera.duck import connect
from filiera.intake.ledger import Batch
from filiera.intake.rejects import has_lines, place_word, rejected_rows_sql
from filiera.settings import Settings


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


def test_each_rejected_row_says_whether_its_number_is_a_lines(ingest: Callable[..., Batch], home: Settings) -> None:
    file = ingest(
        "plant,line,machine_id,production_date,produced_qty,scrap_qty,created_at\n"
        "Torino,L1,M1,2026-01-30,1,2,2026-01-30 20:00:00\n"
    )
    table = replace(file, kind="table", source="factory.public.production_raw")
    with connect(home) as connection:
        sql = f"SELECT source_name, line_number, is_line FROM ({rejected_rows_sql([file, table])}) ORDER BY 1"
        assert connection.execute(sql).fetchall() == [
            ("factory.public.production_raw", 1, False),
            ("rows.csv", 2, True),
        ]
