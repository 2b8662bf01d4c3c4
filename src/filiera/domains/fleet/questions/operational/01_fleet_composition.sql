-- How is the fleet made up?

SELECT vehicle_type, count(*) AS vehicles
FROM vehicles
GROUP BY vehicle_type
ORDER BY vehicles DESC, vehicle_type
