"""The fleet from its operational database to what is published: day by day, all at once, and on either engine.

One fleet is generated, taken in, and played on for nine days with a run every few: with rows that are wrong, rows
committed late, rows deleted, and a parcel that changes trucks. What is then published must be what the operational
database holds, and what a build from nothing gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import yaml
from tests.domains.fleet.conftest import LAST_DAY
from tests.faults.crash.commands import Zygote, zygote
from tests.faults.crash.deliveries import published, reading

from filiera.domains.fleet.database import ZONE
from filiera.domains.fleet.generator import generate
from filiera.domains.fleet.play import play
from filiera.domains.fleet.questions import question, questions
from filiera.settings import Settings
from filiera.warehouse.dbt import PROJECT

Ask = Callable[[Settings, str], list[tuple[Any, ...]]]

Rows = list[tuple[Any, ...]]
LICENCES = 2
"""This question is asked about three years: eight drivers' licences seldom expire in a month."""

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
    answers: dict[int, tuple[Rows, Rows]]
    """To each question after the first run: from what is published, and from the operational database."""

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
    made = Delivered(tmp_path_factory.mktemp("delivered") / "home", settings, counts, {})
    generate(settings, as_of=LAST_DAY, scale=0.02)
    made.run("2026-02-01")
    made.answers.update({number: _answers(made, number, date(2026, 2, 1)) for number in questions("warehouse")})
    for days, morning in ((3, "2026-02-04"), (5, "2026-02-09")):
        played = play(settings, days=days, deletes=True)
        counts.update({name: counts.get(name, 0) + count for name, count in played.items()})
        _load_onto_another_truck(made)
        made.run(morning)
    return made


def _answers(made: Delivered, number: int, today: date) -> tuple[Rows, Rows]:
    published, operational = question(number, "warehouse"), question(number, "operational")
    variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    midnight = datetime.combine(today, time(), ZONE).astimezone(UTC).replace(tzinfo=None)
    given = published.defaults | {"today": today, "today_at": midnight, "on_time_minutes": variables["on_time_minutes"]}
    if number == LICENCES:
        given["days"] = 900
    with reading(made.home) as connection:
        asked = {name: given[name] for name in published.names()}
        found = connection.execute(published.text("$"), asked).fetchall()
    with psycopg.connect(made.source["fleet_url"]) as connection:
        expected = connection.execute(operational.text("%").encode(), given).fetchall()
    return _plain(found), _plain(expected)


def _plain(rows: Rows) -> Rows:
    """Decimals as the numbers they are: one engine rounds to a decimal, the other to a double."""
    return [tuple(float(value) if isinstance(value, Decimal) else value for value in row) for row in rows]


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


@pytest.mark.parametrize("number", range(1, 13))
def test_a_question_has_one_answer_wherever_it_is_asked(delivered: Delivered, number: int) -> None:
    published, operational = delivered.answers[number]
    assert published
    assert published == operational


def test_what_is_shared_out_over_deliveries_sums_to_the_trips(delivered: Delivered) -> None:
    for measure in ("fuel_consumed_liters", "distance_km", "toll_cost"):
        (sums,) = delivered.ask(
            f"SELECT (SELECT sum({measure}) FROM fleet.fact_deliveries),"
            f" (SELECT sum({measure}) FROM fleet.fact_trips"
            " WHERE trip_id IN (SELECT trip_id FROM fleet.fact_deliveries))"
        )
        assert sums[0] == sums[1] > 0


def test_every_delivery_is_a_row_whatever_became_of_it_and_however_early_it_was(delivered: Delivered) -> None:
    states = dict(delivered.ask("SELECT delivery_status, count(*) FROM fleet.fact_deliveries GROUP BY ALL"))
    assert set(states) == {"pending", "in_transit", "delivered", "failed", "cancelled"}
    rows = delivered.ask(
        "SELECT count(*), count(*) FILTER (WHERE delivered_at < scheduled_at AND delay_minutes = 0 AND is_on_time),"
        " count(*) FILTER (WHERE delivered_at < scheduled_at), count(*) FILTER (WHERE delivery_time_minutes <= 0)"
        " FROM fleet.fact_deliveries WHERE delivery_status = 'delivered'"
        " AND delivery_id NOT IN (SELECT delivery_id FROM fleet.doubtful_deliveries)"
    )
    ((delivered_rows, early_on_time, early, without_time),) = rows
    assert delivered_rows > early == early_on_time > 0
    assert without_time == 0
    late = delivered.ask(
        "SELECT count(*) FROM fleet.fact_deliveries"
        " WHERE is_on_time IS DISTINCT FROM (delivered_at < scheduled_at + INTERVAL 31 MINUTE)"
    )
    assert late == [(0,)]


