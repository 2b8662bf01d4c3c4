-- How is the fleet made up?

SELECT vehicle_type, count(*) AS vehicles
FROM fleet.dim_vehicle
WHERE is_current AND NOT is_deleted AND vehicle_key <> -1
GROUP BY vehicle_type
ORDER BY vehicles DESC, vehicle_type
