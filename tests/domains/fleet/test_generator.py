"""The made fleet could have been: nothing in it is impossible, and it is the same whenever it is made."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.domains.fleet.conftest import LAST_DAY, Ask, NewFleet

from filiera.domains.fleet import database, generator, names, play
from filiera.domains.fleet.database import TABLES, Operational, evening
from filiera.domains.fleet.generator import generate
from filiera.errors import UsageError
from filiera.settings import Settings

SMALL = 0.02
DIGEST = "cd4809278084dcd9d91adb0e7bb3e3ee"
"""Of the tables at that scale, but for the names. A changed digest is a changed fleet: say so in the changelog."""

BASE_KM = {
    ("Bogotá", "Medellín"): 440,
    ("Bogotá", "Cali"): 460,
    ("Barranquilla", "Bogotá"): 1000,
    ("Bogotá", "Cartagena"): 1050,
    ("Cali", "Medellín"): 420,
    ("Barranquilla", "Medellín"): 640,
    ("Cartagena", "Medellín"): 640,
    ("Barranquilla", "Cali"): 1100,
    ("Cali", "Cartagena"): 1100,
    ("Barranquilla", "Cartagena"): 120,
}

NAMED = {"drivers": "first_name, last_name", "customers": "customer_name"}


def pairs(rows: list[Any]) -> dict[Any, Any]:
    """The second column by the first."""
    return dict(rows)


def digest(ask: Ask, settings: Settings, *, with_names: bool = False) -> str:
    """Of all seven tables, in the order of their keys."""
    parts = []
    for table, key in TABLES.items():
        left_out = "" if with_names else NAMED.get(table, "")
        columns = [
            name
            for (name,) in ask(
                settings,
                "SELECT column_name FROM information_schema.columns"
                f" WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY ordinal_position",
            )
            if name not in left_out
        ]
        row = f"(SELECT {', '.join(columns)} FROM public.{table} ORDER BY {key}) AS r"
        parts.append(ask(settings, f"SELECT md5(string_agg(r::text, '|')) FROM {row}")[0][0])
    return str(ask(settings, f"SELECT md5('{'/'.join(parts)}')")[0][0])


def test_a_tenth_of_the_fleet_is_exactly_a_tenth(fleet: Settings, ask: Ask) -> None:
    """Defect 3: 48 routes, 4,908 maintenances, 400,001 deliveries, and counters of what was wished for."""
    asked = ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
    assert ask(fleet, f"SELECT {asked}") == [(20, 40, 50, 300, 10_000, 40_000, 500)]


@pytest.mark.slow
def test_the_full_size_is_exact_and_comes_in_bulk(new_fleet: NewFleet, ask: Ask) -> None:
    """Defects 3 and 12: 505,650 rows and the customers, which took a minute and a half row by row."""
    settings = new_fleet()
    begun = time.process_time()
    counts = generate(settings, as_of=LAST_DAY)
    assert time.process_time() - begun < 25
    assert counts == {
        "rows": 508_650,
        "vehicles": 200,
        "drivers": 400,
        "routes": 50,
        "customers": 3000,
        "trips": 100_000,
        "deliveries": 400_000,
        "maintenance": 5000,
    }
    for table in TABLES:
        assert ask(settings, f"SELECT count(*) FROM {table}") == [(counts[table],)]
    assert ask(settings, "SELECT count(*), sum(broken_rows) FROM quality_control") == [(26, 0)]


@pytest.mark.parametrize("scale", [0.0001, 0.013])
def test_any_other_size_is_whole_as_well(new_fleet: NewFleet, ask: Ask, scale: float) -> None:
    settings = new_fleet()
    counts = generate(settings, as_of=date(2024, 2, 29), scale=scale, seed=5)
    assert counts["trips"] == round(100_000 * scale)
    assert counts["deliveries"] == 4 * counts["trips"]
    assert counts["drivers"] == 2 * counts["vehicles"]
    assert ask(settings, "SELECT sum(broken_rows) FROM quality_control") == [(0,)]


def test_distances_are_those_of_the_map_both_ways(fleet: Settings, ask: Ask) -> None:
    """Defect 1: five of ten pairs of cities were 500 km apart for want of sorting."""
    roads = ask(
        fleet,
        "SELECT origin_city, destination_city, min(distance_km)::float, max(distance_km)::float FROM routes"
        " WHERE origin_city <> destination_city GROUP BY 1, 2",
    )
    assert len(roads) == 20
    for origin, destination, shortest, longest in roads:
        base = BASE_KM.get((origin, destination)) or BASE_KM[destination, origin]
        assert 0.98 * base < shortest <= longest < 1.11 * base


def test_each_city_has_short_rounds_for_motorcycles(fleet: Settings, ask: Ask) -> None:
    rounds = ask(
        fleet,
        "SELECT origin_city, count(*) FILTER (WHERE distance_km <= 45), min(distance_km), max(distance_km)"
        " FROM routes WHERE origin_city = destination_city GROUP BY 1",
    )
    assert len(rounds) == 5
    assert all(short >= 2 and shortest >= 15 and longest <= 120 for _, short, shortest, longest in rounds)


def test_the_two_years_reach_the_last_evening_with_trips_under_way(fleet: Settings, ask: Ask) -> None:
    """Defect 2: the data stopped 36 days before their end, and no trip was ever under way."""
    first, last, under_way, cancelled = ask(
        fleet,
        "SELECT min(departure_datetime), max(departure_datetime), count(*) FILTER (WHERE status = 'in_progress'),"
        " count(*) FILTER (WHERE status = 'cancelled') FROM trips",
    )[0]
    assert datetime(2024, 2, 1) <= first < datetime(2024, 2, 3)  # noqa: DTZ001 - as the database has it
    assert datetime(2026, 1, 31, 6) < last < datetime(2026, 1, 31, 20)  # noqa: DTZ001
    assert under_way >= 2
    assert 0.01 < cancelled / 10_000 < 0.04
    waiting = "SELECT count(*) FROM deliveries WHERE delivery_status IN ('pending', 'in_transit')"
    assert ask(fleet, waiting)[0][0] >= 4


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_known_before_it_happened(fleet: Settings, ask: Ask, table: str) -> None:
    evening = "'2026-01-31 20:00'"
    wrong = f"updated_at < created_at OR updated_at > {evening} OR created_at > {evening}"
    assert ask(fleet, f"SELECT count(*) FROM {table} WHERE {wrong}") == [(0,)]


def test_trips_follow_the_hour_the_week_and_the_year(fleet: Settings, ask: Ask) -> None:
    """Defect 2: 144 trips every single day."""
    per_weekday = pairs(
        ask(fleet, "SELECT extract(isodow FROM departure_datetime)::int, count(*) FROM trips GROUP BY 1")
    )
    assert per_weekday[7] < 0.6 * per_weekday[3]
    assert per_weekday[6] < 0.95 * per_weekday[3]
    per_month = pairs(
        ask(
            fleet,
            "SELECT extract(month FROM departure_datetime)::int, count(*) FROM trips"
            " WHERE departure_datetime < '2026-01-01' AND departure_datetime >= '2025-01-01' GROUP BY 1",
        )
    )
    assert per_month[12] > 1.2 * per_month[10]
    per_hour = pairs(ask(fleet, "SELECT extract(hour FROM departure_datetime)::int, count(*) FROM trips GROUP BY 1"))
    assert sum(per_hour[hour] for hour in range(8, 12)) > 2.5 * sum(per_hour[hour] for hour in range(4))
    days = ask(fleet, "SELECT count(*) FROM trips GROUP BY departure_datetime::date")
    assert max(days)[0] > 3 * min(days)[0]


def test_fuel_follows_distance_type_and_load(fleet: Settings, ask: Ask) -> None:
    """Defect 6: a motorcycle burnt what a truck burns."""
    per_100_km = pairs(
        ask(
            fleet,
            "SELECT vehicle_type, (100 * sum(fuel_consumed_liters) / sum(distance_km))::float"
            " FROM trips JOIN vehicles USING (vehicle_id) JOIN routes USING (route_id)"
            " WHERE trips.status = 'completed' GROUP BY 1",
        )
    )
    truck, medium, van, motorcycle = (
        per_100_km[kind] for kind in ("Camión Grande", "Camión Mediano", "Van", "Motocicleta")
    )
    assert 25 < truck < 40
    assert 18 < medium < 28
    assert 10 < van < 18
    assert 2 < motorcycle < 6
    correlation = ask(
        fleet,
        "SELECT corr(total_weight_kg, fuel_consumed_liters / distance_km)"
        " FROM trips JOIN vehicles USING (vehicle_id) JOIN routes USING (route_id) WHERE vehicle_type = 'Van'",
    )
    assert correlation[0][0] > 0.5


def test_maintenance_costs_follow_the_type_of_work_and_of_vehicle_and_its_use(fleet: Settings, ask: Ask) -> None:
    """Defect 6: one price for a motorcycle's oil and a truck's."""
    oil = pairs(
        ask(
            fleet,
            "SELECT vehicle_type, avg(cost)::float FROM maintenance JOIN vehicles USING (vehicle_id)"
            " WHERE maintenance_type = 'Cambio de aceite' GROUP BY 1",
        )
    )
    assert oil["Camión Grande"] > 1.3 * oil["Van"] > 2 * oil["Motocicleta"]
    kinds = ask(fleet, "SELECT maintenance_type, avg(cost) FROM maintenance GROUP BY 1 ORDER BY 2")
    assert len(kinds) == 6
    assert kinds[0][0] in {"Cambio de aceite", "Alineación y balanceo"}
    trips_per_stay = ask(
        fleet,
        "SELECT min(share), max(share) FROM (SELECT (SELECT count(*) FROM trips AS t WHERE t.vehicle_id = m.vehicle_id)"
        "::float / count(*) AS share FROM maintenance AS m GROUP BY vehicle_id HAVING count(*) >= 10) AS s",
    )
    assert 15 < trips_per_stay[0][0] <= trips_per_stay[0][1] < 25


def test_a_tenth_of_the_deliveries_is_late_and_some_fail_or_are_damaged(fleet: Settings, ask: Ask) -> None:
    late, damaged, signed, failed, cancelled, punctual = ask(
        fleet,
        """
        SELECT avg((delivered_datetime > scheduled_datetime + interval '30 minutes')::int)::float,
            avg(is_damaged::int) FILTER (WHERE delivery_status = 'delivered')::float,
            avg(recipient_signature::int) FILTER (WHERE delivery_status = 'delivered')::float,
            avg((delivery_status = 'failed')::int)::float, avg((delivery_status = 'cancelled')::int)::float,
            avg((delivered_datetime <= scheduled_datetime)::int)::float
        FROM deliveries""",
    )[0]
    assert 0.08 < late < 0.125
    assert 0.02 < damaged < 0.04
    assert 0.93 < signed < 0.97
    assert 0.01 < failed < 0.04
    assert 0.015 < cancelled < 0.06
    assert 0.3 < punctual < 0.7


@pytest.mark.slow
def test_some_licences_have_expired_and_some_are_about_to(new_fleet: NewFleet, ask: Ask) -> None:
    """Defect 7: no licence was ever expired, and vehicles were bought up to the day itself."""
    settings = new_fleet()
    generate(settings, as_of=LAST_DAY, scale=0.3)
    expired, soon, suspended = ask(
        settings,
        "SELECT count(*) FILTER (WHERE license_expiry < '2026-01-31' AND status = 'active'), count(*) FILTER"
        " (WHERE license_expiry BETWEEN '2026-01-31' AND '2026-03-02' AND status = 'active'),"
        " count(*) FILTER (WHERE status = 'suspended') FROM drivers",
    )[0]
    assert expired > 0
    assert soon > 0
    assert suspended > 0
    youngest = ask(settings, "SELECT max(acquisition_date), min(acquisition_date) FROM vehicles")[0]
    assert youngest[0] < date(2026, 1, 15)
    assert youngest[1] < date(2023, 1, 1)
    assert {status for (status,) in ask(settings, "SELECT DISTINCT status FROM vehicles")} == {
        "active",
        "maintenance",
        "inactive",
        "retired",
    }


def test_customers_come_back(fleet: Settings, ask: Ask) -> None:
    """Defect 8: nearly as many customers as deliveries."""
    served, most, median = ask(
        fleet,
        "SELECT count(*), max(n), percentile_cont(0.5) WITHIN GROUP (ORDER BY n)"
        " FROM (SELECT count(*) AS n FROM deliveries GROUP BY customer_id) AS t",
    )[0]
    assert 200 < served <= 300
    assert most > 5 * median
    kinds = pairs(ask(fleet, "SELECT customer_type, count(*) FROM customers GROUP BY 1"))
    assert set(kinds) == {"Individual", "Empresa", "Gobierno"}
    assert kinds["Gobierno"] < kinds["Individual"]


@pytest.mark.slow
def test_the_same_arguments_give_the_same_bytes_whatever_the_threads_and_the_day(new_fleet: NewFleet, ask: Ask) -> None:
    """Defect 9: every day another fleet."""
    one, four = new_fleet(threads=1), new_fleet(threads=4, now=datetime(2031, 5, 6, tzinfo=UTC))
    assert generate(one, as_of=LAST_DAY, scale=SMALL) == generate(four, as_of=LAST_DAY, scale=SMALL)
    assert digest(ask, one, with_names=True) == digest(ask, four, with_names=True)
    assert digest(ask, one) == DIGEST


@pytest.mark.slow
def test_a_filled_database_is_replaced_only_when_asked(new_fleet: NewFleet, ask: Ask) -> None:
    """Defect 9: a second run failed on unique keys."""
    settings = new_fleet()
    generate(settings, as_of=LAST_DAY, scale=SMALL, seed=7)
    assert digest(ask, settings) != DIGEST
    with pytest.raises(UsageError, match="already holds rows"):
        generate(settings, as_of=LAST_DAY, scale=SMALL)
    generate(settings, as_of=LAST_DAY, scale=SMALL, replace=True)
    assert digest(ask, settings) == DIGEST
    assert ask(settings, "SELECT count(*) FROM load_log") == [(14,)]


@pytest.mark.slow
def test_a_replacement_that_fails_leaves_the_former_rows_and_a_note(
    new_fleet: NewFleet, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = new_fleet()
    generate(settings, as_of=LAST_DAY, scale=SMALL)
    count_on = Operational.count_on

    def fail(self: Operational, table: str) -> None:
        if table == "deliveries":
            raise RuntimeError("The disk of postgresql://me:secret@host is full.")
        count_on(self, table)

    monkeypatch.setattr(Operational, "count_on", fail)
    with pytest.raises(RuntimeError):
        generate(settings, as_of=LAST_DAY, scale=SMALL, seed=7, replace=True)
    assert digest(ask, settings) == DIGEST
    noted = ask(settings, "SELECT table_name, status, error_message FROM load_log WHERE status <> 'done'")
    assert noted == [("deliveries", "failed", "The disk of postgresql://me:***@host is full.")]


def test_the_locale_changes_names_and_nothing_else(new_fleet: NewFleet, ask: Ask) -> None:
    settings = new_fleet()
    generate(settings, as_of=LAST_DAY, scale=SMALL, locale="ja_JP")
    assert digest(ask, settings) == DIGEST
    (name,) = ask(settings, "SELECT last_name FROM drivers WHERE driver_id = 1")[0]
    assert not name.isascii()


def test_an_unknown_locale_is_refused(new_fleet: NewFleet) -> None:
    with pytest.raises(UsageError, match="knows no locale 'xx_YY'"):
        generate(new_fleet(), as_of=LAST_DAY, scale=SMALL, locale="xx_YY")


def test_a_scale_of_nothing_is_refused(new_fleet: NewFleet) -> None:
    with pytest.raises(UsageError, match="give a number above 0"):
        generate(new_fleet(), scale=0)


def test_the_last_day_is_the_fleets_yesterday_unless_it_is_given(new_fleet: NewFleet, ask: Ask) -> None:
    """At three in the morning in Greenwich it is still the evening before in Bogotá."""
    settings = new_fleet(now=datetime(2025, 3, 4, 3, tzinfo=UTC))
    generate(settings, scale=SMALL)
    assert ask(settings, "SELECT DISTINCT as_of FROM load_log") == [(date(2025, 3, 2),)]
    assert ask(settings, "SELECT max(updated_at)::date FROM deliveries") == [(date(2025, 3, 2),)]


def test_no_value_passes_through_numpy_or_pandas() -> None:
    """Defect 10: a np.float64 in a statement is a schema that does not exist."""
    for module in (database, generator, names, play):
        text = Path(str(module.__file__)).read_text(encoding="utf-8")
        assert not re.search(r"numpy|pandas|\.df\(", text)


def test_progress_says_what_is_being_made(new_fleet: NewFleet) -> None:
    told: list[str] = []
    generate(new_fleet(), as_of=LAST_DAY, scale=SMALL, progress=told.append)
    assert told == [
        "5 vehicles make 2,000 trips from 2024-02-01 to 2026-01-31",
        *(f"Loading public.{table}" for table in TABLES),
        "Checking what was loaded, and making its keys",
    ]


@pytest.mark.parametrize("seed", [3, 42, 43])
def test_nobody_is_hired_for_a_vehicle_that_is_gone(home: Settings, seed: int) -> None:
    """Of two thousand vehicles enough are sold early for a second driver to come too late."""
    with duckdb.connect() as connection:
        fleet = Operational(home, "", connection)
        fleet.name_constants(
            seed=seed, since=datetime(2024, 2, 1), present=evening(LAST_DAY), as_of=LAST_DAY,  # noqa: DTZ001 - local
            last_delivery=0, vehicles=2000, customers=1, trips=1_000_000, maintenance=0,
        )  # fmt: skip
        fleet.run("laws/draws.sql", "laws/kinds.sql", "laws/calendar.sql", "laws/outcomes.sql")
        fleet.run("made/routes.sql", "laws/ways.sql", "made/vehicles.sql")
        names.name_people(connection, names.People(*[["-"] * 4000] * 4))
        fleet.run("made/drivers.sql")
        late = connection.execute(
            "SELECT count(*) FROM drivers JOIN vehicles USING (vehicle_id)"
            " WHERE hire_date > left_at::DATE OR license_expiry < hire_date"
        ).fetchone()
    assert late == (0,)
