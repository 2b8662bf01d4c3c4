-- The outcome of every trip that set out, as if it were over.
CREATE TABLE outcomes AS
WITH described AS (
    SELECT
        trips_set_out.*,
        vehicle_type,
        vehicles.capacity_kg,
        liters_per_km,
        date_diff('day', acquisition_date, departure_datetime) / 365.25 AS age,
        distance_km,
        origin_city = destination_city AS is_local,
        destination_city,
        (3600 * estimated_duration_hours)::INTEGER AS planned_s,
        habit,
        throw('trip/' || trip_id) AS a,
        throw('fate/' || trip_id) AS b
    FROM trips_set_out
    INNER JOIN vehicles USING (vehicle_id)
    INNER JOIN kinds USING (vehicle_type)
    INNER JOIN routes USING (route_id)
    INNER JOIN (SELECT driver_id, habit(driver_id) AS habit FROM drivers) USING (driver_id)
),

drawn AS (
    SELECT
        *,
        least(0.4 + 0.48 * draw(a, 2) + CASE WHEN month(departure_datetime) = 12 THEN 0.06 ELSE 0 END, 0.95) AS load,
        traffic_s(a) AS traffic_s,
        draw(b, 0) < incident_chance(departure_datetime, is_local, habit) AS has_incident,
        CASE WHEN has_incident THEN 3000 + draw_up_to(longest_incident_s(is_local) - 3000, b, 1) ELSE 0 END
            AS incident_s,
        -- On a long way most incidents come before the first stop.
        CASE WHEN is_local OR draw(b, 2) < 0.4 THEN 1 + draw_up_to(stops, b, 3) ELSE 1 END AS late_from_stop
    FROM described
)

SELECT
    trip_id,
    vehicle_id,
    vehicle_type,
    driver_id,
    route_id,
    destination_city,
    departure_datetime,
    is_cancelled,
    is_new,
    stops,
    -- Of the new ones, whose stops get numbers.
    sum(stops) FILTER (WHERE is_new) OVER (ORDER BY trip_id) - stops AS stops_before,
    is_local,
    planned_s,
    traffic_s,
    incident_s,
    late_from_stop,
    throw('jitter/' || trip_id) AS jitter,
    throw('noise/' || trip_id) AS noise,
    throw('cuts/' || trip_id) AS cuts,
    departure_datetime + to_seconds(planned_s + traffic_s + incident_s) AS arrival_datetime,
    -- Weight costs fuel, and so do a vehicle's years and a driver's habits.
    greatest(
        distance_km::DOUBLE * liters_per_km::DOUBLE * (0.82 + 0.30 * load) * (1 + 0.012 * age) * (0.96 + 0.08 * habit)
        * (0.95 + 0.10 * draw(a, 3)),
        0.01
    )::DECIMAL(10, 2) AS fuel_consumed_liters,
    coalesce(total_weight_kg, round(capacity_kg::DOUBLE * load, 2)::DECIMAL(10, 2)) AS total_weight_kg,
    departure_datetime - to_seconds(7200 + draw_up_to(57600, throw('plan/' || trip_id), 0)) AS created_at,
    departure_datetime - to_seconds(600 + draw_up_to(6000, throw('plan/' || trip_id), 1)) AS cancelled_at,
    arrival_datetime + to_seconds(180 + draw_up_to(1500, throw('plan/' || trip_id), 2)) AS closed_at
FROM drawn;
