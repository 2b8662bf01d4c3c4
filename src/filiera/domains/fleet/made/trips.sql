-- When each leg sets out, who drives it, and the number it gets.
CREATE TABLE departures AS
WITH slots AS (
    SELECT
        legs.*,
        last_departure,
        demand_before
        + (((trip - 1) * 65536 + draw_up_to(65536, a, 1))::HUGEINT * (demand_until - demand_before)
            // (65536 * trips))::BIGINT AS demand_at,
        -- In minutes: the trip with its worst delay, a pause, and two days for a stay in the workshop.
        ceil(60 * estimated_duration_hours)::BIGINT + worst_delay_minutes(routes.origin_city = routes.destination_city)
        + 40 + draw_up_to(60, a, 2) + CASE WHEN after_trip IS NOT NULL THEN 2880 ELSE 0 END AS busy
    FROM legs
    INNER JOIN workloads USING (vehicle_id)
    INNER JOIN routes USING (route_id)
    LEFT JOIN (SELECT DISTINCT vehicle_id AS stays_vehicle_id, after_trip FROM stays)
        ON stays_vehicle_id = legs.vehicle_id AND after_trip = trip
),

wanted AS (
    SELECT
        slots.*,
        date_diff('minute', since(), begins) + 60 * (demand_at - before) // weight AS slot,
        (sum(busy) OVER chain)::BIGINT - busy AS busy_before
    FROM slots
    ASOF INNER JOIN hours ON demand_at >= before
    WINDOW chain AS (PARTITION BY vehicle_id ORDER BY trip ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
),

planned AS (
    SELECT
        *,
        busy_before
        + max(slot - busy_before) OVER (
            PARTITION BY vehicle_id ORDER BY trip ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS earliest,
        busy_before + date_diff('minute', since(), last_departure) - max(busy_before) OVER (PARTITION BY vehicle_id)
            AS latest
    FROM wanted
)

SELECT
    vehicle_id,
    trip,
    tour,
    route_id,
    is_cancelled,
    CASE WHEN is_cancelled THEN origin_city ELSE destination_city END AS left_in,
    since() + to_minutes(least(earliest, latest)) AS departure_datetime,
    departure_datetime + to_minutes(busy) AS free_at
FROM planned;

-- The two of a crew take turns by the week in which a tour begins, if the second can drive all of it. A trip has four
-- stops in the mean, exactly, because every trip with fewer has its counterpart with more.
CREATE TABLE trips_set_out AS
WITH numbered AS (
    SELECT
        departures.*,
        min(departure_datetime) OVER tour_of_vehicle AS tour_begins,
        max(free_at) OVER tour_of_vehicle AS tour_ends,
        row_number() OVER (ORDER BY departure_datetime, vehicle_id) AS trip_id
    FROM departures
    WINDOW tour_of_vehicle AS (PARTITION BY vehicle_id, tour)
),

placed AS (
    SELECT
        *,
        2 * row_number() OVER (ORDER BY throw('stops/' || trip_id), trip_id) - 1 AS place
    FROM numbered
)

SELECT
    trip_id::INTEGER AS trip_id,
    placed.vehicle_id,
    trip,
    CASE
        WHEN week(tour_begins) % 2 = driver_id // 2 % 2 AND tour_begins >= drives_from AND tour_ends < drives_until
            THEN driver_id
        ELSE driver_id - 1
    END AS driver_id,
    route_id,
    departure_datetime,
    is_cancelled,
    left_in,
    TRUE AS is_new,
    NULL::DECIMAL(10, 2) AS total_weight_kg,
    CASE
        WHEN place * 10 < 2 * trips() THEN 2
        WHEN place * 10 < 6 * trips() THEN 3
        WHEN place * 10 <= 14 * trips() THEN 4
        WHEN place * 10 <= 18 * trips() THEN 5
        ELSE 6
    END AS stops
FROM placed
INNER JOIN drivers ON drivers.vehicle_id = placed.vehicle_id AND seat = 2;
