"""From a number back to the lines it came from.

A published relation says in its `trace` what stands behind its rows: another relation, or a dataset. A row of a dataset
is told by batch and place; the ledger knows the batch's source, the lake the row, and landing the very line.
"""

from __future__ import annotations

import gzip
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
from filiera.intake.rejects import line_number
from filiera.serving.reader import Serving
from filiera.settings import Settings
from filiera.sql import quoted

_MOST = 1000
_OWN = ("_seq", "_row")
_LONGEST_LINE = 10_000


@dataclass(frozen=True)
class SourceLine:
    """One delivered row behind a number."""

    counts: bool
    """This recording is the one the number is made of; others were recorded earlier."""
    source: str
    batch_id: str
    line: int
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
        rows = self._rows(found, values)
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
        behind = self._rows(parts, {column: row[column] for column in found["grain"] if column in parts["grain"]})
        lines = self._lines(parts["trace_dataset"], behind) if parts["trace_dataset"] else []
        return Trace(name, row, parts["relation"], behind, lines)

    def _relation(self, name: str) -> dict[str, Any]:
        known = self.serving.rows(
            "SELECT schema_name || '.' || relation AS relation, relation AS short, grain, trace_relation, "
            "trace_dataset FROM meta.relations"
        )
        found = [entry for entry in known if name in (entry["relation"], entry["short"])]
        if len(found) != 1:
            traceable = sorted(
                entry["relation"] for entry in known if entry["trace_relation"] or entry["trace_dataset"]
            )
            raise UsageError(f"There is no relation {name!r} to trace; there are: {', '.join(traceable)}.")
        return found[0]

    def _rows(self, found: dict[str, Any], values: dict[str, Any]) -> list[dict[str, Any]]:
        where = " AND ".join(f"{quoted(column)}::VARCHAR = ?" for column in values)
        table = quoted(*found["relation"].split("."))
        order = ", ".join(quoted(column) for column in found["grain"]) or "ALL"
        sql = f"SELECT * FROM {table} WHERE {where} ORDER BY {order} LIMIT {_MOST}"
        return self.serving.rows(sql, [str(value) for value in values.values()])

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
        wanted = [[str(row[name]) for name in key] for row in rows]
        matches = " OR ".join("(" + " AND ".join(f"{quoted(name)}::VARCHAR = ?" for name in key) + ")" for _ in wanted)
        bound = [value for values in wanted for value in values]
        found = []
        with connect(self.settings) as connection:
            for batch in batches.values():
                sql = (
                    f"SELECT file_row_number, {line_number(batch)}, {', '.join(map(quoted, names))} "
                    f"FROM {relation([str(batch.lake_path)], with_place=True)} WHERE _failed = 0 AND ({matches})"
                )
                for place, line, *values in connection.execute(sql, bound).fetchall():
                    found.append((batch.seq, place, line, dict(zip(names, values, strict=True))))
        return found

    def _text(self, batch: Batch, line: int) -> str | None:
        if batch.kind != "file" or batch.landing_path is None or batch.source.endswith(".parquet"):
            return None
        landed = self.settings.home / batch.landing_path
        return _line_of(landed, line) if landed.is_file() else None


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
