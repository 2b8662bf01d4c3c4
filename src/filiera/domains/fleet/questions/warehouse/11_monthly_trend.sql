-- How do trips develop from month to month? Whole months only.
-- :months = 12

WITH months AS (
    SELECT
        date_trunc('month', day.full_date)::DATE AS month,
        count(*) AS trips,
        round(sum(trip.total_weight_kg) / 1000, 2) AS tonnes,
        round(avg(trip.fuel_consumed_liters), 2) AS mean_litres
    FROM fleet.fact_trips AS trip
    JOIN fleet.dim_date AS day ON trip.date_key = day.date_key
    WHERE trip.trip_status = 'completed' AND day.full_date < date_trunc('month', :today)
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
    round(100 * (trips - previous_trips) / previous_trips, 2) AS change_pct,
    tonnes,
    mean_litres,
    moving_average
FROM compared
ORDER BY month DESC
LIMIT :months
