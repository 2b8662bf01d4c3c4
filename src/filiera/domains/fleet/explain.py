"""Measures what the brief's indexes do for the twelve questions, on the operational PostgreSQL itself.

All of it happens in one transaction: statistics are renewed, every question is run without the indexes, these are
made, every question is run again, and the transaction is rolled back. So nothing is left behind, not even by a
process that is killed, unless the indexes are asked to be kept. The price: from the moment an index is made until
the end, whoever writes to its table waits. Readers never do.

Both halves are warm: the tables are brought into memory before each, then each question runs once uncounted and
several times more, of which the median counts. Statistics are made once, before both, so that no half plans with
better ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import psycopg
from psycopg import sql as pg

from filiera.domains.fleet.database import TABLES
from filiera.domains.fleet.indexes import INDEXES, Index
from filiera.domains.fleet.plans import Measured, read_run, summarize
from filiera.domains.fleet.questions import Question, questions
from filiera.domains.fleet.variables import variables
from filiera.errors import FilieraError, TransientError, UsageError, without_secrets
from filiera.settings import Settings
from filiera.sources.embedded_postgres import connection_url

Verdict = Literal["faster", "slower", "no clear difference", "not used", "not used, other plan"]
Progress = Callable[[str], None]

_LOCK_SECONDS = 10
"""How long to wait for those who write, before they in turn have to wait behind us."""
_NAME = "The fleet's operational database"


@dataclass(frozen=True)
class Explained:
    """One question without and with the indexes."""

    number: int
    title: str
    before: Measured
    after: Measured

    @property
    def ratio(self) -> float:
        """How many times as fast it is with them."""
        return round(self.before.median_ms / max(self.after.median_ms, 0.001), 2)

    @property
    def used(self) -> tuple[str, ...]:
        """Those of the brief's indexes its plan uses."""
        ours = {index.name for index in INDEXES}
        return tuple(name for name in self.after.plan.indexes if name in ours)

    @property
    def verdict(self) -> Verdict:
        """What they do for it. Times that overlap are no difference."""
        if not self.used:
            return "not used" if self.before.plan.nodes == self.after.plan.nodes else "not used, other plan"
        if self.after.slowest_ms < self.before.fastest_ms:
            return "faster"
        if self.after.fastest_ms > self.before.slowest_ms:
            return "slower"
        return "no clear difference"


@dataclass(frozen=True)
class Made:
    """An index as it was made."""

    name: str
    definition: str
    bytes: int
    rows_pct: float | None
    """The share of its table's rows that it holds; a partial index that holds all of them excludes nothing."""
    used_by: tuple[int, ...]


@dataclass(frozen=True)
class Findings:
    """All that was measured."""

    server: str
    day: date
    repeat: int
    kept: bool
    rows: dict[str, int]
    questions: tuple[Explained, ...]
    indexes: tuple[Made, ...]


def explain(
    settings: Settings,
    *,
    day: date | None = None,
    repeat: int = 5,
    keep: bool = False,
    progress: Progress = lambda _: None,
) -> Findings:
    """Measure; `day` is what the questions take for today, without it the day of the latest departure."""
    if repeat < 1:
        raise UsageError(f"Questions cannot be repeated {repeat} times: give 1 or more.")
    with _opened(settings) as connection:
        _require_tables(connection)
        _require_rights(connection)
        found = _measure(connection, day or _latest_day(connection), repeat, keep=keep, progress=progress)
        if keep:
            connection.commit()
        else:
            connection.rollback()
    return found


