-- What does maintenance cost per kilometre? By type of vehicle, each sum made before they meet.

WITH driven AS (
    SELECT vehicle_id, count(*) AS trips, sum(distance_km) AS km
    FROM fleet.fact_trips
    WHERE trip_status = 'completed'
    GROUP BY vehicle_id
),

maintained AS (
    SELECT vehicle_id, count(*) AS times, sum(cost) AS cost
    FROM fleet.fact_maintenance
    GROUP BY vehicle_id
)

SELECT
    vehicle.vehicle_type,
    count(*) AS vehicles,
    sum(driven.trips)::BIGINT AS trips,
    sum(driven.km) AS km,
    sum(maintained.cost) AS maintenance_cost,
    round(sum(maintained.cost) / sum(driven.km), 2) AS cost_per_km,
    round(sum(maintained.cost) / sum(maintained.times), 2) AS cost_per_maintenance
FROM fleet.dim_vehicle AS vehicle
LEFT JOIN driven ON vehicle.vehicle_id = driven.vehicle_id
LEFT JOIN maintained ON vehicle.vehicle_id = maintained.vehicle_id
WHERE vehicle.is_current AND vehicle.vehicle_key <> -1
GROUP BY vehicle.vehicle_type
ORDER BY cost_per_km DESC, vehicle_type