def test_every_key_of_a_fact_is_a_version_of_its_own_dimension(delivered: Delivered) -> None:
    for thing in ("vehicle", "driver", "route", "customer"):
        (counts,) = delivered.ask(
            f"SELECT count(*), count(DISTINCT {thing}_id), count(DISTINCT {thing}_key) FROM fleet.fact_deliveries"
            f" JOIN fleet.dim_{thing} USING ({thing}_key)"
            f" WHERE {thing}_key <> -1 AND {thing}_key <> {thing}_id AND NOT is_deleted"
            " AND trip_id IN (SELECT trip_id FROM fleet.fact_trips)"
        )
        rows, things, versions = counts
        on_known_trips = "fleet.fact_deliveries WHERE trip_id IN (SELECT trip_id FROM fleet.fact_trips)"
        assert [(rows,)] == delivered.ask(f"SELECT count(*) FROM {on_known_trips}")
        assert versions >= things > 1


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


def test_every_delivery_is_of_a_batch_that_stands_in_the_load_log(delivered: Delivered) -> None:
    with duckdb.connect(str(delivered.home / "warehouse" / "warehouse.duckdb"), read_only=True) as warehouse:
        (strays,) = warehouse.execute(
            "SELECT count(*) FROM fleet.fact_deliveries LEFT JOIN filiera.load_log USING (etl_batch_id) "
            "WHERE dataset IS DISTINCT FROM 'fleet.deliveries' OR rows_in <> rows_accepted + rows_rejected"
        ).fetchone() or (None,)
    assert strays == 0


@pytest.mark.parametrize(
    ("mart", "key"),
    [
        ("mart_deliveries_daily", "scheduled_date"),
        ("mart_deliveries_hourly", "scheduled_date, scheduled_hour, origin_city, vehicle_type"),
        ("mart_routes_daily", "scheduled_date, route_key, vehicle_type"),
        ("mart_drivers_daily", "scheduled_date, driver_id, origin_city, vehicle_type"),
    ],
)
def test_a_days_total_is_traced_to_its_deliveries_and_the_rows_they_came_from(
    delivered: Delivered, mart: str, key: str
) -> None:
    (largest,) = delivered.ask(f"SELECT {key} FROM fleet.{mart} ORDER BY deliveries DESC, {key} LIMIT 1")
    told = delivered.filiera.run("trace", mart, *map(str, largest), "--json", home=delivered.home).expect(0).json()
    assert told["behind"] == "fleet.fact_deliveries"
    assert (len(told["rows"]), told["more"]) == (told["row"]["deliveries"], 0)
    assert sum(row["cost_per_delivery"] or 0 for row in told["rows"]) == pytest.approx(told["row"]["cost"])
    counting = [line["values"]["delivery_id"] for line in told["lines"] if line["counts"]]
    assert sorted(counting) == sorted(row["delivery_id"] for row in told["rows"])
    assert not any(line["is_line"] for line in told["lines"])


def test_daily_totals_add_up_to_the_facts(delivered: Delivered) -> None:
    ((days, *totals),) = delivered.ask(
        "SELECT count(*), sum(deliveries), sum(on_time), sum(cost), sum(weight_kg) FROM fleet.mart_deliveries_daily"
    )
    (facts,) = delivered.ask(
        "SELECT count(*), count(*) FILTER (is_on_time), sum(cost_per_delivery), sum(package_weight_kg) "
        "FROM fleet.fact_deliveries"
    )
    assert days > 300
    assert tuple(totals) == facts


def test_a_day_without_news_makes_everything_a_day_older(delivered: Delivered) -> None:
    due = "SELECT vehicle_id, days_until_due FROM fleet.mart_vehicle_maintenance WHERE days_until_due IS NOT NULL"
    before = dict(delivered.ask(due))
    delivered.run("2026-02-10")
    delivered.run("2026-02-12")
    assert {vehicle: days + 3 for vehicle, days in delivered.ask(due)} == before
