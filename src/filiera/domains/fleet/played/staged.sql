-- All rows of the day that are new or changed, as the operational database is to have them, with what is wrong with
-- them: what no law of the schema forbids and a contract should.
CREATE TABLE changed_trips AS
SELECT * FROM seen_trips
UNION ALL BY NAME
SELECT * FROM arrived;

CREATE TABLE changed_deliveries AS
SELECT * FROM seen_deliveries
UNION ALL BY NAME
SELECT * FROM moved_on;

CREATE TABLE changed_maintenance AS SELECT * FROM seen_maintenance;

-- One of each kind of fault a day, more where there are thousands of deliveries.
CREATE TABLE faults AS
WITH kinds_of_fault AS (
    SELECT
        generate_subscripts(kinds, 1) - 1 AS kind_no,
        unnest(kinds) AS kind
    FROM (
        SELECT
            [
                'duplicate', 'package_heavier_than_trip', 'delivered_in_the_future', 'unknown_status',
                'delivered_without_time'
            ] AS kinds
    )
),

ranked AS (
    SELECT
        delivery_id,
        row_number() OVER (ORDER BY throw('fault/' || delivery_id), delivery_id) - 1 AS place,
        greatest(count(*) OVER () // 600, 1) AS each
    FROM changed_deliveries
    WHERE delivery_status = 'delivered'
)

SELECT
    delivery_id,
    kind
FROM ranked
INNER JOIN kinds_of_fault ON kind_no = place // each;

CREATE TABLE trip_faults AS
SELECT
    trip_id,
    'negative_fuel' AS kind
FROM changed_trips
WHERE fuel_consumed_liters IS NOT NULL
QUALIFY row_number() OVER (ORDER BY throw('fault/' || trip_id), trip_id) <= greatest(count(*) OVER () // 150, 1);

-- The same parcel scanned twice gets two numbers.
INSERT INTO changed_deliveries BY NAME
SELECT
    copied.* EXCLUDE (number) REPLACE (number AS delivery_id, tracking_number(created_at, number) AS tracking_number)
FROM (
    SELECT
        changed_deliveries.*,
        (highest + row_number() OVER (ORDER BY delivery_id))::INTEGER AS number
    FROM changed_deliveries
    INNER JOIN faults USING (delivery_id)
    CROSS JOIN (SELECT greatest(max(delivery_id), last_delivery()) AS highest FROM changed_deliveries)
    WHERE kind = 'duplicate'
) AS copied;

-- Typed in grams.
UPDATE changed_deliveries SET package_weight_kg = 1000 * package_weight_kg
FROM faults
WHERE faults.delivery_id = changed_deliveries.delivery_id AND kind = 'package_heavier_than_trip';

UPDATE changed_deliveries SET delivered_datetime = delivered_datetime + INTERVAL 10 YEAR
FROM faults
WHERE faults.delivery_id = changed_deliveries.delivery_id AND kind = 'delivered_in_the_future';

UPDATE changed_deliveries SET delivery_status = 'ENTREGADO'
FROM faults
WHERE faults.delivery_id = changed_deliveries.delivery_id AND kind = 'unknown_status';

UPDATE changed_deliveries SET delivered_datetime = NULL
FROM faults
WHERE faults.delivery_id = changed_deliveries.delivery_id AND kind = 'delivered_without_time';

UPDATE changed_trips SET fuel_consumed_liters = -fuel_consumed_liters
FROM trip_faults
WHERE trip_faults.trip_id = changed_trips.trip_id;
