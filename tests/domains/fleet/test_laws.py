"""No row of the fleet breaks a law of the world: each law is a question to PostgreSQL that counts the rows which do.

They are asked of the two years as they are made, and again after a week was played on them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from filiera.settings import Settings

Ask = Callable[[Settings, str], list[tuple[Any, ...]]]

DRIVEN = """
    (SELECT t.*, coalesce(arrival_datetime, 'infinity') AS ends_at, origin_city, destination_city, distance_km
     FROM trips AS t JOIN routes USING (route_id) WHERE t.status <> 'cancelled')
"""
"""Trips that took place."""


def chained(of: str, what: str) -> str:
    """Something about each trip and the one before it of the same vehicle or driver."""
    return f"""
    SELECT count(*) FROM (
        SELECT d.*, lag(ends_at) OVER w AS free_at, lag(destination_city) OVER w AS city
        FROM {DRIVEN} AS d WINDOW w AS (PARTITION BY {of} ORDER BY departure_datetime)
    ) AS t WHERE {what}
    """


TRIPS = {
    "a vehicle is in one place at a time": chained("vehicle_id", "departure_datetime < free_at"),
    "a driver is in one place at a time": chained("driver_id", "departure_datetime < free_at"),
    "a trip starts where the vehicle is": chained("vehicle_id", "origin_city <> city"),
    "a trip starts where the driver is": chained("driver_id", "origin_city <> city"),
    "a cancelled trip was to start where the vehicle is": f"""
        SELECT count(*) FROM trips AS c JOIN routes AS r USING (route_id) CROSS JOIN LATERAL (
            SELECT destination_city FROM {DRIVEN} AS d
            WHERE d.vehicle_id = c.vehicle_id AND d.departure_datetime < c.departure_datetime
            ORDER BY d.departure_datetime DESC LIMIT 1
        ) AS before
        WHERE c.status = 'cancelled' AND c.trip_id > (SELECT max(trip_id) - 600 FROM trips)
            AND r.origin_city <> before.destination_city""",
    "a cancelled trip disturbs no other": f"""
        SELECT count(*) FROM trips AS c JOIN {DRIVEN} AS d USING (vehicle_id)
        WHERE c.status = 'cancelled' AND c.departure_datetime BETWEEN d.departure_datetime AND d.ends_at""",
    "arrival is after departure": "SELECT count(*) FROM trips WHERE arrival_datetime <= departure_datetime",
    "a vehicle drives after it was bought": """
        SELECT count(*) FROM trips JOIN vehicles USING (vehicle_id) WHERE departure_datetime <= acquisition_date""",
    "a vehicle drives only while it serves": f"""
        SELECT count(*) FROM {DRIVEN} AS t JOIN vehicles AS v USING (vehicle_id)
        WHERE v.status <> 'active' AND ends_at > v.updated_at""",
    "a driver drives after the hiring": """
        SELECT count(*) FROM trips JOIN drivers USING (driver_id) WHERE departure_datetime::date <= hire_date""",
    "a driver drives only while at work": f"""
        SELECT count(*) FROM {DRIVEN} AS t JOIN drivers AS d USING (driver_id)
        WHERE d.status <> 'active' AND ends_at > d.updated_at""",
    "nobody drives without a valid licence": """
        SELECT count(*) FROM trips JOIN drivers USING (driver_id) WHERE departure_datetime::date > license_expiry""",
    "a load fits its vehicle": """
        SELECT count(*) FROM trips JOIN vehicles USING (vehicle_id) WHERE total_weight_kg > capacity_kg""",
    "a motorcycle stays in its city": f"""
        SELECT count(*) FROM {DRIVEN} AS t JOIN vehicles USING (vehicle_id)
        WHERE vehicle_type = 'Motocicleta' AND (distance_km > 45 OR origin_city <> destination_city)""",
    "what has arrived has burnt fuel, and nothing else has": """
        SELECT count(*) FROM trips WHERE (status = 'completed') <> (fuel_consumed_liters IS NOT NULL)""",
    "a trip was planned before it began": "SELECT count(*) FROM trips WHERE created_at >= departure_datetime",
    "a vehicle stands still while it is in the workshop": f"""
        SELECT count(*) FROM maintenance AS m JOIN {DRIVEN} AS t USING (vehicle_id)
        WHERE departure_datetime < maintenance_date + 1 AND ends_at >= maintenance_date""",
    "a vehicle is in the workshop after it was bought": """
        SELECT count(*) FROM maintenance JOIN vehicles USING (vehicle_id) WHERE maintenance_date <= acquisition_date""",
}

STOPS = """
    (SELECT d.*, departure_datetime, coalesce(arrival_datetime, 'infinity') AS ends_at, total_weight_kg,
        destination_city, t.status AS trip_status, lag(scheduled_datetime) OVER w AS appointment_before,
        max(delivered_datetime) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS delivered_before,
        sum(package_weight_kg) OVER (PARTITION BY trip_id) AS brought
     FROM deliveries AS d JOIN trips AS t USING (trip_id) JOIN routes USING (route_id)
     WINDOW w AS (PARTITION BY trip_id ORDER BY delivery_id))
