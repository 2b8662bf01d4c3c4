"""The check of a batch: delivered rows in, one finished Parquet file and a verdict out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from filiera.contracts.check import Rows, Stamp, check_sql
from filiera.contracts.model import Contract
from filiera.errors import BatchRefusedError
from filiera.intake.ledger import BrokenRule, Verdict
from filiera.sources.files import FileReader
from filiera.sql import literal, quoted

_DAMAGE_WORDS = {
    "ROW_COLUMNS": "The line has the number of columns the header announces.",
    "ROW_QUOTES": "Quotes of the line open and close.",
    "ROW_ENCODING": "The line is valid UTF-8.",
    "ROW_NUL": "The line holds no NUL byte.",
    "ROW_TOO_LONG": "The line is shorter than 1 MiB.",
    "ROW_NOT_JSON": "The line is one JSON object.",
}


@dataclass(frozen=True)
class Checked:
    """A finished file and what it holds."""

    path: Path
    verdict: Verdict


def check_file(
    connection: duckdb.DuckDBPyConnection, reader: FileReader, stamp: Stamp, aside: Callable[[str], Path]
) -> Checked:
    """Check a landed file; a damaged one is repaired first, as far as it can be."""
    contract = reader.contract
    target = aside(f"{stamp.seq}.parquet")
    if not reader.must_be_repaired:
        try:
            checked = check_rows(connection, contract, reader.rows(connection), stamp, target)
        except duckdb.Error as error:
            _raise_if_not_about_content(error)
        else:
            # A stray quote can make the engine swallow lines and still find the right number of columns.
            if reader.expected_rows is None or checked.verdict.rows_in == reader.expected_rows:
                return checked
    return check_rows(connection, contract, reader.repaired_rows(connection), stamp, target)


def check_rows(
    connection: duckdb.DuckDBPyConnection, contract: Contract, rows: Rows, stamp: Stamp, target: Path
) -> Checked:
    """Check rows in one pass and say what was found."""
    connection.execute(f"COPY ({check_sql(contract, rows, stamp)}) TO {literal(str(target))} (FORMAT parquet)")
    if any(rule.kind == "duplicate" for rule in contract.rules):
        _mark_duplicates(connection, contract, target)
    return Checked(target, judge(connection, contract, target))


def judge(connection: duckdb.DuckDBPyConnection, contract: Contract, file: Path) -> Verdict:
    """Read the verdict off a finished file: its bitmasks say everything."""
    source = f"read_parquet({literal(str(file))})"
    masks = connection.execute(f"SELECT _failed, _flagged, count(*) FROM {source} GROUP BY ALL").fetchall()
    rows_in = sum(n for *_, n in masks)
    rejected = sum(n for failed, _, n in masks if failed)
    events: tuple[date | None, date | None] = (None, None)
    if contract.event_column and rows_in:
        event = quoted(contract.event_column)
        found = connection.execute(
            f"SELECT min({event})::DATE, max({event})::DATE FROM {source} WHERE _failed = 0"
        ).fetchone()
        events = found or events
    return Verdict(
        rows_in=rows_in,
        rows_accepted=rows_in - rejected,
        rows_rejected=rejected,
        rows_flagged=sum(n for _, flagged, n in masks if flagged),
        oldest_event=events[0],
        newest_event=events[1],
        rules=_broken_rules(connection, contract, source) if any(a or b for a, b, _ in masks) else (),
        dimensions=_broken_dimensions(contract, masks),
    )


def _broken_rules(connection: duckdb.DuckDBPyConnection, contract: Contract, source: str) -> tuple[BrokenRule, ...]:
    found = connection.execute(
        f"SELECT reason, count(*) FROM (SELECT unnest(_reasons) AS reason FROM {source} WHERE _reasons IS NOT NULL) "
        "GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    rules = {rule.id: rule for rule in contract.rules}
    broken = []
    for reason, n in found:
        # Rules past the last bit share it, and are named together.
        rule = rules.get(reason.partition(" / ")[0])
        if rule is None:
            broken.append(BrokenRule(reason, "conformity", "reject", _DAMAGE_WORDS[reason], n))
        else:
            broken.append(BrokenRule(reason, rule.dimension, rule.outcome, rule.description, n))
    return tuple(broken)


def _broken_dimensions(contract: Contract, masks: list[tuple[int, int, int]]) -> dict[str, int]:
    """Rows per dimension that broke at least one of its rules, so that a row counts once in each."""
    bits: dict[str, int] = {"conformity": 1}
    for rule in contract.rules:
        bits[rule.dimension] = bits.get(rule.dimension, 0) | 1 << contract.bit(rule)
    found = {name: sum(n for failed, flagged, n in masks if (failed | flagged) & bit) for name, bit in bits.items()}
    return {name: n for name, n in found.items() if n}


def _mark_duplicates(connection: duckdb.DuckDBPyConnection, contract: Contract, target: Path) -> None:
    """Mark rows whose key an earlier accepted row of the batch has; the file is rewritten only if there are any."""
    for rule in contract.rules:
        if rule.kind != "duplicate":
            continue
        key = ", ".join(quoted(name) for name in rule.columns)
        source = f"read_parquet({literal(str(target))}, file_row_number=true)"
        sound = "_failed = 0 AND " + " AND ".join(f"{quoted(name)} IS NOT NULL" for name in rule.columns)
        rows, distinct = connection.execute(
            f"SELECT count(*), (SELECT count(*) FROM (SELECT DISTINCT {key} FROM {source} WHERE {sound})) "
            f"FROM {source} WHERE {sound}"
        ).fetchone() or (0, 0)
        if rows == distinct:
            continue
        column, bit = ("_failed" if rule.outcome == "reject" else "_flagged"), 1 << contract.bit(rule)
        original = ", ".join(f"{literal(c.name)}, {quoted(c.name)}::VARCHAR" for c in contract.columns)
        marked = target.with_suffix(".marked")
        connection.execute(
            f"COPY (WITH ranked AS (SELECT *, {sound} AND row_number() OVER "
            f"(PARTITION BY {key}, {sound} ORDER BY file_row_number) > 1 AS _again FROM {source}) "
            f"SELECT * EXCLUDE (file_row_number, _again) REPLACE ("
            f"CASE WHEN _again THEN {column} | {bit}::UBIGINT ELSE {column} END AS {column}, "
            f"CASE WHEN _again THEN list_append(coalesce(_reasons, []), {literal(rule.id)}) ELSE _reasons END "
            f"AS _reasons, CASE WHEN _again THEN coalesce(_original, json_object({original})::VARCHAR) "
            f"ELSE _original END AS _original) "
            f"FROM ranked ORDER BY file_row_number) TO {literal(str(marked))} (FORMAT parquet)"
        )
        marked.replace(target)


def _raise_if_not_about_content(error: duckdb.Error) -> None:
    """A full disk or a failing engine is not the file's fault."""
    if isinstance(error, duckdb.InvalidInputException | duckdb.ConversionException):
        return
    if isinstance(error, duckdb.IOException) and "parquet" in str(error).lower():
        raise BatchRefusedError("UNREADABLE", f"it is not readable as Parquet: {str(error).splitlines()[0]}") from None
    raise error
