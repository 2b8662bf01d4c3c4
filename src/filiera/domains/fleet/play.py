"""Plays the fleet on from the evening it stands at, a day at a time, as its operational database would be written to.

Trips under way arrive, others set out. Vehicles go into the workshop and come back, are sold and bought; drivers come,
leave, pass exams and change telephone numbers; customers move; tolls rise. Two or three rows a day are committed late,
with a moment of change that is long past; six are wrong in ways the schema allows; and on request a few are deleted.
A day is one transaction. The same database and seed give the same next day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

from filiera.domains.fleet.database import TABLES, Operational, evening, judge, operational
from filiera.domains.fleet.names import draw_people, name_people
from filiera.errors import UsageError
from filiera.settings import Settings

_DAY = (
    "laws/draws.sql",
    "laws/kinds.sql",
    "laws/calendar.sql",
    "laws/outcomes.sql",
    "played/state.sql",
    "laws/ways.sql",
    "played/masters.sql",
    "played/set_out.sql",
    "laws/trips.sql",
    "laws/deliveries.sql",
    "laws/seen.sql",
    "laws/maintenance.sql",
    "played/under_way.sql",
    "played/staged.sql",
    "played/late.sql",
    "played/gone.sql",
    "played/remarkable.sql",
)
KINDS = (
    "late",
    "duplicate",
    "package_heavier_than_trip",
    "delivered_in_the_future",
    "delivered_without_time",
    "unknown_status",
    "negative_fuel",
)
"""What is remarkable about some of the rows: one kind of lateness, six of error."""

_PER_NAME = {"drivers": 400, "customers": 1500}
"""There is a newcomer a day for as many."""


def play(
    settings: Settings,
    *,
    days: int = 1,
    seed: int = 42,
    progress: Callable[[str], None] = lambda _: None,
    locale: str = "es_CO",
    deletes: bool = False,
) -> dict[str, int]:
    """Play that many days on and count what was written.

    The counts are `rows` in all, `new_` and `changed_` rows of each table, `deleted_deliveries`, the rows that came
    `late`, and the wrong rows of each kind. `deletes` deletes duplicates of days before and an old withdrawn order.
    """
    if days < 1:
        raise UsageError(f"{days} days cannot be played: give 1 or more.")
    counts: Counter[str] = Counter()
    for number in range(1, days + 1):
        with operational(settings) as database:
            day = _last_day(database) + timedelta(days=1)
            progress(f"Playing {day}")
            counts.update(_play_day(database, day, seed=seed, locale=locale, deletes=deletes))
            if number == days:
                progress("Checking what was written")
                database.note_quality(judge(database.connection, "fleet.public."))
    return dict(counts)


def _last_day(database: Operational) -> date:
    known = database.ask("SELECT as_of FROM public.load_log WHERE status = 'done' ORDER BY log_id DESC LIMIT 1")
    if not known:
        raise UsageError("The operational database of the fleet is empty: generate its two years first.")
    last: date = known[0][0]
    return last


def _play_day(database: Operational, day: date, *, seed: int, locale: str, deletes: bool) -> dict[str, int]:
    """Work out the day in DuckDB, then write all of it at once."""
    numbers = [f"(SELECT coalesce(max({key}), 0) FROM public.{table}) AS {table}" for table, key in TABLES.items()]
    (last,) = database.ask(f"SELECT {', '.join(numbers)}")
    known = dict(zip(TABLES, last, strict=True))
    database.name_constants(
        seed=seed,
        as_of=day,
        since=evening(day - timedelta(days=1)),
        present=evening(day),
        **{f"last_{key.removesuffix('_id')}": known[table] for table, key in TABLES.items()},
    )
    people = {table: known[table] // each + 1 for table, each in _PER_NAME.items()}
    name_people(database.connection, draw_people(**people, seed=f"{seed}/{day}", locale=locale))
    database.run(*_DAY)
    counts = {"rows": 0}
    with database.transaction():
        for table, key in TABLES.items():
            counts |= _write(database, table, key, known[table], day)
        counts["deleted_deliveries"] = _delete(database, day) if deletes else 0
    counts["rows"] = sum(counts.values())
    return counts | _kinds(database)


def _write(database: Operational, table: str, key: str, last: int, day: date) -> dict[str, int]:
    found = database.connection.execute(
        f"SELECT count(*) FILTER (WHERE {key} > {last}), count(*) FILTER (WHERE {key} <= {last}) FROM changed_{table}"
    ).fetchone()
    new, changed = found or (0, 0)
    if new or changed:
        with database.logged(table, "play", day) as load:
            database.write(table)
            load.rows = new + changed
    return {f"new_{table}": new, f"changed_{table}": changed}


def _delete(database: Operational, day: date) -> int:
    gone = [number for (number,) in database.connection.execute("FROM gone ORDER BY ALL").fetchall()]
    if gone:
        with database.logged("deliveries", "delete", day) as load:
            database.execute(f"DELETE FROM public.deliveries WHERE delivery_id IN ({', '.join(map(str, gone))})")
            load.rows = len(gone)
    return len(gone)


def _kinds(database: Operational) -> dict[str, int]:
    """How many rows came late, and how many are wrong in which way."""
    return dict.fromkeys(KINDS, 0) | dict(database.connection.execute("FROM remarkable").fetchall())
