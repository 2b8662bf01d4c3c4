"""The operational database refuses what cannot be, counts what it cannot refuse, and notes every load."""

from __future__ import annotations

import psycopg
import pytest
from tests.domains.fleet.conftest import LAST_DAY, Ask, NewFleet

from filiera.domains.fleet.database import TABLES, evening, judge, operational
from filiera.domains.fleet.generator import generate
from filiera.settings import Settings

SMALL = 0.02


def test_every_load_is_logged_with_what_came(fleet: Settings, ask: Ask) -> None:
    logged = ask(fleet, "SELECT table_name, operation, as_of, rows, status FROM load_log ORDER BY log_id")
    assert [table for table, *_ in logged] == list(TABLES)
    for table, operation, as_of, rows, status in logged:
        assert (operation, as_of, status) == ("generate", LAST_DAY, "done")
        assert ask(fleet, f"SELECT count(*) FROM {table}") == [(rows,)]
    assert ask(fleet, "SELECT count(*) FROM load_log WHERE ended_at < started_at OR executed_by = ''") == [(0,)]


BREAKS = {
    "arrival_not_after_departure": None,
    "without_master": None,
    "without_trip": None,
    "heavier_than_capacity": "UPDATE trips SET total_weight_kg = 90000 WHERE trip_id = 7",
    "vehicle_in_two_places": "UPDATE trips SET departure_datetime = departure_datetime - interval '9 days'"
    " WHERE trip_id = (SELECT max(trip_id) FROM trips WHERE status = 'completed')",
    "driver_in_two_places": "UPDATE trips SET driver_id = 1 WHERE trip_id IN (500, 501, 502, 503, 504, 505, 506)",
    "vehicle_starts_elsewhere": "UPDATE trips SET route_id = 24 WHERE route_id = 1",
    "driver_starts_elsewhere": "UPDATE trips SET route_id = 24 WHERE route_id = 1",
    "vehicle_before_it_was_bought": "UPDATE vehicles SET acquisition_date = '2026-01-30' WHERE vehicle_id = 1",
    "vehicle_out_of_service": "UPDATE vehicles SET status = 'retired', updated_at = '2025-01-01'",
    "driver_before_hired": "UPDATE drivers SET hire_date = '2026-01-30', license_expiry = '2027-01-01'",
    "driver_out_of_service": "UPDATE drivers SET status = 'inactive', updated_at = '2025-01-01'",
    "license_expired": "UPDATE drivers SET hire_date = '2020-01-01', license_expiry = '2025-01-01'",
    "motorcycle_on_long_route": "UPDATE routes SET distance_km = 121 WHERE distance_km < 45",
    "impossible_fuel": "UPDATE trips SET fuel_consumed_liters = -1 WHERE trip_id = 9",
    "trips.in_the_future": "UPDATE trips SET updated_at = '2030-01-01' WHERE trip_id = 9",
    "heavier_than_trip": "UPDATE deliveries SET package_weight_kg = 90000 WHERE delivery_id = 9",
    "outside_its_trip": "UPDATE deliveries SET scheduled_datetime = '2020-01-01' WHERE delivery_id = 9",
    "out_of_order": "UPDATE deliveries SET delivered_datetime = '2020-01-01' WHERE delivery_status = 'delivered'"
    " AND delivery_id % 2 = 0",
    "elsewhere_than_its_trip": "UPDATE deliveries SET delivery_address = 'Calle 1, Leticia' WHERE delivery_id = 9",
    "malformed_tracking_number": "UPDATE deliveries SET tracking_number = 'FL-9' WHERE delivery_id = 9",
    "unknown_status": "UPDATE deliveries SET delivery_status = 'ENTREGADO' WHERE delivery_id = 9",
    "status_contradicts_rest": "UPDATE deliveries SET delivered_datetime = NULL",
    "deliveries.in_the_future": "UPDATE deliveries SET delivered_datetime = '2036-01-01' WHERE delivery_id = 9",
    "before_it_was_bought": "UPDATE vehicles SET acquisition_date = '2026-01-30' WHERE vehicle_id = 1",
    "during_a_trip": "UPDATE maintenance SET maintenance_date = (SELECT departure_datetime FROM trips AS t"
    " WHERE t.vehicle_id = maintenance.vehicle_id AND t.status = 'completed' LIMIT 1), next_maintenance_date = NULL",
}
"""How to break each law; None where the schema itself does not let it be broken."""


