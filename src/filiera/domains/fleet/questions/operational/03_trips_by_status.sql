-- How many trips are in which state?

SELECT status, count(*) AS trips
FROM trips
GROUP BY status
ORDER BY trips DESC, status
