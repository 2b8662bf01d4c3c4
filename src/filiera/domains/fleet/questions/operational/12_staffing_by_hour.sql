-- When are people needed? Deliveries by hour and weekday.
-- :days = 60
-- :from_hour = 6
-- :to_hour = 22

SELECT
    extract(hour FROM scheduled_datetime)::int AS hour,
    count(*) FILTER (WHERE extract(isodow FROM scheduled_datetime) = 1) AS mon,
    count(*) FILTER (WHERE extract(isodow FROM scheduled_datetime) = 2) AS tue,
    count(*) FILTER (WHERE extract(isodow FROM scheduled_datetime) = 3) AS wed,
    count(*) FILTER (WHERE extract(isodow FROM scheduled_datetime) = 4) AS thu,
    count(*) FILTER (WHERE extract(isodow FROM scheduled_datetime) = 5) AS fri,
    count(*) FILTER (WHERE extract(isodow FROM scheduled_datetime) = 6) AS sat,
    count(*) FILTER (WHERE extract(isodow FROM scheduled_datetime) = 7) AS sun,
    count(*) AS total
FROM deliveries
WHERE
    scheduled_datetime >= :today - :days
    AND extract(hour FROM scheduled_datetime) BETWEEN :from_hour AND :to_hour
GROUP BY 1
ORDER BY 1
