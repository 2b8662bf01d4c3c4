-- What a first load of the fleet's star amounts to, by hand: the tables into Parquet files, the star into a file from
-- these, what is published into a second file. No check, no versions, no tests, no keys.
COPY (FROM source.public.vehicles) TO '${folder}/vehicles.parquet';
COPY (FROM source.public.drivers) TO '${folder}/drivers.parquet';
COPY (FROM source.public.routes) TO '${folder}/routes.parquet';
COPY (FROM source.public.customers) TO '${folder}/customers.parquet';
COPY (FROM source.public.maintenance) TO '${folder}/maintenance.parquet';
COPY (FROM source.public.trips) TO '${folder}/trips.parquet';
COPY (FROM source.public.deliveries) TO '${folder}/deliveries.parquet';

ATTACH '${folder}/warehouse.duckdb' AS warehouse;
USE warehouse;

CREATE TABLE dim_vehicle AS SELECT row_number() OVER (ORDER BY vehicle_id) AS vehicle_key, * FROM '${folder}/vehicles.parquet';
CREATE TABLE dim_driver AS SELECT row_number() OVER (ORDER BY driver_id) AS driver_key, * FROM '${folder}/drivers.parquet';
CREATE TABLE dim_route AS SELECT row_number() OVER (ORDER BY route_id) AS route_key, * FROM '${folder}/routes.parquet';
CREATE TABLE dim_customer AS SELECT row_number() OVER (ORDER BY customer_id) AS customer_key, * FROM '${folder}/customers.parquet';

CREATE TABLE fact_maintenance AS
SELECT m.*, vehicle_key
FROM '${folder}/maintenance.parquet' AS m
INNER JOIN dim_vehicle USING (vehicle_id);

CREATE TABLE fact_trips AS
SELECT
    t.*,
    strftime(t.departure_datetime, '%Y%m%d')::INTEGER AS date_key,
    vehicle_key, driver_key, route_key,
    r.distance_km, r.toll_cost,
    date_diff('minute', t.departure_datetime, t.arrival_datetime) AS trip_minutes
FROM '${folder}/trips.parquet' AS t
INNER JOIN dim_vehicle USING (vehicle_id)
INNER JOIN dim_driver USING (driver_id)
INNER JOIN dim_route AS r USING (route_id);

CREATE TABLE fact_deliveries AS
SELECT
    d.*,
    strftime(d.scheduled_datetime, '%Y%m%d')::INTEGER AS date_key,
    hour(d.scheduled_datetime) * 60 + minute(d.scheduled_datetime) AS time_key,
    vehicle_key, driver_key, route_key, customer_key,
    t.fuel_consumed_liters / count(*) OVER (PARTITION BY d.trip_id) AS fuel_liters,
    t.distance_km / count(*) OVER (PARTITION BY d.trip_id) AS distance_km,
    date_diff('minute', t.departure_datetime, d.delivered_datetime) AS delivery_minutes,
    greatest(0, date_diff('minute', d.scheduled_datetime, d.delivered_datetime)) AS delay_minutes
FROM '${folder}/deliveries.parquet' AS d
INNER JOIN fact_trips AS t USING (trip_id)
INNER JOIN dim_customer USING (customer_id);

CREATE TABLE daily AS
SELECT date_key, count(*) AS deliveries, sum(delay_minutes) AS delay, sum(fuel_liters) AS fuel FROM fact_deliveries GROUP BY ALL;

ATTACH '${folder}/serving.duckdb' AS serving;
CREATE TABLE serving.dim_vehicle AS FROM dim_vehicle;
CREATE TABLE serving.dim_driver AS FROM dim_driver;
CREATE TABLE serving.dim_route AS FROM dim_route;
CREATE TABLE serving.dim_customer AS FROM dim_customer;
CREATE TABLE serving.fact_maintenance AS FROM fact_maintenance;
CREATE TABLE serving.fact_trips AS FROM fact_trips;
CREATE TABLE serving.fact_deliveries AS FROM fact_deliveries;
CREATE TABLE serving.daily AS FROM daily ORDER BY date_key;
USE memory;
DETACH serving;
DETACH warehouse;