@pytest.mark.slow
def test_the_quality_control_finds_what_is_broken(new_fleet: NewFleet, ask: Ask) -> None:
    """Defect 11: only what could not go wrong was checked."""
    settings = new_fleet()
    generate(settings, as_of=LAST_DAY, scale=SMALL)
    checks = ask(settings, "SELECT table_name, check_name, broken_rows, status FROM quality_control")
    assert {(count, status) for *_, count, status in checks} == {(0, "passed")}
    assert len(checks) == len(BREAKS)
    assert {name.rpartition(".")[2] for name in BREAKS} == {name for _, name, _, _ in checks}
    with operational(settings) as opened:
        opened.name_constants(present=evening(LAST_DAY))
        for name, statement in BREAKS.items():
            if statement is None:
                continue
            opened.connection.begin()
            opened.execute(statement)
            opened.note_quality(judge(opened.connection, "fleet.public."))
            table, _, check = name.rpartition(".")
            found = opened.connection.execute(
                "SELECT max(broken_rows) FROM fleet.public.quality_control"
                f" WHERE check_name = '{check}' AND status = 'failed' AND table_name LIKE '{table}%'"
            ).fetchone()
            opened.connection.rollback()
            assert found
            assert found[0], name


def test_the_schema_refuses_what_cannot_be(fleet: Settings, ask: Ask) -> None:
    refused = (
        "UPDATE trips SET arrival_datetime = departure_datetime WHERE status = 'completed' RETURNING 1",
        "UPDATE trips SET status = 'completed' WHERE status = 'in_progress' RETURNING 1",
        "UPDATE trips SET status = 'lost' RETURNING 1",
        "UPDATE trips SET vehicle_id = 0 RETURNING 1",
        "UPDATE deliveries SET trip_id = 0 WHERE delivery_id = 1 RETURNING 1",
        "UPDATE deliveries SET customer_id = NULL WHERE delivery_id = 1 RETURNING 1",
        "UPDATE deliveries SET package_weight_kg = 0 WHERE delivery_id = 1 RETURNING 1",
        "UPDATE deliveries SET tracking_number = 'FL202400000002' WHERE delivery_id = 1 RETURNING 1",
        "UPDATE vehicles SET capacity_kg = 16000 RETURNING 1",
        "UPDATE vehicles SET status = 'lost' RETURNING 1",
        "UPDATE drivers SET license_expiry = hire_date - 1 RETURNING 1",
        "UPDATE customers SET customer_type = 'Amigo' RETURNING 1",
        "UPDATE maintenance SET next_maintenance_date = maintenance_date RETURNING 1",
        "UPDATE maintenance SET cost = 0 RETURNING 1",
        "UPDATE routes SET distance_km = 0 RETURNING 1",
        "DELETE FROM trips WHERE trip_id = 1 RETURNING 1",
        "DELETE FROM vehicles RETURNING 1",
        "INSERT INTO deliveries DEFAULT VALUES RETURNING 1",
    )
    for statement in refused:
        with pytest.raises(psycopg.errors.IntegrityError):
            ask(fleet, statement)


def test_the_next_row_gets_the_next_number(new_fleet: NewFleet, ask: Ask) -> None:
    settings = new_fleet()
    counts = generate(settings, as_of=LAST_DAY, scale=SMALL)
    for table, key in TABLES.items():
        (number,) = ask(settings, f"SELECT nextval(pg_get_serial_sequence('{table}', '{key}'))")[0]
        assert number == counts[table] + 1


def test_the_database_has_its_base_indexes_and_leaves_those_of_analysis_to_others(fleet: Settings, ask: Ask) -> None:
    found = {name for (name,) in ask(fleet, "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")}
    own = {name for name in found if name.startswith("idx_")}
    assert own == {
        "idx_trips_departure",
        "idx_deliveries_status",
        "idx_vehicles_status",
        *(f"idx_{table}_updated_at" for table in TABLES),
    }
