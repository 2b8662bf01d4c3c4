"""The ledger's tables, for SQLite and PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

METADATA = MetaData()


class Moment(TypeDecorator[datetime]):
    """A moment in UTC: stored without a zone, as SQLite has none, and always aware in Python."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        """To the database."""
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        """From the database."""
        return value.replace(tzinfo=UTC) if value else None


BATCH = Table(
    "batch",
    METADATA,
    Column("dataset", String(200), nullable=False),
    Column("batch_id", String(64), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("source", String(1000), nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", Text),
    Column("note", Text),
    Column("revision", Integer, nullable=False, default=0),
    Column("loaded_on", Date, nullable=False),
    Column("loaded_at", Moment, nullable=False),
    Column("bytes", BigInteger),
    Column("rows_in", BigInteger),
    Column("rows_accepted", BigInteger),
    Column("rows_rejected", BigInteger),
    Column("rows_flagged", BigInteger),
    Column("contract_version", String(50)),
    Column("contract_fingerprint", String(64)),
    Column("from_mark", String(100)),
    Column("to_mark", String(100)),
    Column("unmarked", BigInteger),
    Column("oldest_event", Date),
    Column("newest_event", Date),
    Column("landing_path", Text),
    Column("lake_path", Text),
    Column("run_id", String(40)),
    PrimaryKeyConstraint("dataset", "batch_id"),
    UniqueConstraint("seq"),
    Index("ix_batch_state", "dataset", "state"),
)

BROKEN_RULE = Table(
    "broken_rule",
    METADATA,
    Column("seq", Integer, nullable=False),
    Column("rule_id", String(200), nullable=False),
    Column("dimension", String(20), nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("description", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    PrimaryKeyConstraint("seq", "rule_id"),
)

BROKEN_DIMENSION = Table(
    "broken_dimension",
    METADATA,
    Column("seq", Integer, nullable=False),
    Column("dimension", String(20), nullable=False),
    Column("rows", BigInteger, nullable=False),
    PrimaryKeyConstraint("seq", "dimension"),
)

KEY_COMPARISON = Table(
    "key_comparison",
    METADATA,
    Column("dataset", String(200), nullable=False),
    Column("source", String(1000), nullable=False),
    Column("compared_on", Date, nullable=False),
    PrimaryKeyConstraint("dataset", "source"),
)

RUN = Table(
    "run",
    METADATA,
    Column("run_id", String(40), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("logical_date", Date, nullable=False),
    Column("target", String(20), nullable=False),
    Column("full", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("host", String(200), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("error", Text),
)

STEP = Table(
    "step",
    METADATA,
    Column("run_id", String(40), nullable=False),
    Column("step", String(40), nullable=False),
    Column("place", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("detail", Text),
    Column("error", Text),
    PrimaryKeyConstraint("run_id", "step"),
)

SCORE = Table(
    "score",
    METADATA,
    Column("dataset", String(200), nullable=False),
    Column("measured_on", Date, nullable=False),
    Column("dimension", String(20), nullable=False),
    Column("score", Float, nullable=False),
    Column("why", Text, nullable=False),
    PrimaryKeyConstraint("dataset", "measured_on", "dimension"),
)

ALERT = Table(
    "alert",
    METADATA,
    Column("alert_id", Integer, primary_key=True, autoincrement=True),
    Column("raised_at", Moment, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("message", Text, nullable=False),
    Column("delivered", Integer, nullable=False),
    UniqueConstraint("kind", "subject"),
)
