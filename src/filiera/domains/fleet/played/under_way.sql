-- What became since the evening before of trips that were under way then. By the same laws as if they were new, except
-- that nothing happens before that evening: it would have been known.
CREATE TABLE open_outcomes AS
SELECT
    trip_id,
    destination_city,
    stops,
    is_local,
    planned_s,
    traffic_s,
    incident_s,
    late_from_stop,
    noise,
    fuel_consumed_liters,
    greatest(arrival_datetime, since() + to_minutes(stops + 2)) AS arrival_datetime,
    greatest(closed_at, since() + to_minutes(stops + 4)) AS closed_at
FROM outcomes
WHERE NOT is_new;

CREATE TABLE arrived AS
SELECT
    open_trips.* REPLACE (
        open_outcomes.arrival_datetime AS arrival_datetime,
        open_outcomes.fuel_consumed_liters AS fuel_consumed_liters,
        'completed' AS status,
        least(closed_at, present()) AS updated_at
    )
FROM open_trips
INNER JOIN open_outcomes USING (trip_id)
WHERE open_outcomes.arrival_datetime <= present();

CREATE TABLE moved_on AS
WITH made AS (
    SELECT
        open_deliveries.* EXCLUDE (stops),
        throw(concat_ws('/', 'receipt', trip_id, stop)) AS receipt,
        handed_over(throw(concat_ws('/', 'stop', trip_id, stop)), incident_s > 0 AND stop >= late_from_stop) AS outcome,
        greatest(
            scheduled_datetime
            + to_seconds(
                lateness_s(
                    noise, stop, open_outcomes.stops, is_local, planned_s, traffic_s, incident_s, late_from_stop
                )
            ),
            since() + to_minutes(stop)
        ) AS made_at,
        lag(made_at) OVER (PARTITION BY trip_id ORDER BY stop) AS stop_before
    FROM open_deliveries
    INNER JOIN open_outcomes USING (trip_id)
),

told AS (
    SELECT
        *,
        CASE
            WHEN made_at <= present() THEN outcome
            WHEN coalesce(stop_before, since()) <= present() THEN 'in_transit'
            ELSE 'pending'
        END AS new_status
    FROM made
    WHERE delivery_status IN ('pending', 'in_transit')
)

SELECT
    * EXCLUDE (stop, receipt, outcome, made_at, stop_before, new_status)
    REPLACE (
        new_status AS delivery_status,
        CASE WHEN new_status = 'delivered' THEN made_at END AS delivered_datetime,
        new_status = 'delivered' AND is_signed(receipt) AS recipient_signature,
        new_status = 'delivered' AND is_harmed(receipt) AS is_damaged,
        CASE
            WHEN new_status = 'in_transit' THEN coalesce(stop_before, updated_at)
            ELSE least(made_at + to_seconds(told_after_s(receipt)), present())
        END AS updated_at
    )
FROM told
WHERE new_status != delivery_status;
