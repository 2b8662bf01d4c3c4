-- Which vehicles set out between the two evenings, who drives them, and where to.
--
-- A vehicle is driven by a member of its crew who is in the same city: who waits at home gets his turn when it comes
-- home. Crew is whoever drove it last, so a driver who was hired joins a vehicle that lacks one, and the crew of a
-- vehicle that was sold takes over a new one, which stands where they are.
CREATE TABLE ready_vehicles AS
SELECT
    vehicles.vehicle_id,
    vehicle_type,
    trips_a_day,
    local_share,
    last.destination_city AS city,
    coalesce(home_city, last.destination_city) AS home_city,
    -- As far as the dispatcher knows: the worst delay of a trip under way, then a pause.
    greatest(
        since(),
        CASE WHEN vehicles.status = 'maintenance' THEN as_of() + INTERVAL 8 HOUR END,
        date_trunc('minute', arrival_datetime) + INTERVAL 41 MINUTE,
        CASE
            WHEN arrival_datetime IS NULL
                THEN departure_datetime
                + to_minutes(
                    ceil(60 * estimated_duration_hours)::BIGINT + 40
                    + worst_delay_minutes(last.origin_city = last.destination_city)
                )
        END
    ) AS free_at
FROM vehicles
INNER JOIN kinds USING (vehicle_type)
LEFT JOIN changed_vehicles USING (vehicle_id)
LEFT JOIN last_of_vehicle AS last ON last.vehicle_id = vehicles.vehicle_id
LEFT JOIN routes USING (route_id)
LEFT JOIN homes ON homes.vehicle_id = vehicles.vehicle_id
WHERE coalesce(changed_vehicles.status, vehicles.status) = 'active' AND vehicles.acquisition_date < as_of();

CREATE TABLE ready_drivers AS
SELECT
    drivers.driver_id,
    last.vehicle_id,
    last.destination_city AS city,
    coalesce(vehicles.status IN ('retired', 'inactive'), TRUE) AS is_unassigned
FROM drivers
LEFT JOIN changed_drivers USING (driver_id)
LEFT JOIN last_of_driver AS last ON last.driver_id = drivers.driver_id
LEFT JOIN vehicles ON vehicles.vehicle_id = last.vehicle_id
WHERE drivers.status = 'active' AND coalesce(changed_drivers.status, 'active') = 'active'
AND drivers.license_expiry > as_of() AND drivers.hire_date < as_of();

CREATE TABLE manned AS
WITH crews AS (
    SELECT
        vehicle_id,
        ready_vehicles.city,
        count(ready_drivers.driver_id) AS crew,
        list(driver_id ORDER BY throw(concat_ws('/', 'turn', driver_id, year(as_of()), week(as_of()))), driver_id)
            FILTER (WHERE ready_drivers.city = ready_vehicles.city) AS present_crew
    FROM ready_vehicles
    LEFT JOIN ready_drivers USING (vehicle_id)
    GROUP BY ALL
),

lacking AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY city IS NULL ORDER BY crew, vehicle_id) AS place
    FROM crews
    WHERE crew < 2
),

unassigned AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY city IS NULL ORDER BY driver_id) AS place
    FROM ready_drivers
    WHERE is_unassigned
),

newcomers AS (
    -- Who has a place takes a vehicle that has none, and the other way round; two that have none meet anywhere.
    SELECT
        lacking.vehicle_id,
        unassigned.driver_id,
        unassigned.city
    FROM lacking
    INNER JOIN unassigned USING (place)
    WHERE (lacking.city IS NULL) != (unassigned.city IS NULL)
)

SELECT
    ready_vehicles.* REPLACE (
        coalesce(ready_vehicles.city, newcomers.city) AS city,
        coalesce(ready_vehicles.home_city, newcomers.city) AS home_city
    ),
    coalesce(newcomers.driver_id, present_crew[1]) AS driver_id
FROM ready_vehicles
INNER JOIN crews USING (vehicle_id)
LEFT JOIN newcomers USING (vehicle_id)
WHERE coalesce(newcomers.driver_id, present_crew[1]) IS NOT NULL;

