-- As many rows and columns as the fleet has, of values that mean nothing, into tables without keys.
CREATE TABLE target.public.small AS
SELECT
    i AS id, 'name ' || i AS name, 'city ' || i % 5 AS city, i % 7 AS kind, DATE '2024-01-01' + (i % 700)::INTEGER AS day,
    (i * 7919 % 100000) / 100 AS amount, now()::TIMESTAMP AS created_at, now()::TIMESTAMP AS updated_at
FROM range(${small}) AS numbers (i);

CREATE TABLE target.public.trips AS
SELECT
    i AS trip_id, i % 200 AS vehicle_id, i % 400 AS driver_id, i % 50 AS route_id,
    TIMESTAMP '2024-01-01' + to_minutes(i * 10) AS departure_datetime,
    TIMESTAMP '2024-01-01' + to_minutes(i * 10 + 200) AS arrival_datetime,
    ((i * 7919 % 9000) / 100)::DECIMAL(10, 2) AS fuel_consumed_liters,
    ((i * 104729 % 900000) / 100)::DECIMAL(10, 2) AS total_weight_kg,
    'completed' AS status, now()::TIMESTAMP AS created_at, now()::TIMESTAMP AS updated_at
FROM range(${trips}) AS numbers (i);

CREATE TABLE target.public.deliveries AS
SELECT
    i AS delivery_id, i // 4 AS trip_id, i % 4000 AS customer_id, 'TRK' || lpad(i::VARCHAR, 12, '0') AS tracking_number,
    'Calle ' || i % 170 || ' # ' || i % 99 || '-' || i % 89 AS delivery_address,
    ((i * 104729 % 90000) / 100)::DECIMAL(10, 2) AS package_weight_kg,
    TIMESTAMP '2024-01-01' + to_minutes(i * 2) AS scheduled_datetime,
    TIMESTAMP '2024-01-01' + to_minutes(i * 2 + i % 60) AS delivered_datetime,
    'delivered' AS delivery_status, i % 3 > 0 AS recipient_signature, i % 100 = 0 AS is_damaged,
    now()::TIMESTAMP AS created_at, now()::TIMESTAMP AS updated_at
FROM range(4 * ${trips}) AS numbers (i);
