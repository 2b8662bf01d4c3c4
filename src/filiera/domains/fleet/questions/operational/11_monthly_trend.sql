-- How do trips develop from month to month? Whole months only.
-- :months = 12

WITH months AS (
    SELECT
        date_trunc('month', departure_datetime)::date AS month,
        count(*) AS trips,
        round(sum(total_weight_kg) / 1000, 2) AS tonnes,
        round(avg(fuel_consumed_liters), 2) AS mean_litres
    FROM trips
    WHERE status = 'completed' AND departure_datetime < date_trunc('month', :today::timestamp)
    GROUP BY 1
),

compared AS (
    SELECT
        *,
        lag(trips) OVER (ORDER BY month) AS previous_trips,
        lead(trips) OVER (ORDER BY month) AS next_trips,
        round(avg(trips) OVER (ORDER BY month ROWS BETWEEN 2 PRECEDING AND CURRENT ROW), 2) AS moving_average
    FROM months
)

SELECT
    month,
    trips,
    previous_trips,
    next_trips,
    trips - previous_trips AS change,
    round(100.0 * (trips - previous_trips) / previous_trips, 2) AS change_pct,
    tonnes,
    mean_litres,
    moving_average
FROM compared
ORDER BY month DESC
LIMIT :months
