-- On which weekdays are we late?
-- :days = 90

SELECT
    day.day_name,
    day.day_of_week,
    count(*) AS deliveries,
    count(*) FILTER (NOT delivery.is_on_time) AS late,
    round(100 * count(*) FILTER (NOT delivery.is_on_time) / count(*), 2) AS late_pct,
    round(avg(date_diff('second', delivery.scheduled_at, delivery.delivered_at)) / 60, 2) AS mean_difference_min
FROM fleet.fact_deliveries AS delivery
JOIN fleet.dim_date AS day ON delivery.date_key = day.date_key
WHERE delivery.delivery_status = 'delivered' AND delivery.scheduled_at >= :today_at - :days * INTERVAL 1 DAY
GROUP BY day.day_name, day.day_of_week
ORDER BY day.day_of_week
