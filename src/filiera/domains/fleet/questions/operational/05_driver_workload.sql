-- How is work spread over active drivers?

SELECT
    drivers.driver_id,
    drivers.first_name || ' ' || drivers.last_name AS full_name,
    drivers.license_expiry,
    count(*) AS trips,
    count(*) FILTER (WHERE trips.status = 'completed') AS completed_trips
FROM drivers
JOIN trips ON trips.driver_id = drivers.driver_id
WHERE drivers.status = 'active'
GROUP BY drivers.driver_id, full_name, drivers.license_expiry
ORDER BY trips DESC, driver_id
