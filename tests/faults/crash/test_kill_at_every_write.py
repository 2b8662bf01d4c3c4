"""F16: `kill -9` at any durable write, and the next run ends as if nothing had happened.

A first run counts the writes; then one run after the other is killed at write 1, 2, 3 … until none is left, each in a
home of its own, and run again. Two homes are worked on side by side.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.faults.crash.commands import Done, Zygote, zygote
from tests.faults.crash.deliveries import (
    FIRST_FILE,
    FIRST_ROWS,
    FIRST_TOTALS,
    SECOND_FILE,
    SECOND_ROWS,
    SECOND_TOTALS,
    Content,
    Server,
    copy_of,
    deliver,
    published,
    totals,
)

NEVER = 1_000_000
SIDE_BY_SIDE = 2
EMPTY = """
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$|public$)'
  LOOP EXECUTE format('DROP SCHEMA %I CASCADE', name); END LOOP;
END $$
"""


@dataclass
class Delivery:
    """One delivery to a home, and the run that takes it in."""

    filiera: Zygote
    before: Path
    """The home as it is before the run: only ever copied."""
    home: Path
    """Where each copy goes: always the same place, as dbt parses anew whatever it is told to keep elsewhere."""
    environment: dict[str, Any]
    points: list[str] = field(default_factory=list)
    """The durable writes of a run that nobody disturbs."""
    undisturbed: Content = field(default_factory=dict)
    """What it publishes."""

    def run(self, **environment: Any) -> Done:
        """Run in the home as it is now."""
        return self.filiera.run("run", "--date", "2026-01-31", home=self.home, **self.environment, **environment)

    def forget_warehouse(self) -> None:
        """Empty a warehouse that lies outside the home."""
        if url := self.environment.get("warehouse_url"):
            with psycopg.connect(url) as connection:
                connection.execute(EMPTY)

    def run_undisturbed(self) -> None:
        """Run once, to see what comes of it."""
        copy_of(self.before, self.home)
        self.forget_warehouse()
        log = self.home.with_name("points")
        self.run(kill_at=NEVER, kill_log=log).expect(0)
        self.points = log.read_text(encoding="utf-8").split()
        self.undisturbed = published(self.home)

    def kill_and_run_again(self, number: int) -> list[str]:
        """Kill a run at that write, run again, and say what is not as it must be."""
        where = f"killed at {number}, {self.points[number - 1]}"
        copy_of(self.before, self.home)
        self.forget_warehouse()
        killed = self.run(kill_at=number)
        if killed.code != -signal.SIGKILL:
            return [f"{where}: was not killed but ended with {killed.code}: {killed.err}"]
        again = self.run()
        if again.code != 0:
            return [f"{where}: the next run ended with {again.code}: {again.err}"]
        found = published(self.home)
        wrong = [
            f"{where}: {table} is {found.get(table)} and not {self.undisturbed.get(table)}"
            for table in sorted(found.keys() | self.undisturbed.keys())
            if found.get(table) != self.undisturbed.get(table)
        ]
        left = [*(self.home / "drop").rglob("*.csv"), *(self.home / "lake" / ".incoming").glob("*")]
        return wrong + [f"{where}: {path.name} was left in {path.parent.name}" for path in left]


def kill_at_each(deliveries: list[Delivery], chosen: Sequence[int]) -> list[str]:
    """Kill at each of these writes, every delivery taking its share."""
    with ThreadPoolExecutor(len(deliveries)) as side_by_side:
        shares = [
            side_by_side.submit(
                lambda mine, share: [wrong for number in share for wrong in mine.kill_and_run_again(number)],
                delivery,
                chosen[place :: len(deliveries)],
            )
            for place, delivery in enumerate(deliveries)
        ]
        return [wrong for share in shares for wrong in share.result()]


def every_write(points: list[str]) -> Sequence[int]:
    """All there are."""
    return range(1, len(points) + 1)


def one_of_each_kind(points: list[str]) -> Sequence[int]:
    """The last write of the ledger, of the lake, of dbt and of publishing."""
    last = {point.partition(".")[0]: number for number, point in enumerate(points, start=1)}
    return [last[kind] for kind in ("ledger", "lake", "dbt", "publish")]


def where_it_loads_and_builds(points: list[str]) -> Sequence[int]:
    """What only a warehouse outside the home does."""
    return [points.index(point) + 1 for point in ("postgres.before_copy_commit", "postgres.before_mark")]


MakeDelivery = Callable[..., Delivery]


@pytest.fixture
def first(server: Server, tmp_path: Path) -> MakeDelivery:
    """Makes the first delivery to a home that has parsed its models and nothing else."""

    def make(number: int = 0, target: str = "duckdb", **environment: str) -> Delivery:
        before, home = (tmp_path / str(number) / name for name in ("before", "home"))
        filiera, environment = zygote(number), {"target": target, **environment}
        home.mkdir(parents=True)
        filiera.run("run", home=home, **environment).expect(0)
        deliver(before, "first", FIRST_FILE)
        (before / "state").mkdir()
        (home / "state" / "dbt").rename(before / "state" / "dbt")
        return Delivery(filiera, before, home, {**environment, "factory_url": server.database(*FIRST_ROWS)})

    return make


@pytest.fixture
def in_postgres(first: MakeDelivery, server: Server) -> MakeDelivery:
    """The same with a PostgreSQL database for its warehouse, which is emptied before every run."""
    return lambda number: first(number, "postgres", warehouse_url=server.database())


@pytest.fixture
def second(first: MakeDelivery, server: Server) -> MakeDelivery:
    """Makes the second delivery, with corrections, to a home that has run."""

    def make(number: int = 0, target: str = "duckdb", **environment: str) -> Delivery:
        delivery = first(number, target, **environment)
        copy_of(delivery.before, delivery.home)
        delivery.run().expect(0)
        deliver(delivery.home, "second", SECOND_FILE)
        copy_of(delivery.home, delivery.before)
        delivery.environment["factory_url"] = server.database(*FIRST_ROWS, *SECOND_ROWS)
        return delivery

    return make


def every(seconds: int) -> list[pytest.MarkDecorator]:
    """Marks of a case that kills at every write."""
    return [pytest.mark.exhaustive, pytest.mark.timeout(seconds)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("makes", "expected", "chosen"),
    [
        pytest.param("first", FIRST_TOTALS, one_of_each_kind, id="first run", marks=pytest.mark.timeout(600)),
        pytest.param(
            "in_postgres", FIRST_TOTALS, where_it_loads_and_builds, id="in PostgreSQL", marks=pytest.mark.timeout(600)
        ),
        pytest.param("first", FIRST_TOTALS, every_write, id="first run, every write", marks=every(1200)),
        pytest.param("second", SECOND_TOTALS, every_write, id="incremental run, every write", marks=every(1200)),
        pytest.param("in_postgres", FIRST_TOTALS, every_write, id="in PostgreSQL, every write", marks=every(1800)),
    ],
)
def test_a_run_killed_at_a_write_is_made_good_by_the_next(
    request: pytest.FixtureRequest,
    makes: str,
    expected: Any,
    chosen: Callable[[list[str]], Sequence[int]],
) -> None:
    make: MakeDelivery = request.getfixturevalue(makes)
    deliveries = [make(number) for number in range(SIDE_BY_SIDE)]
    for delivery in deliveries:
        delivery.run_undisturbed()
        assert totals(delivery.home) == expected
    wrong = kill_at_each(deliveries, chosen(deliveries[0].points))
    assert not wrong, "\n".join(wrong)