"""

DELIVERIES = {
    "an appointment lies within its trip": f"""
        SELECT count(*) FROM {STOPS} AS s WHERE scheduled_datetime NOT BETWEEN departure_datetime AND ends_at""",
    "a delivery lies within its trip": f"""
        SELECT count(*) FROM {STOPS} AS s WHERE delivered_datetime NOT BETWEEN departure_datetime AND ends_at""",
    "stops come one after the other": f"""
        SELECT count(*) FROM {STOPS} AS s
        WHERE scheduled_datetime <= appointment_before OR delivered_datetime <= delivered_before""",
    "a trip brings no more than it carries": f"SELECT count(*) FROM {STOPS} AS s WHERE brought > total_weight_kg",
    "a parcel weighs something": "SELECT count(*) FROM deliveries WHERE package_weight_kg <= 0",
    "a parcel goes where its trip goes": f"""
        SELECT count(*) FROM {STOPS} AS s WHERE delivery_address NOT LIKE '%, ' || destination_city""",
    "an order comes from a customer and before the trip": f"""
        SELECT count(*) FROM {STOPS} AS s JOIN customers AS c USING (customer_id)
        WHERE s.created_at < c.created_at OR s.created_at >= departure_datetime""",
    "what is delivered has a time, and nothing else has": """
        SELECT count(*) FROM deliveries WHERE (delivery_status = 'delivered') <> (delivered_datetime IS NOT NULL)""",
    "only what is delivered is signed for or damaged": """
        SELECT count(*) FROM deliveries
        WHERE delivery_status <> 'delivered' AND (recipient_signature OR is_damaged)""",
    "a trip that has ended leaves no parcel on its way": f"""
        SELECT count(*) FROM {STOPS} AS s
        WHERE trip_status <> 'in_progress' AND delivery_status IN ('pending', 'in_transit')""",
    "a trip that was cancelled delivers nothing": f"""
        SELECT count(*) FROM {STOPS} AS s WHERE trip_status = 'cancelled' AND delivery_status <> 'cancelled'""",
    "one parcel of a trip under way is in transit": """
        SELECT count(*) FROM (
            SELECT FROM deliveries JOIN trips AS t USING (trip_id)
            WHERE t.status = 'in_progress' AND delivery_status IN ('pending', 'in_transit') GROUP BY trip_id
            HAVING count(*) FILTER (WHERE delivery_status = 'in_transit') > 1
        ) AS wrong""",
    "a tracking number is FL, year of the order, number": """
        SELECT count(*) FROM deliveries WHERE tracking_number
            <> 'FL' || extract(year FROM created_at) || lpad(delivery_id::text, 8, '0')""",
}

LAWS = TRIPS | DELIVERIES

WITHOUT_FAULTS = """
    CREATE TEMP VIEW trips AS SELECT * FROM public.trips WHERE fuel_consumed_liters IS NULL OR fuel_consumed_liters > 0;
    CREATE TEMP VIEW deliveries AS
    SELECT * FROM public.deliveries AS d
    WHERE delivery_status <> 'ENTREGADO' AND (delivered_datetime IS NULL OR delivered_datetime < '2030-01-01')
        AND (delivery_status <> 'delivered' OR delivered_datetime IS NOT NULL) AND package_weight_kg <= (
            SELECT total_weight_kg FROM public.trips WHERE trips.trip_id = d.trip_id
        ) AND NOT EXISTS (
            SELECT FROM public.deliveries AS first
            WHERE (first.trip_id, first.customer_id, first.scheduled_datetime)
                = (d.trip_id, d.customer_id, d.scheduled_datetime) AND first.delivery_id < d.delivery_id
        );
"""
"""Hides what a played day makes wrong on purpose, whose counting is another test's."""


@pytest.mark.parametrize("law", LAWS)
def test_nothing_that_is_made_is_impossible(fleet: Settings, ask: Ask, law: str) -> None:
    assert ask(fleet, LAWS[law]) == [(0,)]


@pytest.mark.slow
@pytest.mark.parametrize("law", TRIPS)
def test_no_trip_that_is_played_is_impossible(played: tuple[Settings, dict[str, int]], ask: Ask, law: str) -> None:
    assert ask(played[0], TRIPS[law]) == [(0,)]


@pytest.mark.slow
@pytest.mark.parametrize("law", DELIVERIES)
def test_no_delivery_that_is_played_is_impossible_unless_it_is_meant_to_be(
    played: tuple[Settings, dict[str, int]], ask: Ask, law: str
) -> None:
    assert ask(played[0], WITHOUT_FAULTS + DELIVERIES[law]) == [(0,)]
