-- As many rows and columns as the fleet has, of values that mean nothing: copied into tables whose keys are made when the
-- rows are there, as the fleet's own are. Not its CHECKs, nor its indexes for a day's work.
CALL postgres_execute('target', 'DROP TABLE IF EXISTS deliveries, trips, maintenance, vehicles, drivers, routes, customers');
CALL pg_clear_cache();

CREATE TABLE target.public.vehicles AS
SELECT
    i AS vehicle_id, 'name ' || i AS name, 'city ' || i % 5 AS city, i % 7 AS kind,
    DATE '2024-01-01' + (i % 700)::INTEGER AS day, (i * 7919 % 100000) / 100 AS amount,
    now()::TIMESTAMP AS created_at, now()::TIMESTAMP AS updated_at
FROM range(1, 1 + ${vehicles}) AS numbers (i);

CREATE TABLE target.public.drivers AS
SELECT
    i AS driver_id, 'name ' || i AS name, 'city ' || i % 5 AS city, i % 7 AS kind,
    DATE '2024-01-01' + (i % 700)::INTEGER AS day, (i * 7919 % 100000) / 100 AS amount,
    now()::TIMESTAMP AS created_at, now()::TIMESTAMP AS updated_at
FROM range(1, 1 + ${drivers}) AS numbers (i);

CREATE TABLE target.public.routes AS
SELECT
    i AS route_id, 'name ' || i AS name, 'city ' || i % 5 AS city, i % 7 AS kind,
    DATE '2024-01-01' + (i % 700)::INTEGER AS day, (i * 7919 % 100000) / 100 AS amount,
    now()::TIMESTAMP AS created_at, now()::TIMESTAMP AS updated_at
FROM range(1, 1 + ${routes}) AS numbers (i);

CREATE TABLE target.public.customers AS
SELECT
    i AS customer_id, 'name ' || i AS name, 'city ' || i % 5 AS city, i % 7 AS kind,
    DATE '2024-01-01' + (i % 700)::INTEGER AS day, (i * 7919 % 100000) / 100 AS amount,
    now()::TIMESTAMP AS created_at, now()::TIMESTAMP AS updated_at
FROM range(1, 1 + ${customers}) AS numbers (i);

CREATE TABLE target.public.maintenance AS
SELECT
    i AS maintenance_id, 'name ' || i AS name, 'city ' || i % 5 AS city, i % 7 AS kind, 1 + i % ${vehicles} AS vehicle_id,
    DATE '2024-01-01' + (i % 700)::INTEGER AS day, (i * 7919 % 100000) / 100 AS amount,
    now()::TIMESTAMP AS created_at, now()::TIMESTAMP AS updated_at
FROM range(1, 1 + ${maintenance}) AS numbers (i);

CREATE TABLE target.public.trips AS
SELECT
    i AS trip_id, 1 + i % ${vehicles} AS vehicle_id, 1 + i % ${drivers} AS driver_id, 1 + i % ${routes} AS route_id,
    TIMESTAMP '2024-01-01' + to_minutes(i * 10) AS departure_datetime,
    TIMESTAMP '2024-01-01' + to_minutes(i * 10 + 200) AS arrival_datetime,
    ((i * 7919 % 9000) / 100)::DECIMAL(10, 2) AS fuel_consumed_liters,
    ((i * 104729 % 900000) / 100)::DECIMAL(10, 2) AS total_weight_kg,
    'completed' AS status, now()::TIMESTAMP AS created_at, now()::TIMESTAMP AS updated_at
FROM range(${trips}) AS numbers (i);

CREATE TABLE target.public.deliveries AS
SELECT
    i AS delivery_id, i // 4 AS trip_id, 1 + i % ${customers} AS customer_id, 'TRK' || lpad(i::VARCHAR, 12, '0') AS tracking_number,
    'Calle ' || i % 170 || ' # ' || i % 99 || '-' || i % 89 AS delivery_address,
    ((i * 104729 % 90000) / 100)::DECIMAL(10, 2) AS package_weight_kg,
    TIMESTAMP '2024-01-01' + to_minutes(i * 2) AS scheduled_datetime,
    TIMESTAMP '2024-01-01' + to_minutes(i * 2 + i % 60) AS delivered_datetime,
    'delivered' AS delivery_status, i % 3 > 0 AS recipient_signature, i % 100 = 0 AS is_damaged,
    now()::TIMESTAMP AS created_at, now()::TIMESTAMP AS updated_at
FROM range(4 * ${trips}) AS numbers (i);

CALL postgres_execute('target', '
ALTER TABLE vehicles ADD PRIMARY KEY (vehicle_id);
ALTER TABLE drivers ADD PRIMARY KEY (driver_id);
ALTER TABLE routes ADD PRIMARY KEY (route_id);
ALTER TABLE customers ADD PRIMARY KEY (customer_id);
ALTER TABLE trips
ADD PRIMARY KEY (trip_id),
ADD FOREIGN KEY (vehicle_id) REFERENCES vehicles,
ADD FOREIGN KEY (driver_id) REFERENCES drivers,
ADD FOREIGN KEY (route_id) REFERENCES routes;
ALTER TABLE deliveries
ADD PRIMARY KEY (delivery_id),
ADD UNIQUE (tracking_number),
ADD FOREIGN KEY (trip_id) REFERENCES trips,
ADD FOREIGN KEY (customer_id) REFERENCES customers;
ALTER TABLE maintenance
ADD PRIMARY KEY (maintenance_id),
ADD FOREIGN KEY (vehicle_id) REFERENCES vehicles;
');
