-- How many trips are in which state?

SELECT trip_status AS status, count(*) AS trips
FROM fleet.fact_trips
GROUP BY trip_status
ORDER BY trips DESC, status
