"""The check of a batch: delivered rows in, one finished Parquet file and a verdict out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from filiera.contracts.check import Rows, Stamp, check_sql
from filiera.contracts.model import Contract, Rule
from filiera.errors import BatchRefusedError
from filiera.intake.lake import PARQUET, relation
from filiera.intake.ledger import BrokenRule, Verdict
from filiera.sources.files import FileReader
from filiera.sql import literal, quoted

_OUR_FAULT = (
    duckdb.OutOfMemoryException,
    duckdb.InterruptException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
)
_DAMAGE_DIMENSION = "conformity"
_DAMAGE_WORDS = {
    "ROW_COLUMNS": "The line has the number of columns the header announces.",
    "ROW_QUOTES": "Quotes of the line open and close.",
    "ROW_ENCODING": "The line is valid UTF-8.",
    "ROW_NUL": "The line holds no NUL byte.",
    "ROW_TOO_LONG": "The line is shorter than 1 MiB.",
    "ROW_NOT_JSON": "The line is one JSON object.",
    "ROW_DOUBLED_KEY": "No key stands twice in the JSON object.",
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
    try:
        return _check_file(connection, reader, stamp, aside(f"{stamp.seq}.parquet"))
    except duckdb.OutOfMemoryException:
        if not reader.is_wide:
            raise
        raise BatchRefusedError(
            "TOO_WIDE",
            "it has more columns than fit into memory; leave some out, or raise memory_limit.",
        ) from None


def _check_file(connection: duckdb.DuckDBPyConnection, reader: FileReader, stamp: Stamp, target: Path) -> Checked:
    contract = reader.contract
    is_sound = False
    if not reader.must_be_repaired:
        try:
            checked = check_rows(connection, contract, reader.rows(connection), stamp, target, is_landed=True)
        except duckdb.Error as error:
            _raise_if_not_about_content(error, reader)
        else:
            rows = checked.verdict.rows_in
            is_sound = not reader.has_more_fields(connection, rows)
            # Where rows are not lines, somebody has to say in which line each row begins.
            if is_sound and reader.expected_rows in (None, rows):
                return checked
    repaired = reader.repaired_rows(connection, is_sound=is_sound)
    return check_rows(connection, contract, repaired, stamp, target, is_landed=True)


def check_rows(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    rows: Rows,
    stamp: Stamp,
    target: Path,
    *,
    is_landed: bool = False,
) -> Checked:
    """Check rows in one pass and say what was found.

    Where a key came twice, rows that are landed are read again: which row is one too many shows when all are checked,
    and until then only rows that broke a rule keep their text. Of others, the typed values are told instead.
    """
    _copy(connection, contract, rows, stamp, target)
    rules = [rule for rule in contract.rules if rule.kind == "duplicate"]
    if any(_has_duplicates(connection, rule, target) for rule in rules):
        if is_landed:
            _copy(connection, contract, rows, stamp, target, keeps_originals=True)
        _mark_duplicates(connection, contract, rules, target)
    return Checked(target, judge(connection, contract, target))


def _copy(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    rows: Rows,
    stamp: Stamp,
    target: Path,
    *,
    keeps_originals: bool = False,
) -> None:
    to = f"TO {literal(str(target))} ({PARQUET})"
    try:
        connection.execute(f"COPY ({check_sql(contract, rows, stamp, keeps_originals=keeps_originals)}) {to}")
    except (duckdb.DataError, duckdb.InvalidInputException) as error:
        if "CSV" in str(error):
            raise  # the file cannot be read; no rule is to blame
        careful = check_sql(contract, rows, stamp, is_careful=True, keeps_originals=keeps_originals)
        connection.execute(f"COPY ({careful}) {to}")


def judge(connection: duckdb.DuckDBPyConnection, contract: Contract, file: Path) -> Verdict:
    """Read the verdict off a finished file: its bitmasks say everything."""
    source = relation([str(file)])
    (rows_in,) = connection.execute(f"SELECT count(*) FROM {source}").fetchone() or (0,)
    masks = connection.execute(
        f"SELECT _failed, _flagged, count(*) FROM {source} WHERE (_failed | _flagged) <> 0 GROUP BY ALL"
    ).fetchall()
    rejected = sum(n for failed, _, n in masks if failed)
    reasons = _reasons(contract, masks)
    if reasons is None:
        reasons = connection.execute(
            f"SELECT _reasons, count(*) FROM {source} WHERE _reasons IS NOT NULL GROUP BY 1"
        ).fetchall()
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
        rules=_broken_rules(contract, reasons),
        dimensions=_broken_dimensions(contract, reasons),
    )


def _reasons(contract: Contract, masks: list[tuple[int, int, int]]) -> list[tuple[list[str], int]] | None:
    """Ids of the rules behind the masks; None where a bit does not tell: one of damage, or one that rules share."""
    ids = {1 << contract.bit(rule): rule.id for rule in contract.rules if not contract.shares_bit(rule)}
    if any((failed | flagged) & ~sum(ids) for failed, flagged, _ in masks):
        return None
    return [([ids[bit] for bit in ids if (failed | flagged) & bit], n) for failed, flagged, n in masks]


def _broken_rules(contract: Contract, reasons: list[tuple[list[str], int]]) -> tuple[BrokenRule, ...]:
    counts: Counter[str] = Counter()
    for ids, n in reasons:
        counts.update(dict.fromkeys(ids, n))
    rules = {rule.id: rule for rule in contract.rules}
    broken = []
    for reason, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        rule = rules.get(reason)
        if rule is None:
            broken.append(BrokenRule(reason, _DAMAGE_DIMENSION, "reject", _DAMAGE_WORDS[reason], n))
        else:
            broken.append(BrokenRule(reason, rule.dimension, rule.outcome, rule.description, n))
    return tuple(broken)


def _broken_dimensions(contract: Contract, reasons: list[tuple[list[str], int]]) -> dict[str, int]:
    """Rows per dimension that broke at least one of its rules, so that a row counts once in each."""
    dimensions: dict[str, str] = {rule.id: rule.dimension for rule in contract.rules}
    counts: Counter[str] = Counter()
    for ids, n in reasons:
        counts.update(dict.fromkeys({dimensions.get(reason, _DAMAGE_DIMENSION) for reason in ids}, n))
    return dict(counts)


def _sound_key(rule: Rule) -> str:
    return "_failed = 0 AND " + " AND ".join(f"{quoted(name)} IS NOT NULL" for name in rule.columns)


def _has_duplicates(connection: duckdb.DuckDBPyConnection, rule: Rule, target: Path) -> bool:
    key = ", ".join(map(quoted, rule.columns))
    sound = f"FROM {relation([str(target)])} WHERE {_sound_key(rule)}"
    counts = connection.execute(f"SELECT count(*), (SELECT count(*) FROM (SELECT DISTINCT {key} {sound})) {sound}")
    rows, distinct = counts.fetchone() or (0, 0)
    return bool(rows != distinct)


def _mark_duplicates(
    connection: duckdb.DuckDBPyConnection, contract: Contract, rules: list[Rule], target: Path
) -> None:
    """Rewrite a file with a mark on rows whose key an earlier accepted row of the batch has."""
    values = ", ".join(f"{literal(c.name)}, {quoted(c.name)}::VARCHAR" for c in contract.columns)
    rows = f"SELECT * FROM {relation([str(target)], with_place=True)}"
    for rule in rules:
        column, bit = ("_failed" if rule.outcome == "reject" else "_flagged"), 1 << contract.bit(rule)
        sound, key = _sound_key(rule), ", ".join(map(quoted, rule.columns))
        rows = (
            f"SELECT * EXCLUDE (_again) REPLACE ("
            f"CASE WHEN _again THEN {column} | {bit}::UBIGINT ELSE {column} END AS {column}, "
            f"CASE WHEN _again THEN list_append(coalesce(_reasons, []), {literal(rule.id)}) ELSE _reasons END "
            f"AS _reasons, CASE WHEN _again THEN coalesce(_original, json_object({values})::VARCHAR) "
            f"ELSE _original END AS _original) "
            f"FROM (SELECT *, {sound} AND row_number() OVER "
            f"(PARTITION BY {key}, {sound} ORDER BY file_row_number) > 1 AS _again FROM ({rows}))"
        )
    marked = target.with_suffix(".marked")
    connection.execute(
        f"COPY (SELECT * EXCLUDE (file_row_number) "
        f"REPLACE (CASE WHEN _reasons IS NOT NULL THEN _original END AS _original) "
        f"FROM ({rows}) ORDER BY file_row_number) TO {literal(str(marked))} ({PARQUET})"
    )
    marked.replace(target)


def _raise_if_not_about_content(error: duckdb.Error, reader: FileReader) -> None:
    """A full disk or a failing engine is not the file's fault."""
    if isinstance(error, duckdb.InvalidInputException | duckdb.ConversionException):
        return
    if isinstance(error, duckdb.NotImplementedException) and "CSV Reader" in str(error):
        return  # a record is longer than what the engine reads at once
    if reader.kind == "parquet" and not isinstance(error, _OUR_FAULT) and "space left" not in str(error):
        raise BatchRefusedError("UNREADABLE", f"it is not readable as Parquet: {str(error).splitlines()[0]}") from None
    raise error
