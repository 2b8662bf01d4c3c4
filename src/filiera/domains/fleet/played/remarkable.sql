-- How many rows of the day came late, and how many are wrong in which way.
CREATE TABLE remarkable AS
SELECT
    kind,
    count(*) AS number
FROM (
    SELECT kind FROM faults
    UNION ALL
    SELECT kind FROM trip_faults
    UNION ALL
    SELECT 'late' FROM late_customers
    UNION ALL
    SELECT 'late' FROM late_deliveries
    UNION ALL
    SELECT 'late' FROM late_trips
    UNION ALL
    SELECT 'late' FROM late_maintenance
)
GROUP BY kind;
