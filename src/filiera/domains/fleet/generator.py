"""Makes the operational database of a delivery fleet: two years of trips between five cities that could have been.

Two hundred vehicles with a crew of two each carry a hundred thousand loads to customers. No vehicle and no driver is
in two places at once, each trip starts where the last one ended, nothing is used before it was bought or after it was
sold, and what a trip carries, burns and how late it comes has its reasons. The two years end on an evening, with some
trips still under way.

All but the names of people is SQL in DuckDB over the MD5 of seed and key: the same arguments give the same bytes,
whatever the day and the number of threads. `laws` holds what a played day needs as well, `made` what only the two
years do.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta

from filiera.domains.fleet.database import TABLES, ZONE, Operational, evening, judge, operational, sql
from filiera.domains.fleet.names import draw_people, name_people
from filiera.errors import UsageError
from filiera.settings import Settings

DAYS = 731

_NETWORK = (
    "laws/draws.sql",
    "laws/kinds.sql",
    "laws/calendar.sql",
    "laws/outcomes.sql",
    "made/routes.sql",
    "laws/ways.sql",
    "made/vehicles.sql",
    "made/itineraries.sql",
)
_LIFE = (
    "made/drivers.sql",
    "made/customers.sql",
    "made/trips.sql",
    "laws/trips.sql",
    "laws/deliveries.sql",
    "laws/seen.sql",
    "made/maintenance.sql",
    "laws/maintenance.sql",
    "made/seen.sql",
)


@dataclass(frozen=True)
class _Size:
    """How many rows there are of what is not one per other row."""

    vehicles: int
    customers: int
    trips: int
    maintenance: int

    @classmethod
    def of(cls, scale: float) -> _Size:
        vehicles, customers = max(5, round(200 * scale)), max(30, round(3000 * scale))
        return cls(vehicles, customers, max(1, round(100_000 * scale)), round(5000 * scale))


def generate(
    settings: Settings,
    *,
    scale: float = 1.0,
    seed: int = 42,
    as_of: date | None = None,
    replace: bool = False,
    progress: Callable[[str], None] = lambda _: None,
    locale: str = "es_CO",
) -> dict[str, int]:
    """Fill the operational database with the two years to the evening of `as_of` (default: yesterday); count the rows.

    `scale` multiplies vehicles, drivers, customers, trips, deliveries and maintenance; there are always fifty routes.
    `locale` is of the names. The counts are `rows` in all, then those of each table. A database that holds vehicles
    is refused unless `replace` is given; then all seven tables are replaced at once.
    """
    if scale <= 0:
        raise UsageError(f"A scale of {scale} makes no vehicles: give a number above 0, such as 1.")
    size = _Size.of(scale)
    last = as_of or settings.present().astimezone(ZONE).date() - timedelta(days=1)
    first = last - timedelta(days=DAYS - 1)
    with operational(settings) as database:
        if not replace and database.connection.execute("FROM fleet.public.vehicles LIMIT 1").fetchone():
            raise UsageError(
                "The operational database of the fleet already holds rows: ask to replace them, or play a later day."
            )
        progress(f"{size.vehicles:,} vehicles make {size.trips:,} trips from {first} to {last}")
        _make(database, size, seed=seed, first=first, last=last, locale=locale)
        with database.connection.cursor() as beside, ThreadPoolExecutor(1) as aside, database.transaction():
            database.execute(sql("schema/empty.sql"))
            counts = {table: _load(database, table, last, progress) for table in TABLES}
            progress("Checking what was loaded, and making its keys")
            judged = aside.submit(judge, beside, "made_")
            database.execute(sql("schema/bind.sql"))
            database.note_quality(judged.result())
    return {"rows": sum(counts.values()), **counts}


def _make(database: Operational, size: _Size, *, seed: int, first: date, last: date, locale: str) -> None:
    """Put all that happens in those days into DuckDB, and views of what the operational database knows of it."""
    since = datetime.combine(first, time())
    database.name_constants(seed=seed, since=since, present=evening(last), as_of=last, last_delivery=0, **asdict(size))
    with ThreadPoolExecutor(1) as aside:
        people = aside.submit(
            draw_people, drivers=2 * size.vehicles, customers=size.customers, seed=seed, locale=locale
        )
        database.run(*_NETWORK)
        name_people(database.connection, people.result())
    database.run(*_LIFE)
    for table, key in TABLES.items():
        database.connection.execute(f"CREATE TABLE made_{table} AS FROM seen_{table} ORDER BY {key}")


def _load(database: Operational, table: str, last: date, progress: Callable[[str], None]) -> int:
    """Copy a table over, and let the next row get the next number."""
    progress(f"Loading public.{table}")
    with database.logged(table, "generate", last) as load:
        copied = database.connection.execute(f"INSERT INTO fleet.public.{table} BY NAME FROM made_{table}").fetchone()
        load.rows = copied[0] if copied else 0
        database.count_on(table)
    return load.rows
