-- When are people needed? Deliveries by hour and weekday.
-- :days = 60
-- :from_hour = 6
-- :to_hour = 22

SELECT
    time.hour,
    count(*) FILTER (day.day_of_week = 1) AS mon,
    count(*) FILTER (day.day_of_week = 2) AS tue,
    count(*) FILTER (day.day_of_week = 3) AS wed,
    count(*) FILTER (day.day_of_week = 4) AS thu,
    count(*) FILTER (day.day_of_week = 5) AS fri,
    count(*) FILTER (day.day_of_week = 6) AS sat,
    count(*) FILTER (day.day_of_week = 7) AS sun,
    count(*) AS total
FROM fleet.fact_deliveries AS delivery
JOIN fleet.dim_date AS day ON delivery.date_key = day.date_key
JOIN fleet.dim_time AS time ON delivery.scheduled_time_key = time.time_key
WHERE delivery.scheduled_at >= :today_at - :days * INTERVAL 1 DAY AND time.hour BETWEEN :from_hour AND :to_hour
GROUP BY time.hour
ORDER BY time.hour
