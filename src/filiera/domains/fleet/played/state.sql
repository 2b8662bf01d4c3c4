-- How things stand on the evening before: the masters, where every vehicle and driver is, and what is under way.
CREATE TABLE vehicles AS FROM fleet.public.vehicles ORDER BY vehicle_id;
CREATE TABLE drivers AS FROM fleet.public.drivers ORDER BY driver_id;
CREATE TABLE routes AS FROM fleet.public.routes ORDER BY route_id;
CREATE TABLE customers AS FROM fleet.public.customers ORDER BY customer_id;

CREATE TABLE travelled AS
SELECT
    trip_id,
    vehicle_id,
    driver_id,
    trips.route_id,
    origin_city,
    destination_city,
    departure_datetime,
    arrival_datetime
FROM (SELECT * FROM fleet.public.trips WHERE status != 'cancelled') AS trips
INNER JOIN routes ON routes.route_id = trips.route_id;

CREATE TABLE last_of_vehicle AS
SELECT *
FROM travelled
QUALIFY row_number() OVER (PARTITION BY vehicle_id ORDER BY departure_datetime DESC, trip_id DESC) = 1;

CREATE TABLE last_of_driver AS
SELECT *
FROM travelled
QUALIFY row_number() OVER (PARTITION BY driver_id ORDER BY departure_datetime DESC, trip_id DESC) = 1;

-- A vehicle belongs where most of its trips begin.
CREATE TABLE homes AS
SELECT
    vehicle_id,
    origin_city AS home_city
FROM travelled
GROUP BY vehicle_id, origin_city
QUALIFY row_number() OVER (PARTITION BY vehicle_id ORDER BY count(*) DESC, origin_city) = 1;

CREATE TABLE open_trips AS SELECT * FROM fleet.public.trips WHERE status = 'in_progress';

CREATE TABLE open_deliveries AS
SELECT
    *,
    row_number() OVER (PARTITION BY trip_id ORDER BY delivery_id) AS stop,
    count(*) OVER (PARTITION BY trip_id) AS stops
FROM fleet.public.deliveries
WHERE trip_id IN (SELECT trip_id FROM open_trips);
