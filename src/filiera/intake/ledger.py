"""The ledger: what was delivered, what became of it, row by row in counts.

It is small and transactional: SQLite in the home, or any PostgreSQL when several machines share the work. What it
says about a batch is written after the batch's file is in the lake, so a kill between the two is repaired by doing
the batch again under the same id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, create_engine, event, func, insert, inspect, select, text, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateColumn

from filiera.crashpoint import point
from filiera.errors import FilieraError
from filiera.intake.tables import BATCH, BROKEN_DIMENSION, BROKEN_RULE, KEY_COMPARISON, METADATA, SCORE
from filiera.settings import Settings

State = Literal["landed", "admitted", "held", "refused"]


@dataclass(frozen=True)
class Batch:
    """One delivery, as the ledger knows it. Columns and fields have the same names."""

    dataset: str
    batch_id: str
    seq: int
    kind: str
    source: str
    state: State
    reason: str | None
    note: str | None
    revision: int
    loaded_on: date
    loaded_at: datetime
    bytes: int | None
    rows_in: int | None
    rows_accepted: int | None
    rows_rejected: int | None
    rows_flagged: int | None
    contract_version: str | None
    contract_fingerprint: str | None
    from_mark: str | None
    to_mark: str | None
    unmarked: int | None
    """Rows of a table's batch whose watermark is missing or in the future."""
    oldest_event: date | None
    newest_event: date | None
    landing_path: str | None
    lake_path: str | None
    run_id: str | None


@dataclass(frozen=True)
class BrokenRule:
    """How many rows of a batch broke one rule."""

    rule_id: str
    dimension: str
    outcome: str
    description: str
    rows: int


@dataclass(frozen=True)
class Verdict:
    """What the check found in a batch."""

    rows_in: int
    rows_accepted: int
    rows_rejected: int
    rows_flagged: int
    oldest_event: date | None
    newest_event: date | None
    rules: tuple[BrokenRule, ...]
    dimensions: dict[str, int]


