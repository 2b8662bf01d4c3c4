-- What does maintenance cost per kilometre? By type of vehicle, each sum made before they meet.

WITH driven AS (
    SELECT trips.vehicle_id, count(*) AS trips, sum(routes.distance_km) AS km
    FROM trips
    JOIN routes ON routes.route_id = trips.route_id
    WHERE trips.status = 'completed'
    GROUP BY trips.vehicle_id
),

maintained AS (
    SELECT vehicle_id, count(*) AS times, sum(cost) AS cost
    FROM maintenance
    GROUP BY vehicle_id
)

SELECT
    vehicles.vehicle_type,
    count(*) AS vehicles,
    sum(driven.trips)::bigint AS trips,
    sum(driven.km) AS km,
    sum(maintained.cost) AS maintenance_cost,
    round(sum(maintained.cost) / sum(driven.km), 2) AS cost_per_km,
    round(sum(maintained.cost) / sum(maintained.times), 2) AS cost_per_maintenance
FROM vehicles
LEFT JOIN driven ON driven.vehicle_id = vehicles.vehicle_id
LEFT JOIN maintained ON maintained.vehicle_id = vehicles.vehicle_id
GROUP BY vehicles.vehicle_type
ORDER BY cost_per_km DESC, vehicle_type
