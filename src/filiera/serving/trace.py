"""From a number back to the lines it came from.

A published relation says in its `trace` what stands behind its rows: another relation, or a dataset. Rows of another
relation are found by the columns both are named by, or through the dimensions that `by` names. A row of a dataset is
told by batch and place; the ledger knows the batch's source, the lake the row, and landing the very line.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from filiera.contracts.model import Contract
from filiera.duck import connect
from filiera.errors import FilieraError, UsageError
from filiera.intake.deletions import KIND
from filiera.intake.lake import relation
from filiera.intake.ledger import Batch, Ledger
from filiera.intake.rejects import has_lines, line_number
from filiera.serving.reader import Serving
from filiera.settings import Settings
from filiera.sql import quoted

_MOST = 1000
_OWN = ("_seq", "_row")
_LONGEST_LINE = 10_000

_Conditions = dict[str, str]
"""SQL of a condition, and the value that is bound in it."""


@dataclass(frozen=True)
class SourceLine:
    """One delivered row behind a number."""

    counts: bool
    """This recording is the one the number is made of; others were recorded earlier."""
    source: str
    batch_id: str
    line: int
    is_line: bool
    """That number counts lines of a text, and not rows of a table."""
    loaded_at: str
    values: dict[str, Any]
    text: str | None
    """The line of the landed file as it was delivered; None for a table's row."""


@dataclass(frozen=True)
class Trace:
    """A row, and what stands behind it."""

    relation: str
    row: dict[str, Any]
    behind: str | None
    rows: list[dict[str, Any]]
    lines: list[SourceLine] = field(default_factory=list)
    more: int = 0
    """How many rows behind it are not listed."""


