-- On which weekdays are we late?
-- Late is what is not on time: a delay counts in whole minutes, as in the warehouse.
-- :days = 90

SELECT
    trim(to_char(scheduled_datetime, 'Day')) AS day_name,
    extract(isodow FROM scheduled_datetime)::int AS day_of_week,
    count(*) AS deliveries,
    count(*) FILTER (WHERE delivered_datetime >= scheduled_datetime + (:on_time_minutes + 1) * interval '1 minute') AS late,
    round(
        100.0 * count(*) FILTER (WHERE delivered_datetime >= scheduled_datetime + (:on_time_minutes + 1) * interval '1 minute')
        / count(*), 2
    ) AS late_pct,
    round(avg(extract(epoch FROM delivered_datetime - scheduled_datetime)) / 60, 2) AS mean_difference_min
FROM deliveries
WHERE delivery_status = 'delivered' AND scheduled_datetime >= :today - :days
GROUP BY 1, 2
ORDER BY 2
