"""F16: `kill -9` at any durable write, and the next run ends as if nothing had happened."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from filiera.pipeline.doctor import examine
from filiera.settings import Settings
from tests.faults.crash.commands import NOW, Zygote
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


@dataclass
class Delivery:
    """One delivery to a home, the run that takes it in, and what that publishes when nobody disturbs it."""

    filiera: Zygote
    before: Path
    """The home as it is before the run: only ever copied."""
    home: Path
    """Where each copy goes: always the same place, as dbt parses anew whatever it is told to keep elsewhere."""
    environment: dict[str, Any]
    undisturbed: Content = field(default_factory=dict)
    points: list[str] = field(default_factory=list)

    def run_undisturbed(self) -> None:
        """Run once, to see what comes of it and which durable writes there are."""
        copy_of(self.before, self.home)
        log = self.home.with_name("points")
        self.run(kill_at=NEVER, kill_log=log).expect(0)
        self.undisturbed = published(self.home)
        self.points = log.read_text(encoding="utf-8").split()

    def run(self, **environment: Any) -> Any:
        """Run in the home as it is now."""
        return self.filiera.run("run", "--date", "2026-01-31", home=self.home, **self.environment, **environment)

    def kill_and_run_again(self, number: int) -> list[str]:
        """Kill a run at that write, run again, and say what is not as it must be."""
        copy_of(self.before, self.home)
        killed = self.run(kill_at=number)
        again = self.run()
        where = f"killed at {number}, {self.points[number - 1]}"
        if killed.code != -signal.SIGKILL:
            return [f"{where}: was not killed but ended with {killed.code}: {killed.err}"]
        if again.code != 0:
            return [f"{where}: the next run ended with {again.code}: {again.err}"]
        found = published(self.home)
        wrong = [
            f"{where}: {table} is {found.get(table)} and not {expected}"
            for table, expected in self.undisturbed.items()
            if found.get(table) != expected
        ]
        wrong += [f"{where}: {table} should not be there" for table in found.keys() - self.undisturbed.keys()]
        settings = Settings.model_validate({"home": self.home, "now": NOW, "target": self.environment["target"]})
        wrong += [f"{where}: {look.what}: {look.detail}" for look in examine(settings) if look.state != "ok"]
        left = [path.name for path in (self.home / "drop").rglob("*") if path.is_file()]
        return wrong + [f"{where}: {name} was left in the drop folder" for name in left]


MakeDelivery = Callable[..., Delivery]


@pytest.fixture
def first(filiera: Zygote, server: Server, tmp_path: Path) -> MakeDelivery:
    """The first delivery to a home that has parsed its models and nothing else."""

    def make(target: str = "duckdb", **environment: str) -> Delivery:
        before, home = tmp_path / "before", tmp_path / "home"
        home.mkdir()
        common = {"target": target, "factory_url": server.database(*FIRST_ROWS), **environment}
        # An empty run would leave a warehouse; what is wanted is only what dbt keeps to parse faster.
        filiera.run("run", home=home, target=target, **environment).expect(0)
        (home / "state" / "dbt").rename(tmp_path / "dbt")
        deliver(before, "first", FIRST_FILE)
        (before / "state").mkdir()
        (tmp_path / "dbt").rename(before / "state" / "dbt")
        return Delivery(filiera, before, home, common)

    return make


@pytest.fixture
def second(first: MakeDelivery, server: Server) -> MakeDelivery:
    """The second delivery, with corrections, to a home that has run."""

    def make(target: str = "duckdb", **environment: str) -> Delivery:
        delivery = first(target, **environment)
        copy_of(delivery.before, delivery.home)
        delivery.run().expect(0)
        deliver(delivery.home, "second", SECOND_FILE)
        copy_of(delivery.home, delivery.before)
        delivery.environment["factory_url"] = server.database(*FIRST_ROWS, *SECOND_ROWS)
        return delivery

    return make


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_first_run_killed_at_any_write_is_made_good_by_the_next(first: MakeDelivery) -> None:
    delivery = first()
    delivery.run_undisturbed()
    assert totals(delivery.home) == FIRST_TOTALS
    wrong = [each for number in range(1, len(delivery.points) + 1) for each in delivery.kill_and_run_again(number)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_incremental_run_killed_at_any_write_is_made_good_by_the_next(second: MakeDelivery) -> None:
    delivery = second()
    delivery.run_undisturbed()
    assert totals(delivery.home) == SECOND_TOTALS
    wrong = [each for number in range(1, len(delivery.points) + 1) for each in delivery.kill_and_run_again(number)]
    assert not wrong, "\n".join(wrong)
