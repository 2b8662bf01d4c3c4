-- The deliveries of the trips in `outcomes`, in the order of their stops, each as if it were over. What a trip brings
-- is at most what it carries; the customer lives where the trip ends and was one when the order came.
-- How many customers of a type a city had on the eve of a day.
CREATE TABLE clientele AS
SELECT
    city,
    customer_type,
    day,
    count(*) FILTER (WHERE created_at < day) AS number
FROM customers
CROSS JOIN (
    SELECT unnest(range(since() - INTERVAL 4 DAY, present() + INTERVAL 1 DAY, INTERVAL 1 DAY))::DATE AS day
)
GROUP BY ALL;

CREATE TABLE addresses AS
SELECT
    city,
    customer_type,
    row_number() OVER (PARTITION BY city, customer_type ORDER BY created_at, customer_id) AS nth,
    customer_id,
    address || ', ' || city AS delivery_address
FROM customers;

CREATE VIEW stops AS
WITH thrown AS (
    SELECT
        outcomes.*,
        stop,
        throw(concat_ws('/', 'stop', trip_id, stop)) AS a,
        outcomes.created_at - to_seconds(600 + draw_up_to(129600, a, 0)) AS ordered_at,
        CASE
            WHEN draw(a, 1) < CASE vehicle_type WHEN 'Motocicleta' THEN 0.35 ELSE 0.74 END THEN 'Empresa'
            WHEN draw(a, 1) < CASE vehicle_type WHEN 'Motocicleta' THEN 0.94 ELSE 0.88 END THEN 'Individual'
            ELSE 'Gobierno'
        END AS customer_type
    FROM outcomes, range(1, stops + 1) AS t (stop)
    WHERE is_new
),

addressed AS (
    SELECT
        thrown.*,
        city,
        1 + floor(number * draw(a, 2) * draw(a, 2))::BIGINT AS nth
    FROM thrown
    INNER JOIN clientele
        ON clientele.city = destination_city AND clientele.customer_type = thrown.customer_type
        AND clientele.day = ordered_at::DATE
)

SELECT
    trip_id,
    stop,
    (last_delivery() + stops_before + stop)::INTEGER AS delivery_id,
    departure_datetime,
    is_cancelled,
    cancelled_at,
    customer_id,
    delivery_address,
    floor(
        97 * total_weight_kg::DOUBLE * (unloaded_share(cuts, stop, stops) - unloaded_share(cuts, stop - 1, stops))
    ) / 100 AS package_weight_kg,
    date_trunc(
        'minute', departure_datetime + to_seconds(appointment_s(jitter, stop, stops, is_local, planned_s))
    ) AS scheduled_datetime,
    scheduled_datetime
    + to_seconds(lateness_s(noise, stop, stops, is_local, planned_s, traffic_s, incident_s, late_from_stop)) AS made_at,
    CASE
        WHEN stop > 1
            THEN made_at(
                departure_datetime, jitter, noise, stop - 1, stops, is_local, planned_s, traffic_s, incident_s,
                late_from_stop
            )
    END AS stop_before,
    CASE
        WHEN is_cancelled OR is_withdrawn(a) THEN 'cancelled'
        ELSE handed_over(a, incident_s > 0 AND stop >= late_from_stop)
    END AS outcome,
    throw(concat_ws('/', 'receipt', trip_id, stop)) AS receipt,
    ordered_at
FROM addressed
INNER JOIN addresses USING (city, customer_type, nth);