class Tracer:
    """Traces within one home."""

    def __init__(self, settings: Settings, serving: Serving, ledger: Ledger, contracts: dict[str, Contract]) -> None:
        self.settings = settings
        self.serving = serving
        self.ledger = ledger
        self.contracts = contracts

    def trace(self, name: str, key: Sequence[str]) -> Trace:
        """Follow one row of a relation, named by the values of its grain, to the delivered lines."""
        found = self._relation(name)
        values = _key_values(found, key)
        rows = self._rows(found, _equal(values))
        if not rows:
            shown = ", ".join(f"{column}={value}" for column, value in values.items())
            raise UsageError(f"{found['relation']} has no row with {shown}.")
        if len(rows) > 1:
            raise UsageError(
                f"{found['relation']} has {len(rows)} such rows; name all of: {', '.join(found['grain'])}."
            )
        row = rows[0]
        if found["trace_dataset"]:
            return Trace(name, row, None, [], self._lines(found["trace_dataset"], [row]))
        if not found["trace_relation"]:
            raise UsageError(f"{found['relation']} does not say what its rows are made of.")
        parts = self._relation(found["trace_relation"])
        conditions = self._behind(found, row, parts)
        behind = self._rows(parts, conditions)
        lines = self._lines(parts["trace_dataset"], behind) if parts["trace_dataset"] else []
        more = self._count(parts, conditions) - len(behind) if len(behind) == _MOST else 0
        return Trace(name, row, parts["relation"], behind, lines, more)

    def _relation(self, name: str) -> dict[str, Any]:
        known = self.serving.rows(
            "SELECT * REPLACE (schema_name || '.' || relation AS relation), relation AS short FROM meta.relations"
        )
        found = [entry for entry in known if name in (entry["relation"], entry["short"])]
        if len(found) != 1:
            traceable = sorted(
                entry["relation"] for entry in known if entry["trace_relation"] or entry["trace_dataset"]
            )
            raise UsageError(f"There is no relation {name!r} to trace; there are: {', '.join(traceable)}.")
        return found[0]

    def _behind(self, found: dict[str, Any], row: dict[str, Any], parts: dict[str, Any]) -> _Conditions:
        """What the rows have in common of which this one is made."""
        # What was published by an older filiera knows nothing of dimensions.
        by: dict[str, str] = json.loads(found.get("trace_by") or "{}")
        conditions = _equal({column: row[column] for column in found["grain"] if column in parts["grain"]})
        for column, told_by in by.items():
            # A dimension that plays several roles is joined by a column with another name than its own key.
            role, _, place = told_by.rpartition(" -> ")
            dimension, _, named = place.rpartition(".")
            (key,) = self._relation(dimension)["grain"]
            of_value = f"SELECT {quoted(key)} FROM {_table(dimension)} WHERE {quoted(named)}::VARCHAR = ?"
            conditions[f"{quoted(role or key)} IN ({of_value})"] = str(row[column])
        return conditions

    def _rows(self, found: dict[str, Any], conditions: _Conditions) -> list[dict[str, Any]]:
        order = ", ".join(quoted(column) for column in found["grain"]) or "ALL"
        sql = f"SELECT * FROM {_those(found, conditions)} ORDER BY {order} LIMIT {_MOST}"
        return self.serving.rows(sql, list(conditions.values()))

    def _count(self, found: dict[str, Any], conditions: _Conditions) -> int:
        sql = f"SELECT count(*) AS rows FROM {_those(found, conditions)}"
        return int(self.serving.rows(sql, list(conditions.values()))[0]["rows"])

    def _lines(self, dataset: str, rows: list[dict[str, Any]]) -> list[SourceLine]:
        contract = self.contracts.get(dataset)
        if contract is None:
            raise FilieraError(f"The contract of {dataset} is not installed any more; restore it to trace its rows.")
        batches = {batch.seq: batch for batch in self.ledger.batches(dataset) if batch.lake_path and batch.kind != KIND}
        counting = {(row["_seq"], row["_row"]) for row in rows}
        lines = []
        for seq, place, line, values in self._recordings(contract, batches, rows):
            batch = batches[seq]
            lines.append(
                SourceLine(
                    counts=(seq, place) in counting,
                    source=batch.source,
                    batch_id=batch.batch_id,
                    line=line,
                    is_line=has_lines(batch),
                    loaded_at=batch.loaded_at.isoformat(timespec="seconds"),
                    values=values,
                    text=self._text(batch, line),
                )
            )
        return lines

    def _recordings(
        self, contract: Contract, batches: dict[int, Batch], rows: list[dict[str, Any]]
    ) -> list[tuple[int, int, int, dict[str, Any]]]:
        """Every accepted recording of these rows' keys, in the order of their delivery."""
        names = [column.name for column in contract.columns]
        key = [name for name in contract.key if all(name in row for row in rows)]
        wanted = ", ".join(f"unnest(?::VARCHAR[]) AS {quoted(name)}" for name in key)
        matches = " AND ".join(f"recorded.{quoted(name)}::VARCHAR = wanted.{quoted(name)}" for name in key)
        bound = [[str(row[name]) for row in rows] for name in key]
        found = []
        with connect(self.settings) as connection:
            for batch in batches.values():
                sql = (
                    f"SELECT file_row_number, {line_number(batch)}, {', '.join(map(quoted, names))} "
                    f"FROM {relation([str(batch.lake_path)], with_place=True)} AS recorded "
                    f"SEMI JOIN (SELECT {wanted}) AS wanted ON {matches} WHERE _failed = 0 ORDER BY file_row_number"
                )
                for place, line, *values in connection.execute(sql, bound).fetchall():
                    found.append((batch.seq, place, line, dict(zip(names, values, strict=True))))
        return found

    def _text(self, batch: Batch, line: int) -> str | None:
        if batch.kind != "file" or batch.landing_path is None or batch.source.endswith(".parquet"):
            return None
        landed = self.settings.home / batch.landing_path
        return _line_of(landed, line) if landed.is_file() else None


def _equal(values: dict[str, Any]) -> _Conditions:
    return {f"{quoted(column)}::VARCHAR = ?": str(value) for column, value in values.items()}


def _those(found: dict[str, Any], conditions: _Conditions) -> str:
    return f"{_table(found['relation'])} WHERE {' AND '.join(conditions)}"


def _table(name: str) -> str:
    return quoted(*name.split("."))


def _key_values(found: dict[str, Any], key: Sequence[str]) -> dict[str, Any]:
    """`2026-01-31/Torino/L1`, the same as separate words, or `plant=Torino …`."""
    grain = list(found["grain"])
    if len(key) == 1 and len(grain) > 1 and "=" not in key[0]:
        key = key[0].split("/")
    if all("=" in part for part in key):
        values = dict(part.split("=", 1) for part in key)
        if unknown := set(values) - set(grain):
            raise UsageError(f"{', '.join(sorted(unknown))} is not part of the key, which is: {', '.join(grain)}.")
        return values
    if len(key) != len(grain):
        raise UsageError(f"A row of {found['relation']} is named by {len(grain)} values: {'/'.join(grain)}.")
    return dict(zip(grain, key, strict=True))


def _line_of(path: Path, line: int) -> str | None:
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", errors="backslashreplace", newline=None) as file:
        text = next(islice(file, line - 1, line), None)
    return text.rstrip("\n")[:_LONGEST_LINE] if text is not None else None
