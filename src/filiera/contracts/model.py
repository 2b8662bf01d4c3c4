"""What a contract means to filiera, once read: columns, rules, and where the rows come from.

The file on disk is ODCS YAML (`load.py` reads it); checks, source docs and reference pages are made from these objects,
so a rule is written once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

Outcome = Literal["reject", "nullify", "flag"]
RuleKind = Literal["required", "type", "length", "range", "enum", "pattern", "expression", "duplicate"]
Dimension = Literal["accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness", "uniqueness"]

LAST_BIT = 62
"""Rules past this share one bit, so that a mask always fits a signed 64-bit integer of any engine."""


@dataclass(frozen=True)
class Column:
    """One column of a dataset."""

    name: str
    logical_type: str
    sql_type: str
    """The type in DuckDB's words."""
    description: str
    required: bool = False
    key_position: int | None = None
    optional: bool = False
    """A delivery may lack this column altogether."""
    format: str | None = None
    """strptime format of dates and timestamps that are not ISO 8601."""
    time_zone: str = "UTC"
    """Zone of timestamps that carry none."""

    @property
    def may_be_empty(self) -> bool:
        """An accepted row may lack it."""
        return not self.required and self.key_position is None


@dataclass(frozen=True)
class Rule:
    """One condition that every row must meet, and what happens to a row that does not."""

    id: str
    kind: RuleKind
    outcome: Outcome
    dimension: Dimension
    description: str
    columns: tuple[str, ...]
    expression: str = ""
    """What must hold, in DuckDB's dialect; NULL counts as holding, as in a CHECK constraint."""


@dataclass(frozen=True)
class Dialect:
    """How files of a dataset are written; nothing of it is ever guessed."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    decimal: str = "."
    thousands: str = ""
    null_values: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class TableSource:
    """A database table the dataset is read from."""

    setting: str
    """The setting that holds the database's URL."""
    database: str
    """Name of the embedded database that stands in when the setting is empty."""
    schema: str
    table: str
    key: tuple[str, ...]
    watermark: str
    compare_days: int | None = None
    """Every so many days the table's keys are held against the lake's, to find rows that are gone."""
    deleted_share_limit: float = 0.5
    """More than this share of the rows gone at once is taken for a mistake at the source."""


@dataclass(frozen=True)
class Contract:
    """Everything filiera needs to know about one dataset."""

    dataset: str
    version: str
    fingerprint: str
    """SHA-256 of the file: two contracts are the same exactly when this is."""
    path: Path
    description: str
    grain: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    dialect: Dialect
    tables: tuple[TableSource, ...]
    version_column: str | None
    event_column: str | None
    rejected_share_limit: float = 0.5
    fresh_days: float | None = None

    @property
    def domain(self) -> str:
        """The part before the dot."""
        return self.dataset.partition(".")[0]

    @property
    def relation(self) -> str:
        """Name of the dataset's relation in a warehouse: `factory__production_raw`."""
        return self.dataset.replace(".", "__")

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Columns of the business key, in order."""
        keyed = [column for column in self.columns if column.key_position is not None]
        return tuple(column.name for column in sorted(keyed, key=lambda column: column.key_position or 0))

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)

    def bit(self, rule: Rule) -> int:
        """Place of a rule in the bitmasks `_failed` and `_flagged`; bit 0 is a row that cannot be read."""
        return min(self._places[rule.id] + 1, LAST_BIT)

    def shares_bit(self, rule: Rule) -> bool:
        """Whether the bit alone does not tell that this rule is broken."""
        return self._places[rule.id] + 1 >= LAST_BIT and len(self.rules) > LAST_BIT

    @cached_property
    def _places(self) -> dict[str, int]:
        return {rule.id: place for place, rule in enumerate(self.rules)}
