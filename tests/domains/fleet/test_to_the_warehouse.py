"""The fleet from its operational database to what is published: day by day, all at once, and on either engine.

One fleet is generated, taken in, and played on for nine days with a run every few: with rows that are wrong, rows
committed late, rows deleted, and a parcel that changes trucks. What is then published must be what the operational
database holds, and what a build from nothing gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from tests.domains.fleet.conftest import LAST_DAY
from tests.faults.crash.commands import Zygote, zygote
from tests.faults.crash.deliveries import published, reading

from filiera.domains.fleet.generator import generate
from filiera.domains.fleet.play import play
from filiera.settings import Settings

Ask = Callable[[Settings, str], list[tuple[Any, ...]]]

pytestmark = pytest.mark.slow

WRONG = """
    delivery_status NOT IN ('pending', 'in_transit', 'delivered', 'failed', 'cancelled')
    OR (delivery_status = 'delivered' AND delivered_datetime IS NULL)
    OR delivered_datetime > updated_at
    OR package_weight_kg >= 10000
"""
"""What no delivery may be; one that was sound before stays as it was then."""


@dataclass(frozen=True)
class Delivered:
    """A home that takes in a fleet, and how commands are run in it."""

    home: Path
    settings: Settings
    counts: dict[str, int]

    @property
    def filiera(self) -> Zygote:
        """Where commands are forked."""
        return zygote()

    def run(self, day: str, *more: str) -> None:
        """A run in the morning of a day."""
        self.filiera.run("run", *more, home=self.home, now=f"{day}T09:00:00+00:00", **self.source).expect(0)

    @property
    def source(self) -> dict[str, str]:
        """Where the operational database is."""
        assert self.settings.fleet_url
        return {"fleet_url": self.settings.fleet_url.get_secret_value()}

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """What is published."""
        with reading(self.home) as connection:
            return connection.execute(question).fetchall()


@pytest.fixture(scope="module")
def delivered(new_fleet: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    """Nine days with three runs; the last one, a week after the first, compares all rows."""
    settings = new_fleet()
    counts: dict[str, int] = {}
    made = Delivered(tmp_path_factory.mktemp("delivered") / "home", settings, counts)
    generate(settings, as_of=LAST_DAY, scale=0.02)
    made.run("2026-02-01")
    for days, morning in ((3, "2026-02-04"), (5, "2026-02-09")):
        played = play(settings, days=days, deletes=True)
        counts.update({name: counts.get(name, 0) + count for name, count in played.items()})
        _load_onto_another_truck(made)
        made.run(morning)
    return made


def _load_onto_another_truck(made: Delivered) -> None:
    """A parcel leaves its trip for one that left the same day."""
    with psycopg.connect(made.source["fleet_url"]) as connection:
        connection.execute(
            "UPDATE deliveries SET trip_id = (SELECT max(trip_id) FROM trips WHERE status = 'completed'),"
            " updated_at = (SELECT max(updated_at) FROM deliveries) + interval '1 minute'"
            " WHERE delivery_id = (SELECT min(delivery_id) FROM deliveries"
            " WHERE trip_id = (SELECT min(trip_id) FROM deliveries WHERE delivery_status = 'delivered'))"
        )


def test_every_sound_delivery_is_published_as_the_operational_database_has_it(delivered: Delivered, ask: Ask) -> None:
    columns = "delivery_id, trip_id, tracking_number, delivery_status, package_weight_kg, is_damaged"
    expected = set(ask(delivered.settings, f"SELECT {columns} FROM deliveries WHERE NOT coalesce(({WRONG}), false)"))
    found = delivered.ask(f"SELECT {columns} FROM fleet.fact_deliveries")
    assert len(found) == len(set(found))
    assert expected - set(found) == set()
    wrong = {row[0] for row in ask(delivered.settings, f"SELECT delivery_id FROM deliveries WHERE {WRONG}")}
    assert {row[0] for row in set(found) - expected} <= wrong


def test_every_sound_trip_is_published_as_the_operational_database_has_it(delivered: Delivered, ask: Ask) -> None:
    columns = "trip_id, vehicle_id, driver_id, route_id, {}, fuel_consumed_liters, total_weight_kg"
    sound = "coalesce(fuel_consumed_liters, 0) >= 0"
    expected = ask(delivered.settings, f"SELECT {columns.format('status')} FROM trips WHERE {sound}")
    found = set(delivered.ask(f"SELECT {columns.format('trip_status')} FROM fleet.fact_trips"))
    assert set(expected) - found == set()


CAUGHT_BY = {
    "delivered_in_the_future": ("DELIVERED_AFTER_RECORDED", "deliveries", "delivered_datetime > '2030-01-01'"),
    "unknown_status": ("UNKNOWN_DELIVERY_STATUS", "deliveries", "delivery_status = 'ENTREGADO'"),
    "delivered_without_time": (
        "DELIVERED_WITHOUT_TIME",
        "deliveries",
        "delivery_status = 'delivered' AND delivered_datetime IS NULL",
    ),
    "negative_fuel": ("NEGATIVE_FUEL", "trips", "fuel_consumed_liters < 0"),
}
DOUBTED_FOR = {
    "package_heavier_than_trip": (
        "HEAVIER_THAN_TRIP",
        (
            "SELECT delivery_id FROM deliveries JOIN trips USING (trip_id)"
            " WHERE package_weight_kg > total_weight_kg AND package_weight_kg < 10000 AND fuel_consumed_liters >= 0"
        ),
    ),
    "duplicate": (
        "SCANNED_TWICE",
        (
            "SELECT again.delivery_id FROM deliveries AS again JOIN deliveries AS first"
            " USING (trip_id, customer_id, scheduled_datetime, package_weight_kg)"
            " WHERE first.delivery_id < again.delivery_id AND again.created_at > '2026-02-01'"
        ),
    ),
}


@pytest.mark.parametrize("kind", CAUGHT_BY)
def test_a_wrong_row_is_rejected_under_the_name_of_a_rule(delivered: Delivered, ask: Ask, kind: str) -> None:
    rule, table, what = CAUGHT_BY[kind]
    key = {"deliveries": "delivery_id", "trips": "trip_id"}[table]
    wrong = {row[0] for row in ask(delivered.settings, f"SELECT {key} FROM {table} WHERE {what}")}
    assert delivered.counts[kind] >= len(wrong) > 0
    files = f"{delivered.home}/lake/fleet.{table}/**/*.parquet"
    found = duckdb.sql(f"SELECT {key} FROM '{files}' WHERE list_contains(_reasons, '{rule}')").fetchall()
    assert wrong <= {row[0] for row in found}


@pytest.mark.parametrize("kind", DOUBTED_FOR)
def test_a_row_that_is_wrong_only_beside_others_is_doubted(delivered: Delivered, ask: Ask, kind: str) -> None:
    rule, question = DOUBTED_FOR[kind]
    wrong = {row[0] for row in ask(delivered.settings, question)}
    assert wrong
    doubted = delivered.ask(f"SELECT delivery_id FROM fleet.doubtful_deliveries WHERE rule_id = '{rule}'")
    assert wrong <= {row[0] for row in doubted}


def test_what_was_deleted_upstream_leaves_the_facts(delivered: Delivered, ask: Ask) -> None:
    assert delivered.counts["deleted_deliveries"] > 0
    alive = {row[0] for row in ask(delivered.settings, "SELECT delivery_id FROM deliveries")}
    assert {row[0] for row in delivered.ask("SELECT delivery_id FROM fleet.fact_deliveries")} <= alive


def test_a_history_ends_with_what_the_operational_database_holds(delivered: Delivered, ask: Ask) -> None:
    for thing, columns in {
        "vehicle": "license_plate, capacity_kg, status",
        "driver": "employee_code, license_expiry, phone, status",
        "route": "route_code, distance_km, toll_cost",
        "customer": "customer_name, city, address",
    }.items():
        listed, dimension = f"{thing}_id, {columns}", f"fleet.dim_{thing} WHERE {thing}_key <> -1"
        expected = ask(delivered.settings, f"SELECT {listed} FROM {thing}s ORDER BY 1")
        versions = delivered.ask(f"SELECT is_current, {listed} FROM {dimension} ORDER BY 2")
        assert [row for is_current, *row in versions if is_current] == [list(row) for row in expected]
        assert len(versions) > len(expected)


def test_days_one_by_one_give_what_a_build_from_nothing_gives(delivered: Delivered) -> None:
    before = published(delivered.home)
    delivered.run("2026-02-09", "--full")
    after = published(delivered.home)
    assert before.keys() == after.keys()
    for relation, content in before.items():
        assert after[relation] == content, relation


def test_postgresql_gives_the_same_to_the_last_digit(delivered: Delivered) -> None:
    before = published(delivered.home)
    delivered.run("2026-02-09", "--target", "postgres")
    after = published(delivered.home)
    for relation, content in before.items():
        assert after[relation] == content, relation