-- When there is something to carry: as many times as the kind usually goes and the day asks for.
CREATE TABLE slots AS
WITH counted AS (
    SELECT
        vehicle_id,
        throw(concat_ws('/', 'slots', vehicle_id, as_of())) AS a,
        demand,
        floor(trips_a_day * 0.98 * demand / 11600 + draw(a, 0))::BIGINT AS slots
    FROM manned
    CROSS JOIN (SELECT sum(weight)::BIGINT AS demand FROM hours)
)

SELECT
    vehicle_id,
    slot,
    begins + to_minutes(60 * (demand_at - before) // weight) AS slot_at
FROM (
    SELECT
        *,
        floor(demand * (slot - 1 + draw(throw(concat_ws('/', 'slot', vehicle_id, slot, as_of())), 0)) / slots)::BIGINT
            AS demand_at
    FROM counted, range(1, slots + 1) AS t (slot)
)
ASOF INNER JOIN hours ON demand_at >= before;

CREATE TABLE set_out AS
WITH RECURSIVE chain AS (
    SELECT
        vehicle_id,
        vehicle_type,
        driver_id,
        local_share,
        home_city,
        0::BIGINT AS slot,
        city,
        free_at,
        NULL::INTEGER AS route_id,
        NULL::TIMESTAMP AS departure_datetime,
        FALSE AS is_cancelled
    FROM manned
    UNION ALL
    SELECT
        vehicle_id,
        vehicle_type,
        driver_id,
        local_share,
        home_city,
        slot,
        CASE WHEN is_cancelled THEN city ELSE destination_city END,
        departure_datetime
        + to_minutes(
            CASE WHEN is_cancelled THEN 30
                ELSE ceil(60 * estimated_duration_hours)::BIGINT + worst_delay_minutes(city = destination_city)
            END + 40
        ),
        route_id,
        departure_datetime,
        is_cancelled
    FROM (
        SELECT
            wished.* EXCLUDE (vehicle_type),
            wished.vehicle_type,
            routes.route_id,
            estimated_duration_hours
        FROM (
            SELECT
                chain.* EXCLUDE (slot, is_cancelled, route_id, departure_datetime),
                slots.slot,
                throw(concat_ws('/', 'way', chain.vehicle_id, slots.slot, as_of())) AS a,
                greatest(slot_at, free_at) AS departure_datetime,
                city = home_city AND draw(a, 0) < 0.03 AS is_cancelled,
                CASE
                    WHEN city != home_city AND (draw(a, 1) < 0.75 OR beyond.choices IS NULL) THEN home_city
                    WHEN city = home_city AND (draw(a, 1) < local_share OR beyond.choices IS NULL) THEN city
                    ELSE pick(beyond.choices, draw(a, 2))
                END AS destination_city
            FROM chain
            INNER JOIN slots ON slots.vehicle_id = chain.vehicle_id AND slots.slot = chain.slot + 1
            LEFT JOIN beyond ON beyond.vehicle_type = chain.vehicle_type AND origin_city = city
        ) AS wished
        INNER JOIN ways
            ON ways.vehicle_type = wished.vehicle_type AND ways.origin_city = city
            AND ways.destination_city = wished.destination_city
        INNER JOIN routes ON routes.route_id = pick(ways.choices, draw(a, 3))
        WHERE departure_datetime < present()
    )
)

FROM chain
WHERE slot > 0;

CREATE TABLE trips_set_out AS
SELECT
    (last_trip() + row_number() OVER (ORDER BY departure_datetime, vehicle_id))::INTEGER AS trip_id,
    vehicle_id,
    driver_id,
    route_id,
    departure_datetime,
    is_cancelled,
    TRUE AS is_new,
    NULL::DECIMAL(10, 2) AS total_weight_kg,
    pick([2, 3, 3, 4, 4, 4, 4, 5, 5, 6], draw(throw(concat_ws('/', 'stops', vehicle_id, slot, as_of())), 0)) AS stops
FROM set_out
UNION ALL BY NAME
SELECT
    trip_id,
    vehicle_id,
    driver_id,
    route_id,
    departure_datetime,
    FALSE AS is_cancelled,
    FALSE AS is_new,
    total_weight_kg,
    coalesce(stops, 1)::INTEGER AS stops
FROM open_trips
LEFT JOIN (SELECT DISTINCT trip_id, stops FROM open_deliveries) USING (trip_id);
