-- Who drives best? Ranks by punctuality, consumption and deliveries, and their mean.
-- :days = 90
-- :least = 20
-- :top = 20

WITH trips AS (
    SELECT
        driver_id,
        count(*) AS trips,
        100 * sum(fuel_consumed_liters) / sum(distance_km) AS litres_per_100_km
    FROM fleet.fact_trips
    WHERE trip_status = 'completed' AND departed_at >= :today_at - :days * INTERVAL 1 DAY
    GROUP BY driver_id
    HAVING count(*) >= :least
),

carried AS (
    SELECT
        driver.driver_id,
        count(*) AS deliveries,
        100 * count(*) FILTER (delivery.is_on_time) / count(*) AS on_time_pct
    FROM fleet.fact_deliveries AS delivery
    JOIN fleet.dim_driver AS driver ON delivery.driver_key = driver.driver_key
    WHERE delivery.delivery_status = 'delivered' AND delivery.departed_at >= :today_at - :days * INTERVAL 1 DAY
    GROUP BY driver.driver_id
),

ranked AS (
    SELECT
        trips.driver_id,
        trips.trips,
        carried.deliveries,
        round(trips.litres_per_100_km, 2) AS litres_per_100_km,
        round(carried.on_time_pct, 2) AS on_time_pct,
        rank() OVER (ORDER BY round(carried.on_time_pct, 2) DESC) AS punctuality_rank,
        rank() OVER (ORDER BY round(trips.litres_per_100_km, 2)) AS consumption_rank,
        rank() OVER (ORDER BY carried.deliveries DESC) AS deliveries_rank
    FROM trips
    JOIN carried ON trips.driver_id = carried.driver_id
)

SELECT
    ranked.driver_id,
    driver.full_name,
    ranked.* EXCLUDE (driver_id),
    round((punctuality_rank + consumption_rank + deliveries_rank) / 3, 2) AS score
FROM ranked
JOIN fleet.dim_driver AS driver ON ranked.driver_id = driver.driver_id AND driver.is_current
ORDER BY score, ranked.driver_id
LIMIT :top
