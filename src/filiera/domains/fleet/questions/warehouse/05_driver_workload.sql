-- How is work spread over active drivers?

SELECT
    driver.driver_id,
    driver.full_name,
    driver.license_expiry,
    count(*) AS trips,
    count(*) FILTER (trip.trip_status = 'completed') AS completed_trips
FROM fleet.dim_driver AS driver
JOIN fleet.fact_trips AS trip ON trip.driver_id = driver.driver_id
WHERE driver.is_current AND driver.status = 'active'
GROUP BY driver.driver_id, driver.full_name, driver.license_expiry
ORDER BY trips DESC, driver_id
