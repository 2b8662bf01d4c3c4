-- How many deliveries does a driver make? Completed trips of drivers with enough of them.
-- :days = 180
-- :least = 10

WITH trips AS (
    SELECT trip_id, driver_id
    FROM fleet.fact_trips
    WHERE trip_status = 'completed' AND departed_at >= :today_at - :days * INTERVAL 1 DAY
),

carried AS (
    SELECT trip_id, count(*) AS deliveries
    FROM fleet.fact_deliveries
    WHERE departed_at >= :today_at - :days * INTERVAL 1 DAY
    GROUP BY trip_id
)

SELECT
    driver.driver_id,
    driver.full_name,
    count(*) AS trips,
    sum(carried.deliveries)::BIGINT AS deliveries,
    round(sum(carried.deliveries) / count(*), 2) AS deliveries_per_trip,
    round(sum(carried.deliveries) / :days, 2) AS deliveries_per_day
FROM trips
JOIN carried ON trips.trip_id = carried.trip_id
JOIN fleet.dim_driver AS driver ON trips.driver_id = driver.driver_id AND driver.is_current
GROUP BY driver.driver_id, driver.full_name
HAVING count(*) >= :least
ORDER BY deliveries_per_trip DESC, driver_id
