-- What the operational database knows at present() of trips and stops: a trip that has not arrived has no arrival and
-- no fuel, a parcel is in transit to the next stop and pending behind it.
CREATE VIEW seen_trips AS
SELECT
    trip_id,
    vehicle_id,
    driver_id,
    route_id,
    departure_datetime,
    CASE WHEN status = 'completed' THEN arrival_datetime END AS arrival_datetime,
    CASE WHEN status = 'completed' THEN fuel_consumed_liters END AS fuel_consumed_liters,
    total_weight_kg,
    status,
    created_at,
    CASE status
        WHEN 'cancelled' THEN cancelled_at
        WHEN 'completed' THEN least(closed_at, present())
        ELSE least(departure_datetime + INTERVAL 2 MINUTE, present())
    END AS updated_at
FROM (
    SELECT
        *,
        CASE
            WHEN is_cancelled THEN 'cancelled'
            WHEN arrival_datetime <= present() THEN 'completed'
            ELSE 'in_progress'
        END AS status
    FROM outcomes
    WHERE is_new
);

CREATE VIEW seen_deliveries AS
WITH told AS (
    SELECT
        *,
        made_at + to_seconds(told_after_s(receipt)) AS told_at,
        ordered_at + to_seconds(floor(date_diff('second', ordered_at, departure_datetime) * draw(receipt, 1))::BIGINT)
            AS withdrawn_at,
        CASE
            WHEN outcome = 'cancelled' OR made_at <= present() THEN outcome
            WHEN stop_before IS NULL OR stop_before <= present() THEN 'in_transit'
            ELSE 'pending'
        END AS delivery_status
    FROM stops
)

SELECT
    delivery_id,
    trip_id,
    customer_id,
    tracking_number(ordered_at, delivery_id) AS tracking_number,
    delivery_address,
    package_weight_kg::DECIMAL(10, 2) AS package_weight_kg,
    scheduled_datetime,
    CASE WHEN delivery_status = 'delivered' THEN made_at END AS delivered_datetime,
    delivery_status,
    delivery_status = 'delivered' AND is_signed(receipt) AS recipient_signature,
    delivery_status = 'delivered' AND is_harmed(receipt) AS is_damaged,
    ordered_at AS created_at,
    CASE
        WHEN is_cancelled THEN cancelled_at
        WHEN delivery_status = 'cancelled' THEN withdrawn_at
        WHEN delivery_status IN ('delivered', 'failed') THEN least(told_at, present())
        WHEN delivery_status = 'in_transit' AND stop_before IS NOT NULL THEN stop_before
        ELSE least(departure_datetime + INTERVAL 2 MINUTE, present())
    END AS updated_at
FROM told;
