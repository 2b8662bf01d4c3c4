-- Who drives best? Ranks by punctuality, consumption and deliveries, and their mean.
-- :days = 90
-- :least = 20
-- :top = 20

WITH driven AS (
    SELECT
        trips.driver_id,
        count(*) AS trips,
        100 * sum(trips.fuel_consumed_liters) / sum(routes.distance_km) AS litres_per_100_km
    FROM trips
    JOIN routes ON routes.route_id = trips.route_id
    WHERE trips.status = 'completed' AND trips.departure_datetime >= :today - :days
    GROUP BY trips.driver_id
    HAVING count(*) >= :least
),

carried AS (
    SELECT
        trips.driver_id,
        count(*) AS deliveries,
        100.0 * count(*) FILTER (
            WHERE deliveries.delivered_datetime < deliveries.scheduled_datetime + (:on_time_minutes + 1) * interval '1 minute'
        ) / count(*) AS on_time_pct
    FROM deliveries
    JOIN trips ON trips.trip_id = deliveries.trip_id
    WHERE deliveries.delivery_status = 'delivered' AND trips.departure_datetime >= :today - :days
    GROUP BY trips.driver_id
),

ranked AS (
    SELECT
        driven.driver_id,
        driven.trips,
        carried.deliveries,
        round(driven.litres_per_100_km, 2) AS litres_per_100_km,
        round(carried.on_time_pct, 2) AS on_time_pct,
        rank() OVER (ORDER BY round(carried.on_time_pct, 2) DESC) AS punctuality_rank,
        rank() OVER (ORDER BY round(driven.litres_per_100_km, 2)) AS consumption_rank,
        rank() OVER (ORDER BY carried.deliveries DESC) AS deliveries_rank
    FROM driven
    JOIN carried ON carried.driver_id = driven.driver_id
)

SELECT
    ranked.driver_id,
    drivers.first_name || ' ' || drivers.last_name AS full_name,
    ranked.trips,
    ranked.deliveries,
    ranked.litres_per_100_km,
    ranked.on_time_pct,
    ranked.punctuality_rank,
    ranked.consumption_rank,
    ranked.deliveries_rank,
    round((punctuality_rank + consumption_rank + deliveries_rank) / 3.0, 2) AS score
FROM ranked
JOIN drivers ON drivers.driver_id = ranked.driver_id
ORDER BY score, ranked.driver_id
LIMIT :top
