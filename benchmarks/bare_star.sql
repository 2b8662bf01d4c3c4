-- What a first load of the fleet's star amounts to, by hand: no check, no lake, no versions, no tests.
CREATE TABLE vehicles AS FROM source.public.vehicles;
CREATE TABLE drivers AS FROM source.public.drivers;
CREATE TABLE routes AS FROM source.public.routes;
CREATE TABLE customers AS FROM source.public.customers;
CREATE TABLE maintenance AS FROM source.public.maintenance;
CREATE TABLE trips AS FROM source.public.trips;
CREATE TABLE deliveries AS FROM source.public.deliveries;

CREATE TABLE dim_vehicle AS SELECT row_number() OVER (ORDER BY vehicle_id) AS vehicle_key, * FROM vehicles;
CREATE TABLE dim_driver AS SELECT row_number() OVER (ORDER BY driver_id) AS driver_key, * FROM drivers;
CREATE TABLE dim_route AS SELECT row_number() OVER (ORDER BY route_id) AS route_key, * FROM routes;
CREATE TABLE dim_customer AS SELECT row_number() OVER (ORDER BY customer_id) AS customer_key, * FROM customers;

CREATE TABLE fact_deliveries AS
SELECT
    d.*,
    strftime(d.scheduled_datetime, '%Y%m%d')::INTEGER AS date_key,
    hour(d.scheduled_datetime) * 60 + minute(d.scheduled_datetime) AS time_key,
    vehicle_key, driver_key, route_key, customer_key,
    t.fuel_consumed_liters / count(*) OVER (PARTITION BY d.trip_id) AS fuel_liters,
    r.distance_km / count(*) OVER (PARTITION BY d.trip_id) AS distance_km,
    date_diff('minute', t.departure_datetime, d.delivered_datetime) AS delivery_minutes,
    greatest(0, date_diff('minute', d.scheduled_datetime, d.delivered_datetime)) AS delay_minutes
FROM deliveries AS d
INNER JOIN trips AS t USING (trip_id)
INNER JOIN dim_vehicle USING (vehicle_id)
INNER JOIN dim_driver USING (driver_id)
INNER JOIN dim_route AS r USING (route_id)
INNER JOIN dim_customer USING (customer_id);

CREATE TABLE daily AS
SELECT date_key, count(*) AS deliveries, sum(delay_minutes) AS delay, sum(fuel_liters) AS fuel FROM fact_deliveries GROUP BY ALL;