@contextmanager
def _opened(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """The database in an open transaction, and its refusals in words."""
    url = connection_url(settings, "fleet_url", "fleet")
    try:
        # Unprepared: a prepared statement may change to a plan for any value in the middle of the runs.
        with psycopg.connect(url, prepare_threshold=None) as connection:
            yield connection
    except psycopg.errors.InsufficientPrivilege as error:
        raise FilieraError(f"{_NAME} refuses: {_said(error)}. {_WHO_MAY}") from None
    except psycopg.errors.LockNotAvailable:
        raise FilieraError(
            f"{_NAME} is being written to, and the indexes cannot be made beside that: nothing was changed."
            f" Try again when no transaction has been open for {_LOCK_SECONDS} seconds."
        ) from None
    except psycopg.OperationalError as error:
        raise TransientError(f"{_NAME} cannot be reached: {without_secrets(_said(error))}") from None


def _said(error: psycopg.Error) -> str:
    return str(error).strip().splitlines()[0]


_WHO_MAY = (
    "An index is made by the owner of its table: set FILIERA_FLEET_URL to the URL of a user who owns the tables,"
    " or measure on a copy."
)


def _require_tables(connection: psycopg.Connection[Any]) -> None:
    missing = [
        table
        for table in TABLES
        if connection.execute("SELECT to_regclass(%s)", [f"public.{table}"]).fetchone() == (None,)
    ]
    if missing:
        raise UsageError(f"{_NAME} has no table {missing[0]}. For example data run: filiera generate fleet")


def _require_rights(connection: psycopg.Connection[Any]) -> None:
    """Refuse before anything is measured, not in the middle."""
    row = connection.execute(
        "SELECT current_user, pg_is_in_recovery(), has_schema_privilege('public', 'CREATE'), array("
        " SELECT relname FROM pg_class WHERE oid = ANY(%s::regclass[]) AND NOT pg_has_role(relowner, 'USAGE'))",
        [[f"public.{table}" for table in TABLES]],
    ).fetchone()
    user, is_replica, may_create, foreign = row or ("", False, False, [])
    if is_replica:
        raise FilieraError(f"{_NAME} is a read-only replica, on which no index can be made. Measure on its primary.")
    if not may_create:
        raise FilieraError(f"User {user} may not create anything in schema public of {_NAME.lower()}. {_WHO_MAY}")
    if foreign:
        raise FilieraError(f"User {user} may not make an index on {', '.join(sorted(foreign))}. {_WHO_MAY}")


def _latest_day(connection: psycopg.Connection[Any]) -> date:
    row = connection.execute("SELECT max(departure_datetime)::date FROM public.trips").fetchone()
    if row is None or row[0] is None:
        raise UsageError(f"{_NAME} holds no trips to ask about. For example data run: filiera generate fleet")
    latest: date = row[0]
    return latest


def _measure(
    connection: psycopg.Connection[Any], day: date, repeat: int, *, keep: bool, progress: Progress
) -> Findings:
    _refuse_existing(connection)
    connection.execute(pg.SQL("SET LOCAL lock_timeout = {}").format(pg.Literal(f"{_LOCK_SECONDS}s")))
    progress("Renewing statistics")
    for table in TABLES:
        connection.execute(pg.SQL("ANALYZE {}").format(pg.Identifier("public", table)))
    before = _ask_all(connection, day, repeat, "without indexes", progress)
    for index in INDEXES:
        progress(f"Making {index.name}")
        connection.execute(index.statement())
    _require_usable(connection)
    after = _ask_all(connection, day, repeat, "with indexes", progress)
    explained = tuple(
        Explained(asked.number, asked.title, before[asked.number], after[asked.number])
        for asked in questions("operational").values()
    )
    return Findings(
        server=str(connection.info.server_version // 10000),
        day=day,
        repeat=repeat,
        kept=keep,
        rows={table: _count(connection, table) for table in TABLES},
        questions=explained,
        indexes=tuple(_made(connection, index, explained) for index in INDEXES),
    )


def _refuse_existing(connection: psycopg.Connection[Any]) -> None:
    names = [index.name for index in INDEXES]
    known = connection.execute(
        "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname = ANY(%s) ORDER BY 1", [names]
    ).fetchall()
    if known:
        listed = ", ".join(name for (name,) in known)
        raise UsageError(
            f"{_NAME} already has {listed}, so nothing can be measured without them. To measure again, first run in"
            f" it: DROP INDEX {listed}"
        )


def _require_usable(connection: psycopg.Connection[Any]) -> None:
    """PostgreSQL keeps a young index from those whose old versions of rows it does not cover, and says nothing."""
    unusable = connection.execute(
        "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
        " WHERE indcheckxmin AND relname = ANY(%s)",
        [[index.name for index in INDEXES]],
    ).fetchall()
    if unusable:
        listed = ", ".join(name for (name,) in unusable)
        raise FilieraError(
            f"{_NAME} cannot use {listed} yet: rows were changed while an older transaction is still open."
            " Nothing was changed. Try again when that one has ended."
        )


def _ask_all(
    connection: psycopg.Connection[Any], day: date, repeat: int, how: str, progress: Progress
) -> dict[int, Measured]:
    _warm(connection)
    found = {}
    for asked in questions("operational").values():
        progress(f"Question {asked.number} {how}")
        runs = [_run(connection, asked, day) for _ in range(repeat + 1)]
        found[asked.number] = summarize(runs[1:])
    return found


def _warm(connection: psycopg.Connection[Any]) -> None:
    """Read every row by its key: a scan of a whole table passes PostgreSQL's memory by, and never gets warm."""
    with connection.transaction(force_rollback=True):
        connection.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;"
            "SET LOCAL max_parallel_workers_per_gather = 0"
        )
        for table, key in TABLES.items():
            connection.execute(
                pg.SQL("SELECT count(created_at) FROM (SELECT created_at FROM {} ORDER BY {} OFFSET 0) AS rows").format(
                    pg.Identifier("public", table), pg.Identifier(key)
                )
            )


def _run(connection: psycopg.Connection[Any], asked: Question, day: date) -> Any:
    explained = connection.execute(
        # The text is a file of this package; what it asks for is bound.
        "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + asked.text("%"),
        values_of(asked, day),
    ).fetchone()
    if explained is None:
        raise FilieraError(f"{_NAME} explains nothing of question {asked.number}.")
    return read_run(explained[0])


def values_of(asked: Question, day: date) -> dict[str, Any]:
    """What a question to the operational database is asked with."""
    known = asked.defaults | {"today": day, "on_time_minutes": variables()["on_time_minutes"]}
    return {name: known[name] for name in asked.names()}


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    row = connection.execute(pg.SQL("SELECT count(*) FROM {}").format(pg.Identifier("public", table))).fetchone()
    return int(row[0]) if row else 0


def _made(connection: psycopg.Connection[Any], index: Index, explained: tuple[Explained, ...]) -> Made:
    row = connection.execute(
        "SELECT pg_relation_size(made.oid), made.reltuples, indexed.reltuples"
        " FROM pg_class AS made"
        " JOIN pg_index ON pg_index.indexrelid = made.oid"
        " JOIN pg_class AS indexed ON indexed.oid = pg_index.indrelid"
        " WHERE made.oid = %s::regclass",
        [f"public.{index.name}"],
    ).fetchone()
    size, held, rows = row or (0, 0, 0)
    return Made(
        name=index.name,
        definition=index.statement().as_string(connection),
        bytes=size,
        rows_pct=round(100 * held / rows, 1) if rows > 0 else None,
        used_by=tuple(item.number for item in explained if index.name in item.used),
    )
