-- The stays in the workshop, each on a whole day on which the vehicle does not move, and what they cost; and when each
-- vehicle's record last changed, which for most is the day after.
CREATE TABLE maintenance_done AS
WITH visits AS (
    SELECT
        stays.vehicle_id,
        stay,
        coalesce(arrival_datetime, trips_set_out.departure_datetime)::DATE + 1 AS maintenance_date,
        left_in AS city
    FROM stays
    INNER JOIN trips_set_out ON trips_set_out.vehicle_id = stays.vehicle_id AND trip = after_trip
    LEFT JOIN outcomes ON outcomes.trip_id = trips_set_out.trip_id AND NOT outcomes.is_cancelled
    UNION ALL
    SELECT
        vehicle_id,
        0 AS stay,
        as_of() AS maintenance_date,
        home_city AS city
    FROM vehicles
    WHERE status = 'maintenance'
)

SELECT
    (row_number() OVER (ORDER BY maintenance_date, vehicle_id, stay))::INTEGER AS maintenance_id,
    vehicle_id,
    maintenance_date,
    city,
    upkeep,
    throw(concat_ws('/', 'workshop', maintenance_id)) AS a
FROM visits
INNER JOIN vehicles USING (vehicle_id);
