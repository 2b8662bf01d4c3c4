-- How many deliveries does a driver make? Completed trips of drivers with enough of them.
-- :days = 180
-- :least = 10

SELECT
    drivers.driver_id,
    drivers.first_name || ' ' || drivers.last_name AS full_name,
    count(DISTINCT trips.trip_id) AS trips,
    count(*) AS deliveries,
    round(count(*)::numeric / count(DISTINCT trips.trip_id), 2) AS deliveries_per_trip,
    round(count(*)::numeric / :days, 2) AS deliveries_per_day
FROM drivers
JOIN trips ON trips.driver_id = drivers.driver_id
JOIN deliveries ON deliveries.trip_id = trips.trip_id
WHERE trips.status = 'completed' AND trips.departure_datetime >= :today - :days
GROUP BY drivers.driver_id, full_name
HAVING count(DISTINCT trips.trip_id) >= :least
ORDER BY deliveries_per_trip DESC, driver_id