class Ledger:
    """Batches: found, entered, and moved on."""

    def __init__(self, settings: Settings) -> None:
        self.engine = open_engine(settings)
        self._lake = f"{settings.lake}/"

    def close(self) -> None:
        """Let the database go."""
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction, with a crash point before its commit."""
        with self.engine.begin() as connection:
            yield connection
            point("ledger.before_commit")

    def find(self, dataset: str, batch_id: str) -> Batch | None:
        """The batch of that content, if it was ever delivered."""
        query = select(BATCH).where(BATCH.c.dataset == dataset, BATCH.c.batch_id == batch_id)
        with self.engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return self._batch(row) if row else None

    def is_empty(self) -> bool:
        """Nothing was ever delivered, as far as it knows."""
        with self.engine.connect() as connection:
            return connection.execute(select(BATCH.c.seq).limit(1)).first() is None

    def batches(
        self, dataset: str | None = None, states: Iterable[State] = (), source: str | None = None
    ) -> list[Batch]:
        """Batches in the order of their arrival."""
        query = select(BATCH).order_by(BATCH.c.seq)
        if dataset:
            query = query.where(BATCH.c.dataset == dataset)
        if chosen := list(states):
            query = query.where(BATCH.c.state.in_(chosen))
        if source:
            query = query.where(BATCH.c.source == source)
        with self.engine.connect() as connection:
            return [self._batch(row) for row in connection.execute(query).mappings()]

    def enter(self, dataset: str, batch_id: str, **known: Any) -> Batch:
        """Enter a delivery, or find it entered already."""
        for _ in range(5):
            if found := self.find(dataset, batch_id):
                return found
            try:
                with self.transaction() as connection:
                    if connection.dialect.name == "postgresql":
                        # One after the other, or whoever is slower would find the next number taken again and again.
                        connection.execute(text(f"LOCK TABLE {BATCH.name} IN SHARE ROW EXCLUSIVE MODE"))
                    last = connection.execute(select(func.max(BATCH.c.seq))).scalar() or 0
                    values = {"dataset": dataset, "batch_id": batch_id, "seq": last + 1, "state": "landed", **known}
                    connection.execute(insert(BATCH).values(revision=0, **values))
            except IntegrityError:
                continue  # another process entered this batch, or one at this moment
        raise FilieraError(f"The ledger is too busy to enter a batch of {dataset}; run again.")

    def settle(self, batch: Batch, verdict: Verdict, state: State, *, lake_path: str, **known: Any) -> Batch:
        """Enter what the check found; from here on the batch belongs to the warehouse, or is kept out of it."""
        # A home that is moved, or read from another machine, finds its lake again.
        within = lake_path.removeprefix(self._lake)
        with self.transaction() as connection:
            connection.execute(
                update(BATCH)
                .where(BATCH.c.seq == batch.seq)
                .values(
                    state=state,
                    revision=batch.revision + 1,
                    rows_in=verdict.rows_in,
                    rows_accepted=verdict.rows_accepted,
                    rows_rejected=verdict.rows_rejected,
                    rows_flagged=verdict.rows_flagged,
                    oldest_event=verdict.oldest_event,
                    newest_event=verdict.newest_event,
                    lake_path=within,
                    **known,
                )
            )
            for table in (BROKEN_RULE, BROKEN_DIMENSION):
                connection.execute(table.delete().where(table.c.seq == batch.seq))
            if verdict.rules:
                connection.execute(insert(BROKEN_RULE), [{"seq": batch.seq, **vars(rule)} for rule in verdict.rules])
            if verdict.dimensions:
                rows = [{"seq": batch.seq, "dimension": name, "rows": n} for name, n in verdict.dimensions.items()]
                connection.execute(insert(BROKEN_DIMENSION), rows)
        return self._again(batch)

    def refuse(self, batch: Batch, reason: str, **known: Any) -> Batch:
        """Mark a batch that cannot be read at all."""
        with self.transaction() as connection:
            values = {"state": "refused", "reason": reason, **known}
            connection.execute(update(BATCH).where(BATCH.c.seq == batch.seq).values(**values))
        return self._again(batch)

    def withdraw(self, batch: Batch) -> None:
        """Take out a table's batch that was entered and never read: the next reading takes its rows."""
        with self.transaction() as connection:
            connection.execute(BATCH.delete().where(BATCH.c.seq == batch.seq, BATCH.c.state == "landed"))

    def reopen(self, batch: Batch, **known: Any) -> Batch:
        """Let a refused batch be tried again."""
        with self.transaction() as connection:
            values = {"state": "landed", "reason": None, **known}
            connection.execute(update(BATCH).where(BATCH.c.seq == batch.seq).values(**values))
        return self._again(batch)

    def keys_compared_on(self, dataset: str, source: str) -> date | None:
        """When a table's keys were last held against the lake's."""
        same = (KEY_COMPARISON.c.dataset == dataset, KEY_COMPARISON.c.source == source)
        with self.engine.connect() as connection:
            found: date | None = connection.execute(select(KEY_COMPARISON.c.compared_on).where(*same)).scalar()
        return found

    def note_keys_compared(self, dataset: str, source: str, day: date) -> None:
        """Remember that comparison."""
        same = (KEY_COMPARISON.c.dataset == dataset, KEY_COMPARISON.c.source == source)
        with self.transaction() as connection:
            connection.execute(KEY_COMPARISON.delete().where(*same))
            connection.execute(insert(KEY_COMPARISON).values(dataset=dataset, source=source, compared_on=day))

    def broken_rules(self, seqs: Sequence[int] | None = None) -> list[RowMapping]:
        """Counts per batch and rule, with the batch's dataset and date."""
        query = (
            select(BATCH.c.dataset, BATCH.c.loaded_on, BATCH.c.state, BROKEN_RULE)
            .join(BATCH, BATCH.c.seq == BROKEN_RULE.c.seq)
            .order_by(BROKEN_RULE.c.seq, BROKEN_RULE.c.rows.desc(), BROKEN_RULE.c.rule_id)
        )
        if seqs is not None:
            query = query.where(BROKEN_RULE.c.seq.in_(list(seqs)))
        with self.engine.connect() as connection:
            return list(connection.execute(query).mappings())

    def broken_dimensions(self, dataset: str) -> dict[str, int]:
        """Rows that broke at least one rule of each dimension."""
        query = (
            select(BROKEN_DIMENSION.c.dimension, func.sum(BROKEN_DIMENSION.c.rows).label("rows"))
            .join(BATCH, BATCH.c.seq == BROKEN_DIMENSION.c.seq)
            .where(BATCH.c.dataset == dataset)
            .group_by(BROKEN_DIMENSION.c.dimension)
        )
        with self.engine.connect() as connection:
            return {str(row.dimension): int(row.rows) for row in connection.execute(query)}

    def enter_scores(self, dataset: str, measured_on: date, scores: Sequence[dict[str, Any]]) -> None:
        """Enter the quality of a dataset on a day, in place of an earlier measurement of that day."""
        with self.transaction() as connection:
            same = (SCORE.c.dataset == dataset, SCORE.c.measured_on == measured_on)
            connection.execute(SCORE.delete().where(*same))
            if scores:
                rows = [{"dataset": dataset, "measured_on": measured_on, **score} for score in scores]
                connection.execute(insert(SCORE), rows)

    def scores(self, dataset: str | None = None) -> list[RowMapping]:
        """History of scores, oldest first."""
        query = select(SCORE).order_by(SCORE.c.dataset, SCORE.c.measured_on, SCORE.c.dimension)
        if dataset:
            query = query.where(SCORE.c.dataset == dataset)
        with self.engine.connect() as connection:
            return list(connection.execute(query).mappings())

    def _batch(self, row: RowMapping) -> Batch:
        known = dict(row)
        path = known["lake_path"]
        if path and not path.startswith(("/", "s3://")):
            known["lake_path"] = self._lake + path
        return Batch(**known)

    def _again(self, batch: Batch) -> Batch:
        found = self.find(batch.dataset, batch.batch_id)
        if found is None:
            raise FilieraError(f"Batch {batch.batch_id[:12]} of {batch.dataset} vanished from the ledger; run doctor.")
        return found


def open_engine(settings: Settings) -> Engine:
    """The ledger's database, with its tables made."""
    if settings.ledger_url:
        engine = create_engine(with_psycopg(settings.ledger_url.get_secret_value()))
    else:
        settings.state.mkdir(parents=True, exist_ok=True)
        engine = create_engine(f"sqlite:///{settings.state / 'ledger.sqlite'}")

        @event.listens_for(engine, "connect")
        def _configure(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA busy_timeout = 30000")
            connection.execute("PRAGMA foreign_keys = ON")

    METADATA.create_all(engine)
    _add_new_columns(engine)
    return engine


def _add_new_columns(engine: Engine) -> None:
    """Bring a ledger that an older filiera made up to date: newer ones only ever add columns that may be empty."""
    found = inspect(engine)
    for table in METADATA.sorted_tables:
        known = {column["name"] for column in found.get_columns(table.name)}
        for column in table.columns:
            if column.name not in known:
                definition = CreateColumn(column).compile(engine)
                with engine.begin() as connection:
                    connection.execute(text(f'ALTER TABLE "{table.name}" ADD COLUMN {definition}'))


def with_psycopg(url: str) -> str:
    """A PostgreSQL URL as SQLAlchemy wants it."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if separator and scheme in ("postgres", "postgresql") else url
