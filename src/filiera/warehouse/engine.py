"""What a warehouse engine must do: load batches from the lake, build and test the dbt project, and hand relations out.

The engine remembers in its own schema `filiera` which revision of which batch it has built, so that a build after a
crash, or on a restored copy, takes in exactly what is missing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

import duckdb

from filiera.contracts.model import Contract
from filiera.intake.ledger import Batch
from filiera.settings import Settings


@dataclass(frozen=True)
class Work:
    """What a build has to do."""

    contracts: dict[str, Contract]
    admitted: tuple[Batch, ...]
    """Every batch that belongs in the warehouse."""
    new: tuple[Batch, ...]
    """Those of them that this build brings in."""
    years: tuple[int, int]
    """First and last year of the calendar."""
    is_full: bool
    has_new_years: bool
    reason: str
    """Why it is full, or how much is new."""

    @property
    def is_empty(self) -> bool:
        """Nothing to do."""
        return not self.is_full and not self.new and not self.has_new_years


@dataclass(frozen=True)
class Parameters:
    """What models may ask of a build."""

    logical_date: date
    first_day: date
    last_day: date
    holidays: tuple[tuple[date, str], ...] | None
    """None: those of the last build hold."""
    enterprise: str


LOAD_LOG = {
    "etl_batch_id": "BIGINT",
    "dataset": "VARCHAR",
    "batch_id": "VARCHAR",
    "source": "VARCHAR",
    "kind": "VARCHAR",
    "loaded_at": "TIMESTAMP",
    "rows_in": "BIGINT",
    "rows_accepted": "BIGINT",
    "rows_rejected": "BIGINT",
    "run_id": "VARCHAR",
}
"""`filiera.load_log` beside the models: what each batch brought, by the number that facts bear as `etl_batch_id`."""


def load_log(batches: Sequence[Batch]) -> list[tuple[Any, ...]]:
    """Its rows."""
    return [tuple(_entry(batch)[name] for name in LOAD_LOG) for batch in batches]


def _entry(batch: Batch) -> dict[str, Any]:
    return vars(batch) | {"etl_batch_id": batch.seq, "loaded_at": batch.loaded_at.replace(tzinfo=None)}


class Engine(ABC):
    """A warehouse. Use it as a context manager: it is open inside."""

    name: str
    views_outlive_tables = False
    """A view stays when a table it reads is made anew under the same name."""
    is_at_hand = False
    """Its rows can be read over and over without sending them across a network."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __enter__(self) -> Self:
        """Open."""
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def discard(self) -> None:
        """Throw away, before it is opened, what a full build would not replace anyway."""
        return

    @abstractmethod
    def open(self) -> None:
        """Connect, and make the engine's own tables."""

    @abstractmethod
    def close(self) -> None:
        """Let go."""

    @abstractmethod
    def built(self) -> dict[int, int]:
        """Revision by number of each batch that is built."""

    @abstractmethod
    def fingerprint(self) -> str | None:
        """Fingerprint of the project and contracts the warehouse was built from."""

    @abstractmethod
    def load(self, work: Work, parameters: Parameters) -> None:
        """Make the lake's batches readable for the models."""

    @abstractmethod
    def set_today(self, today: date) -> None:
        """Let views that tell an age tell it as of this date, where there is nothing to load."""

    @abstractmethod
    def dbt(
        self, command: Sequence[str], progress: Callable[[str], None], changed: Sequence[str] | None = None
    ) -> None:
        """Run dbt against this engine; if only some tables of the lake have `changed`, over what stands on them."""

    @abstractmethod
    def mark_built(self, work: Work, fingerprint: str) -> None:
        """Remember that this work is built and tested."""

    @abstractmethod
    def readable(self) -> tuple[duckdb.DuckDBPyConnection, str]:
        """A DuckDB connection and the name under which it sees the warehouse."""

    @contextmanager
    def export(self, schema: str, relation: str) -> Iterator[duckdb.DuckDBPyRelation]:
        """A relation of the warehouse, readable as an Arrow stream."""
        connection, catalog = self.readable()
        yield connection.table(f'"{catalog}"."{schema}"."{relation}"')
