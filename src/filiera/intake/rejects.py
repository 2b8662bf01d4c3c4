"""Quarantine: the rejected rows of the lake, each with all its reasons, its text, its source and its place there."""

from __future__ import annotations

from collections.abc import Iterable

from filiera.intake.lake import relation
from filiera.intake.ledger import Batch
from filiera.sql import literal

REJECTED_COLUMNS = (
    "dataset",
    "batch_id",
    "source_name",
    "line_number",
    "is_line",
    "reasons",
    "original",
    "loaded_at",
)


def line_number(batch: Batch) -> str:
    """SQL of a row's line in its file, or of its place in a batch that has no lines, counted from 1."""
    has_header = batch.kind == "file" and batch.source.lower().removesuffix(".gz").endswith((".csv", ".txt", ".tsv"))
    return f"coalesce(_line, file_row_number + {2 if has_header else 1})"


def has_lines(batch: Batch) -> bool:
    """Whether that number is a line's: tables and Parquet files have rows."""
    return batch.kind == "file" and not batch.source.lower().endswith(".parquet")


def place_word(are_lines: Iterable[bool]) -> str:
    """What these numbers are called where they stand one below the other."""
    words = {"line" if is_line else "row" for is_line in are_lines}
    return " or ".join(sorted(words)) or "line"


def rejected_rows_sql(batches: list[Batch]) -> str:
    """A SELECT of the rejected rows of these batches, with `seq` and `place` to order by."""
    parts = [
        f"SELECT {literal(batch.dataset)} AS dataset, {literal(batch.batch_id)} AS batch_id, "
        f"{literal(batch.source)} AS source_name, {line_number(batch)} AS line_number, "
        f"{str(has_lines(batch)).upper()} AS is_line, _reasons AS reasons, _original AS original, "
        f"_loaded_at AS loaded_at, {batch.seq} AS seq, file_row_number AS place "
        f"FROM {relation([str(batch.lake_path)], with_place=True)} WHERE _failed <> 0"
        for batch in batches
        if batch.lake_path
    ]
    nothing = (
        "SELECT NULL::VARCHAR AS dataset, NULL::VARCHAR AS batch_id, NULL::VARCHAR AS source_name, "
        "NULL::BIGINT AS line_number, NULL::BOOLEAN AS is_line, NULL::VARCHAR[] AS reasons, NULL::VARCHAR AS original, "
        "NULL::TIMESTAMP AS loaded_at, 0 AS seq, 0::BIGINT AS place WHERE FALSE"
    )
    return " UNION ALL ".join(parts) or nothing
