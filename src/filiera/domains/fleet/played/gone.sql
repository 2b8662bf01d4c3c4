-- What is deleted at the source: the second number of a parcel that was scanned twice, once somebody noticed, and an
-- order that was withdrawn months ago.
CREATE TABLE gone AS
SELECT again.delivery_id
FROM recent_deliveries AS again
INNER JOIN recent_deliveries AS first
    ON first.trip_id = again.trip_id AND first.customer_id = again.customer_id
    AND first.scheduled_datetime = again.scheduled_datetime AND first.created_at = again.created_at
    AND first.delivery_id < again.delivery_id
UNION
SELECT delivery_id
FROM (
    SELECT delivery_id
    FROM fleet.public.deliveries
    WHERE delivery_status = 'cancelled' AND updated_at < since() - INTERVAL 60 DAY
    QUALIFY row_number() OVER (ORDER BY throw(concat_ws('/', 'forget', delivery_id, as_of())), delivery_id) = 1
);
